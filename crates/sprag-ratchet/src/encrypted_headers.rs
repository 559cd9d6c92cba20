//! The headers of the Double Ratchet with header encryption (§4), which show nothing but their length.

use core::iter;

use sprag_primitives::aead::{Ciphertext, TAG_LENGTH, XChaCha20Poly1305};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_primitives::x25519::PublicKey;
use sprag_primitives::{Error as PrimitiveError, SecretBytes};

use crate::header::{HEADER_LENGTH, Header};
use crate::keys::RootStep;
use crate::receiving::{Chain, ReceivingChains};
use crate::variant::{Nonce, Stored, StoredSecret, Variant};
use crate::{Error, labels};

/// The size of an encrypted header in bytes: nonce, header and tag.
pub const ENCRYPTED_HEADER_LENGTH: usize = NONCE_LENGTH + HEADER_LENGTH + TAG_LENGTH;

/// A header as it travels: `nonce ‖ ciphertext ‖ tag`, 80 bytes that only who has the chain's header key
/// can tell from random ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EncryptedHeader([u8; ENCRYPTED_HEADER_LENGTH]);

impl EncryptedHeader {
    /// The header that arrived as these bytes, whatever they are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; ENCRYPTED_HEADER_LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes that travel.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; ENCRYPTED_HEADER_LENGTH] {
        &self.0
    }
}

impl AsRef<[u8]> for EncryptedHeader {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// The key of the headers of one chain, `HK`, 32 bytes.
#[derive(Debug)]
pub struct HeaderKey(SecretBytes<32>);

impl HeaderKey {
    /// A header key that the handshake yields: `shared_hka` or `shared_nhkb`.
    #[must_use]
    pub const fn new(secret: SecretBytes<32>) -> Self {
        Self(secret)
    }

    /// `HENCRYPT` (Double Ratchet §4.2), with a nonce of 24 random bytes.
    fn encrypt(&self, header: &Header, rng: &mut impl CryptoRng) -> Result<EncryptedHeader, Error> {
        let mut encrypted = [0; ENCRYPTED_HEADER_LENGTH];
        let mut nonce = [0; NONCE_LENGTH];
        rng.fill_bytes(&mut nonce);
        let mut buffer = header.encode();
        let tag = XChaCha20Poly1305::seal(&self.0, &nonce, &[], &mut buffer)
            .map_err(|_| Error::TooLong)?;
        let (front, rest) = encrypted.split_at_mut(NONCE_LENGTH);
        let (middle, end) = rest.split_at_mut(HEADER_LENGTH);
        front.copy_from_slice(&nonce);
        middle.copy_from_slice(&buffer);
        end.copy_from_slice(&tag);
        Ok(EncryptedHeader(encrypted))
    }

    /// `HDECRYPT` (Double Ratchet §4.2): the header's encoding, or `None`.
    fn decrypt(&self, encrypted: &EncryptedHeader) -> Option<[u8; HEADER_LENGTH]> {
        let (nonce, rest) = encrypted.0.split_first_chunk()?;
        let (header, tag) = rest.split_last_chunk()?;
        let mut buffer = [0; HEADER_LENGTH];
        buffer.copy_from_slice(header);
        let ciphertext = Ciphertext {
            buffer: &mut buffer,
            tag,
        };
        XChaCha20Poly1305::open(&self.0, nonce, &[], ciphertext).ok()?;
        Some(buffer)
    }
}

impl StoredSecret for HeaderKey {
    fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }

    fn wipe(&mut self) {
        self.0 = SecretBytes::zeroed();
    }
}

impl Stored for HeaderKey {
    fn write_snapshot(&self, writer: &mut Writer) {
        writer.bytes(self.0.expose());
    }

    fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        reader.secret().map(Self)
    }
}

/// What a receiving chain is known by: the key that opens its headers. All of them name one ratchet key.
#[derive(Debug)]
pub(crate) struct HeaderChain {
    key: HeaderKey,
    ratchet_key: PublicKey,
}

impl Stored for HeaderChain {
    fn write_snapshot(&self, writer: &mut Writer) {
        self.key.write_snapshot(writer);
        self.ratchet_key.write_snapshot(writer);
    }

    fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            key: HeaderKey::read_snapshot(reader)?,
            ratchet_key: reader.public_key()?,
        })
    }
}

#[derive(Debug)]
pub(crate) struct EncryptedHeaders;

impl Variant for EncryptedHeaders {
    type Sealed = EncryptedHeader;
    type HeaderKey = HeaderKey;
    type ChainId = HeaderChain;

    const TAG: u8 = 1;

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
        RootStep::new(root, chain, HeaderKey(next))
    }

    fn seal(
        key: &HeaderKey,
        header: &Header,
        rng: &mut impl CryptoRng,
    ) -> Result<EncryptedHeader, Error> {
        key.encrypt(header, rng)
    }

    /// # Specification
    ///
    /// Double Ratchet §4.6, `DecryptHeader`, with the keys of skipped messages last and each tried once:
    ///
    /// ```text
    /// DecryptHeader(state, enc_header):
    ///     header = HDECRYPT(state.HKr, enc_header)
    ///     if header != None: return header, False
    ///     header = HDECRYPT(state.NHKr, enc_header)
    ///     if header != None: return header, True
    ///     raise Error()
    /// ```
    fn open(
        receiving: &ReceivingChains<HeaderChain>,
        next: &HeaderKey,
        sealed: &EncryptedHeader,
    ) -> Result<(Header, Chain), Error> {
        let known = |(chain, id)| (chain, Some(id));
        let candidates = receiving.current().map(known).into_iter();
        let candidates = candidates
            .chain(iter::once((Chain::New, None)))
            .chain(receiving.finished().map(known));
        for (chain, id) in candidates {
            let key = id.map_or(next, |id: &HeaderChain| &id.key);
            if let Some(header) = key.decrypt(sealed) {
                let header = Header::decode(&header)?;
                return match id {
                    Some(id) if id.ratchet_key != header.ratchet_key => Err(Error::Forked),
                    _ => Ok((header, chain)),
                };
            }
        }
        Err(Error::NotAuthentic)
    }

    /// The end of the header's random nonce: who is put back to an older state and repeats a message key
    /// does not repeat the nonce.
    fn nonce(sealed: &EncryptedHeader) -> Nonce {
        let mut nonce = Nonce::default();
        let (_, end) = sealed.0[..NONCE_LENGTH].split_at(NONCE_LENGTH - nonce.len());
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
