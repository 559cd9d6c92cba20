//! Tests of PQXDH: both sides come to the same results, each alone, and neither accepts a bundle that was
//! altered.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use sprag_primitives::ml_kem_1024::Ciphertext;
use sprag_primitives::x25519::KeyPair;
use sprag_x3dh::pqxdh::{InitialMessage, KemPart};
use sprag_x3dh::{CurveMessage, Error, KemPrekeyUse, SealedInitiator, Slot, Suite};

use crate::peer::{Peer, Refusal, bytes};
use crate::pqxdh_handshake::{
    Account, Terms, ours_initiate, publish, read_bundle, runs, theirs_initiate, theirs_respond,
    write_bundle,
};

const RUNS: usize = 12;

#[test]
fn both_come_to_the_same_when_ours_begins() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(1);
    for (name, terms) in runs(RUNS, &mut rng) {
        let bundle = read_bundle(&publish((&mut peer, &name), terms)).unwrap();
        let (message, ours) = ours_initiate(bundle, terms.ordinal, &mut rng);
        let (theirs, _) = theirs_respond((&mut peer, &name), &message).unwrap();
        assert_eq!(ours, theirs, "{name}, {terms:?}");
    }
}

#[test]
fn both_come_to_the_same_when_theirs_begins() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(2);
    for (name, terms) in runs(RUNS, &mut rng) {
        let account = Account::generate(terms, &mut rng);
        let bundle = write_bundle(&account.bundle());
        let (message, theirs) = theirs_initiate((&mut peer, &name), bundle, terms.ordinal);
        assert_eq!(account.respond(&message), Ok(theirs), "{name}, {terms:?}");
    }
}

/// A one-time prekey is not signed, so an exchange of it must show in the seal.
#[test]
fn the_seal_does_not_open_after_an_exchanged_one_time_prekey() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(3);
    let [terms, ..] = Terms::of_each_kind(&mut rng);
    let other = *KeyPair::generate(&mut rng).public();

    let mut bundle = read_bundle(&publish((&mut peer, "a"), terms)).unwrap();
    bundle.curve.one_time_prekey.as_mut().unwrap().key = other;
    let (message, _) = ours_initiate(bundle, terms.ordinal, &mut rng);
    assert_theirs_do_not_open((&mut peer, "a"), &message);

    let account = Account::generate(terms, &mut rng);
    let mut bundle = write_bundle(&account.bundle());
    bundle["one_time_prekey"] = hex::encode(other.as_bytes()).into();
    let (message, _) = theirs_initiate((&mut peer, "b"), bundle, terms.ordinal);
    assert_eq!(account.respond(&message), Err(Error::NotAuthentic));
}

/// Decapsulation refuses no ciphertext: under another key it comes to another secret.
#[test]
fn the_seal_does_not_open_after_an_exchanged_kem_key() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(4);
    for terms in Terms::of_each_kind(&mut rng) {
        let published = publish((&mut peer, "a"), terms);
        let bundle = read_bundle(&published).unwrap();
        let (message, _) = ours_initiate(bundle, terms.ordinal, &mut rng);
        // The signed prekey gets another number, so that the curve keys of the first bundle stay as they
        // were.
        let other = Terms {
            signed_prekey: free_number(terms, &mut rng),
            one_time_prekey: None,
            ..terms
        };
        publish((&mut peer, "a"), other);
        assert_theirs_do_not_open((&mut peer, "a"), &message);

        let mut account = Account::generate(terms, &mut rng);
        let bundle = write_bundle(&account.bundle());
        let (message, theirs) = theirs_initiate((&mut peer, "b"), bundle, terms.ordinal);
        assert_eq!(account.respond(&message), Ok(theirs));
        account.exchange_kem_key(terms, &mut rng);
        assert_eq!(account.respond(&message), Err(Error::NotAuthentic));
    }
}

