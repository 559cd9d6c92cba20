//! Tests of bundles, uploads and messages in bytes: the facade against a Python party that reads and writes
//! the tables of `docs/protocol.md` by itself.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use sprag::{Account, Initiation, Session};
use sprag_wire::{decode_bundle, decode_prekey_message, encode_bundle, encode_prekey_message};
use sprag_x3dh::{Bundle, InitialMessage, KemPrekeyUse};

use crate::peer::{Peer, Refusal, bytes};
use crate::pqxdh_handshake::{self, PqSide, Terms, runs};

const RUNS: usize = 6;

const KEM_CIPHERTEXT: usize = 1568;
const HEADER: usize = 80;
const TAG: usize = 16;

/// The length of the shortest padded text.
pub(crate) const LEAST: usize = 32;

#[test]
fn a_session_begins_with_a_bundle_that_the_facade_reads() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(1);
    for (name, terms) in runs(RUNS, &mut rng) {
        let published = ask((&mut peer, &name), "wire_publish", terms.to_fields()).unwrap();
        let mut wire = Wire::new((&mut peer, &name), &mut rng);
        let (session, first) = wire.begin(&bytes(&published, "bundle"), terms.ordinal);
        wire.converse_after_ours(session, &first);
    }
}

#[test]
fn a_session_begins_with_a_bundle_that_the_facade_writes() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(2);
    for (name, terms) in runs(RUNS, &mut rng) {
        let mut account = Account::generate_at(terms.created, &mut rng);
        let bundle = if terms.one_time_prekey.is_some() {
            account.publish(&mut rng)
        } else {
            account.publish_reusable()
        };
        let mut wire = Wire::new((&mut peer, &name), &mut rng);
        wire.converse_after_theirs(&mut account, &bundle, terms.ordinal);
    }
}

#[test]
fn an_upload_is_divided_into_bundles_that_begin_sessions() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(3);
    let mut account = Account::generate_at(1_800_000_000, &mut rng);
    let upload = account.replenish_to(3, &mut rng).unwrap();
    let fields = json!({ "upload": hex::encode(&upload) });
    let divided = ask((&mut peer, ""), "wire_divide", fields).unwrap();
    let bundles = divided["bundles"].as_array().unwrap();
    assert_eq!(bundles.len(), 4);
    for (number, bundle) in bundles.iter().enumerate() {
        let bundle = hex::decode(bundle.as_str().unwrap()).unwrap();
        let name = format!("reader {number}");
        let mut wire = Wire::new((&mut peer, &name), &mut rng);
        wire.converse_after_theirs(&mut account, &bundle, 1);
    }
    let left = account.one_time_prekeys();
    assert_eq!((left.ec, left.kem), (0, 0));
}

#[test]
fn both_refuse_a_message_with_an_altered_byte_and_take_the_genuine_one_then() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(9);
    let mut account = Account::generate(&mut rng);
    let bundle = account.publish(&mut rng);
    let mut wire = Wire::new((&mut peer, ""), &mut rng);
    let mut session = wire.converse_after_theirs(&mut account, &bundle, 1);
    let ours = wire.ours_encrypts(&mut session, &FIRST);
    let sent = wire.ask("wire_encrypt", FIRST.fields()).unwrap();
    let theirs = bytes(&sent, "message");
    for byte in 0..ours.len() {
        let [ours, theirs] = [&ours, &theirs].map(|message| {
            let mut altered = message.clone();
            altered[byte] ^= 1;
            altered
        });
        let mut fields = FIRST.fields();
        fields["message"] = hex::encode(ours).into();
        assert!(wire.ask("wire_decrypt", fields).is_err(), "byte {byte}");
        let result = session.decrypt_with_ad(&theirs, FIRST.data);
        assert!(result.is_err(), "byte {byte}");
    }
    wire.assert_theirs_opens(&ours, &FIRST);
    let opened = session.decrypt_with_ad(&theirs, FIRST.data).unwrap();
    assert_eq!(opened.plaintext, FIRST.plaintext);
}

