//! The headers of the plain Double Ratchet (§3), which travel as they are.

use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::x25519::PublicKey;

use crate::header::{HEADER_LENGTH, Header};
use crate::keys::RootStep;
use crate::receiving::{Chain, ReceivingChains};
use crate::variant::{Nonce, Variant};
use crate::{Error, labels};

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

impl Variant for ClearHeaders {
    type Sealed = ClearHeader;
    type HeaderKey = ();
    type ChainId = PublicKey;

    const TAG: u8 = 0;

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

    fn seal((): &(), header: &Header, _: &mut impl CryptoRng) -> Result<ClearHeader, Error> {
        Ok(ClearHeader::from(*header))
    }

    fn open(
        receiving: &ReceivingChains<PublicKey>,
        (): &(),
        sealed: &ClearHeader,
    ) -> Result<(Header, Chain), Error> {
        let header = sealed.header;
        let mut known = receiving.current().into_iter().chain(receiving.finished());
        let chain = known
            .find(|(_, id)| **id == header.ratchet_key)
            .map_or(Chain::New, |(chain, _)| chain);
        Ok((header, chain))
    }

    /// Each message key encrypts once, so the nonce is constant (Double Ratchet §3.1, `ENCRYPT`). A
    /// party that is put back to an older state and sends again breaks that: whoever sees both messages
    /// learns the exclusive or of their plaintexts and can forge messages under that one key.
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