/// Alters bits of the KEM ciphertext, of the ephemeral key and of the sealed part. `wire.rs` alters the numbers.
#[test]
fn the_seal_of_an_altered_message_does_not_open() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(5);
    let [terms, ..] = Terms::of_each_kind(&mut rng);
    let bundle = read_bundle(&publish((&mut peer, "a"), terms)).unwrap();
    let (sent, ours) = ours_initiate(bundle, terms.ordinal, &mut rng);
    for altered in altered_messages(&sent, &mut rng) {
        assert_theirs_do_not_open((&mut peer, "a"), &altered);
    }
    assert_eq!(theirs_respond((&mut peer, "a"), &sent).unwrap().0, ours);

    let account = Account::generate(terms, &mut rng);
    let bundle = write_bundle(&account.bundle());
    let (sent, theirs) = theirs_initiate((&mut peer, "b"), bundle, terms.ordinal);
    for altered in altered_messages(&sent, &mut rng) {
        assert_eq!(account.respond(&altered), Err(Error::NotAuthentic));
    }
    assert_eq!(account.respond(&sent), Ok(theirs));
}

/// The seal of one message is no seal of another, even if both are of one initiator to one responder.
#[test]
fn the_seal_of_another_message_does_not_open() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(9);
    let [terms, ..] = Terms::of_each_kind(&mut rng);
    let published = publish((&mut peer, "a"), terms);
    let sent = [1, 2].map(|ordinal| {
        let bundle = read_bundle(&published).unwrap();
        ours_initiate(bundle, ordinal, &mut rng).0
    });
    assert_theirs_do_not_open((&mut peer, "a"), &with_seal_of(&sent));
    for genuine in &sent {
        assert!(theirs_respond((&mut peer, "a"), genuine).is_ok());
    }

    let account = Account::generate(terms, &mut rng);
    let bundle = write_bundle(&account.bundle());
    let sent = [1, 2].map(|ordinal| theirs_initiate((&mut peer, "b"), bundle.clone(), ordinal).0);
    let altered = with_seal_of(&sent);
    assert_eq!(account.respond(&altered), Err(Error::NotAuthentic));
    for genuine in &sent {
        assert!(account.respond(genuine).is_ok());
    }
}

/// A last-resort prekey is signed for use with one signed prekey. A one-time prekey is signed for all.
#[test]
fn both_refuse_a_last_resort_prekey_with_the_signed_prekey_of_another_generation() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(10);
    for terms in Terms::of_each_kind(&mut rng) {
        let mut other_number = terms;
        other_number.signed_prekey = free_number(terms, &mut rng);
        for next in [other_number, terms] {
            let account = Account::generate(terms, &mut rng);
            let older = write_bundle(&account.bundle());
            let newer = account.next_generation(next, &mut rng);
            let ours = [older, write_bundle(&newer.bundle())];
            let theirs = [terms, next].map(|terms| publish((&mut peer, "publisher"), terms));
            for [older, newer] in [ours, theirs] {
                for mixed in [mix(&older, &newer), mix(&newer, &older)] {
                    if terms.kem_use == KemPrekeyUse::OneTime {
                        assert!(read_bundle(&mixed).unwrap().verify().is_ok());
                        assert!(ask(&mut peer, &mixed).is_ok());
                    } else {
                        let slot = Slot::LastResortKemPrekey;
                        assert_refused(&mut peer, ("two generations", &(slot, mixed)));
                    }
                }
            }
        }
    }
}

#[test]
fn both_refuse_altered_bundles_of_either_side() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(6);
    for terms in Terms::of_each_kind(&mut rng) {
        let ours = write_bundle(&Account::generate(terms, &mut rng).bundle());
        for bundle in [ours, publish((&mut peer, "publisher"), terms)] {
            for (what, altered) in altered(&bundle) {
                assert_refused(&mut peer, (&what, &altered));
            }
            assert!(read_bundle(&bundle).unwrap().verify().is_ok());
            assert!(ask(&mut peer, &bundle).is_ok());
        }
    }
}

