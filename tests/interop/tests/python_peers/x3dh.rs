//! Tests of X3DH: both sides come to the same results, each alone, and neither accepts a bundle that was
//! altered.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use sprag_primitives::x25519::KeyPair;
use sprag_x3dh::x3dh::InitialMessage;
use sprag_x3dh::{Error, SealedInitiator, Slot};

use crate::peer::{Peer, Refusal, bytes};
use crate::x3dh_handshake::{
    Account, OneTime, ours_begins, ours_initiate, publish, read_bundle, theirs_begins,
    theirs_initiate, theirs_respond, write_bundle,
};

const RUNS: usize = 16;

#[test]
fn both_come_to_the_same_when_ours_begins() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(1);
    for (name, one_time) in runs() {
        let run = ours_begins((&mut peer, &name), one_time, &mut rng);
        assert_eq!(run.ours, run.theirs, "{name}");
    }
}

#[test]
fn both_come_to_the_same_when_theirs_begins() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(2);
    for (name, one_time) in runs() {
        let run = theirs_begins((&mut peer, &name), one_time, &mut rng);
        assert_eq!(run.ours, run.theirs, "{name}");
    }
}

/// A one-time prekey is not signed, so an exchange of it must show in the seal.
#[test]
fn the_seal_does_not_open_after_an_exchanged_one_time_prekey() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(3);
    let other = *KeyPair::generate(&mut rng).public();
    let published = publish((&mut peer, "a"), OneTime::With, &mut rng);
    let mut bundle = read_bundle(&published).unwrap();
    bundle.curve.one_time_prekey.as_mut().unwrap().key = other;
    let (message, _) = ours_initiate(bundle, &mut rng);
    let theirs = theirs_respond((&mut peer, "a"), &message);
    assert_eq!(theirs, Err(Refusal::NotAuthentic));

    let account = Account::generate(OneTime::With, &mut rng);
    let mut bundle = write_bundle(&account.bundle());
    bundle["one_time_prekey"] = hex::encode(other.as_bytes()).into();
    let (message, _) = theirs_initiate((&mut peer, "b"), bundle, 1);
    assert_eq!(account.respond(&message), Err(Error::NotAuthentic));
}

#[test]
fn both_refuse_each_altered_bit_of_the_sealed_initiator_and_take_the_genuine_one_then() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(6);
    for one_time in [OneTime::With, OneTime::Without] {
        let bundle = publish((&mut peer, "a"), one_time, &mut rng);
        let (message, ours) = ours_initiate(read_bundle(&bundle).unwrap(), &mut rng);
        for altered in with_altered_seals(&message) {
            let theirs = theirs_respond((&mut peer, "a"), &altered);
            assert_eq!(theirs, Err(Refusal::NotAuthentic));
        }
        let (theirs, _) = theirs_respond((&mut peer, "a"), &message).unwrap();
        assert_eq!(ours, theirs);

        let account = Account::generate(one_time, &mut rng);
        let bundle = write_bundle(&account.bundle());
        let (message, theirs) = theirs_initiate((&mut peer, "b"), bundle, rng.random());
        for altered in with_altered_seals(&message) {
            assert_eq!(account.respond(&altered), Err(Error::NotAuthentic));
        }
        assert_eq!(account.respond(&message), Ok(theirs));
    }
}

#[test]
fn ours_refuses_altered_bundles() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(4);
    let bundle = publish((&mut peer, ""), OneTime::With, &mut rng);
    for (what, altered) in altered(&bundle) {
        let result = read_bundle(&altered).expect("the keys are valid").verify();
        let expected = Err(Error::InvalidSignature(Slot::SignedPrekey));
        assert_eq!(result, expected, "{what}");
    }
    assert!(read_bundle(&bundle).unwrap().verify().is_ok());
}

#[test]
fn theirs_refuses_altered_bundles() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(5);
    let bundle = write_bundle(&Account::generate(OneTime::With, &mut rng).bundle());
    for (what, altered) in altered(&bundle) {
        // Only the refusal for the signature counts, because another one would mean that the request is
        // wrong.
        match peer.ask("x3dh_initiate", with_ordinal(altered)) {
            Err(Refusal::Other(text)) if text.contains("signature") => {}
            Err(refusal) => panic!("{what}: {refusal:?}"),
            Ok(_) => panic!("{what}: accepted"),
        }
    }
    assert!(peer.ask("x3dh_initiate", with_ordinal(bundle)).is_ok());
}

fn with_ordinal(mut bundle: Value) -> Value {
    bundle["ordinal"] = json!(1);
    bundle
}

/// Copies of `message` with one bit of the sealed initiator altered, each bit once.
fn with_altered_seals(message: &InitialMessage) -> impl Iterator<Item = InitialMessage> {
    let (curve, sealed) = (*message.curve(), *message.sealed_initiator().as_bytes());
    (0..8 * sealed.len()).map(move |bit| {
        let mut sealed = sealed;
        sealed[bit / 8] ^= 1 << (bit % 8);
        InitialMessage::from_parts(curve, SealedInitiator::from_bytes(sealed))
    })
}

/// Names for parties, each new to the peer.
fn runs() -> impl Iterator<Item = (String, OneTime)> {
    let kinds = [OneTime::With, OneTime::Without];
    (0..RUNS).flat_map(move |run| kinds.map(|kind| (format!("run {run}, {kind:?}"), kind)))
}

/// Copies of `bundle` with one bit altered: each bit of its numbers, and one bit of each byte of the keys and
/// the signature.
fn altered(bundle: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (field, bits) in [("signed_prekey_id", 32), ("created", 64)] {
        let number = bundle[field].as_u64().expect("the field is a number");
        for bit in 0..bits {
            let value = json!(number ^ (1 << bit));
            all.push((format!("{field}, bit {bit}"), (field, value)));
        }
    }
    for (field, length) in [("identity", 32), ("signed_prekey", 32), ("signature", 64)] {
        let value = bytes(bundle, field);
        assert_eq!(value.len(), length);
        for byte in 0..length {
            let mut value = value.clone();
            value[byte] ^= 1;
            all.push((
                format!("{field}, byte {byte}"),
                (field, hex::encode(value).into()),
            ));
        }
    }
    let with = |(field, value): (&str, Value)| {
        let mut bundle = bundle.clone();
        bundle[field] = value;
        bundle
    };
    all.into_iter()
        .map(|(what, change)| (what, with(change)))
        .collect()
}
