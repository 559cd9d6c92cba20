//! Encodings of fixed values, compared with `tests/vectors/wire.json`.
//!
//! With `SPRAG_VECTORS=write` in the environment the file is written instead.

use std::fs;

use sprag_primitives::SecretBytes;
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_primitives::xeddsa::Signature;
use sprag_ratchet::Header;
use sprag_wire::{
    Kind, Message, PrekeyMessage, decode_bundle, decode_message, decode_prekey_message,
    encode_bundle, encode_message, encode_prekey_message, kind,
};
use sprag_x3dh::{
    Bundle, IdentityKey, InitialMessage, OneTimePrekey, PrekeyId, SignedPrekey, SignedPrekeyTerms,
    Suite,
};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/wire.json");

#[test]
fn known_answers() {
    let largest = u32::MAX;
    let cases = [
        bundle("bundle", (300, 1_767_225_600), Some(70_000)),
        bundle("bundle without a one-time prekey", (1, 0), None),
        bundle("bundle with the first one-time prekey", (0, 1), Some(0)),
        bundle("largest bundle", (largest, u64::MAX), Some(largest)),
        prekey_message("prekey message", (300, Some(70_000)), b"ciphertext"),
        prekey_message("reusable prekey message", (0, None), b""),
        prekey_message("largest numbers", (largest, Some(largest)), b"x"),
        message("message", (2, 3), b"a longer ciphertext"),
        message("empty message", (0, 0), b""),
        message("last message", (largest, largest), &[0xff; 3]),
    ];
    let text = format!("{{\n{}\n}}\n", cases.join(",\n"));
    if std::env::var_os("SPRAG_VECTORS").is_some_and(|mode| mode == "write") {
        fs::write(PATH, &text).unwrap();
    }
    let known = fs::read_to_string(PATH).unwrap();
    for (line, known) in text.lines().zip(known.lines()) {
        assert_eq!(line, known);
    }
    assert_eq!(text.lines().count(), known.lines().count());
}

fn bundle(name: &str, (id, created): (PrekeyId, u64), one_time_id: Option<PrekeyId>) -> String {
    let mut case = Case::new(Kind::Bundle);
    let identity = case.identity_key("identity", 1);
    case.number("signed_prekey_id", id.into());
    case.number("signed_prekey_created", created);
    let key = case.public_key("signed_prekey", 2);
    let signature = core::array::from_fn(|index| 0xc0 | u8::try_from(index).expect("below 64"));
    case.bytes("signature", &signature);
    let one_time_prekey = one_time_id.map(|id| {
        case.number("one_time_prekey_id", id.into());
        let key = case.public_key("one_time_prekey", 3);
        OneTimePrekey { id, key }
    });
    let suite = Suite::X3dh;
    let bundle = Bundle {
        identity,
        signed_prekey: SignedPrekey {
            terms: SignedPrekeyTerms { suite, id, created },
            key,
            signature: Signature::from_bytes(signature),
        },
        one_time_prekey,
    };
    let bytes = encode_bundle(&bundle);
    assert_eq!(decode_bundle(&bytes), Ok(bundle));
    case.finish(name, &bytes)
}

fn prekey_message(name: &str, ids: (PrekeyId, Option<PrekeyId>), ciphertext: &[u8]) -> String {
    let (signed_prekey, one_time_prekey) = ids;
    let mut case = Case::new(Kind::PrekeyMessage);
    let identity = case.identity_key("identity", 4);
    let ephemeral = case.public_key("ephemeral", 5);
    case.number("signed_prekey_id", signed_prekey.into());
    if let Some(id) = one_time_prekey {
        case.number("one_time_prekey_id", id.into());
    }
    let handshake = InitialMessage {
        suite: Suite::X3dh,
        identity,
        ephemeral,
        signed_prekey,
        one_time_prekey,
    };
    let message = case.message((7, 8), ciphertext);
    let bytes = encode_prekey_message(&handshake, ciphertext).finish(&message.header, message.tag);
    let expected = PrekeyMessage { handshake, message };
    assert_eq!(decode_prekey_message(&bytes), Ok(expected));
    case.finish(name, &bytes)
}

fn message(name: &str, counts: (u32, u32), ciphertext: &[u8]) -> String {
    let mut case = Case::new(Kind::Message);
    let message = case.message(counts, ciphertext);
    let bytes = encode_message(ciphertext).finish(&message.header, message.tag);
    assert_eq!(decode_message(&bytes), Ok(message));
    case.finish(name, &bytes)
}

/// The fields of a case, in the order in which they came.
struct Case {
    kind: Kind,
    lines: Vec<String>,
}

impl Case {
    fn new(kind: Kind) -> Self {
        let mut case = Self {
            kind,
            lines: Vec::new(),
        };
        case.number("kind", kind.to_byte().into());
        if kind != Kind::Message {
            case.number("suite", Suite::X3dh.to_byte().into());
        }
        case
    }

    fn number(&mut self, field: &str, value: u64) {
        self.lines.push(format!("    \"{field}\": {value}"));
    }

    fn bytes(&mut self, field: &str, value: &[u8]) {
        let value = hex::encode(value);
        self.lines.push(format!("    \"{field}\": \"{value}\""));
    }

    /// The public key of the secret of 32 times this byte.
    fn public_key(&mut self, field: &str, byte: u8) -> PublicKey {
        let key = *KeyPair::from_secret(&SecretBytes::copy_from(&[byte; 32])).public();
        self.bytes(field, key.as_bytes());
        key
    }

    fn identity_key(&mut self, field: &str, byte: u8) -> IdentityKey {
        let key = self.public_key(field, byte);
        IdentityKey::from_bytes(key.as_bytes()).expect("it is the key of a secret")
    }

    fn message<'a>(&mut self, counts: (u32, u32), ciphertext: &'a [u8]) -> Message<'a> {
        let (previous_length, number) = counts;
        let tag = b"sixteen bytes...";
        let ratchet_key = self.public_key("ratchet_key", 6);
        self.number("previous_length", previous_length.into());
        self.number("number", number.into());
        self.bytes("ciphertext", ciphertext);
        self.bytes("tag", tag);
        Message {
            header: Header {
                ratchet_key,
                previous_length,
                number,
            },
            ciphertext,
            tag,
        }
    }

    fn finish(mut self, name: &str, bytes: &[u8]) -> String {
        assert_eq!(kind(bytes), Ok(self.kind));
        self.bytes("bytes", bytes);
        format!("  \"{name}\": {{\n{}\n  }}", self.lines.join(",\n"))
    }
}