/// A signature is valid for one use, so a bundle is refused if two of them are exchanged, or if a prekey
/// claims another use than it was signed for.
#[test]
fn both_refuse_prekeys_signed_for_another_use() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(7);
    for terms in Terms::of_each_kind(&mut rng) {
        let account = Account::generate(terms, &mut rng);
        let of_ours = write_bundle(&account.bundle());
        let mut of_x3dh = account.bundle();
        of_x3dh.curve.signed_prekey = account.signed_prekey_of_x3dh(&mut rng);
        let of_x3dh = write_bundle(&of_x3dh);
        assert_refused(
            &mut peer,
            ("signed for X3DH", &(Slot::SignedPrekey, of_x3dh)),
        );

        for bundle in [of_ours, publish((&mut peer, "publisher"), terms)] {
            let created = match terms.kem_use {
                KemPrekeyUse::OneTime => vec![json!(0), json!(terms.created)],
                KemPrekeyUse::LastResort { .. } => vec![Value::Null],
            };
            for created in created {
                let used = with(&bundle, &[("kem_created", created)]);
                let slot = kem_slot(&used);
                assert_refused(&mut peer, ("another use", &(slot, used)));
            }
            let signatures = ["kem_signature", "signature"].map(|field| bundle[field].clone());
            let [kem_signature, signature] = signatures;
            let exchanged = with(&bundle, &[("signature", kem_signature)]);
            assert_refused(&mut peer, ("exchanged", &(Slot::SignedPrekey, exchanged)));
            let exchanged = with(&bundle, &[("kem_signature", signature)]);
            let slot = kem_slot(&exchanged);
            assert_refused(&mut peer, ("exchanged", &(slot, exchanged)));
        }
    }
}

#[test]
fn both_refuse_a_bundle_for_x3dh_and_one_with_a_number_twice() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(8);
    let [terms, ..] = Terms::of_each_kind(&mut rng);
    let bundle = write_bundle(&Account::generate(terms, &mut rng).bundle());
    let other = with(&bundle, &[("suite", Suite::X3dh.to_byte().into())]);
    let result = read_bundle(&other).unwrap().verify();
    assert_eq!(result, Err(Error::OtherUse(Slot::SignedPrekey)));
    assert_refusal("suite", ask(&mut peer, &other), "suite");

    for twice in [terms.signed_prekey, terms.kem_prekey] {
        let other = with(&bundle, &[("one_time_prekey_id", twice.into())]);
        let result = read_bundle(&other).unwrap().verify();
        assert_eq!(result, Err(Error::DuplicateId(twice)));
        assert_refusal("twice", ask(&mut peer, &other), "one number");
    }
}

fn free_number(terms: Terms, rng: &mut StdRng) -> u32 {
    let taken = [terms.signed_prekey, terms.kem_prekey];
    loop {
        let number = rng.random();
        if !taken.contains(&number) {
            return number;
        }
    }
}

/// The signed prekey of one bundle and the KEM prekey of the other.
fn mix(signed: &Value, kem: &Value) -> Value {
    let fields = [
        "kem_prekey_id",
        "kem_created",
        "kem_prekey",
        "kem_signature",
    ];
    let kem = fields.map(|field| (field, kem[field].clone()));
    let one_time = [("one_time_prekey", Value::Null)];
    with(&with(signed, &kem), &one_time)
}

/// The first message with the sealed initiator of the second.
fn with_seal_of([message, other]: &[InitialMessage; 2]) -> InitialMessage {
    let kem = message.kem().clone();
    InitialMessage::from_parts(*message.curve(), kem, *other.sealed_initiator())
}

/// Copies of `sent` with one bit of the KEM ciphertext altered, in some bytes of both of its parts, with one bit of
/// the sealed initiator altered, in every byte, and with another ephemeral key.
fn altered_messages(sent: &InitialMessage, rng: &mut StdRng) -> Vec<InitialMessage> {
    let ends = [0, 1407, 1408, 1567];
    let mut bytes: Vec<usize> = ends.to_vec();
    bytes.extend((0..12).map(|_| rng.random_range(0..1568)));
    let (curve, kem, sealed) = (*sent.curve(), sent.kem(), *sent.sealed_initiator());
    let mut all = Vec::new();
    for byte in bytes {
        let mut ciphertext = *kem.ciphertext.as_bytes();
        ciphertext[byte] ^= 1 << rng.random_range(0..8);
        let altered = KemPart {
            ciphertext: Ciphertext::from_bytes(&ciphertext),
            ..kem.clone()
        };
        all.push(InitialMessage::from_parts(curve, altered, sealed));
    }
    for byte in 0..sealed.as_bytes().len() {
        let mut altered = *sealed.as_bytes();
        altered[byte] ^= 1 << rng.random_range(0..8);
        let altered = SealedInitiator::from_bytes(altered);
        all.push(InitialMessage::from_parts(curve, kem.clone(), altered));
    }
    let ephemeral = *KeyPair::generate(rng).public();
    let altered = CurveMessage { ephemeral, ..curve };
    all.push(InitialMessage::from_parts(altered, kem.clone(), sealed));
    all
}

