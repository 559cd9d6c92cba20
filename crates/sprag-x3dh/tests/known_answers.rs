//! Known answers: runs with fixed secrets, compared with `tests/vectors/*.json`.
//!
//! With `SPRAG_VECTORS=write` in the environment, the tests write the files anew.

use core::convert::Infallible;
use std::fs;
use std::path::Path;

use sprag_primitives::hash::sha256;
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::ml_kem_1024::{Ciphertext, DecapsulationKey};
use sprag_primitives::rand_core::{TryCryptoRng, TryRng};
use sprag_primitives::x25519::KeyPair;
use sprag_primitives::{SecretBytes, aead};
use sprag_x3dh::{
    Agreement, CurveBundle, IdentityKey, IdentityKeyPair, InitialMessage, KemPrekey, KemPrekeyPair,
    KemPrekeyUse, LastResortKemPrekeyPair, LastResortKemPrekeyTerms, OneTimePrekeyPair,
    ResponderKeys, SessionId, SignedPrekeyPair, SignedPrekeyTerms, Suite, pqxdh, x3dh,
};

#[test]
fn known_answers_of_x3dh() {
    let run = |name, terms, one_time_id| Run::new(Suite::X3dh, (name, terms, one_time_id));
    let runs = [
        run("without a one-time prekey", (1, 1_767_225_600), None).x3dh(1),
        run("with a one-time prekey", (2, 1_767_830_400), Some(3)).x3dh(1),
        run("with the first one-time prekey", (1, 0), Some(0)).x3dh(2),
        run(
            "with the largest numbers",
            (u32::MAX, u64::MAX),
            Some(u32::MAX - 1),
        )
        .x3dh(u32::MAX),
    ];
    compare("x3dh.json", &runs);
}

#[test]
fn known_answers_of_pqxdh() {
    let run = |name, terms, one_time_id| Run::new(Suite::Pqxdh, (name, terms, one_time_id));
    let one_time = KemPrekeyUse::OneTime;
    let last_resort = |created| KemPrekeyUse::LastResort { created };
    let runs = [
        run("with both one-time prekeys", (1, 1_767_225_600), Some(2)).pqxdh((3, one_time), 1),
        run("with a KEM one-time prekey alone", (4, 1_767_225_601), None).pqxdh((0, one_time), 2),
        run(
            "with a curve one-time prekey alone",
            (5, 1_767_830_400),
            Some(0),
        )
        .pqxdh((6, last_resort(1_767_830_401)), 3),
        run("without one-time prekeys", (0, 0), None).pqxdh((1, last_resort(0)), 0),
        run(
            "with the largest numbers in PQXDH",
            (u32::MAX, u64::MAX),
            Some(u32::MAX - 1),
        )
        .pqxdh((u32::MAX - 2, last_resort(u64::MAX - 1)), u32::MAX),
    ];
    compare("pqxdh.json", &runs);
}

fn compare(file: &str, runs: &[String]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(file);
    let text = format!("{{\n{}\n}}\n", runs.join(",\n"));
    if std::env::var_os("SPRAG_VECTORS").is_some_and(|mode| mode == "write") {
        fs::write(&path, &text).expect("the file can be written");
    }
    let known = fs::read_to_string(&path).expect("the file can be read");
    for (line, known) in text.lines().zip(known.lines()) {
        assert_eq!(line, known);
    }
    assert_eq!(text.lines().count(), known.lines().count());
}

/// One run of both parties, which becomes one case of a file.
struct Run {
    name: &'static str,
    case: Case,
    rng: Stream,
    alice: IdentityKeyPair,
    bob: IdentityKeyPair,
    signed_prekey: SignedPrekeyPair,
    one_time_prekey: Option<OneTimePrekeyPair>,
    pairs: Pairs,
}

/// The key pairs of a run, made a second time from the bytes that were drawn.
///
/// The test computes the single agreements with them, because a handshake does not return those.
struct Pairs {
    alice: KeyPair,
    bob: KeyPair,
    signed_prekey: KeyPair,
    one_time_prekey: Option<KeyPair>,
}

