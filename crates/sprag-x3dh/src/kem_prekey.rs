use alloc::vec::Vec;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::hash::{SHA256_LENGTH, sha256};
use sprag_primitives::ml_kem_1024::{DecapsulationKey, EncapsulationKey};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_primitives::xeddsa::{SIGNATURE_LENGTH, Signature};

use crate::encode::encode_kem;
use crate::identity::{IdentityKey, IdentityKeyPair};
use crate::prekey::{PrekeyId, signed_message};
use crate::suite::Suite;
use crate::{Error, Slot, labels};

/// What a KEM prekey is for; its signature covers this.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "PQXDH §2.4 has these two")]
pub enum KemPrekeyUse {
    /// One session (PQXDH §2.4, `PQOPK`).
    OneTime,
    /// All sessions for which no one-time key is left, until it is replaced (PQXDH §2.4, `PQSPK`).
    LastResort {
        /// When the key was made, in seconds since 1970-01-01 UTC; 0 where that is not stated.
        created: u64,
    },
}

/// The public half of a KEM prekey as a bundle carries it, always signed (PQXDH §2.4, `PQPK` and its
/// signature).
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct KemPrekey {
    /// The key's number.
    pub id: PrekeyId,
    /// What the key is for.
    pub usage: KemPrekeyUse,
    /// The key.
    pub key: EncapsulationKey,
    /// The identity key's signature, not yet verified.
    pub signature: Signature,
}

impl KemPrekey {
    /// The place of this key in a bundle.
    #[must_use]
    pub const fn slot(&self) -> Slot {
        match self.usage {
            KemPrekeyUse::OneTime => Slot::OneTimeKemPrekey,
            KemPrekeyUse::LastResort { .. } => Slot::LastResortKemPrekey,
        }
    }

    /// The hash of the key.
    #[must_use]
    pub fn hash(&self) -> KemPrekeyHash {
        sha256(&[&encode_kem(&self.key)])
    }

    pub(crate) fn verify(&self, identity: &IdentityKey) -> Result<(), Error> {
        identity
            .verify(
                &self.usage.signed_message(self.id, &self.key),
                &self.signature,
            )
            .map_err(|_| Error::InvalidSignature(self.slot()))
    }
}

impl KemPrekeyUse {
    fn signed_message(self, id: PrekeyId, key: &EncapsulationKey) -> Vec<u8> {
        let key = encode_kem(key);
        match self {
            Self::OneTime => signed_message(labels::ONE_TIME_KEM_PREKEY, Suite::Pqxdh, id, &[&key]),
            Self::LastResort { created } => {
                let created = created.to_le_bytes();
                let fields = [created.as_slice(), &key];
                signed_message(labels::LAST_RESORT_KEM_PREKEY, Suite::Pqxdh, id, &fields)
            }
        }
    }
}

/// SHA-256 of `EncodeKEM(PQPK_B)`, 32 bytes: what the associated data of a session has of the KEM
/// prekey with which it began (PQXDH §4.12).
pub type KemPrekeyHash = [u8; SHA256_LENGTH];

/// The private half of a KEM prekey.
///
/// That of a one-time prekey is to be deleted once the first message of the session that used it has
/// authenticated, and not before: a forged message must not destroy it.
#[derive(Debug)]
pub struct KemPrekeyPair {
    id: PrekeyId,
    key: DecapsulationKey,
    hash: KemPrekeyHash,
}

impl KemPrekeyPair {
    /// A new one-time prekey, and its public half, signed by `identity` (PQXDH §3.2).
    #[must_use]
    pub fn generate_one_time(
        id: PrekeyId,
        identity: &IdentityKeyPair,
        rng: &mut impl CryptoRng,
    ) -> (Self, KemPrekey) {
        let key = DecapsulationKey::generate(rng);
        let public = sign(&key, (id, KemPrekeyUse::OneTime), identity, rng);
        let hash = public.hash();
        (Self { id, key, hash }, public)
    }

    /// The key's number.
    #[must_use]
    pub const fn id(&self) -> PrekeyId {
        self.id
    }

    /// The hash of the public half.
    #[must_use]
    pub const fn hash(&self) -> &KemPrekeyHash {
        &self.hash
    }

    /// Writes id, seed and hash of the public half, 100 bytes.
    pub fn write_snapshot(&self, writer: &mut Writer) {
        writer.u32(self.id);
        writer.bytes(self.key.seed().expose());
        writer.bytes(&self.hash);
    }

    /// Reads what [`write_snapshot`](Self::write_snapshot) wrote.
    ///
    /// # Errors
    ///
    /// [`PrimitiveError::SnapshotTruncated`]
    pub fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            id: reader.u32()?,
            key: DecapsulationKey::from_seed(reader.secret()?),
            hash: *reader.array()?,
        })
    }

    pub(crate) const fn key(&self) -> &DecapsulationKey {
        &self.key
    }
}

/// A last-resort KEM prekey with its private half; kept until some time after it was replaced
/// (PQXDH §2.4, `PQSPK`).
#[derive(Debug)]
pub struct LastResortKemPrekeyPair {
    pair: KemPrekeyPair,
    created: u64,
    signature: Signature,
}

impl LastResortKemPrekeyPair {
    /// A new key pair, made at `created` in seconds since 1970-01-01 UTC (0 where that is not stated)
    /// and signed by `identity` (PQXDH §3.2).
    #[must_use]
    pub fn generate(
        (id, created): (PrekeyId, u64),
        identity: &IdentityKeyPair,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let key = DecapsulationKey::generate(rng);
        let public = sign(
            &key,
            (id, KemPrekeyUse::LastResort { created }),
            identity,
            rng,
        );
        let hash = public.hash();
        Self {
            pair: KemPrekeyPair { id, key, hash },
            created,
            signature: public.signature,
        }
    }

    /// The public half, generated from the seed.
    #[must_use]
    pub fn public(&self) -> KemPrekey {
        KemPrekey {
            id: self.pair.id,
            usage: KemPrekeyUse::LastResort {
                created: self.created,
            },
            key: self.pair.key.encapsulation_key(),
            signature: self.signature,
        }
    }

    /// The private half.
    #[must_use]
    pub const fn pair(&self) -> &KemPrekeyPair {
        &self.pair
    }

    /// Writes the private half, creation time and signature, 172 bytes.
    pub fn write_snapshot(&self, writer: &mut Writer) {
        self.pair.write_snapshot(writer);
        writer.u64(self.created);
        writer.bytes(self.signature.as_bytes());
    }

    /// Reads what [`write_snapshot`](Self::write_snapshot) wrote.
    ///
    /// # Errors
    ///
    /// [`PrimitiveError::SnapshotTruncated`]
    pub fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            pair: KemPrekeyPair::read_snapshot(reader)?,
            created: reader.u64()?,
            signature: Signature::from_bytes(*reader.array::<SIGNATURE_LENGTH>()?),
        })
    }
}

fn sign(
    key: &DecapsulationKey,
    (id, usage): (PrekeyId, KemPrekeyUse),
    identity: &IdentityKeyPair,
    rng: &mut impl CryptoRng,
) -> KemPrekey {
    let key = key.encapsulation_key();
    KemPrekey {
        id,
        usage,
        signature: identity.sign(&usage.signed_message(id, &key), rng),
        key,
    }
}