fn assert_theirs_do_not_open(at: (&mut Peer, &str), message: &InitialMessage) {
    assert_eq!(theirs_respond(at, message), Err(Refusal::NotAuthentic));
}

/// Copies of `bundle` with one bit altered: each bit of its numbers, one bit of each byte of the curve keys
/// and signatures, and one bit of some bytes of the KEM key. Each copy comes with the prekey whose signature
/// is no longer valid.
fn altered(bundle: &Value) -> Vec<(String, (Slot, Value))> {
    let mut all = Vec::new();
    let numbers = [
        ("signed_prekey_id", 32, Slot::SignedPrekey),
        ("created", 64, Slot::SignedPrekey),
        ("kem_prekey_id", 32, kem_slot(bundle)),
        ("kem_created", 64, kem_slot(bundle)),
    ];
    for (field, bits, slot) in numbers {
        // A one-time KEM prekey has no date.
        let Some(number) = bundle[field].as_u64() else {
            continue;
        };
        for bit in 0..bits {
            let altered = with(bundle, &[(field, json!(number ^ (1 << bit)))]);
            all.push((format!("{field}, bit {bit}"), (slot, altered)));
        }
    }
    let fields = [
        ("identity", 1, Slot::SignedPrekey),
        ("signed_prekey", 1, Slot::SignedPrekey),
        ("signature", 1, Slot::SignedPrekey),
        ("kem_signature", 1, kem_slot(bundle)),
        ("kem_prekey", 31, kem_slot(bundle)),
    ];
    for (field, step, slot) in fields {
        let value = bytes(bundle, field);
        for byte in (0..value.len()).step_by(step) {
            let mut value = value.clone();
            // A number in a KEM key is made smaller, because a larger one may be a fault of its own.
            let lowest = value[byte] & value[byte].wrapping_neg();
            value[byte] ^= if lowest == 0 && step == 1 { 1 } else { lowest };
            let altered = with(bundle, &[(field, hex::encode(&value).into())]);
            if altered != *bundle {
                all.push((format!("{field}, byte {byte}"), (slot, altered)));
            }
        }
    }
    all
}

fn kem_slot(bundle: &Value) -> Slot {
    if bundle["kem_created"].is_null() {
        Slot::OneTimeKemPrekey
    } else {
        Slot::LastResortKemPrekey
    }
}

fn with(bundle: &Value, changes: &[(&str, Value)]) -> Value {
    let mut bundle = bundle.clone();
    for (field, value) in changes {
        bundle[*field] = value.clone();
    }
    bundle
}

fn ask(peer: &mut Peer, bundle: &Value) -> Result<(), Refusal> {
    let reader = [("ordinal", json!(1)), ("session", "reader".into())];
    peer.ask("pqxdh_initiate", with(bundle, &reader)).map(drop)
}

/// Demands that both sides refuse the bundle for the signature of the prekey in this place, and for no other
/// reason.
fn assert_refused(peer: &mut Peer, (what, (slot, bundle)): (&str, &(Slot, Value))) {
    let result = read_bundle(bundle).expect("the keys are valid").verify();
    assert_eq!(result, Err(Error::InvalidSignature(*slot)), "{what}");
    let name = match slot {
        Slot::SignedPrekey => "signature of the signed prekey",
        _ => "signature of the KEM prekey",
    };
    assert_refusal(what, ask(peer, bundle), name);
}

fn assert_refusal(what: &str, result: Result<(), Refusal>, expected: &str) {
    let refused = matches!(&result, Err(Refusal::Other(text)) if text.contains(expected));
    assert!(refused, "{what}: {result:?}");
}