/// The name of a run, the number and creation time of its signed prekey, and the number of its
/// curve one-time prekey.
type Parameters = (&'static str, (u32, u64), Option<u32>);

impl Run {
    /// Generates the keys that both handshakes use.
    fn new(suite: Suite, (name, (id, created), one_time_id): Parameters) -> Self {
        // Generate both identities.
        let (mut case, mut rng) = (Case::default(), Stream::new(name));
        let alice = IdentityKeyPair::generate(&mut rng);
        let alice_pair = case.pair("initiator_identity", &rng.drawn());
        let bob = IdentityKeyPair::generate(&mut rng);
        let bob_pair = case.pair("responder_identity", &rng.drawn());

        // Generate and sign the signed prekey.
        let terms = SignedPrekeyTerms { suite, id, created };
        let signed_prekey = SignedPrekeyPair::generate(terms, &bob, &mut rng);
        case.number("suite", suite.to_byte().into());
        case.number("signed_prekey_id", id.into());
        case.number("signed_prekey_created", created);
        let drawn = rng.drawn();
        let (secret, randomness) = drawn.split_at(32);
        let signed_pair = case.pair("signed_prekey", secret);
        case.bytes("signature_randomness", randomness);
        case.bytes("signature", signed_prekey.public().signature.as_bytes());

        // Generate the curve one-time prekey, if the run has one.
        let one_time_prekey = one_time_id.map(|id| OneTimePrekeyPair::generate(id, &mut rng));
        let one_time_pair = one_time_id.map(|id| {
            case.number("one_time_prekey_id", id.into());
            case.pair("one_time_prekey", &rng.drawn())
        });
        Self {
            name,
            case,
            rng,
            alice,
            bob,
            signed_prekey,
            one_time_prekey,
            pairs: Pairs {
                alice: alice_pair,
                bob: bob_pair,
                signed_prekey: signed_pair,
                one_time_prekey: one_time_pair,
            },
        }
    }

    fn x3dh(mut self, ordinal: u32) -> String {
        let curve = self.curve_bundle();
        let bundle = x3dh::Bundle { curve };

        // Initiate.
        let bundle = bundle.verify().expect("the bundle is genuine");
        let initiated = x3dh::initiate(&self.alice, &bundle, ordinal, &mut self.rng)
            .expect("the bundle is another's");
        self.case.number("ordinal", ordinal.into());
        let ephemeral = self.case.pair("ephemeral", &self.rng.drawn());

        // Respond, and compare the results of both parties.
        let responded = x3dh::respond(&self.responder_keys(), &initiated.message)
            .expect("the keys are those named");
        assert_eq!(responded.agreement, initiated.agreement);
        assert_eq!(responded.initiator.ordinal, ordinal);

        // Derive the secret from the single agreements.
        let key_material = self.agreements(&ephemeral);
        let agreement = responded.agreement;
        self.case
            .secret(&agreement, &key_material, "sprag-v1_CURVE25519_SHA-256");
        self.case.sealed_initiator(
            &InitialMessage::X3dh(initiated.message),
            &key_material,
            "sprag-v1 sealed initiator, CURVE25519_SHA-256",
        );
        self.finish(agreement, Suite::X3dh, initiated.message.session_id())
    }

    fn pqxdh(mut self, kem_prekey: (u32, KemPrekeyUse), ordinal: u32) -> String {
        let (kem_prekey, seed) = self.kem_prekey(kem_prekey);
        let bundle = pqxdh::Bundle {
            curve: self.curve_bundle(),
            kem_prekey: kem_prekey.public(),
        };

        // Initiate.
        let bundle = bundle.verify().expect("the bundle is genuine");
        let initiated = pqxdh::initiate(&self.alice, &bundle, ordinal, &mut self.rng)
            .expect("the bundle is another's");
        let ciphertext = &initiated.message.kem().ciphertext;
        self.case.number("ordinal", ordinal.into());
        let drawn = self.rng.drawn();
        let (secret, randomness) = drawn.split_at(32);
        let ephemeral = self.case.pair("ephemeral", secret);
        self.case.bytes("encapsulation_randomness", randomness);
        self.case.bytes("ciphertext", ciphertext.as_bytes());

        // Respond, and compare the results of both parties.
        let keys = self.responder_keys();
        let responded = pqxdh::respond(&keys, kem_prekey.pair(), &initiated.message)
            .expect("the keys are those named");
        assert_eq!(responded.agreement, initiated.agreement);
        assert_eq!(responded.initiator.ordinal, ordinal);

        // Derive the secret from the single agreements and the KEM secret.
        let mut key_material = self.agreements(&ephemeral);
        key_material.extend(self.case.kem_secret(&seed, ciphertext));
        let info = "sprag-v1_CURVE25519_SHA-256_ML-KEM-1024";
        let (agreement, session_id) = (responded.agreement, initiated.message.session_id());
        self.case.secret(&agreement, &key_material, info);
        self.case.sealed_initiator(
            &InitialMessage::Pqxdh(initiated.message),
            &key_material,
            "sprag-v1 sealed initiator, CURVE25519_SHA-256_ML-KEM-1024",
        );
        self.finish(agreement, Suite::Pqxdh, session_id)
    }

    fn curve_bundle(&self) -> CurveBundle {
        CurveBundle {
            identity: *self.bob.public(),
            signed_prekey: self.signed_prekey.public(),
            one_time_prekey: self.one_time_prekey.as_ref().map(OneTimePrekeyPair::public),
        }
    }

    fn responder_keys(&self) -> ResponderKeys<'_> {
        ResponderKeys {
            identity: &self.bob,
            signed_prekey: &self.signed_prekey,
            one_time_prekey: self.one_time_prekey.as_ref(),
        }
    }

    /// Generates the responder's KEM prekey, and returns it with its seed.
    fn kem_prekey(&mut self, (id, usage): (u32, KemPrekeyUse)) -> (OwnKemPrekey, Vec<u8>) {
        let (bob, rng) = (&self.bob, &mut self.rng);
        let signed_prekey = self.signed_prekey.public();
        self.case.number("kem_prekey_id", id.into());
        let prekey = match usage {
            KemPrekeyUse::OneTime => {
                self.case.text("kem_prekey_use", "one-time");
                let (pair, public) = KemPrekeyPair::generate_one_time(id, bob, rng);
                OwnKemPrekey::OneTime(Box::new((pair, public)))
            }
            KemPrekeyUse::LastResort { created } => {
                self.case.text("kem_prekey_use", "last-resort");
                self.case.number("kem_prekey_created", created);
                let pair = LastResortKemPrekeyPair::generate(
                    LastResortKemPrekeyTerms { id, created },
                    &signed_prekey,
                    bob,
                    rng,
                );
                OwnKemPrekey::LastResort(Box::new(pair))
            }
        };
        let drawn = rng.drawn();
        let (seed, randomness) = drawn.split_at(64);
        let public = prekey.public();
        self.case.bytes("kem_prekey_seed", seed);
        self.case.bytes("kem_prekey", public.key.as_bytes());
        self.case.bytes("kem_signature_randomness", randomness);
        self.case
            .bytes("kem_signature", public.signature.as_bytes());
        (prekey, seed.to_vec())
    }

    /// Computes the agreements of the run, and returns their outputs one after the other.
    fn agreements(&mut self, ephemeral: &KeyPair) -> Vec<u8> {
        let mut all = Vec::new();
        for (field, own, remote) in [
            ("dh1", &self.pairs.alice, Some(&self.pairs.signed_prekey)),
            ("dh2", ephemeral, Some(&self.pairs.bob)),
            ("dh3", ephemeral, Some(&self.pairs.signed_prekey)),
            ("dh4", ephemeral, self.pairs.one_time_prekey.as_ref()),
        ] {
            if let Some(remote) = remote {
                let output = own.diffie_hellman(remote.public()).expect("it contributes");
                self.case.bytes(field, output.expose());
                all.extend(output.expose());
            }
        }
        all
    }

    /// Adds the results and `AD = EncodeEC(IK_A) || EncodeEC(IK_B)`, and returns the whole case.
    ///
    /// The test composes `AD`, because an agreement does not contain it.
    fn finish(self, agreement: Agreement, suite: Suite, session_id: SessionId) -> String {
        let mut case = self.case;
        let keys = agreement.shared_secret.into_keys(suite);
        case.bytes("root", keys.root.expose());
        case.bytes("shared_hka", keys.shared_hka.expose());
        case.bytes("shared_nhkb", keys.shared_nhkb.expose());
        let identities = [self.alice.public(), self.bob.public()];
        let associated_data = identities.map(IdentityKey::encode);
        case.bytes("associated_data", associated_data.as_flattened());
        if let Some(hash) = agreement.kem_prekey_hash {
            case.bytes("kem_prekey_hash", &hash);
        }
        case.bytes("session_id", session_id.as_bytes());
        format!("  \"{}\": {{\n{}\n  }}", self.name, case.0.join(",\n"))
    }
}

