//! Tests of bundles, uploads and messages in bytes: the facade against a Python party that reads and writes
//! the tables of `docs/protocol.md` by itself.

use core::ops::Range;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use sprag::{Account, Initiation, Session};
use sprag_primitives::hash::sha256;
use sprag_ratchet::Error as RatchetError;
use sprag_wire::{
    CHECKSUM_LENGTH, Error as WireError, decode_bundle, decode_prekey_message, decode_upload,
    encode_bundle, encode_prekey_message, encode_upload, encrypted_header_length,
};
use sprag_x3dh::{
    Bundle, Error as HandshakeError, InitialMessage, KemPrekeyUse, SEALED_INITIATOR_LENGTH, Slot,
    Suite, Upload,
};

use crate::peer::{Peer, Refusal, bytes};
use crate::pqxdh_handshake::{self, Terms, runs};
use crate::x3dh_handshake::number;

const RUNS: usize = 6;

const KEM_CIPHERTEXT: usize = 1568;
const HEADER: usize = encrypted_header_length(Suite::Pqxdh);
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

/// Covers numbers of all lengths.
#[test]
fn both_write_and_read_every_number_alike() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(4);
    let longest = Terms {
        ordinal: u32::MAX,
        signed_prekey: u32::MAX,
        created: u64::MAX,
        one_time_prekey: Some(u32::MAX - 1),
        kem_prekey: u32::MAX - 2,
        kem_use: KemPrekeyUse::LastResort { created: u64::MAX },
    };
    let mut runs = runs(RUNS, &mut rng);
    runs.push(("longest".to_owned(), longest));
    for (name, terms) in runs {
        let account = pqxdh_handshake::Account::generate(terms, &mut rng);
        let bundle = encode_bundle(&Bundle::Pqxdh(account.bundle()), &[]).unwrap();
        let fields = first_fields(&bundle, terms.ordinal);
        let begun = ask((&mut peer, &name), "wire_begin", fields).unwrap();
        let message = bytes(&begun, "message");
        let (lengths, most) = ([bundle.len(), message.len()], [1_841, LEAST + 1_767]);
        assert!(lengths[0] <= most[0] && lengths[1] <= most[1]);
        assert!(lengths == most || name != "longest", "{lengths:?}");
        let decoded = decode_prekey_message(&message).unwrap();
        let InitialMessage::Pqxdh(handshake) = &decoded.handshake else {
            panic!("the bundle is for PQXDH");
        };
        let numbers = [handshake.curve().signed_prekey, handshake.kem().prekey];
        assert_eq!(numbers, [terms.signed_prekey, terms.kem_prekey]);
        assert_eq!(handshake.curve().one_time_prekey, terms.one_time_prekey);
        let side = account.respond(handshake).unwrap().agreed;
        assert_eq!(side.ordinal, terms.ordinal);
        assert_eq!(side.session_id.to_vec(), bytes(&begun, "session_id"));

        let published = ask((&mut peer, &name), "wire_publish", terms.to_fields()).unwrap();
        let bundle = bytes(&published, "bundle");
        let Bundle::Pqxdh(read) = decode_bundle(&bundle).unwrap().keys else {
            panic!("the bundle is for PQXDH");
        };
        let signed_prekey = read.curve.signed_prekey.terms;
        let one_time_prekey = read.curve.one_time_prekey.map(|key| key.id);
        let ids = (signed_prekey.id, one_time_prekey);
        assert_eq!(ids, (terms.signed_prekey, terms.one_time_prekey));
        assert_eq!(signed_prekey.created, terms.created);
        let kem = (read.kem_prekey.id, read.kem_prekey.usage);
        assert_eq!(kem, (terms.kem_prekey, terms.kem_use));
        assert_eq!(encode_bundle(&Bundle::Pqxdh(read), &[]).unwrap(), bundle);
    }
}

