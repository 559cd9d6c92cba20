//! The headers of the Double Ratchet with header encryption (§4), which show nothing but their length.

use sprag_primitives::aead::{Ciphertext, TAG_LENGTH, XChaCha20Poly1305};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::snapshot_fields;
use sprag_primitives::x25519::PublicKey;

use super::{Candidate, Headers, OpenedHeader, RootStep};
use crate::header::{HEADER_LENGTH, Header};
use crate::keys::{HeaderKey, Nonce};
use crate::randomness::HeaderNonce;
use crate::{Error, labels};

/// The size of an encrypted header in bytes: nonce, header and tag.
pub const ENCRYPTED_HEADER_LENGTH: usize = NONCE_LENGTH + HEADER_LENGTH + TAG_LENGTH;

/// A header as it travels: `nonce ‖ ciphertext ‖ tag`, 80 bytes. Without the chain's header key they
/// cannot be told from random ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EncryptedHeader([u8; ENCRYPTED_HEADER_LENGTH]);

impl EncryptedHeader {
    /// The header that arrived as these bytes. Any bytes are accepted here.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; ENCRYPTED_HEADER_LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes that travel.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; ENCRYPTED_HEADER_LENGTH] {
        &self.0
    }

    /// `HENCRYPT` (Double Ratchet §4.2), with a nonce of 24 random bytes.
    fn encrypt(key: &HeaderKey, header: &Header, nonce: &HeaderNonce) -> Result<Self, Error> {
        // Lay out nonce and encoding.
        let mut encrypted = [0; ENCRYPTED_HEADER_LENGTH];
        let (front, rest) = encrypted.split_at_mut(NONCE_LENGTH);
        let (middle, end) = rest.split_at_mut(HEADER_LENGTH);
        front.copy_from_slice(nonce);
        middle.copy_from_slice(&header.encode());
        // Encrypt the encoding where it lies.
        let tag = XChaCha20Poly1305::seal(key.secret(), nonce, &[], middle)
            .map_err(|_| Error::TooLong)?;
        end.copy_from_slice(&tag);
        Ok(Self(encrypted))
    }

    /// `HDECRYPT` (Double Ratchet §4.2): the header's encoding, or `None`.
    fn decrypt(&self, key: &HeaderKey) -> Option<[u8; HEADER_LENGTH]> {
        let (nonce, rest) = self.0.split_first_chunk()?;
        let (header, tag) = rest.split_last_chunk()?;
        let mut buffer = [0; HEADER_LENGTH];
        buffer.copy_from_slice(header);
        let ciphertext = Ciphertext {
            buffer: &mut buffer,
            tag,
        };
        XChaCha20Poly1305::open(key.secret(), nonce, &[], ciphertext).ok()?;
        Some(buffer)
    }
}

impl AsRef<[u8]> for EncryptedHeader {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// The name of a receiving chain: the key that opens its headers, and the one ratchet key that all of
/// them must name.
#[derive(Debug)]
pub(crate) struct HeaderChain {
    key: HeaderKey,
    ratchet_key: PublicKey,
}

snapshot_fields!(HeaderChain { key, ratchet_key });

#[cfg(feature = "hazmat")]
impl HeaderChain {
    pub(crate) const fn header_key(&self) -> &HeaderKey {
        &self.key
    }

    pub(crate) const fn ratchet_key(&self) -> &PublicKey {
        &self.ratchet_key
    }
}

/// The variant of §4.
#[derive(Debug)]
pub(crate) struct EncryptedHeaders;

impl Headers for EncryptedHeaders {
    type Encoded = EncryptedHeader;
    type Key = HeaderKey;
    type ChainId = HeaderChain;

    const TAG: u8 = 1;
    const NONCE_LENGTH: usize = NONCE_LENGTH;

    /// # Specification
    ///
    /// Double Ratchet §4.2, with the functions of §7.2:
    ///
    /// ```text
    /// KDF_RK_HE(rk, dh_out) = HKDF(salt = rk, ikm = dh_out, info):
    ///     new root key || chain key || next header key
    /// ```
    fn kdf_rk(extracted: &Hkdf) -> RootStep<HeaderKey> {
        let [root, chain, next] = extracted.expand_keys(labels::ROOT_STEP_HE);
        RootStep::new(root, chain, HeaderKey::new(next))
    }

    fn encode(
        key: &HeaderKey,
        header: &Header,
        nonce: &HeaderNonce,
    ) -> Result<EncryptedHeader, Error> {
        EncryptedHeader::encrypt(key, header, nonce)
    }

    /// # Specification
    ///
    /// Double Ratchet §4.6, `DecryptHeader`; the header keys of finished chains come last, and each is tried
    /// once for all skipped messages of its chain:
    ///
    /// ```text
    /// DecryptHeader(state, enc_header):
    ///     header = HDECRYPT(state.HKr, enc_header)
    ///     if header != None: return header, False
    ///     header = HDECRYPT(state.NHKr, enc_header)
    ///     if header != None: return header, True
    ///     raise Error()
    /// ```
    fn open<'a, C>(
        candidates: impl Iterator<Item = Candidate<'a, Self, C>>,
        encoded: &EncryptedHeader,
    ) -> Result<OpenedHeader<C>, Error> {
        for candidate in candidates {
            let key = match &candidate {
                Candidate::Known(id, _) => &id.key,
                Candidate::Next(key) => key,
            };
            let Some(header) = encoded.decrypt(key) else {
                continue;
            };
            // From here on the header is the word of a party that has the key.
            let header = Header::decode(&header)?;
            let chain = match candidate {
                Candidate::Known(id, _) if id.ratchet_key != header.ratchet_key => {
                    return Err(Error::Forked);
                }
                Candidate::Known(_, chain) => Some(chain),
                Candidate::Next(_) => None,
            };
            return Ok(OpenedHeader { header, chain });
        }
        Err(Error::NotAuthentic)
    }

    /// The end of the header's random nonce, so that a party that is put back to an older state repeats a
    /// message key and not the nonce.
    fn nonce(encoded: &EncryptedHeader) -> Nonce {
        let mut nonce = Nonce::default();
        let (_, end) = encoded.0[..NONCE_LENGTH].split_at(NONCE_LENGTH - nonce.len());
        nonce.copy_from_slice(end);
        nonce
    }

    fn chain_id(key: &HeaderKey, ratchet_key: &PublicKey) -> HeaderChain {
        HeaderChain {
            key: key.duplicate(),
            ratchet_key: *ratchet_key,
        }
    }

    fn ratchet_key(id: &HeaderChain) -> &PublicKey {
        &id.ratchet_key
    }
}

const NONCE_LENGTH: usize = XChaCha20Poly1305::NONCE_LENGTH;