enum OwnKemPrekey {
    OneTime(Box<(KemPrekeyPair, KemPrekey)>),
    LastResort(Box<LastResortKemPrekeyPair>),
}

impl OwnKemPrekey {
    fn public(&self) -> KemPrekey {
        match self {
            Self::OneTime(prekey) => prekey.1.clone(),
            Self::LastResort(prekey) => prekey.public(),
        }
    }

    fn pair(&self) -> &KemPrekeyPair {
        match self {
            Self::OneTime(prekey) => &prekey.0,
            Self::LastResort(prekey) => prekey.pair(),
        }
    }
}

/// The fields of a case, in the order in which they were added.
#[derive(Default)]
struct Case(Vec<String>);

impl Case {
    fn number(&mut self, field: &str, value: u64) {
        self.0.push(format!("    \"{field}\": {value}"));
    }

    fn text(&mut self, field: &str, value: &str) {
        self.0.push(format!("    \"{field}\": \"{value}\""));
    }

    fn bytes(&mut self, field: &str, value: &[u8]) {
        self.text(field, &hex::encode(value));
    }

    /// Adds both halves of the key pair with this secret, and returns the pair.
    fn pair(&mut self, field: &str, secret: &[u8]) -> KeyPair {
        let bytes = secret.try_into().expect("32 bytes are drawn");
        let pair = KeyPair::from_secret(&SecretBytes::copy_from(bytes));
        self.bytes(&format!("{field}_secret"), secret);
        self.bytes(field, pair.public().as_bytes());
        pair
    }