#[test]
fn both_carry_device_lists_in_bundles_and_uploads() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(15);
    let [terms, ..] = Terms::of_each_kind(&mut rng);
    let account = pqxdh_handshake::Account::generate(terms, &mut rng);
    let mut uploader = Account::generate_at(1_800_000_000, &mut rng);
    let upload = uploader.replenish_to(2, &mut rng).unwrap();
    let upload = decode_upload(&upload).unwrap();
    assert_eq!(upload.list, b"");
    for length in [0, 1, 127, 128, 300, 8_192] {
        let list = vec![0xa5; length];
        // A bundle of ours, and one of theirs.
        let bundle = encode_bundle(&Bundle::Pqxdh(account.bundle()), &list).unwrap();
        let read = read_by_theirs(&mut peer, &bundle).unwrap();
        assert_eq!(bytes(&read, "list"), list);
        let mut fields = terms.to_fields();
        fields["list"] = hex::encode(&list).into();
        let published = ask((&mut peer, ""), "wire_publish", fields).unwrap();
        let bundle = bytes(&published, "bundle");
        let decoded = decode_bundle(&bundle).unwrap();
        assert_eq!(decoded.list, list);
        assert_eq!(encode_bundle(&decoded.keys, &list).unwrap(), bundle);
        // The bundles that theirs makes of an upload.
        let upload = encode_upload(&upload.keys, &list).unwrap();
        let divided = divide(&mut peer, &upload).unwrap();
        let divided = divided["bundles"].as_array().unwrap();
        assert_eq!(divided.len(), 3);
        for bundle in divided {
            let bundle = hex::decode(bundle.as_str().unwrap()).unwrap();
            assert_eq!(decode_bundle(&bundle).unwrap().list, list);
        }
    }
    let mut fields = terms.to_fields();
    fields["list"] = hex::encode(vec![0xa5; 8_193]).into();
    let published = ask((&mut peer, ""), "wire_publish", fields).unwrap();
    let longer = bytes(&published, "bundle");
    assert_eq!(decode_bundle(&longer).err(), Some(WireError::Oversized));
    assert!(read_by_theirs(&mut peer, &longer).is_err());
}

/// Alters a bit of each byte of the envelope, the clear part, the sealed part, the header, the ciphertext and the
/// tag, and of some bytes of the KEM ciphertext.
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
    let parts = Parts::of(&first);
    for (byte, altered) in parts.with_altered_bytes(&first, &mut rng) {
        let refusal = wire.theirs_accepts(&altered).unwrap_err();
        if parts.sealed.contains(&byte) {
            assert_eq!(refusal, Refusal::NotAuthentic, "byte {byte}");
        }
    }
    wire.converse_after_ours(session, &first);

    let mut account = Account::generate(&mut rng);
    let bundle = account.publish(&mut rng);
    let begun = ask((&mut peer, "b"), "wire_begin", first_fields(&bundle, 1)).unwrap();
    let first = bytes(&begun, "message");
    let parts = Parts::of(&first);
    for (byte, altered) in parts.with_altered_bytes(&first, &mut rng) {
        let error = account.accept_with_ad(&altered, FIRST.data).unwrap_err();
        if parts.sealed.contains(&byte) {
            let expected = sprag::Error::Handshake(HandshakeError::NotAuthentic);
            assert_eq!(error, expected, "byte {byte}");
        }
    }
    let (_, opened) = account.accept_with_ad(&first, FIRST.data).unwrap();
    assert_eq!(opened.plaintext, FIRST.plaintext);
}

/// The seal opens in each of these cases, because all that is needed to make it is public.
#[test]
fn ours_refuses_initiators_who_claim_an_identity_that_is_not_theirs() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(14);
    let mut account = Account::generate(&mut rng);
    let bundle = account.publish(&mut rng);
    let own = *account.identity().as_bytes();
    let other = *Account::generate(&mut rng).identity().as_bytes();
    let mut refusal = |claimed: [u8; 32]| {
        let mut fields = first_fields(&bundle, 1);
        fields["claimed"] = hex::encode(claimed).into();
        let begun = ask((&mut peer, ""), "wire_begin", fields).unwrap();
        let message = bytes(&begun, "message");
        account.accept_with_ad(&message, FIRST.data).unwrap_err()
    };
    let own = refusal(own);
    assert_eq!(own, sprag::Error::Handshake(HandshakeError::OwnMessage));
    let other = refusal(other);
    assert_eq!(other, sprag::Error::Ratchet(RatchetError::NotAuthentic));
    // Of small order, and beyond the prime.
    for claimed in [[0; 32], [0xff; 32]] {
        let invalid = refusal(claimed);
        let expected = matches!(
            invalid,
            sprag::Error::Handshake(HandshakeError::InvalidKey(Slot::Identity, _))
        );
        assert!(expected, "{invalid:?}");
    }
    let first = ask((&mut peer, ""), "wire_begin", first_fields(&bundle, 1)).unwrap();
    let first = bytes(&first, "message");
    assert!(account.accept_with_ad(&first, FIRST.data).is_ok());
}

