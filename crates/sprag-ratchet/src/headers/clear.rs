//! The headers of the plain Double Ratchet (§3), which travel as they are.

use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::x25519::PublicKey;

use super::{Candidate, Headers, OpenedHeader, RootStep};
use crate::header::{HEADER_LENGTH, Header};
use crate::keys::Nonce;
use crate::randomness::HeaderNonce;
use crate::{Error, labels};

/// The variant of §3.
#[derive(Debug)]
pub(crate) struct ClearHeaders;

/// A header with its encoding.
pub(crate) struct ClearHeader {
    pub(crate) header: Header,
    encoded: [u8; HEADER_LENGTH],
}

impl From<Header> for ClearHeader {
    fn from(header: Header) -> Self {
        let encoded = header.encode();
        Self { header, encoded }
    }
}

impl AsRef<[u8]> for ClearHeader {
    fn as_ref(&self) -> &[u8] {
        &self.encoded
    }
}

impl Headers for ClearHeaders {
    type Encoded = ClearHeader;
    type Key = ();
    /// The peer's ratchet key.
    type ChainId = PublicKey;

    const TAG: u8 = 0;
    const NONCE_LENGTH: usize = 0;

    /// # Specification
    ///
    /// Double Ratchet §7.2:
    ///
    /// ```text
    /// KDF_RK(rk, dh_out) = HKDF(salt = rk, ikm = dh_out, info): new root key || chain key
    /// ```
    fn kdf_rk(extracted: &Hkdf) -> RootStep<()> {
        let [root, chain] = extracted.expand_keys(labels::ROOT_STEP);
        RootStep::new(root, chain, ())
    }

    fn encode((): &(), header: &Header, _: &HeaderNonce) -> Result<ClearHeader, Error> {
        Ok(ClearHeader::from(*header))
    }

    fn open<'a, C>(
        candidates: impl Iterator<Item = Candidate<'a, Self, C>>,
        encoded: &ClearHeader,
    ) -> Result<OpenedHeader<C>, Error> {
        let header = encoded.header;
        let mut chains = candidates.filter_map(|candidate| match candidate {
            Candidate::Known(id, chain) => (*id == header.ratchet_key).then_some(chain),
            Candidate::Next(()) => None,
        });
        let chain = chains.next();
        Ok(OpenedHeader { header, chain })
    }

    /// The nonce is constant because each message key encrypts once (Double Ratchet §3.1, `ENCRYPT`). A
    /// party that is put back to an older state and sends again breaks that: an attacker who sees both
    /// messages learns the exclusive or of their plaintexts and can forge messages under that one key.
    fn nonce(_: &ClearHeader) -> Nonce {
        Nonce::default()
    }

    fn chain_id((): &(), ratchet_key: &PublicKey) -> PublicKey {
        *ratchet_key
    }

    fn ratchet_key(id: &PublicKey) -> &PublicKey {
        id
    }
}