    /// Adds the secret that the owner of the seed decapsulates from the ciphertext, and returns it.
    fn kem_secret(&mut self, seed: &[u8], ciphertext: &Ciphertext) -> [u8; 32] {
        let seed = SecretBytes::copy_from(seed.try_into().expect("64 bytes are drawn"));
        let secret = DecapsulationKey::from_seed(seed).decapsulate(ciphertext);
        self.bytes("kem_secret", secret.expose());
        *secret.expose()
    }

    /// Adds SK, which the test derives a second time and compares with that of the agreement.
    fn secret(&mut self, agreement: &Agreement, key_material: &[u8], info: &str) {
        let derived: SecretBytes<32> =
            Hkdf::extract(&[0; 32], &[&[0xff; 32], key_material]).expand(info.as_bytes());
        assert_eq!(agreement.shared_secret.as_secret(), &derived);
        self.bytes("shared_secret", derived.expose());
    }

    /// Adds the key that seals the initiator, which comes from the key material without DH1, and the sealed
    /// initiator with the bytes in front of it.
    fn sealed_initiator(&mut self, message: &InitialMessage, key_material: &[u8], label: &str) {
        let without_dh1 = &key_material[32..];
        let key: SecretBytes<32> =
            Hkdf::extract(&[0; 32], &[&[0xff; 32], without_dh1]).expand(label.as_bytes());
        self.bytes("seal_key", key.expose());
        self.bytes("clear_part", &message.clear_part());
        let sealed = message.sealed_initiator().as_bytes();
        self.bytes("sealed_initiator", sealed);

        // It opens under this key, with a nonce of zeros.
        let associated_data = [b"sprag sealed initiator", &message.clear_part()[..]].concat();
        let (content, tag) = sealed.split_at(36);
        let mut content = content.to_vec();
        let ciphertext = aead::Ciphertext {
            buffer: &mut content,
            tag: tag.try_into().expect("16 bytes are left"),
        };
        aead::ChaCha20Poly1305::open(&key, &[0; 12], &associated_data, ciphertext)
            .expect("it opens");
    }
}

/// A random source that gives out SHA-256(name || 0) || SHA-256(name || 1) || ...
///
/// The counter has 8 bytes and is little-endian.
struct Stream {
    name: String,
    counter: u64,
    rest: Vec<u8>,
    drawn: Vec<u8>,
}

impl Stream {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            counter: 0,
            rest: Vec::new(),
            drawn: Vec::new(),
        }
    }

    /// Returns the bytes that were given out since the last call.
    fn drawn(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.drawn)
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("only bytes are drawn")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("only bytes are drawn")
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        while self.rest.len() < destination.len() {
            let counter = self.counter.to_le_bytes();
            self.rest.extend(sha256(&[self.name.as_bytes(), &counter]));
            self.counter += 1;
        }
        let later = self.rest.split_off(destination.len());
        destination.copy_from_slice(&self.rest);
        self.drawn.extend(core::mem::replace(&mut self.rest, later));
        Ok(())
    }
}

impl TryCryptoRng for Stream {}
