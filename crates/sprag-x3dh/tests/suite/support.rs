//! The parties of the tests, with randomness that is the same in every run.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag_primitives::SecretBytes;
use sprag_primitives::snapshot::Writer;
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_primitives::xeddsa::{Signature, SigningKey};
use sprag_x3dh::{
    Bundle, IdentityKeyPair, InitialMessage, OneTimePrekeyPair, ResponderKeys, SignedPrekey,
    SignedPrekeyPair, SignedPrekeyTerms, Suite,
};

pub(crate) const TERMS: SignedPrekeyTerms = SignedPrekeyTerms {
    suite: Suite::X3dh,
    id: 0x0102_0304,
    created: 0x0506_0708_090a_0b0c,
};

pub(crate) const ONE_TIME_ID: u32 = 0x0d0e_0f10;

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

pub(crate) fn key_pair(secret: [u8; 32]) -> KeyPair {
    KeyPair::from_secret(&SecretBytes::copy_from(&secret))
}

pub(crate) fn public_key(secret: [u8; 32]) -> PublicKey {
    *key_pair(secret).public()
}

pub(crate) fn identity(secret: [u8; 32]) -> IdentityKeyPair {
    IdentityKeyPair::from_secret(&SecretBytes::copy_from(&secret))
}

/// A party that can be asked for a session.
pub(crate) struct Responder {
    secret: [u8; 32],
    pub(crate) identity: IdentityKeyPair,
    pub(crate) signed_prekey: SignedPrekeyPair,
    pub(crate) one_time_prekey: OneTimePrekeyPair,
}

impl Responder {
    /// The party whose identity has this secret.
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        let (identity, mut rng) = (identity(secret), rng(secret[0].into()));
        Self {
            secret,
            signed_prekey: SignedPrekeyPair::generate(TERMS, &identity, &mut rng),
            one_time_prekey: OneTimePrekeyPair::generate(ONE_TIME_ID, &mut rng),
            identity,
        }
    }

    pub(crate) fn bundle(&self) -> Bundle {
        Bundle {
            one_time_prekey: Some(self.one_time_prekey.public()),
            ..self.reusable_bundle()
        }
    }

    pub(crate) fn reusable_bundle(&self) -> Bundle {
        Bundle {
            identity: *self.identity.public(),
            signed_prekey: self.signed_prekey.public(),
            one_time_prekey: None,
        }
    }

    /// The keys that `message` names, if it is for this party.
    pub(crate) fn keys_for(&self, message: &InitialMessage) -> ResponderKeys<'_> {
        ResponderKeys {
            identity: &self.identity,
            signed_prekey: &self.signed_prekey,
            one_time_prekey: message.one_time_prekey.map(|_| &self.one_time_prekey),
        }
    }

    /// This party's signature on any message, which its identity does not offer.
    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        SigningKey::calculate_key_pair(&key_pair(self.secret)).sign(message, &mut rng(9))
    }

    /// Any key as this party's signed prekey.
    pub(crate) fn adopt(&self, terms: SignedPrekeyTerms, key: PublicKey) -> SignedPrekey {
        SignedPrekey {
            terms,
            key,
            signature: self.sign(&signed_message(&terms, &key)),
        }
    }
}

/// What the signature on a signed prekey covers: label, version, suite, id, creation time, key.
pub(crate) fn signed_message(terms: &SignedPrekeyTerms, key: &PublicKey) -> Vec<u8> {
    let mut message = b"sprag signed prekey\x01\x01".to_vec();
    message.extend(terms.id.to_le_bytes());
    message.extend(terms.created.to_le_bytes());
    message.push(1);
    message.extend(key.as_bytes());
    message
}

/// The bytes of a snapshot that `write` writes.
pub(crate) fn snapshot(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    write(&mut writer);
    writer.finish().expose().to_vec()
}