/// Covers numbers of all lengths, because those of the facade's own prekeys are small.
#[test]
fn both_write_and_read_every_number_alike() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(4);
    for (name, terms) in runs(RUNS, &mut rng) {
        let account = pqxdh_handshake::Account::generate(terms, &mut rng);
        let bundle = encode_bundle(&Bundle::Pqxdh(account.bundle()));
        let fields = first_fields(&bundle, terms.ordinal);
        let begun = ask((&mut peer, &name), "wire_begin", fields).unwrap();
        let message = bytes(&begun, "message");
        let decoded = decode_prekey_message(&message).unwrap();
        let InitialMessage::Pqxdh(handshake) = &decoded.handshake else {
            panic!("the bundle is for PQXDH");
        };
        let numbers = [
            handshake.curve.ordinal,
            handshake.curve.signed_prekey,
            handshake.kem_prekey,
        ];
        let expected = [terms.ordinal, terms.signed_prekey, terms.kem_prekey];
        assert_eq!(numbers, expected);
        assert_eq!(handshake.curve.one_time_prekey, terms.one_time_prekey);
        let PqSide { session_id, .. } = account.respond(handshake);
        assert_eq!(session_id.to_vec(), bytes(&begun, "session_id"));

        let published = ask((&mut peer, &name), "wire_publish", terms.to_fields()).unwrap();
        let bundle = bytes(&published, "bundle");
        let Bundle::Pqxdh(read) = decode_bundle(&bundle).unwrap() else {
            panic!("the bundle is for PQXDH");
        };
        let signed_prekey = read.curve.signed_prekey.terms;
        let one_time_prekey = read.curve.one_time_prekey.map(|key| key.id);
        let ids = (signed_prekey.id, one_time_prekey);
        assert_eq!(ids, (terms.signed_prekey, terms.one_time_prekey));
        assert_eq!(signed_prekey.created, terms.created);
        let kem = (read.kem_prekey.id, read.kem_prekey.usage);
        assert_eq!(kem, (terms.kem_prekey, terms.kem_use));
        assert_eq!(encode_bundle(&Bundle::Pqxdh(read)), bundle);
    }
}

/// Alters each byte of the envelope, the handshake, the header, the ciphertext and the tag, and some bytes of
/// the KEM ciphertext.
#[test]
fn both_refuse_a_first_message_with_an_altered_byte_and_take_the_genuine_one_then() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(5);
    let [terms, ..] = Terms::of_each_kind(&mut rng);
    let published = ask((&mut peer, ""), "wire_publish", terms.to_fields()).unwrap();
    let mut wire = Wire::new((&mut peer, ""), &mut rng);
    let (session, first) = wire.begin(&bytes(&published, "bundle"), terms.ordinal);
    for byte in bytes_to_alter(&first) {
        let mut altered = first.clone();
        altered[byte] ^= 1;
        assert!(wire.theirs_accepts(&altered).is_err(), "byte {byte}");
    }
    wire.converse_after_ours(session, &first);

    let mut account = Account::generate(&mut rng);
    let bundle = account.publish(&mut rng);
    let begun = ask((&mut peer, "b"), "wire_begin", first_fields(&bundle, 1)).unwrap();
    let first = bytes(&begun, "message");
    for byte in bytes_to_alter(&first) {
        let mut altered = first.clone();
        altered[byte] ^= 1;
        let result = account.accept_with_ad(&altered, FIRST.data);
        assert!(result.is_err(), "byte {byte}");
    }
    let (_, opened) = account.accept_with_ad(&first, FIRST.data).unwrap();
    assert_eq!(opened.plaintext, FIRST.plaintext);
}