/// The identity key of neither initiator is in its messages, nor is that of ours in what it sends at all.
#[test]
fn no_first_message_has_a_name_in_it() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(11);
    let [terms, ..] = Terms::of_each_kind(&mut rng);
    let published = ask((&mut peer, "b"), "wire_publish", terms.to_fields()).unwrap();
    let account = Account::generate(&mut rng);
    let bundle = bytes(&published, "bundle");
    let mut session = account.initiate(&bundle, &mut rng).unwrap();
    let ours = session.encrypt_with_ad(FIRST.plaintext, FIRST.data, &mut rng);
    assert_no_name(&ours.unwrap(), account.identity().as_bytes());

    let mut account = Account::generate(&mut rng);
    let bundle = account.publish(&mut rng);
    let begun = ask((&mut peer, "a"), "wire_begin", first_fields(&bundle, 1)).unwrap();
    let theirs = bytes(&begun, "message");
    let (session, _) = account.accept_with_ad(&theirs, FIRST.data).unwrap();
    assert_no_name(&theirs, session.peer().as_bytes());
}

#[test]
fn both_refuse_bytes_that_are_not_the_one_encoding() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(6);
    // All numbers are of one byte.
    let terms = Terms {
        ordinal: 1,
        signed_prekey: 1,
        created: 2,
        one_time_prekey: Some(3),
        kem_prekey: 4,
        kem_use: KemPrekeyUse::OneTime,
    };
    let publisher = pqxdh_handshake::Account::generate(terms, &mut rng);
    let whole = encode_bundle(&Bundle::Pqxdh(publisher.bundle()), &[]).unwrap();
    let (bundle, _) = whole.split_at(whole.len() - CHECKSUM_LENGTH);
    let account = Account::generate(&mut rng);
    for other in other_encodings(bundle) {
        let other = with_checksum(other);
        let ours = account.initiate(&other, &mut rng).unwrap_err();
        assert!(matches!(ours, sprag::Error::Wire(_)), "{ours:?}");
        assert_ne!(ours, sprag::Error::Wire(WireError::Damaged));
        let theirs = ask((&mut peer, ""), "wire_begin", first_fields(&other, 1));
        let theirs = theirs.unwrap_err();
        let expected = matches!(&theirs, Refusal::Other(text) if text.contains("RequestError"));
        assert!(expected && !is_damage(&theirs), "{theirs:?}");
    }
    assert!(account.initiate(&whole, &mut rng).is_ok());
    assert!(ask((&mut peer, ""), "wire_begin", first_fields(&whole, 1)).is_ok());
}

/// Alters a bit of each byte between the suite and the end. The key of a one-time prekey, which is not signed, is
/// among them.
#[test]
fn both_refuse_bundles_and_uploads_with_a_wrong_checksum() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(12);
    let mut account = Account::generate(&mut rng);
    let upload = account.replenish_to(2, &mut rng).unwrap();
    let ours = account.publish(&mut rng);
    let reader = Account::generate(&mut rng);
    let [terms, ..] = Terms::of_each_kind(&mut rng);
    let published = ask((&mut peer, "b"), "wire_publish", terms.to_fields()).unwrap();
    for bundle in [ours, bytes(&published, "bundle")] {
        for damaged in damaged(&bundle, &mut rng) {
            let ours = reader.initiate(&damaged, &mut rng).unwrap_err();
            assert_eq!(ours, sprag::Error::Wire(WireError::Damaged));
            let theirs = ask((&mut peer, ""), "wire_begin", first_fields(&damaged, 1));
            assert!(is_damage(&theirs.unwrap_err()));
        }
        assert!(reader.initiate(&bundle, &mut rng).is_ok());
        assert!(ask((&mut peer, ""), "wire_begin", first_fields(&bundle, 1)).is_ok());
    }
    for damaged in damaged(&upload, &mut rng) {
        assert_eq!(decode_upload(&damaged), Err(WireError::Damaged));
        assert!(is_damage(&divide(&mut peer, &damaged).unwrap_err()));
    }
    assert!(decode_upload(&upload).is_ok());
    assert!(divide(&mut peer, &upload).is_ok());
}

