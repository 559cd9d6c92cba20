use sprag_primitives::SecretBytes;
use sprag_primitives::aead::XChaCha20Poly1305;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::x25519::{KeyPair, SECRET_KEY_LENGTH};

/// The nonce of a header, 24 random bytes.
pub(crate) type HeaderNonce = [u8; HEADER_NONCE_LENGTH];

/// The random bytes of one message: `secret of a new ratchet key ‖ nonce of the header`.
///
/// They are drawn at once, because a generator may make a system call for each draw, and none is kept for a later
/// message. Bytes that waited in a session could be stolen with it before they are used, and a session that was put
/// back would use them again: the same message key and nonce for two messages.
pub(crate) struct MessageRandomness(SecretBytes<{ SECRET_KEY_LENGTH + HEADER_NONCE_LENGTH }>);

impl MessageRandomness {
    /// Draws the secret of a ratchet key if `generates_key`, and `nonce_length` bytes of the nonce. What is not drawn
    /// is zero and not to be used.
    pub(crate) fn draw(generates_key: bool, nonce_length: usize, rng: &mut impl CryptoRng) -> Self {
        let mut bytes = SecretBytes::zeroed();
        let start = if generates_key { 0 } else { SECRET_KEY_LENGTH };
        let (_, rest) = bytes.expose_mut().split_at_mut(start);
        let (drawn, _) = rest.split_at_mut(SECRET_KEY_LENGTH + nonce_length - start);
        // A message of clear headers in a chain draws nothing.
        if !drawn.is_empty() {
            rng.fill_bytes(drawn);
        }
        Self(bytes)
    }

    /// The new ratchet key pair.
    pub(crate) fn key_pair(&self) -> KeyPair {
        let mut secret = SecretBytes::zeroed();
        let (drawn, _) = self.0.expose().split_at(SECRET_KEY_LENGTH);
        secret.expose_mut().copy_from_slice(drawn);
        KeyPair::from_secret(&secret)
    }

    /// The nonce of the header.
    pub(crate) fn header_nonce(&self) -> HeaderNonce {
        let mut nonce = [0; HEADER_NONCE_LENGTH];
        let (_, drawn) = self.0.expose().split_at(SECRET_KEY_LENGTH);
        nonce.copy_from_slice(drawn);
        nonce
    }
}

const HEADER_NONCE_LENGTH: usize = XChaCha20Poly1305::NONCE_LENGTH;
