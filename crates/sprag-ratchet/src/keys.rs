//! The keys of the ratchet and the KDFs between them (Double Ratchet §3.1, §4.2 and §7.2).

use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, Tag};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::hmac::HmacKey;
#[cfg(feature = "hazmat")]
use sprag_primitives::key_view::KeyView;
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_primitives::{SecretBytes, snapshot_fields};

use crate::{Error, labels};

/// The root key, `RK`, 32 bytes: both parties hold the same when nothing is in flight.
#[derive(Debug)]
pub struct RootKey(SecretBytes<32>);

snapshot_fields!(RootKey(secret));

/// The size of a root key's fingerprint in bytes.
pub const FINGERPRINT_LENGTH: usize = 8;

impl RootKey {
    /// The ratchet's first root key, from the handshake (Double Ratchet §3.3, `SK`).
    #[must_use]
    pub const fn new(secret: SecretBytes<32>) -> Self {
        Self(secret)
    }

    /// The first half of a root step, which is the same for `KDF_RK` and `KDF_RK_HE`: HKDF-Extract with this
    /// key as the salt and `DH(own, remote)` as the input (Double Ratchet §7.2).
    pub(crate) fn extract(&self, own: &KeyPair, remote: &PublicKey) -> Result<Hkdf, Error> {
        let dh_out = own
            .diffie_hellman(remote)
            .map_err(Error::InvalidRatchetKey)?;
        Ok(Hkdf::extract(self.0.expose(), &[dh_out.expose()]))
    }

    /// A one-way fingerprint of the key.
    pub(crate) fn fingerprint(&self) -> [u8; FINGERPRINT_LENGTH] {
        let fingerprint: SecretBytes<FINGERPRINT_LENGTH> =
            Hkdf::from_pseudorandom_key(&self.0).expand(labels::ROOT_FINGERPRINT);
        *fingerprint.expose()
    }

    /// The key as a view shows it.
    #[cfg(feature = "hazmat")]
    pub(crate) fn view(&self) -> KeyView {
        KeyView::of(&self.0, labels::ROOT_FINGERPRINT)
    }
}

/// The key of the headers of one chain, `HK`, 32 bytes.
#[derive(Debug)]
pub struct HeaderKey(SecretBytes<32>);

snapshot_fields!(HeaderKey(secret));

impl HeaderKey {
    /// A header key that the handshake yields: `shared_hka` or `shared_nhkb`.
    #[must_use]
    pub const fn new(secret: SecretBytes<32>) -> Self {
        Self(secret)
    }

    /// The key's bytes, for `HENCRYPT` and `HDECRYPT`.
    pub(crate) const fn secret(&self) -> &SecretBytes<32> {
        &self.0
    }

    /// A second copy, wiped on its own drop.
    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }

    /// The key as a view shows it.
    #[cfg(feature = "hazmat")]
    pub(crate) fn view(&self) -> KeyView {
        KeyView::of(&self.0, labels::KEY_FINGERPRINT)
    }
}

/// The key of a sending or receiving chain, `CKs` or `CKr`, 32 bytes.
#[derive(Debug)]
pub(crate) struct ChainKey(SecretBytes<32>);

snapshot_fields!(ChainKey(secret));

impl ChainKey {
    /// The first key of a chain, from a root step.
    pub(crate) const fn new(secret: SecretBytes<32>) -> Self {
        Self(secret)
    }

    /// One step of the chain.
    ///
    /// # Specification
    ///
    /// Double Ratchet §7.2:
    ///
    /// ```text
    /// KDF_CK(ck) = (HMAC(ck, 0x02), HMAC(ck, 0x01)): next chain key, message key
    /// ```
    pub(crate) fn step(&self) -> (Self, MessageKey) {
        let hmac = HmacKey::new(self.0.expose());
        let message_key = MessageKey(hmac.authenticate(labels::MESSAGE_KEY));
        (Self(hmac.authenticate(labels::CHAIN_KEY)), message_key)
    }

    /// One step without its message key, for a message whose key is not kept.
    pub(crate) fn step_over(&self) -> Self {
        Self(HmacKey::new(self.0.expose()).authenticate(labels::CHAIN_KEY))
    }

    /// A second copy, wiped on its own drop.
    #[cfg(feature = "hazmat")]
    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }

    /// The key as a view shows it.
    #[cfg(feature = "hazmat")]
    pub(crate) fn view(&self) -> KeyView {
        KeyView::of(&self.0, labels::KEY_FINGERPRINT)
    }
}

/// The nonce of a message, 12 bytes.
pub(crate) type Nonce = [u8; ChaCha20Poly1305::NONCE_LENGTH];

/// The key of one message, 32 bytes (Double Ratchet §3.1, `ENCRYPT` and `DECRYPT`).
#[derive(Debug)]
pub(crate) struct MessageKey(SecretBytes<32>);

snapshot_fields!(MessageKey(secret));

impl MessageKey {
    /// `ENCRYPT`, in place.
    pub(crate) fn encrypt(
        &self,
        nonce: &Nonce,
        associated_data: &[u8],
        plaintext: &mut [u8],
    ) -> Result<Tag, Error> {
        ChaCha20Poly1305::seal(&self.0, nonce, associated_data, plaintext)
            .map_err(|_| Error::TooLong)
    }

    /// `DECRYPT`, in place.
    pub(crate) fn decrypt(
        &self,
        nonce: &Nonce,
        associated_data: &[u8],
        ciphertext: Ciphertext<'_>,
    ) -> Result<(), Error> {
        ChaCha20Poly1305::open(&self.0, nonce, associated_data, ciphertext)
            .map_err(|_| Error::NotAuthentic)
    }

    /// A second copy, wiped on its own drop.
    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }

    /// The key as a view shows it.
    #[cfg(feature = "hazmat")]
    pub(crate) fn view(&self) -> KeyView {
        KeyView::of(&self.0, labels::KEY_FINGERPRINT)
    }

    /// Overwrites the key where it lies.
    pub(crate) fn wipe(&mut self) {
        self.0 = SecretBytes::zeroed();
    }
}