#[test]
fn both_refuse_bytes_that_are_not_the_one_encoding() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(6);
    let mut account = Account::generate(&mut rng);
    let bundle = account.publish(&mut rng);
    let Bundle::Pqxdh(read) = decode_bundle(&bundle).unwrap() else {
        panic!("the facade publishes for PQXDH");
    };
    assert!(read.kem_prekey.usage == KemPrekeyUse::OneTime && read.kem_prekey.id < 0x80);
    let mut others = vec![[bundle.as_slice(), &[0]].concat(), bundle[1..].to_vec()];
    // The number of the signed prekey, in two bytes, in more than 32 bits and cut off; then the marker of
    // the one-time prekey, and the use of the KEM prekey.
    let number = 2 + 1 + 32;
    for superfluous in [&[0x81, 0][..], &[0x80, 0x80, 0x80, 0x80, 0x10]] {
        others.push([&bundle[..number], superfluous, &bundle[number + 1..]].concat());
    }
    let marker = number + 1 + 1 + 32 + 64;
    for place in [0, 1, 2, marker, marker + 1 + 1 + 32] {
        for value in [2, 3, 0xff] {
            let mut other = bundle.clone();
            other[place] = value;
            if other != bundle {
                others.push(other);
            }
        }
    }
    // A curve key with the top bit, and a KEM key whose first number is too large.
    let mut other = bundle.clone();
    other[34] |= 0x80;
    others.push(other);
    let mut other = bundle.clone();
    other[bundle.len() - 1568..][..2].fill(0xff);
    others.push(other);
    let last = bundle.len() - 1;
    others.extend([0, 1, 34, marker, last].map(|length| bundle[..length].to_vec()));
    for other in others {
        let ours = account.initiate(&other, &mut rng).unwrap_err();
        assert!(matches!(ours, sprag::Error::Wire(_)), "{ours:?}");
        let theirs = ask((&mut peer, ""), "wire_begin", first_fields(&other, 1));
        assert!(matches!(theirs, Err(Refusal::Other(text)) if text.contains("RequestError")));
    }
    assert!(ask((&mut peer, ""), "wire_begin", first_fields(&bundle, 1)).is_ok());
}

#[test]
fn both_write_the_same_handshake_in_front() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(7);
    for (name, terms) in runs(RUNS, &mut rng) {
        let account = pqxdh_handshake::Account::generate(terms, &mut rng);
        let bundle = encode_bundle(&Bundle::Pqxdh(account.bundle()));
        let fields = first_fields(&bundle, terms.ordinal);
        let theirs = bytes(
            &ask((&mut peer, &name), "wire_begin", fields).unwrap(),
            "message",
        );
        let decoded = decode_prekey_message(&theirs).unwrap();
        let message = decoded.message;
        let mut ours = encode_prekey_message(&decoded.handshake, message.ciphertext);
        ours.buffer().copy_from_slice(message.ciphertext);
        assert_eq!(ours.finish(message.header, message.tag), theirs);
    }
}

/// A text to be encrypted, and the caller's associated data.
pub(crate) struct Text<'a> {
    pub(crate) plaintext: &'a [u8],
    pub(crate) data: &'a [u8],
}

const FIRST: Text<'_> = Text {
    plaintext: b"first",
    data: b"with data",
};

const LATER: [Text<'_>; 3] = [
    Text {
        plaintext: b"",
        data: b"",
    },
    Text {
        plaintext: b"then",
        data: b"",
    },
    Text {
        plaintext: b"and then",
        data: b"with other data",
    },
];

/// A Python party, and the steps that tests take with it.
pub(crate) struct Wire<'a> {
    peer: &'a mut Peer,
    name: &'a str,
    rng: StdRng,
}

impl<'a> Wire<'a> {
    pub(crate) fn new((peer, name): (&'a mut Peer, &'a str), rng: &mut StdRng) -> Self {
        Self {
            peer,
            name,
            rng: StdRng::seed_from_u64(rng.random()),
        }
    }

    /// Begins a session with an account of the facade's, and encrypts the first message.
    fn begin(&mut self, bundle: &[u8], ordinal: u32) -> (Session, Vec<u8>) {
        let account = Account::generate(&mut self.rng);
        let initiation = Initiation {
            ordinal,
            ..Initiation::default()
        };
        let mut session = account
            .initiate_with(bundle, &initiation, &mut self.rng)
            .expect("the bundle is valid");
        let first = self.ours_encrypts(&mut session, &FIRST);
        (session, first)
    }

