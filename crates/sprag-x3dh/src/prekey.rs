use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_primitives::xeddsa::{SIGNATURE_LENGTH, Signature};
use sprag_primitives::{Error as PrimitiveError, SecretBytes};

use crate::encode::{ENCODED_KEY_LENGTH, encode_ec};
use crate::identity::{IdentityKey, IdentityKeyPair};
use crate::suite::{PROTOCOL_VERSION, Suite};
use crate::{Error, Slot, labels};

/// The number by which an initial message names a prekey; each names one key of its owner for ever.
pub type PrekeyId = u32;

/// What a signed prekey's signature covers beside the key itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct SignedPrekeyTerms {
    /// The suite that the key is for, and no other.
    pub suite: Suite,
    /// The key's number.
    pub id: PrekeyId,
    /// When the key was made, in seconds since 1970-01-01 UTC; 0 where that is not stated.
    pub created: u64,
}

/// The public half of a signed prekey as a bundle carries it (X3DH §2.4, `SPK` and its signature).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct SignedPrekey {
    /// What the signature covers beside the key.
    pub terms: SignedPrekeyTerms,
    /// The key.
    pub key: PublicKey,
    /// The identity key's signature, not yet verified.
    pub signature: Signature,
}

impl SignedPrekey {
    pub(crate) fn verify(&self, identity: &IdentityKey) -> Result<(), Error> {
        identity
            .verify(&signed_message(&self.terms, &self.key), &self.signature)
            .map_err(|_| Error::InvalidSignature(Slot::SignedPrekey))
    }
}

/// A signed prekey with its private half; kept until some time after it was replaced.
#[derive(Debug)]
pub struct SignedPrekeyPair {
    terms: SignedPrekeyTerms,
    pair: KeyPair,
    signature: Signature,
}

impl SignedPrekeyPair {
    /// A new key pair, signed by `identity` (X3DH §3.2).
    #[must_use]
    pub fn generate(
        terms: SignedPrekeyTerms,
        identity: &IdentityKeyPair,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let pair = KeyPair::generate(rng);
        let signature = identity.sign(&signed_message(&terms, pair.public()), rng);
        Self {
            terms,
            pair,
            signature,
        }
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> SignedPrekey {
        SignedPrekey {
            terms: self.terms,
            key: *self.pair.public(),
            signature: self.signature,
        }
    }

    /// The key's number.
    #[must_use]
    pub const fn id(&self) -> PrekeyId {
        self.terms.id
    }

    /// The key pair, which is also the responder's first ratchet key (Double Ratchet §7.1).
    #[must_use]
    pub const fn key_pair(&self) -> &KeyPair {
        &self.pair
    }

    /// Writes suite, id, creation time, secret key and signature, 109 bytes.
    pub fn write_snapshot(&self, writer: &mut Writer) {
        writer.u8(self.terms.suite.to_byte());
        writer.u32(self.terms.id);
        writer.u64(self.terms.created);
        writer.bytes(self.pair.secret().expose());
        writer.bytes(self.signature.as_bytes());
    }

    /// Reads what [`write_snapshot`](Self::write_snapshot) wrote.
    ///
    /// # Errors
    ///
    /// [`PrimitiveError::SnapshotTruncated`]; [`PrimitiveError::SnapshotInvalid`] if the suite is not
    /// known.
    pub fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let terms = SignedPrekeyTerms {
            suite: Suite::from_byte(reader.u8()?).ok_or(PrimitiveError::SnapshotInvalid)?,
            id: reader.u32()?,
            created: reader.u64()?,
        };
        Ok(Self {
            terms,
            pair: reader.key_pair()?,
            signature: Signature::from_bytes(*reader.array::<SIGNATURE_LENGTH>()?),
        })
    }
}

/// The public half of a one-time prekey as a bundle carries it; not signed (X3DH §2.4, `OPK`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct OneTimePrekey {
    /// The key's number.
    pub id: PrekeyId,
    /// The key.
    pub key: PublicKey,
}

/// A one-time prekey with its private half, to be deleted once the first message of the session that
/// used it has authenticated, and not before: a forged message must not destroy it.
#[derive(Debug)]
pub struct OneTimePrekeyPair {
    id: PrekeyId,
    pair: KeyPair,
}

impl OneTimePrekeyPair {
    /// A new key pair.
    #[must_use]
    pub fn generate(id: PrekeyId, rng: &mut impl CryptoRng) -> Self {
        Self {
            id,
            pair: KeyPair::from_secret(&SecretBytes::random(rng)),
        }
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> OneTimePrekey {
        OneTimePrekey {
            id: self.id,
            key: *self.pair.public(),
        }
    }

    /// The key's number.
    #[must_use]
    pub const fn id(&self) -> PrekeyId {
        self.id
    }

    /// Writes id and secret key, 36 bytes.
    pub fn write_snapshot(&self, writer: &mut Writer) {
        writer.u32(self.id);
        writer.bytes(self.pair.secret().expose());
    }

    /// Reads what [`write_snapshot`](Self::write_snapshot) wrote.
    ///
    /// # Errors
    ///
    /// [`PrimitiveError::SnapshotTruncated`]
    pub fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            id: reader.u32()?,
            pair: reader.key_pair()?,
        })
    }

    pub(crate) const fn pair(&self) -> &KeyPair {
        &self.pair
    }
}

const SIGNED_LENGTH: usize = labels::SIGNED_PREKEY.len() + 1 + 1 + 4 + 8 + ENCODED_KEY_LENGTH;

/// `label ‖ version ‖ suite ‖ id ‖ created ‖ EncodeEC(SPK)`: every field of fixed length.
fn signed_message(terms: &SignedPrekeyTerms, key: &PublicKey) -> [u8; SIGNED_LENGTH] {
    let mut message = [0; SIGNED_LENGTH];
    let mut rest = message.as_mut_slice();
    for field in [
        labels::SIGNED_PREKEY.as_slice(),
        &[PROTOCOL_VERSION, terms.suite.to_byte()],
        &terms.id.to_le_bytes(),
        &terms.created.to_le_bytes(),
        &encode_ec(key),
    ] {
        let (head, tail) = rest.split_at_mut(field.len());
        head.copy_from_slice(field);
        rest = tail;
    }
    message
}