/// The checksum is right, and so is each prekey and its signature.
#[test]
fn both_refuse_bundles_and_uploads_of_two_generations() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(13);
    let mut account = Account::generate_at(1_800_000_000, &mut rng);
    let older = account.publish_reusable();
    let older_upload = account.replenish_to(1, &mut rng).unwrap();
    account.rotate(1_800_000_001, 1_000, &mut rng).unwrap();
    let newer = account.publish_reusable();
    let newer_upload = account.replenish_to(1, &mut rng).unwrap();
    let reader = Account::generate(&mut rng);
    let refusal = HandshakeError::InvalidSignature(Slot::LastResortKemPrekey);
    for mixed in each_mix(
        [&older, &newer].map(|bundle| read_pqxdh(bundle).unwrap()),
        |one, other| {
            one.kem_prekey = other.kem_prekey.clone();
        },
    ) {
        let mixed = encode_bundle(&Bundle::Pqxdh(mixed), &[]).unwrap();
        let ours = reader.initiate(&mixed, &mut rng).unwrap_err();
        assert_eq!(ours, sprag::Error::Handshake(refusal));
        let theirs = ask((&mut peer, ""), "wire_begin", first_fields(&mixed, 1));
        assert_kem_signature(&theirs.unwrap_err());
    }
    let uploads = [&older_upload, &newer_upload].map(|upload| decode_upload(upload).unwrap().keys);
    for mixed in each_mix(uploads, |one: &mut Upload, other| {
        one.last_resort_kem_prekey = other.last_resort_kem_prekey.clone();
    }) {
        let bytes = encode_upload(&mixed, &[]).unwrap();
        assert_eq!(mixed.verify().err(), Some(refusal));
        assert_kem_signature(&divide(&mut peer, &bytes).unwrap_err());
    }
    for upload in [older_upload, newer_upload] {
        assert!(decode_upload(&upload).unwrap().keys.verify().is_ok());
        assert!(divide(&mut peer, &upload).is_ok());
    }
    for bundle in [older, newer] {
        assert!(reader.initiate(&bundle, &mut rng).is_ok());
        assert!(ask((&mut peer, ""), "wire_begin", first_fields(&bundle, 1)).is_ok());
    }
}

