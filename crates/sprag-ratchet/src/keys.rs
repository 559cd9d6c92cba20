//! The keys of the ratchet and the two KDFs between them (Double Ratchet §3.1 and §7.2).

use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, Tag};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::hmac::HmacKey;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_primitives::{Error as PrimitiveError, SecretBytes};

use crate::variant::{Nonce, Variant};
use crate::{Error, labels};

/// The root key, `RK`, 32 bytes: both parties hold the same when nothing is in flight.
#[derive(Debug)]
pub struct RootKey(SecretBytes<32>);

impl RootKey {
    /// The ratchet's first root key, from the handshake (Double Ratchet §3.3, `SK`).
    #[must_use]
    pub const fn new(secret: SecretBytes<32>) -> Self {
        Self(secret)
    }

    /// One root step with the output of a DH: `KDF_RK(rk, DH(own, remote))`.
    pub(crate) fn step<V: Variant>(
        &self,
        own: &KeyPair,
        remote: &PublicKey,
    ) -> Result<RootStep<V::HeaderKey>, Error> {
        let dh_out = own
            .diffie_hellman(remote)
            .map_err(Error::InvalidRatchetKey)?;
        let extracted = Hkdf::extract(self.0.expose(), &[dh_out.expose()]);
        Ok(V::kdf_rk(&extracted))
    }

    pub(crate) fn fingerprint(&self) -> [u8; FINGERPRINT_LENGTH] {
        let fingerprint: SecretBytes<FINGERPRINT_LENGTH> =
            Hkdf::from_pseudorandom_key(&self.0).expand(labels::ROOT_FINGERPRINT);
        *fingerprint.expose()
    }

    pub(crate) fn write_snapshot(&self, writer: &mut Writer) {
        writer.bytes(self.0.expose());
    }

    pub(crate) fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        reader.secret().map(Self)
    }
}

/// What a root step yields.
pub(crate) struct RootStep<K> {
    pub(crate) root: RootKey,
    pub(crate) chain: ChainKey,
    /// The next header key of the direction in which the chain key is used.
    pub(crate) next_header_key: K,
}

impl<K> RootStep<K> {
    pub(crate) const fn new(
        root: SecretBytes<32>,
        chain: SecretBytes<32>,
        next_header_key: K,
    ) -> Self {
        Self {
            root: RootKey(root),
            chain: ChainKey(chain),
            next_header_key,
        }
    }
}

/// The size of a root key's fingerprint in bytes.
pub const FINGERPRINT_LENGTH: usize = 8;

/// A sending or receiving chain's key, `CKs` or `CKr`, 32 bytes.
#[derive(Debug)]
pub(crate) struct ChainKey(SecretBytes<32>);

impl ChainKey {
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

    /// One step whose message key nobody will want.
    pub(crate) fn step_over(&self) -> Self {
        Self(HmacKey::new(self.0.expose()).authenticate(labels::CHAIN_KEY))
    }

    pub(crate) fn write_snapshot(&self, writer: &mut Writer) {
        writer.bytes(self.0.expose());
    }

    pub(crate) fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        reader.secret().map(Self)
    }

    /// Overwrites the key where it lies.
    pub(crate) fn wipe(&mut self) {
        self.0 = SecretBytes::zeroed();
    }

    #[cfg(feature = "hazmat")]
    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }
}

/// The key of one message, 32 bytes (Double Ratchet §3.1, `ENCRYPT` and `DECRYPT`).
#[derive(Debug)]
pub(crate) struct MessageKey(SecretBytes<32>);

impl MessageKey {
    pub(crate) fn seal(
        &self,
        nonce: &Nonce,
        associated_data: &[u8],
        plaintext: &mut [u8],
    ) -> Result<Tag, Error> {
        ChaCha20Poly1305::seal(&self.0, nonce, associated_data, plaintext)
            .map_err(|_| Error::TooLong)
    }

    pub(crate) fn open(
        &self,
        nonce: &Nonce,
        associated_data: &[u8],
        ciphertext: Ciphertext<'_>,
    ) -> Result<(), Error> {
        ChaCha20Poly1305::open(&self.0, nonce, associated_data, ciphertext)
            .map_err(|_| Error::NotAuthentic)
    }

    pub(crate) fn write_snapshot(&self, writer: &mut Writer) {
        writer.bytes(self.0.expose());
    }

    pub(crate) fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        reader.secret().map(Self)
    }

    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }

    pub(crate) fn wipe(&mut self) {
        self.0 = SecretBytes::zeroed();
    }
}
