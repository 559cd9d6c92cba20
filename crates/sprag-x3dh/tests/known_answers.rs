//! Runs with fixed secrets, compared with `tests/vectors/x3dh.json`.
//!
//! With `SPRAG_VECTORS=write` in the environment the file is written instead.

use core::convert::Infallible;
use std::fs;

use sprag_primitives::SecretBytes;
use sprag_primitives::hash::sha256;
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::rand_core::{TryCryptoRng, TryRng};
use sprag_primitives::x25519::KeyPair;
use sprag_x3dh::{
    Bundle, IdentityKeyPair, OneTimePrekeyPair, ResponderKeys, SignedPrekeyPair, SignedPrekeyTerms,
    Suite, initiate, respond,
};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/x3dh.json");

#[test]
fn known_answers() {
    let runs = [
        run("without a one-time prekey", (1, 1_767_225_600), None),
        run("with a one-time prekey", (2, 1_767_830_400), Some(3)),
        run("with the first one-time prekey", (0, 0), Some(0)),
        run(
            "with the largest numbers",
            (u32::MAX, u64::MAX),
            Some(u32::MAX),
        ),
    ];
    let text = format!("{{\n{}\n}}\n", runs.join(",\n"));
    if std::env::var_os("SPRAG_VECTORS").is_some_and(|mode| mode == "write") {
        fs::write(PATH, &text).unwrap();
    }
    let known = fs::read_to_string(PATH).unwrap();
    for (line, known) in text.lines().zip(known.lines()) {
        assert_eq!(line, known);
    }
    assert_eq!(text.lines().count(), known.lines().count());
}

/// One run of both parties, as a case of the file.
fn run(name: &str, (id, created): (u32, u64), one_time_id: Option<u32>) -> String {
    let (mut case, mut rng) = (Case::default(), Stream::new(name));
    let alice = IdentityKeyPair::generate(&mut rng);
    let alice_pair = case.pair("initiator_identity", &rng.drawn());
    let bob = IdentityKeyPair::generate(&mut rng);
    let bob_pair = case.pair("responder_identity", &rng.drawn());

    let suite = Suite::X3dh;
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

    let one_time_prekey = one_time_id.map(|id| OneTimePrekeyPair::generate(id, &mut rng));
    let one_time_pair = one_time_id.map(|id| {
        case.number("one_time_prekey_id", id.into());
        case.pair("one_time_prekey", &rng.drawn())
    });

    let bundle = Bundle {
        identity: *bob.public(),
        signed_prekey: signed_prekey.public(),
        one_time_prekey: one_time_prekey.as_ref().map(OneTimePrekeyPair::public),
    };
    let bundle = bundle.verify().expect("the bundle is genuine");
    let initiated = initiate(&alice, &bundle, &mut rng).expect("the bundle is another's");
    let ephemeral = case.pair("ephemeral", &rng.drawn());
    let keys = ResponderKeys {
        identity: &bob,
        signed_prekey: &signed_prekey,
        one_time_prekey: one_time_prekey.as_ref(),
    };
    let responded = respond(&keys, &initiated.message).expect("the keys are those named");
    assert_eq!(responded, initiated.agreement);

    let key_material = case.agreements(&[
        (&alice_pair, Some(&signed_pair)),
        (&ephemeral, Some(&bob_pair)),
        (&ephemeral, Some(&signed_pair)),
        (&ephemeral, one_time_pair.as_ref()),
    ]);
    let derived: SecretBytes<32> = Hkdf::extract(&[0; 32], &[&[0xff; 32], &key_material])
        .expand(b"sprag-v1_CURVE25519_SHA-256");
    assert_eq!(responded.shared_secret.as_secret(), &derived);
    case.bytes("shared_secret", derived.expose());
    case.bytes("root", responded.shared_secret.into_root().expose());
    case.bytes("associated_data", &responded.associated_data);
    case.bytes("session_id", initiated.message.session_id().as_bytes());
    case.finish(name)
}

/// The fields of a case, in the order in which they came.
#[derive(Default)]
struct Case(Vec<String>);

impl Case {
    fn number(&mut self, field: &str, value: u64) {
        self.0.push(format!("    \"{field}\": {value}"));
    }

    fn bytes(&mut self, field: &str, value: &[u8]) {
        let value = hex::encode(value);
        self.0.push(format!("    \"{field}\": \"{value}\""));
    }

    /// Both halves of the key pair with this secret.
    fn pair(&mut self, field: &str, secret: &[u8]) -> KeyPair {
        let bytes = secret.try_into().expect("32 bytes are drawn");
        let pair = KeyPair::from_secret(&SecretBytes::copy_from(bytes));
        self.bytes(&format!("{field}_secret"), secret);
        self.bytes(field, pair.public().as_bytes());
        pair
    }

    /// The outputs of the agreements that there are, and all of them one after the other.
    fn agreements(&mut self, agreements: &[(&KeyPair, Option<&KeyPair>)]) -> Vec<u8> {
        let mut all = Vec::new();
        for (number, (own, remote)) in (1..).zip(agreements) {
            if let Some(remote) = remote {
                let output = own.diffie_hellman(remote.public()).expect("it contributes");
                self.bytes(&format!("dh{number}"), output.expose());
                all.extend(output.expose());
            }
        }
        all
    }

    fn finish(self, name: &str) -> String {
        format!("  \"{name}\": {{\n{}\n  }}", self.0.join(",\n"))
    }
}

/// Gives out SHA-256(name || 0) || SHA-256(name || 1) || ..., the counter 8 bytes, little-endian.
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

    /// What was given out since this was last asked.
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
