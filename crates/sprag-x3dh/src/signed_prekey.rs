use alloc::vec::Vec;

use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot_fields;
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_primitives::xeddsa::{Signature, VerifyingKey};

use crate::encode::encode_ec;
use crate::identity::IdentityKeyPair;
use crate::prekey::{PrekeyId, signed_message};
use crate::suite::Suite;
use crate::{Error, Slot, labels};

/// The fields that a signed prekey's signature covers beside the key itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct SignedPrekeyTerms {
    /// The suite that the key is for.
    pub suite: Suite,
    /// The key's number.
    pub id: PrekeyId,
    /// The creation time in seconds since 1970-01-01 UTC; 0 if it is not stated.
    pub created: u64,
}

snapshot_fields!(SignedPrekeyTerms { suite, id, created });

impl SignedPrekeyTerms {
    fn signed_message(&self, key: &PublicKey) -> Vec<u8> {
        let created = self.created.to_le_bytes();
        let fields = [created.as_slice(), &encode_ec(key)];
        signed_message(labels::SIGNED_PREKEY, self.suite, self.id, &fields)
    }
}

/// The public half of a signed prekey as a bundle carries it (X3DH §2.4 and PQXDH §2.4,
/// `SPK` and its signature).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct SignedPrekey {
    /// The fields that the signature covers beside the key.
    pub terms: SignedPrekeyTerms,
    /// The key.
    pub key: PublicKey,
    /// The identity key's signature, not yet verified.
    pub signature: Signature,
}

impl SignedPrekey {
    pub(crate) fn verify(&self, signer: &VerifyingKey, suite: Suite) -> Result<(), Error> {
        if self.terms.suite != suite {
            return Err(Error::OtherUse(Slot::SignedPrekey));
        }
        signer
            .verify(&self.terms.signed_message(&self.key), &self.signature)
            .map_err(|_| Error::InvalidSignature(Slot::SignedPrekey))
    }
}

/// A signed prekey with its private half. It is kept until some time after it was replaced.
#[derive(Debug)]
pub struct SignedPrekeyPair {
    terms: SignedPrekeyTerms,
    pair: KeyPair,
    signature: Signature,
}

// 110 bytes.
snapshot_fields!(SignedPrekeyPair {
    terms,
    pair,
    signature,
});

impl SignedPrekeyPair {
    /// A new key pair, signed by `identity` (X3DH §3.2).
    #[must_use]
    pub fn generate(
        terms: SignedPrekeyTerms,
        identity: &IdentityKeyPair,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let pair = KeyPair::generate(rng);
        let signature = identity.sign(&terms.signed_message(pair.public()), rng);
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

    /// The suite that the key is for.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.terms.suite
    }

    /// The key pair, which is also the responder's first ratchet key (Double Ratchet §7.1).
    #[must_use]
    pub const fn key_pair(&self) -> &KeyPair {
        &self.pair
    }
}
