//! The parties of the tests. Their randomness is seeded, so it is the same in every run.

use core::convert::Infallible;

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag_primitives::SecretBytes;
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::ml_kem_1024::{DecapsulationKey, EncapsulationKey};
use sprag_primitives::rand_core::{TryCryptoRng, TryRng};
use sprag_primitives::snapshot::Snapshot;
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_primitives::xeddsa::{Signature, SigningKey};
use sprag_x3dh::{
    CurveBundle, Error, IdentityKeyPair, Initiated, KemPrekey, KemPrekeyPair, KemPrekeyUse,
    LastResortKemPrekeyPair, LastResortKemPrekeyTerms, OneTimePrekeyPair, Policy, Responded,
    ResponderKeys, SharedSecret, SignedPrekey, SignedPrekeyPair, SignedPrekeyTerms, Suite, pqxdh,
    x3dh,
};

pub(crate) const ALICE: [u8; 32] = [0xa1; 32];
pub(crate) const BOB: [u8; 32] = [0xb0; 32];
pub(crate) const CAROL: [u8; 32] = [0xca; 32];

/// A policy that accepts every suite and every age, so that only a bundle's own faults are left.
pub(crate) const ANYTHING: Policy = Policy::post_quantum().allow_x3dh();

/// The ordinal of Alice's sessions.
pub(crate) const ORDINAL: u32 = 0x2526_2728;

pub(crate) const SIGNED_CREATED: u64 = 0x0506_0708_090a_0b0c;
pub(crate) const LAST_RESORT_CREATED: u64 = 0x191a_1b1c_1d1e_1f20;

/// The numbers of a party's prekeys.
#[derive(Clone, Copy)]
pub(crate) struct Ids {
    pub(crate) x3dh_signed: u32,
    pub(crate) pqxdh_signed: u32,
    pub(crate) one_time: u32,
    pub(crate) one_time_kem: u32,
    pub(crate) last_resort: u32,
}

pub(crate) const IDS: Ids = Ids {
    x3dh_signed: 0x2122_2324,
    pqxdh_signed: 0x0102_0304,
    one_time: 0x0d0e_0f10,
    one_time_kem: 0x1112_1314,
    last_resort: 0x1516_1718,
};

pub(crate) const X3DH_TERMS: SignedPrekeyTerms = SignedPrekeyTerms {
    suite: Suite::X3dh,
    id: IDS.x3dh_signed,
    created: SIGNED_CREATED,
};

pub(crate) const PQXDH_TERMS: SignedPrekeyTerms = SignedPrekeyTerms {
    suite: Suite::Pqxdh,
    id: IDS.pqxdh_signed,
    created: SIGNED_CREATED,
};

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

/// A party with prekeys of every kind, which responds to initial messages.
pub(crate) struct Responder {
    pub(crate) secret: [u8; 32],
    pub(crate) identity: IdentityKeyPair,
    pub(crate) x3dh_signed_prekey: SignedPrekeyPair,
    pub(crate) pqxdh_signed_prekey: SignedPrekeyPair,
    pub(crate) one_time_prekey: OneTimePrekeyPair,
    pub(crate) one_time_kem_pair: KemPrekeyPair,
    pub(crate) one_time_kem_prekey: KemPrekey,
    pub(crate) last_resort: LastResortKemPrekeyPair,
}

