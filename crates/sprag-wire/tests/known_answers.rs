//! Known answers: encodings of fixed values, compared with `tests/vectors/wire.json`.
//!
//! With `SPRAG_VECTORS=write` in the environment, the test writes the file anew.

use std::fs;

use sprag_primitives::SecretBytes;
use sprag_primitives::ml_kem_1024::{Ciphertext, DecapsulationKey, EncapsulationKey};
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_primitives::xeddsa::Signature;
use sprag_wire::{
    Kind, MessageParts, decode_bundle, decode_message, decode_prekey_message, decode_upload,
    encode_bundle, encode_message, encode_prekey_message, encode_upload, kind,
};
use sprag_x3dh::pqxdh::KemPart;
use sprag_x3dh::{
    Bundle, CurveBundle, CurveMessage, IdentityKey, InitialMessage, KemPrekey, KemPrekeyUse,
    OneTimePrekey, PrekeyId, SealedInitiator, SignedPrekey, SignedPrekeyTerms, Suite, Upload,
    pqxdh, x3dh,
};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/wire.json");

const ONE_TIME: KemPrekeyUse = KemPrekeyUse::OneTime;
const LARGEST: u32 = u32::MAX;

#[test]
fn known_answers() {
    let made = (300, 1_767_225_600);
    let last_resort = last_resort(1_767_225_601);
    let cases = [
        x3dh_bundle("bundle", made, Some(70_000)),
        x3dh_bundle("bundle without a one-time prekey", (1, 0), None),
        x3dh_bundle("bundle with the first one-time prekey", (0, 1), Some(0)),
        x3dh_bundle("largest bundle", (LARGEST, u64::MAX), Some(LARGEST)),
        pqxdh_bundle("PQXDH bundle", (made, Some(70_000)), (70_001, ONE_TIME)),
        pqxdh_bundle("reusable PQXDH bundle", (made, None), (301, last_resort)),
        pqxdh_bundle("PQXDH bundle with zeros", ((0, 0), Some(0)), (0, ONE_TIME)),
        pqxdh_bundle(
            "largest PQXDH bundle",
            ((LARGEST, u64::MAX), Some(LARGEST)),
            (LARGEST, self::last_resort(u64::MAX)),
        ),
        upload("upload", (&[70_000, 1], &[70_001, 128]), 1_767_225_601),
        upload("upload without one-time prekeys", (&[], &[]), 0),
        upload("upload with curve prekeys", (&[0, LARGEST], &[]), 1),
        upload("upload with KEM prekeys", (&[], &[0, LARGEST]), u64::MAX),
        x3dh_message("prekey message", 300, Some(70_000), b"ciphertext"),
        x3dh_message("reusable prekey message", 0, None, b""),
        x3dh_message("largest numbers", LARGEST, Some(LARGEST), b"x"),
        pqxdh_message("PQXDH prekey message", [300, 70_001], Some(70_000), b"c"),
        pqxdh_message("reusable PQXDH prekey message", [0; 2], None, b""),
        pqxdh_message("largest PQXDH numbers", [LARGEST; 2], Some(LARGEST), b"x"),
        message("message", 1, b"a longer ciphertext"),
        message("empty message", 3, b""),
        message("message of bytes that are all 255", 0, &[0xff; 3]),
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

fn last_resort(created: u64) -> KemPrekeyUse {
    KemPrekeyUse::LastResort { created }
}

fn x3dh_bundle(name: &str, made: (PrekeyId, u64), one_time_id: Option<PrekeyId>) -> String {
    let mut case = Case::new(Kind::Bundle, Some(Suite::X3dh));
    let curve = case.curve_bundle(Suite::X3dh, made, one_time_id);
    let bundle = Bundle::X3dh(x3dh::Bundle { curve });
    let bytes = encode_bundle(&bundle);
    assert_eq!(decode_bundle(&bytes), Ok(bundle));
    case.finish(name, &bytes)
}

fn pqxdh_bundle(
    name: &str,
    (made, one_time_id): ((PrekeyId, u64), Option<PrekeyId>),
    kem_terms: (PrekeyId, KemPrekeyUse),
) -> String {
    let mut case = Case::new(Kind::Bundle, Some(Suite::Pqxdh));
    let bundle = Bundle::Pqxdh(pqxdh::Bundle {
        curve: case.curve_bundle(Suite::Pqxdh, made, one_time_id),
        kem_prekey: case.kem_prekey("kem_prekey", kem_terms, 11),
    });
    let bytes = encode_bundle(&bundle);
    assert_eq!(decode_bundle(&bytes), Ok(bundle));
    case.finish(name, &bytes)
}

fn upload(name: &str, (curve, kem): (&[PrekeyId], &[PrekeyId]), created: u64) -> String {
    let mut case = Case::new(Kind::Upload, Some(Suite::Pqxdh));
    let identity = case.identity_key("identity", 1);
    let signed_prekey = case.signed_prekey(Suite::Pqxdh, (300, 1_767_225_600));
    let terms = (301, last_resort(created));
    let last_resort_kem_prekey = case.kem_prekey("last_resort_kem_prekey", terms, 11);
    case.number("one_time_prekeys", curve.len().try_into().expect("few"));
    case.number("one_time_kem_prekeys", kem.len().try_into().expect("few"));
    let mut one_time_prekeys = Vec::new();
    for (place, id) in (1..).zip(curve) {
        let field = format!("one_time_prekey_{place}");
        one_time_prekeys.push(case.one_time_prekey(&field, *id, 2 + place));
    }
    let mut one_time_kem_prekeys = Vec::new();
    for (place, id) in (1..).zip(kem) {
        let field = format!("one_time_kem_prekey_{place}");
        one_time_kem_prekeys.push(case.kem_prekey(&field, (*id, ONE_TIME), 11 + place));
    }
    let upload = Upload {
        identity,
        signed_prekey,
        last_resort_kem_prekey,
        one_time_prekeys,
        one_time_kem_prekeys,
    };
    let bytes = encode_upload(&upload).expect("it is within the limits");
    assert_eq!(decode_upload(&bytes), Ok(upload));
    case.finish(name, &bytes)
}

fn x3dh_message(
    name: &str,
    signed_prekey: PrekeyId,
    one_time_prekey: Option<PrekeyId>,
    ciphertext: &[u8],
) -> String {
    let mut case = Case::new(Kind::PrekeyMessage, Some(Suite::X3dh));
    let curve = case.curve_message(signed_prekey, one_time_prekey);
    let sealed = case.sealed_initiator();
    let handshake = InitialMessage::X3dh(x3dh::InitialMessage::from_parts(curve, sealed));
    prekey_message(case, name, handshake, ciphertext)
}

fn pqxdh_message(
    name: &str,
    [signed_prekey, kem_prekey]: [u32; 2],
    one_time_prekey: Option<PrekeyId>,
    ciphertext: &[u8],
) -> String {
    let mut case = Case::new(Kind::PrekeyMessage, Some(Suite::Pqxdh));
    let curve = case.curve_message(signed_prekey, one_time_prekey);
    case.number("kem_prekey_id", kem_prekey.into());
    let kem_ciphertext =
        core::array::from_fn(|index| index.wrapping_mul(index + 7).to_le_bytes()[0]);
    case.bytes("kem_ciphertext", &kem_ciphertext);
    let kem = KemPart {
        prekey: kem_prekey,
        ciphertext: Ciphertext::from_bytes(&kem_ciphertext),
    };
    let sealed = case.sealed_initiator();
    let handshake = pqxdh::InitialMessage::from_parts(curve, kem, sealed);
    let handshake = InitialMessage::Pqxdh(handshake);
    prekey_message(case, name, handshake, ciphertext)
}

fn prekey_message(
    mut case: Case,
    name: &str,
    handshake: InitialMessage,
    ciphertext: &[u8],
) -> String {
    let header = header(7);
    let message = case.message(&header, ciphertext);
    let bytes = encode_prekey_message(&handshake, ciphertext).finish(&header, message.tag);
    let decoded = decode_prekey_message(&bytes).expect("it is a prekey message");
    assert_eq!(decoded.message.parts(handshake.suite()), Ok(message));
    assert_eq!(decoded.handshake, handshake);
    case.finish(name, &bytes)
}

fn message(name: &str, factor: u8, ciphertext: &[u8]) -> String {
    let mut case = Case::new(Kind::Message, None);
    let header = header(factor);
    let message = case.message(&header, ciphertext);
    let bytes = encode_message(Suite::Pqxdh, ciphertext).finish(&header, message.tag);
    let decoded = decode_message(&bytes).expect("it is a message");
    assert_eq!(decoded.parts(Suite::Pqxdh), Ok(message));
    case.finish(name, &bytes)
}

/// Returns a header of the multiples of `factor`, each less one.
fn header(factor: u8) -> [u8; 80] {
    core::array::from_fn(|index| {
        let multiple = usize::from(factor) * index;
        multiple.wrapping_sub(1).to_le_bytes()[0]
    })
}

/// The fields of a case, in the order in which they were added.
struct Case {
    kind: Kind,
    lines: Vec<String>,
}

impl Case {
    fn new(kind: Kind, suite: Option<Suite>) -> Self {
        let mut case = Self {
            kind,
            lines: Vec::new(),
        };
        case.number("kind", kind.to_byte().into());
        if let Some(suite) = suite {
            case.number("suite", suite.to_byte().into());
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

    /// Adds the public key of the secret that is this byte 32 times, and returns the key.
    fn public_key(&mut self, field: &str, byte: u8) -> PublicKey {
        let key = *KeyPair::from_secret(&SecretBytes::copy_from(&[byte; 32])).public();
        self.bytes(field, key.as_bytes());
        key
    }

    fn identity_key(&mut self, field: &str, byte: u8) -> IdentityKey {
        let key = self.public_key(field, byte);
        IdentityKey::from_bytes(key.as_bytes()).expect("it is the key of a secret")
    }

    /// Adds the public key of the seed that is this byte 64 times, and returns the key.
    fn kem_key(&mut self, field: &str, byte: u8) -> EncapsulationKey {
        let seed = SecretBytes::copy_from(&[byte; 64]);
        let key = DecapsulationKey::from_seed(seed).encapsulation_key();
        self.bytes(field, key.as_bytes());
        key
    }

    /// Adds a signature of 64 bytes that count up from `first`, and returns it.
    fn signature(&mut self, field: &str, first: u8) -> Signature {
        let signature =
            core::array::from_fn(|index| first + u8::try_from(index).expect("below 64"));
        self.bytes(field, &signature);
        Signature::from_bytes(signature)
    }

    fn signed_prekey(&mut self, suite: Suite, (id, created): (PrekeyId, u64)) -> SignedPrekey {
        self.number("signed_prekey_id", id.into());
        self.number("signed_prekey_created", created);
        SignedPrekey {
            terms: SignedPrekeyTerms { suite, id, created },
            key: self.public_key("signed_prekey", 2),
            signature: self.signature("signature", 0xc0),
        }
    }

    fn one_time_prekey(&mut self, field: &str, id: PrekeyId, byte: u8) -> OneTimePrekey {
        self.number(&format!("{field}_id"), id.into());
        let key = self.public_key(field, byte);
        OneTimePrekey { id, key }
    }

    fn kem_prekey(
        &mut self,
        field: &str,
        (id, usage): (PrekeyId, KemPrekeyUse),
        byte: u8,
    ) -> KemPrekey {
        if let KemPrekeyUse::LastResort { created } = usage {
            self.number(&format!("{field}_created"), created);
        }
        self.number(&format!("{field}_id"), id.into());
        let signature = self.signature(&format!("{field}_signature"), 8 * byte);
        let key = self.kem_key(field, byte);
        KemPrekey {
            id,
            usage,
            key,
            signature,
        }
    }

    fn curve_bundle(
        &mut self,
        suite: Suite,
        made: (PrekeyId, u64),
        one_time_id: Option<PrekeyId>,
    ) -> CurveBundle {
        CurveBundle {
            identity: self.identity_key("identity", 1),
            signed_prekey: self.signed_prekey(suite, made),
            one_time_prekey: one_time_id.map(|id| self.one_time_prekey("one_time_prekey", id, 3)),
        }
    }

    fn curve_message(
        &mut self,
        signed_prekey: PrekeyId,
        one_time_prekey: Option<PrekeyId>,
    ) -> CurveMessage {
        let ephemeral = self.public_key("ephemeral", 5);
        self.number("signed_prekey_id", signed_prekey.into());
        if let Some(id) = one_time_prekey {
            self.number("one_time_prekey_id", id.into());
        }
        CurveMessage {
            ephemeral,
            signed_prekey,
            one_time_prekey,
        }
    }

    /// Adds a sealed initiator of 52 bytes, each five more than the one before.
    fn sealed_initiator(&mut self) -> SealedInitiator {
        let bytes = core::array::from_fn(|index| index.wrapping_mul(5).to_le_bytes()[0]);
        self.bytes("sealed_initiator", &bytes);
        SealedInitiator::from_bytes(bytes)
    }

    fn message<'a>(&mut self, header: &'a [u8; 80], ciphertext: &'a [u8]) -> MessageParts<'a> {
        let tag = b"sixteen bytes...";
        self.bytes("header", header);
        self.bytes("ciphertext", ciphertext);
        self.bytes("tag", tag);
        MessageParts {
            header,
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
