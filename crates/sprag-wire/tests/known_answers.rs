//! Known answers: encodings of fixed values, compared with `tests/vectors/wire.json`.
//!
//! With `SPRAG_VECTORS=write` in the environment, the test writes the file anew.

use std::fs;

use sprag_primitives::SecretBytes;
use sprag_primitives::ml_kem_1024::{Ciphertext, DecapsulationKey, EncapsulationKey};
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_primitives::xeddsa::Signature;
use sprag_wire::limits::MAX_LIST_LENGTH;
use sprag_wire::{
    Content, ContentKind, Copied, Kind, MessageParts, Published, decode_bundle, decode_bundles,
    decode_content, decode_copy, decode_file_header, decode_message, decode_prekey_message,
    decode_upload, encode_bundle, encode_bundles, encode_content, encode_copy, encode_file_header,
    encode_message, encode_prekey_message, encode_upload, kind,
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
    let cases = [published(), messages(), files_and_contents()].concat();
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

fn published() -> Vec<String> {
    let made = (300, 1_767_225_600);
    let last_resort = last_resort(1_767_225_601);
    vec![
        x3dh_bundle("bundle", made, Some(70_000), 233),
        x3dh_bundle("bundle without a one-time prekey", (1, 0), None, 0),
        x3dh_bundle("bundle with the first one-time prekey", (0, 1), Some(0), 1),
        x3dh_bundle(
            "bundle with the largest numbers",
            (LARGEST, u64::MAX),
            Some(LARGEST),
            127,
        ),
        pqxdh_bundle(
            "PQXDH bundle",
            (made, Some(70_000)),
            (70_001, ONE_TIME),
            233,
        ),
        pqxdh_bundle(
            "reusable PQXDH bundle",
            (made, None),
            (301, last_resort),
            128,
        ),
        pqxdh_bundle(
            "PQXDH bundle with zeros",
            ((0, 0), Some(0)),
            (0, ONE_TIME),
            0,
        ),
        pqxdh_bundle(
            "largest PQXDH bundle",
            ((LARGEST, u64::MAX), Some(LARGEST)),
            (LARGEST, self::last_resort(u64::MAX)),
            MAX_LIST_LENGTH,
        ),
        upload("upload", (&[70_000, 1], &[70_001, 128]), 1_767_225_601, 233),
        upload("upload without one-time prekeys", (&[], &[]), 0, 0),
        upload("upload with curve prekeys", (&[0, LARGEST], &[]), 1, 127),
        upload(
            "upload with KEM prekeys",
            (&[], &[0, LARGEST]),
            u64::MAX,
            128,
        ),
    ]
}

fn messages() -> Vec<String> {
    vec![
        x3dh_message("prekey message", 300, Some(70_000), b"ciphertext"),
        x3dh_message("reusable prekey message", 0, None, b""),
        x3dh_message("largest numbers", LARGEST, Some(LARGEST), b"x"),
        pqxdh_message("PQXDH prekey message", [300, 70_001], Some(70_000), b"c"),
        pqxdh_message("reusable PQXDH prekey message", [0; 2], None, b""),
        pqxdh_message("largest PQXDH numbers", [LARGEST; 2], Some(LARGEST), b"x"),
        message("message", 1, b"a longer ciphertext"),
        message("empty message", 3, b""),
        message("message of bytes that are all 255", 0, &[0xff; 3]),
    ]
}

fn files_and_contents() -> Vec<String> {
    vec![
        file_header("header of a file for one device", &[100]),
        file_header("header of a file for three devices", &[300, 98, 4_096]),
        content("text", ContentKind::Text, (1, 1), (None, b"hello")),
        content("empty text", ContentKind::Text, (127, 0), (None, b"")),
        content(
            "text with the largest versions",
            ContentKind::Text,
            (u64::MAX, u64::MAX),
            (None, b"x"),
        ),
        content(
            "text with a list",
            ContentKind::Text,
            (2, 1),
            (Some(334), b"hello"),
        ),
        content(
            "list without bundles",
            ContentKind::List,
            (128, 127),
            (Some(233), b""),
        ),
        content("request for a list", ContentKind::List, (1, 0), (None, b"")),
        content(
            "file key",
            ContentKind::FileKey,
            (300, 16_384),
            (None, &[0x6b; 32]),
        ),
        copy("copy", b"hello"),
        copy("copy of an empty text", b""),
        copy("copy of a text of 128 bytes", &[0x74; 128]),
        bundles("list with a bundle", &[1_831]),
        bundles("list with two bundles", &[193, 300]),
    ]
}

fn last_resort(created: u64) -> KemPrekeyUse {
    KemPrekeyUse::LastResort { created }
}

fn x3dh_bundle(
    name: &str,
    made: (PrekeyId, u64),
    one_time_id: Option<PrekeyId>,
    list: usize,
) -> String {
    let mut case = Case::new(Kind::Bundle, Some(Suite::X3dh));
    let list = case.list(list);
    let curve = case.curve_bundle(Suite::X3dh, made, one_time_id);
    bundle(case, name, Bundle::X3dh(x3dh::Bundle { curve }), &list)
}

fn pqxdh_bundle(
    name: &str,
    (made, one_time_id): ((PrekeyId, u64), Option<PrekeyId>),
    kem_terms: (PrekeyId, KemPrekeyUse),
    list: usize,
) -> String {
    let mut case = Case::new(Kind::Bundle, Some(Suite::Pqxdh));
    let list = case.list(list);
    let keys = Bundle::Pqxdh(pqxdh::Bundle {
        curve: case.curve_bundle(Suite::Pqxdh, made, one_time_id),
        kem_prekey: case.kem_prekey("kem_prekey", kem_terms, 11),
    });
    bundle(case, name, keys, &list)
}

fn bundle(case: Case, name: &str, keys: Bundle, list: &[u8]) -> String {
    let bytes = encode_bundle(&keys, list).expect("it is within the limits");
    assert_eq!(decode_bundle(&bytes), Ok(Published { keys, list }));
    case.finish(name, &bytes)
}

fn upload(
    name: &str,
    (curve, kem): (&[PrekeyId], &[PrekeyId]),
    created: u64,
    list: usize,
) -> String {
    let mut case = Case::new(Kind::Upload, Some(Suite::Pqxdh));
    let list = case.list(list);
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
    let keys = Upload {
        identity,
        signed_prekey,
        last_resort_kem_prekey,
        one_time_prekeys,
        one_time_kem_prekeys,
    };
    let list = list.as_slice();
    let bytes = encode_upload(&keys, list).expect("it is within the limits");
    assert_eq!(decode_upload(&bytes), Ok(Published { keys, list }));
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

/// A file header around messages of these lengths.
fn file_header(name: &str, lengths: &[usize]) -> String {
    let mut case = Case::new(Kind::File, None);
    let commitment = core::array::from_fn(|index| index.wrapping_mul(9).to_le_bytes()[0]);
    case.bytes("commitment", &commitment);
    let mut messages = Vec::new();
    for (place, length) in (1..).zip(lengths) {
        let mut message = counted_up(*length);
        message[..2].copy_from_slice(&[1, 2 + place % 2]);
        case.bytes(&format!("message_{place}"), &message);
        messages.push(message);
    }
    let bytes = encode_file_header(&commitment, &messages).expect("it is within the limits");
    let (decoded, chunks) = decode_file_header(&bytes).expect("it is a header");
    assert_eq!((decoded.commitment, chunks), (commitment, &[][..]));
    assert_eq!(decoded.messages, messages);
    case.finish(name, &bytes)
}

fn content(
    name: &str,
    kind: ContentKind,
    (version, known): (u64, u64),
    rest: (Option<usize>, &[u8]),
) -> String {
    let mut case = Case::of_content();
    let (list, payload) = rest;
    case.number("content_kind", kind.to_byte().into());
    case.number("version", version);
    let hash = [0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8];
    case.bytes("hash", &hash);
    case.number("known", known);
    let list = list.map(|length| case.list(length));
    case.bytes("payload", payload);
    let content = Content {
        kind,
        version,
        hash,
        known,
        list: list.as_deref(),
        payload,
    };
    let bytes = encode_content(&content).expect("it is within the limits");
    assert_eq!(decode_content(bytes.expose()), Ok(content));
    case.finish(name, bytes.expose())
}

/// The payload of a copy.
fn copy(name: &str, payload: &[u8]) -> String {
    let mut case = Case::of_content();
    let user = core::array::from_fn(|index| index.wrapping_mul(11).to_le_bytes()[0]);
    case.bytes("user", &user);
    case.bytes("payload", payload);
    let copied = Copied { user, payload };
    let bytes = encode_copy(&copied).expect("it is within the limits");
    assert_eq!(decode_copy(bytes.expose()), Ok(copied));
    case.finish(name, bytes.expose())
}

/// The payload of a list, with blocks of these lengths in the place of bundles.
fn bundles(name: &str, lengths: &[usize]) -> String {
    let mut case = Case::of_content();
    let mut bundles = Vec::new();
    for (place, length) in (1..).zip(lengths) {
        let bundle = counted_up(*length);
        case.bytes(&format!("bundle_{place}"), &bundle);
        bundles.push(bundle);
    }
    let bytes = encode_bundles(&bundles).expect("they are within the limits");
    assert_eq!(
        decode_bundles(&bytes).as_deref(),
        Ok(bundles
            .iter()
            .map(Vec::as_slice)
            .collect::<Vec<_>>()
            .as_slice())
    );
    case.finish(name, &bytes)
}

/// Returns this many bytes, each three more than the one before.
fn counted_up(length: usize) -> Vec<u8> {
    (0..length)
        .map(|index| index.wrapping_mul(3).to_le_bytes()[0])
        .collect()
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
    /// The kind of the envelope, which contents have none of.
    kind: Option<Kind>,
    lines: Vec<String>,
}

impl Case {
    fn new(kind: Kind, suite: Option<Suite>) -> Self {
        let mut case = Self {
            kind: Some(kind),
            lines: Vec::new(),
        };
        case.number("kind", kind.to_byte().into());
        if let Some(suite) = suite {
            case.number("suite", suite.to_byte().into());
        }
        case
    }

    fn of_content() -> Self {
        Self {
            kind: None,
            lines: Vec::new(),
        }
    }

    /// Adds a device list of this length, and returns it.
    fn list(&mut self, length: usize) -> Vec<u8> {
        let list = counted_up(length);
        self.bytes("list", &list);
        list
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
        if let Some(own) = self.kind {
            assert_eq!(kind(bytes), Ok(own));
        }
        self.bytes("bytes", bytes);
        format!("  \"{name}\": {{\n{}\n  }}", self.lines.join(",\n"))
    }
}
