//! The headers of the two variants of the Double Ratchet, which differ in nothing else: clear ones (§3)
//! and encrypted ones (§4).

pub(crate) mod clear;
pub(crate) mod encrypted;

use sprag_primitives::SecretBytes;
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::snapshot::Snapshot;
use sprag_primitives::x25519::PublicKey;

use crate::Error;
use crate::header::Header;
use crate::keys::{ChainKey, HeaderKey, Nonce, RootKey};
use crate::randomness::HeaderNonce;

/// One of the two variants.
pub(crate) trait Headers {
    /// A header as it travels.
    type Encoded: AsRef<[u8]>;
    /// The key of a chain's headers: `HKs`, `NHKs`, `NHKr`.
    type Key: HeaderSecret;
    /// The name of a receiving chain.
    type ChainId: Snapshot;

    /// The byte that names the variant in a snapshot.
    const TAG: u8;

    /// `KDF_RK` or `KDF_RK_HE`, after HKDF's extraction from root key and DH output.
    fn kdf_rk(extracted: &Hkdf) -> RootStep<Self::Key>;

    /// The number of random bytes in a header.
    const NONCE_LENGTH: usize;

    /// Encodes a header under the key of its chain, with the random bytes of its nonce.
    fn encode(
        key: &Self::Key,
        header: &Header,
        nonce: &HeaderNonce,
    ) -> Result<Self::Encoded, Error>;

    /// Reads a header and finds the chain that it belongs to. Touches no key but those of headers.
    fn open<'a, C>(
        candidates: impl Iterator<Item = Candidate<'a, Self, C>>,
        encoded: &Self::Encoded,
    ) -> Result<OpenedHeader<C>, Error>
    where
        Self: 'a;

    /// The nonce of the message that has this header.
    fn nonce(encoded: &Self::Encoded) -> Nonce;

    /// The name of the chain of `ratchet_key`, whose headers are under `key`.
    fn chain_id(key: &Self::Key, ratchet_key: &PublicKey) -> Self::ChainId;

    /// The peer's ratchet key in the chain `id`.
    fn ratchet_key(id: &Self::ChainId) -> &PublicKey;
}

/// A chain that a header may belong to.
pub(crate) enum Candidate<'a, H: Headers + ?Sized, C> {
    /// A chain that has begun, by its name. `C` is the caller's reference to it.
    Known(&'a H::ChainId, C),
    /// The chain that begins with the first header under `NHKr`.
    Next(&'a H::Key),
}

/// A header that was read, with the chain that it belongs to.
pub(crate) struct OpenedHeader<C> {
    pub(crate) header: Header,
    /// `None` if the header begins a new chain, or claims to.
    pub(crate) chain: Option<C>,
}

/// The result of a root step.
pub(crate) struct RootStep<K> {
    pub(crate) root: RootKey,
    pub(crate) chain: ChainKey,
    /// The next header key of the direction in which the chain key is used.
    pub(crate) next_header_key: K,
}

impl<K> RootStep<K> {
    const fn new(root: SecretBytes<32>, chain: SecretBytes<32>, next_header_key: K) -> Self {
        Self {
            root: RootKey::new(root),
            chain: ChainKey::new(chain),
            next_header_key,
        }
    }
}

/// A header key, or the nothing that clear headers have instead.
pub(crate) trait HeaderSecret: Snapshot {
    /// A second copy, wiped on its own drop.
    fn duplicate(&self) -> Self;
}

impl HeaderSecret for () {
    fn duplicate(&self) {}
}

impl HeaderSecret for HeaderKey {
    fn duplicate(&self) -> Self {
        self.duplicate()
    }
}