#[test]
fn both_write_the_same_handshake_in_front() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(7);
    for (name, terms) in runs(RUNS, &mut rng) {
        let account = pqxdh_handshake::Account::generate(terms, &mut rng);
        let bundle = encode_bundle(&Bundle::Pqxdh(account.bundle()), &[]).unwrap();
        let fields = first_fields(&bundle, terms.ordinal);
        let theirs = bytes(
            &ask((&mut peer, &name), "wire_begin", fields).unwrap(),
            "message",
        );
        let decoded = decode_prekey_message(&theirs).unwrap();
        let message = decoded.message;
        let message = message.parts(Suite::Pqxdh).unwrap();
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
        assert_eq!(number(&opened, "ordinal"), session.ordinal());
        self.assert_theirs_opens(&again, &FIRST);
        for _ in 0..2 {
            self.ours_reads(&mut session);
            let before = self.common_fingerprint(&session);
            self.theirs_reads(&mut session);
            assert_ne!(self.common_fingerprint(&session), before);
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
            let before = self.common_fingerprint(&session);
            self.theirs_reads(&mut session);
            assert_ne!(self.common_fingerprint(&session), before);
        }
        session
    }

    /// The fingerprint of the root key, which both must have when nothing is in flight.
    fn common_fingerprint(&mut self, session: &Session) -> [u8; 8] {
        let theirs = self.ask("wire_fingerprint", json!({}));
        let theirs = bytes(&theirs.expect("there is a session"), "fingerprint");
        let ours = session.status().root_fingerprint;
        assert_eq!(ours.to_vec(), theirs);
        ours
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

fn read_by_theirs(peer: &mut Peer, bundle: &[u8]) -> Result<Value, Refusal> {
    let fields = json!({ "bundle": hex::encode(bundle) });
    ask((peer, ""), "wire_read_bundle", fields)
}

fn divide(peer: &mut Peer, upload: &[u8]) -> Result<Value, Refusal> {
    let fields = json!({ "upload": hex::encode(upload) });
    ask((peer, ""), "wire_divide", fields)
}

/// The places of the parts of a first message whose text is of the shortest length.
struct Parts {
    kem_ciphertext: Range<usize>,
    sealed: Range<usize>,
}

impl Parts {
    fn of(first: &[u8]) -> Self {
        let end = first.len() - HEADER - LEAST - TAG;
        let start = end - SEALED_INITIATOR_LENGTH;
        Self {
            kem_ciphertext: start - KEM_CIPHERTEXT..start,
            sealed: start..end,
        }
    }

    /// Copies of `first` with a bit of one byte altered, and the place of the byte.
    fn with_altered_bytes(&self, first: &[u8], rng: &mut StdRng) -> Vec<(usize, Vec<u8>)> {
        (0..first.len())
            .filter(|byte| !self.kem_ciphertext.contains(byte) || byte % 98 == 0)
            .map(|byte| (byte, with_altered_bit(first, byte, rng)))
            .collect()
    }
}

fn with_altered_bit(content: &[u8], byte: usize, rng: &mut StdRng) -> Vec<u8> {
    let mut altered = content.to_vec();
    altered[byte] ^= 1 << rng.random_range(0..8);
    altered
}

/// Copies of a bundle or an upload with a bit altered in some bytes after the suite: all of the smaller parts, and
/// one in 31 of the KEM keys.
fn damaged(content: &[u8], rng: &mut StdRng) -> Vec<Vec<u8>> {
    let ends = content.len() - CHECKSUM_LENGTH - 1;
    (3..content.len())
        .filter(|byte| *byte < 250 || *byte >= ends || byte % 31 == 0)
        .map(|byte| with_altered_bit(content, byte, rng))
        .collect()
}

fn with_checksum(mut content: Vec<u8>) -> Vec<u8> {
    let hash = sha256(&[&content]);
    content.extend(&hash[..CHECKSUM_LENGTH]);
    content
}

/// Bytes that no encoder writes, close to a bundle whose numbers are all of one byte. The checksum is left out.
fn other_encodings(bundle: &[u8]) -> Vec<Vec<u8>> {
    let mut others = vec![[bundle, &[0]].concat(), bundle[1..].to_vec()];
    // The length of the device list, which is empty: in two bytes, and of more than a list may have.
    let list = 2 + 1 + 32;
    assert_eq!(bundle[list], 0);
    for other in [&[0x80, 0][..], &[0x81, 0x40], &[1]] {
        others.push([&bundle[..list], other, &bundle[list + 1..]].concat());
    }
    // The number of the signed prekey, in two bytes, in more than 32 bits and cut off; then the marker of
    // the one-time prekey, and the use of the KEM prekey.
    let number = list + 1;
    for superfluous in [&[0x81, 0][..], &[0x80, 0x80, 0x80, 0x80, 0x10]] {
        others.push([&bundle[..number], superfluous, &bundle[number + 1..]].concat());
    }
    let marker = number + 1 + 1 + 32 + 64;
    for place in [0, 1, 2, marker, marker + 1 + 1 + 32] {
        for value in [2, 3, 0xff] {
            let mut other = bundle.to_vec();
            other[place] = value;
            if other != bundle {
                others.push(other);
            }
        }
    }
    // A curve key with the top bit, and a KEM key whose first number is too large.
    let mut other = bundle.to_vec();
    other[34] |= 0x80;
    others.push(other);
    let mut other = bundle.to_vec();
    other[bundle.len() - 1568..][..2].fill(0xff);
    others.push(other);
    let last = bundle.len() - 1;
    others.extend([0, 1, 34, marker, last].map(|length| bundle[..length].to_vec()));
    others
}

fn read_pqxdh(bundle: &[u8]) -> Option<sprag_x3dh::pqxdh::Bundle> {
    match decode_bundle(bundle).map(|bundle| bundle.keys) {
        Ok(Bundle::Pqxdh(bundle)) => Some(bundle),
        _ => None,
    }
}

/// Each of the two after `mix` has put a part of the other in it.
fn each_mix<T: Clone>(pair: [T; 2], mix: impl Fn(&mut T, &T)) -> [T; 2] {
    let [one, other] = &pair;
    [(one, other), (other, one)].map(|(one, other)| {
        let mut mixed = one.clone();
        mix(&mut mixed, other);
        mixed
    })
}

fn is_damage(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Other(text) if text.contains("damaged"))
}

fn assert_kem_signature(refusal: &Refusal) {
    let named = |text: &str| text.contains("signature") && text.contains("KEM prekey");
    assert!(
        matches!(refusal, Refusal::Other(text) if named(text)),
        "{refusal:?}"
    );
}

fn assert_no_name(message: &[u8], identity: &[u8; 32]) {
    assert!(message.windows(32).all(|bytes| bytes != identity));
}
