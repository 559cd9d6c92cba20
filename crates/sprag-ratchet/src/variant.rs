//! What the two variants of the Double Ratchet differ in: their headers (§3 and §4).

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::aead::ChaCha20Poly1305;
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_primitives::x25519::PublicKey;

use crate::Error;
use crate::header::Header;
use crate::keys::RootStep;
use crate::receiving::{Chain, ReceivingChains};

/// One of the two variants.
pub(crate) trait Variant {
    /// A header as it travels.
    type Sealed: AsRef<[u8]>;
    /// The key of a sending chain's headers, `HKs`, and of the next chains', `NHKs` and `NHKr`.
    type HeaderKey: StoredSecret;
    /// What a receiving chain is known by.
    type ChainId: Stored;

    /// What a snapshot says of the variant.
    const TAG: u8;

    /// `KDF_RK` or `KDF_RK_HE`, after HKDF's extraction from root key and DH output.
    fn kdf_rk(extracted: &Hkdf) -> RootStep<Self::HeaderKey>;

    /// The header as it travels, under the key of its chain.
    fn seal(
        key: &Self::HeaderKey,
        header: &Header,
        rng: &mut impl CryptoRng,
    ) -> Result<Self::Sealed, Error>;

    /// The header, and the chain that it belongs to; no state, and no key but those of headers.
    fn open(
        receiving: &ReceivingChains<Self::ChainId>,
        next: &Self::HeaderKey,
        sealed: &Self::Sealed,
    ) -> Result<(Header, Chain), Error>;

    /// The nonce of the message that has this header.
    fn nonce(sealed: &Self::Sealed) -> Nonce;

    /// What the chain of `ratchet_key` is known by, whose headers are under `key`.
    fn chain_id(key: &Self::HeaderKey, ratchet_key: &PublicKey) -> Self::ChainId;

    /// The peer's ratchet key in the chain `id`.
    fn ratchet_key(id: &Self::ChainId) -> &PublicKey;
}

/// The nonce of a message, 12 bytes.
pub(crate) type Nonce = [u8; ChaCha20Poly1305::NONCE_LENGTH];

/// What a snapshot holds.
pub(crate) trait Stored: Sized {
    fn write_snapshot(&self, writer: &mut Writer);

    fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError>;
}

/// What a snapshot holds and others must not see.
pub(crate) trait StoredSecret: Stored {
    /// A second copy, wiped on its own drop.
    fn duplicate(&self) -> Self;

    /// Overwrites it where it lies.
    fn wipe(&mut self);
}

impl StoredSecret for () {
    fn duplicate(&self) {}

    fn wipe(&mut self) {}
}

impl Stored for () {
    fn write_snapshot(&self, _: &mut Writer) {}

    fn read_snapshot(_: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(())
    }
}

impl Stored for PublicKey {
    fn write_snapshot(&self, writer: &mut Writer) {
        writer.bytes(self.as_bytes());
    }

    fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        reader.public_key()
    }
}