    /// Lets the Python party accept the first message and converse. Until its first answer the facade's
    /// messages have the handshake in front.
    fn converse_after_ours(&mut self, mut session: Session, first: &[u8]) {
        let again = self.ours_encrypts(&mut session, &FIRST);
        let opened = self
            .theirs_accepts(first)
            .expect("the message is authentic");
        assert_eq!(bytes(&opened, "plaintext"), FIRST.plaintext);
        assert_eq!(bytes(&opened, "session_id"), session.id().as_bytes());
        self.assert_theirs_opens(&again, &FIRST);
        for _ in 0..2 {
            self.ours_reads(&mut session);
            self.theirs_reads(&mut session);
        }
    }

    /// Lets the Python party begin a session with `bundle`, which is `account`'s.
    pub(crate) fn converse_after_theirs(
        &mut self,
        account: &mut Account,
        bundle: &[u8],
        ordinal: u32,
    ) -> Session {
        let begun = self.ask("wire_begin", first_fields(bundle, ordinal));
        let begun = begun.expect("the bundle is valid");
        let first = bytes(&begun, "message");
        let (mut session, opened) = account
            .accept_with_ad(&first, FIRST.data)
            .expect("the message is authentic");
        assert_eq!(opened.plaintext, FIRST.plaintext);
        assert_eq!(
            opened.session_id.as_bytes().to_vec(),
            bytes(&begun, "session_id")
        );
        assert_eq!(session.ordinal(), ordinal);
        for _ in 0..2 {
            // The first of these messages still have the handshake in front.
            self.ours_reads(&mut session);
            self.theirs_reads(&mut session);
        }
        session
    }

    fn ours_reads(&mut self, session: &mut Session) {
        for text in &LATER {
            let sent = self.ask("wire_encrypt", text.fields());
            let sent = bytes(&sent.expect("there is a session"), "message");
            let opened = session.decrypt_with_ad(&sent, text.data);
            assert_eq!(opened.expect("authentic").plaintext, text.plaintext);
        }
    }

    pub(crate) fn theirs_reads(&mut self, session: &mut Session) {
        for text in &LATER {
            let sent = self.ours_encrypts(session, text);
            self.assert_theirs_opens(&sent, text);
        }
    }

    pub(crate) fn ours_encrypts(&mut self, session: &mut Session, text: &Text<'_>) -> Vec<u8> {
        session
            .encrypt_with_ad(text.plaintext, text.data, &mut self.rng)
            .expect("the session can send")
    }

    fn theirs_accepts(&mut self, first: &[u8]) -> Result<Value, Refusal> {
        let mut fields = FIRST.fields();
        fields["message"] = hex::encode(first).into();
        self.ask("wire_accept", fields)
    }

    pub(crate) fn assert_theirs_opens(&mut self, message: &[u8], text: &Text<'_>) {
        let mut fields = text.fields();
        fields["message"] = hex::encode(message).into();
        let opened = self
            .ask("wire_decrypt", fields)
            .expect("the message is authentic");
        assert_eq!(bytes(&opened, "plaintext"), text.plaintext);
    }

    pub(crate) fn ask(&mut self, op: &str, fields: Value) -> Result<Value, Refusal> {
        ask((&mut *self.peer, self.name), op, fields)
    }
}

impl Text<'_> {
    pub(crate) fn fields(&self) -> Value {
        json!({
            "plaintext": hex::encode(self.plaintext),
            "associated_data": hex::encode(self.data),
        })
    }
}

fn ask((peer, name): (&mut Peer, &str), op: &str, mut fields: Value) -> Result<Value, Refusal> {
    fields["session"] = name.into();
    peer.ask(op, fields).map(crate::peer::Response::into_value)
}

/// The fields that the Python party needs to begin a session.
fn first_fields(bundle: &[u8], ordinal: u32) -> Value {
    let mut fields = FIRST.fields();
    fields["bundle"] = hex::encode(bundle).into();
    fields["ordinal"] = ordinal.into();
    fields
}

fn bytes_to_alter(first: &[u8]) -> Vec<usize> {
    let after = first.len() - HEADER - LEAST - TAG;
    let kem = after - KEM_CIPHERTEXT..after;
    (0..first.len())
        .filter(|byte| !kem.contains(byte) || byte % 98 == 0)
        .collect()
}