impl Responder {
    /// Generates the party whose identity key has this secret.
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        Self::numbered(secret, IDS)
    }

    pub(crate) fn numbered(secret: [u8; 32], ids: Ids) -> Self {
        let (identity, mut rng) = (identity(secret), rng(secret[0].into()));
        let mut signed = |id, terms| {
            let terms = SignedPrekeyTerms { id, ..terms };
            SignedPrekeyPair::generate(terms, &identity, &mut rng)
        };
        let x3dh_signed_prekey = signed(ids.x3dh_signed, X3DH_TERMS);
        let pqxdh_signed_prekey = signed(ids.pqxdh_signed, PQXDH_TERMS);
        let (one_time_kem_pair, one_time_kem_prekey) =
            KemPrekeyPair::generate_one_time(ids.one_time_kem, &identity, &mut rng);
        let last_resort = LastResortKemPrekeyTerms {
            id: ids.last_resort,
            created: LAST_RESORT_CREATED,
        };
        let one_time_prekey = OneTimePrekeyPair::generate(ids.one_time, &mut rng);
        let signed_prekey = pqxdh_signed_prekey.public();
        Self {
            secret,
            x3dh_signed_prekey,
            pqxdh_signed_prekey,
            one_time_prekey,
            one_time_kem_pair,
            one_time_kem_prekey,
            last_resort: LastResortKemPrekeyPair::generate(
                last_resort,
                &signed_prekey,
                &identity,
                &mut rng,
            ),
            identity,
        }
    }

    /// Returns the curve keys of a bundle, with the one-time prekey.
    fn curve_bundle(&self, signed_prekey: &SignedPrekeyPair) -> CurveBundle {
        CurveBundle {
            identity: *self.identity.public(),
            signed_prekey: signed_prekey.public(),
            one_time_prekey: Some(self.one_time_prekey.public()),
        }
    }

    pub(crate) fn x3dh_bundle(&self) -> x3dh::Bundle {
        x3dh::Bundle {
            curve: self.curve_bundle(&self.x3dh_signed_prekey),
        }
    }

    /// Returns a bundle with the one-time prekey and one without it.
    pub(crate) fn x3dh_bundles(&self) -> [x3dh::Bundle; 2] {
        let bundle = self.x3dh_bundle();
        let without = altered(&bundle, |bundle| bundle.curve.one_time_prekey = None);
        [bundle, without]
    }

    /// Returns a bundle with both one-time prekeys.
    pub(crate) fn pqxdh_bundle(&self) -> pqxdh::Bundle {
        pqxdh::Bundle {
            curve: self.curve_bundle(&self.pqxdh_signed_prekey),
            kem_prekey: self.one_time_kem_prekey.clone(),
        }
    }

    /// Returns four bundles: with both one-time prekeys, with the KEM prekey alone, with the curve
    /// prekey alone, and with neither.
    pub(crate) fn pqxdh_bundles(&self) -> [pqxdh::Bundle; 4] {
        let without_curve = |bundle: &mut pqxdh::Bundle| bundle.curve.one_time_prekey = None;
        let both = self.pqxdh_bundle();
        let kem_only = altered(&both, without_curve);
        let curve_only = pqxdh::Bundle {
            kem_prekey: self.last_resort.public(),
            ..both.clone()
        };
        let reusable = altered(&curve_only, without_curve);
        [both, kem_only, curve_only, reusable]
    }

    /// Returns the keys that `message` names, which must be for this party.
    pub(crate) fn x3dh_keys(&self, message: &x3dh::InitialMessage) -> ResponderKeys<'_> {
        let one_time_prekey = message.curve().one_time_prekey;
        ResponderKeys {
            identity: &self.identity,
            signed_prekey: &self.x3dh_signed_prekey,
            one_time_prekey: one_time_prekey.map(|_| &self.one_time_prekey),
        }
    }

    /// Returns the curve keys that `message` names, which must be for this party.
    pub(crate) fn pqxdh_keys(&self, message: &pqxdh::InitialMessage) -> ResponderKeys<'_> {
        let one_time_prekey = message.curve().one_time_prekey;
        ResponderKeys {
            identity: &self.identity,
            signed_prekey: &self.pqxdh_signed_prekey,
            one_time_prekey: one_time_prekey.map(|_| &self.one_time_prekey),
        }
    }

    /// Returns the KEM prekey that `message` names, which must be for this party.
    pub(crate) fn kem_pair(&self, message: &pqxdh::InitialMessage) -> &KemPrekeyPair {
        let last_resort = self.last_resort.pair();
        if message.kem().prekey == last_resort.id() {
            last_resort
        } else {
            &self.one_time_kem_pair
        }
    }

    /// Responds to `message` with the keys that it names.
    pub(crate) fn respond_x3dh(&self, message: &x3dh::InitialMessage) -> Result<Responded, Error> {
        x3dh::respond(&self.x3dh_keys(message), message)
    }

    /// Responds to `message` with the keys that it names.
    pub(crate) fn respond_pqxdh(
        &self,
        message: &pqxdh::InitialMessage,
    ) -> Result<Responded, Error> {
        pqxdh::respond(&self.pqxdh_keys(message), self.kem_pair(message), message)
    }

    /// Signs any message as this party. `IdentityKeyPair` has no function for this.
    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        SigningKey::calculate_key_pair(&key_pair(self.secret)).sign(message, &mut rng(9))
    }

    /// Signs any key as this party's signed prekey.
    pub(crate) fn adopt(&self, terms: SignedPrekeyTerms, key: PublicKey) -> SignedPrekey {
        SignedPrekey {
            terms,
            key,
            signature: self.sign(&signed_message(&terms, &key)),
        }
    }

    /// Signs any KEM prekey as this party's, with its number and use unchanged. A last-resort prekey becomes one for
    /// use with `signed_prekey`.
    pub(crate) fn adopt_kem(&self, prekey: &KemPrekey, signed_prekey: &SignedPrekey) -> KemPrekey {
        KemPrekey {
            signature: self.sign(&kem_signed_message(prekey, signed_prekey)),
            ..prekey.clone()
        }
    }
}

