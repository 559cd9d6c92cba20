use alloc::vec::Vec;

use sprag_primitives::hash::{SHA256_LENGTH, sha256};
use sprag_primitives::ml_kem_1024::{DecapsulationKey, EncapsulationKey};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot_fields;
use sprag_primitives::xeddsa::{Signature, VerifyingKey};

use crate::encode::{encode_ec, encode_kem};
use crate::identity::IdentityKeyPair;
use crate::prekey::{PrekeyId, signed_message};
use crate::signed_prekey::SignedPrekey;
use crate::suite::Suite;
use crate::{Error, Slot, labels};

/// The use of a KEM prekey; its signature covers it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "PQXDH §2.5 has these two")]
pub enum KemPrekeyUse {
    /// One session (PQXDH §2.5, `PQOPK`).
    OneTime,
    /// All sessions for which no one-time key is left, until the key is replaced (PQXDH §2.5, `PQSPK`).
    LastResort {
        /// The creation time in seconds since 1970-01-01 UTC; 0 if it is not stated.
        created: u64,
    },
}

/// The fields that a last-resort KEM prekey's signature covers beside the key itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct LastResortKemPrekeyTerms {
    /// The key's number.
    pub id: PrekeyId,
    /// The creation time in seconds since 1970-01-01 UTC; 0 if it is not stated.
    pub created: u64,
}

/// The public half of a KEM prekey as a bundle carries it, with its signature (PQXDH §3.3, `PQPK`).
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct KemPrekey {
    /// The key's number.
    pub id: PrekeyId,
    /// The use of the key.
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
        hash(&self.key)
    }

    /// Verifies the signature. A last-resort prekey must have been made with `signed_prekey`.
    pub(crate) fn verify(
        &self,
        signer: &VerifyingKey,
        signed_prekey: &SignedPrekey,
    ) -> Result<(), Error> {
        let message = match self.usage {
            KemPrekeyUse::OneTime => one_time_message(self.id, &self.key),
            KemPrekeyUse::LastResort { created } => {
                let terms = LastResortKemPrekeyTerms {
                    id: self.id,
                    created,
                };
                terms.signed_message(signed_prekey, &self.key)
            }
        };
        signer
            .verify(&message, &self.signature)
            .map_err(|_| Error::InvalidSignature(self.slot()))
    }
}

impl LastResortKemPrekeyTerms {
    /// The signed message names the signed prekey of the same generation. Otherwise a directory could join a new
    /// signed prekey with a replaced last-resort prekey, whose private half may be gone.
    fn signed_message(&self, signed_prekey: &SignedPrekey, key: &EncapsulationKey) -> Vec<u8> {
        let created = self.created.to_le_bytes();
        let fields = [
            created.as_slice(),
            &signed_prekey.terms.id.to_le_bytes(),
            &encode_ec(&signed_prekey.key),
            &encode_kem(key),
        ];
        signed_message(
            labels::LAST_RESORT_KEM_PREKEY,
            Suite::Pqxdh,
            self.id,
            &fields,
        )
    }
}

/// The message that the signature on a one-time KEM prekey covers.
fn one_time_message(id: PrekeyId, key: &EncapsulationKey) -> Vec<u8> {
    signed_message(
        labels::ONE_TIME_KEM_PREKEY,
        Suite::Pqxdh,
        id,
        &[&encode_kem(key)],
    )
}

/// SHA-256 of `EncodeKEM(PQPK_B)`, 32 bytes. It stands for the KEM prekey in the associated data of a
/// session (PQXDH §4.12).
pub type KemPrekeyHash = [u8; SHA256_LENGTH];

/// The private half of a KEM prekey.
///
/// The private half of a one-time prekey must be deleted once the first message of the session that used it
/// has authenticated, and not before, because a forged message must not destroy it.
#[derive(Debug)]
pub struct KemPrekeyPair {
    id: PrekeyId,
    key: DecapsulationKey,
    hash: KemPrekeyHash,
}

// 100 bytes.
snapshot_fields!(KemPrekeyPair { id, key, hash });

impl KemPrekeyPair {
    /// A new one-time prekey, and its public half, signed by `identity` (PQXDH §3.2).
    #[must_use]
    pub fn generate_one_time(
        id: PrekeyId,
        identity: &IdentityKeyPair,
        rng: &mut impl CryptoRng,
    ) -> (Self, KemPrekey) {
        let pair = DecapsulationKey::generate(rng);
        let key = pair.encapsulation_key();
        let public = KemPrekey {
            id,
            usage: KemPrekeyUse::OneTime,
            signature: identity.sign(&one_time_message(id, &key), rng),
            key,
        };
        let hash = public.hash();
        let key = pair;
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

    pub(crate) const fn key(&self) -> &DecapsulationKey {
        &self.key
    }
}

/// A last-resort KEM prekey with its private half. It is kept until some time after it was replaced
/// (PQXDH §2.5, `PQSPK`).
#[derive(Debug)]
pub struct LastResortKemPrekeyPair {
    pair: KemPrekeyPair,
    created: u64,
    signature: Signature,
}

// 172 bytes.
snapshot_fields!(LastResortKemPrekeyPair {
    pair,
    created,
    signature,
});

impl LastResortKemPrekeyPair {
    /// A new key pair, signed by `identity` (PQXDH §3.2) for use with the signed prekey of the same generation.
    #[must_use]
    pub fn generate(
        terms: LastResortKemPrekeyTerms,
        signed_prekey: &SignedPrekey,
        identity: &IdentityKeyPair,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let key = DecapsulationKey::generate(rng);
        let public = key.encapsulation_key();
        let signed_message = terms.signed_message(signed_prekey, &public);
        let LastResortKemPrekeyTerms { id, created } = terms;
        let hash = hash(&public);
        Self {
            pair: KemPrekeyPair { id, key, hash },
            created,
            signature: identity.sign(&signed_message, rng),
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
}

fn hash(key: &EncapsulationKey) -> KemPrekeyHash {
    sha256(&[&encode_kem(key)])
}