/// Composes the message that the signature on a signed prekey covers.
///
/// Its fields are the label, version, suite, number, creation time and encoded key.
pub(crate) fn signed_message(terms: &SignedPrekeyTerms, key: &PublicKey) -> Vec<u8> {
    let mut message = b"sprag signed prekey\x01".to_vec();
    message.push(match terms.suite {
        Suite::X3dh => 1,
        Suite::Pqxdh => 2,
    });
    message.extend(terms.id.to_le_bytes());
    message.extend(terms.created.to_le_bytes());
    message.push(1);
    message.extend(key.as_bytes());
    message
}

/// Composes the message that the signature on a KEM prekey covers.
///
/// Its fields are the label, version, suite, number, creation time, the number and the encoding of the signed prekey,
/// and the encoded key. A one-time prekey has neither a creation time nor a signed prekey.
pub(crate) fn kem_signed_message(prekey: &KemPrekey, signed_prekey: &SignedPrekey) -> Vec<u8> {
    let mut message = match prekey.usage {
        KemPrekeyUse::OneTime => b"sprag one-time KEM prekey\x01\x02".to_vec(),
        KemPrekeyUse::LastResort { .. } => b"sprag last-resort KEM prekey\x01\x02".to_vec(),
    };
    message.extend(prekey.id.to_le_bytes());
    if let KemPrekeyUse::LastResort { created } = prekey.usage {
        message.extend(created.to_le_bytes());
        message.extend(signed_prekey.terms.id.to_le_bytes());
        message.push(1);
        message.extend(signed_prekey.key.as_bytes());
    }
    message.push(2);
    message.extend(prekey.key.as_bytes());
    message
}

/// Initiates X3DH as Alice, always with the same ephemeral key.
pub(crate) fn alice_initiates_x3dh(bundle: x3dh::Bundle) -> Initiated<x3dh::InitialMessage> {
    let bundle = bundle.verify().expect("the bundle is genuine");
    x3dh::initiate(&identity(ALICE), &bundle, ORDINAL, &mut rng(2))
        .expect("the bundle is another's")
}

/// Initiates PQXDH as Alice, always with the same ephemeral key and encapsulation randomness.
pub(crate) fn alice_initiates_pqxdh(bundle: &pqxdh::Bundle) -> Initiated<pqxdh::InitialMessage> {
    let bundle = bundle.clone().verify().expect("the bundle is genuine");
    pqxdh::initiate(&identity(ALICE), &bundle, ORDINAL, &mut rng(2))
        .expect("the bundle is another's")
}

/// Computes KDF(KM), where KM is the concatenation of `parts`.
pub(crate) fn kdf(parts: &[SecretBytes<32>], info: &str) -> SecretBytes<32> {
    let km: Vec<u8> = parts.iter().flat_map(|part| *part.expose()).collect();
    Hkdf::extract(&[0; 32], &[&[0xff; 32], &km]).expand(info.as_bytes())
}

/// Reads the key pair of a one-time prekey from its snapshot.
pub(crate) fn one_time_key_pair(prekey: &OneTimePrekeyPair) -> KeyPair {
    let bytes = snapshot(prekey);
    key_pair(bytes[4..].try_into().expect("the secret is last"))
}

/// Reads the private half of a KEM prekey from its snapshot.
pub(crate) fn decapsulation_key(prekey: &KemPrekeyPair) -> DecapsulationKey {
    let bytes = snapshot(prekey);
    let seed = bytes[4..68].try_into().expect("the seed follows the id");
    DecapsulationKey::from_seed(SecretBytes::copy_from(seed))
}

pub(crate) fn encapsulation_key(seed: u64) -> EncapsulationKey {
    DecapsulationKey::generate(&mut rng(seed)).encapsulation_key()
}

#[track_caller]
pub(crate) fn all_differ<const COUNT: usize>(secrets: [SharedSecret; COUNT]) {
    for (index, secret) in secrets.iter().enumerate() {
        for (earlier, other) in secrets[..index].iter().enumerate() {
            assert_ne!(secret, other, "cases {earlier} and {index}");
        }
    }
}

/// Returns a copy of `value` with one change.
pub(crate) fn altered<T: Clone>(value: &T, alter: impl FnOnce(&mut T)) -> T {
    let mut altered = value.clone();
    alter(&mut altered);
    altered
}

/// Returns the bytes of the snapshot of `value`.
pub(crate) fn snapshot(value: &impl Snapshot) -> Vec<u8> {
    value.to_snapshot().expose().to_vec()
}

/// A seeded random source that counts the bytes drawn from it.
pub(crate) struct Metered {
    rng: StdRng,
    pub(crate) drawn: usize,
}

impl Metered {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: rng(seed),
            drawn: 0,
        }
    }
}

impl TryRng for Metered {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.drawn += 4;
        self.rng.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.drawn += 8;
        self.rng.try_next_u64()
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        self.drawn += destination.len();
        self.rng.try_fill_bytes(destination)
    }
}

impl TryCryptoRng for Metered {}
