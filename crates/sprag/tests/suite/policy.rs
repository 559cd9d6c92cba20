use rand::rngs::StdRng;
use sprag::{Account, Error, HandshakeError, Initiation, Policy, Slot, Suite};
use sprag_x3dh::pqxdh::KemPart;
use sprag_x3dh::{CurveBundle, CurveMessage, InitialMessage, pqxdh, x3dh};

use crate::support::{
    Pair, X3DH, decoded, decoded_x3dh, encoded, encoded_x3dh, joined, not_accepted,
    not_accepted_under, plaintext, refused, rng, with_checksum,
};

const REFUSED: Error = Error::Handshake(HandshakeError::NotAccepted(Suite::X3dh));
const NOT_AUTHENTIC: Error = Error::Handshake(HandshakeError::NotAuthentic);

fn initiated(account: &Account, bundle: &[u8], policy: Policy, rng: &mut StdRng) -> Option<Error> {
    let before = account.snapshot();
    let initiation = Initiation { policy, ordinal: 1 };
    let session = account.initiate_with(bundle, &initiation, rng);
    assert_eq!(account.snapshot().expose(), before.expose());
    session.err()
}

#[test]
fn x3dh_is_refused_unless_it_is_allowed() {
    let mut pair = Pair::x3dh(360);
    let bundle = pair.bob.publish_x3dh(&mut pair.rng).unwrap();
    for policy in [Policy::default(), Policy::post_quantum()] {
        let refusal = initiated(&pair.alice, &bundle, policy, &mut pair.rng);
        assert_eq!(refusal, Some(REFUSED));
    }
    let refusal = pair.alice.initiate(&bundle, &mut pair.rng).err();
    assert_eq!(refusal, Some(REFUSED));
    let first = pair.send(b"first");
    assert_eq!(not_accepted(&mut pair.bob, &first), REFUSED);
    assert_eq!(pair.bob.accept_with_ad(&first, b"").err(), Some(REFUSED));

    let (mut bobs, opened) = pair.bob.accept_under(&X3DH, &first, b"").unwrap();
    assert_eq!(opened.plaintext, b"first");
    assert_eq!(bobs.status().suite.to_string(), "X3DH");
    assert_eq!(pair.session.status().suite.to_string(), "X3DH");
    let answer = bobs.encrypt(b"answer", &mut pair.rng).unwrap();
    assert_eq!(plaintext(pair.session.decrypt(&answer)), b"answer");
    assert_eq!(pair.bob.one_time_prekeys().ec, 1);
}

#[test]
fn pqxdh_stays_the_handshake_of_those_who_allow_x3dh() {
    let mut pair = Pair::new(361);
    let first = pair.send(b"first");
    let (bobs, _) = pair.bob.accept_under(&X3DH, &first, b"").unwrap();
    assert_eq!(bobs.status().suite.to_string(), "PQXDH");
}

/// The keys with a signed prekey that claims to be for `suite`.
const fn relabelled(mut curve: CurveBundle, suite: Suite) -> CurveBundle {
    curve.signed_prekey.terms.suite = suite;
    curve
}

#[test]
fn a_bundle_for_pqxdh_cannot_be_turned_into_one_for_x3dh() {
    let mut pair = Pair::without_one_time_prekey(363);
    let signature = |slot| Error::Handshake(HandshakeError::InvalidSignature(slot));
    for genuine in [pair.bob.publish(&mut pair.rng), pair.bob.publish_reusable()] {
        let bundle = decoded(&genuine);
        let stripped = x3dh::Bundle {
            curve: relabelled(bundle.curve, Suite::X3dh),
        };
        let mut without_one_time = stripped;
        without_one_time.curve.one_time_prekey = None;
        for stripped in [stripped, without_one_time] {
            let bytes = encoded_x3dh(stripped);
            let refusal = initiated(&pair.alice, &bytes, X3DH, &mut pair.rng);
            assert_eq!(refusal, Some(signature(Slot::SignedPrekey)));
            let refusal = initiated(&pair.alice, &bytes, Policy::default(), &mut pair.rng);
            assert_eq!(refusal, Some(REFUSED));
        }
        let mut renamed = genuine;
        renamed[2] = 1;
        let damaged = Error::Wire(sprag_wire::Error::Damaged);
        let refusal = initiated(&pair.alice, &renamed, X3DH, &mut pair.rng);
        assert_eq!(refusal, Some(damaged));
        let trailing = Error::Wire(sprag_wire::Error::Trailing);
        let refusal = initiated(&pair.alice, &with_checksum(renamed), X3DH, &mut pair.rng);
        assert_eq!(refusal, Some(trailing));
    }
}

#[test]
fn a_bundle_for_x3dh_cannot_be_turned_into_one_for_pqxdh() {
    let mut pair = Pair::without_one_time_prekey(364);
    let genuine = pair.bob.publish_x3dh(&mut pair.rng).unwrap();
    let mut renamed = genuine.clone();
    renamed[2] = 2;
    let damaged = Error::Wire(sprag_wire::Error::Damaged);
    let refusal = initiated(&pair.alice, &renamed, X3DH, &mut pair.rng);
    assert_eq!(refusal, Some(damaged));
    let truncated = Error::Wire(sprag_wire::Error::Truncated);
    let refusal = initiated(&pair.alice, &with_checksum(renamed), X3DH, &mut pair.rng);
    assert_eq!(refusal, Some(truncated));
    let kem_prekey = decoded(&pair.bob.publish_reusable()).kem_prekey;
    let bundle = decoded_x3dh(&genuine);
    let extended = pqxdh::Bundle {
        curve: relabelled(bundle.curve, Suite::Pqxdh),
        kem_prekey,
    };
    let refusal = initiated(&pair.alice, &encoded(extended), X3DH, &mut pair.rng);
    let slot = Slot::SignedPrekey;
    let signature = Error::Handshake(HandshakeError::InvalidSignature(slot));
    assert_eq!(refusal, Some(signature));
}

/// The message with another handshake in front.
fn behind(handshake: InitialMessage, message: &[u8]) -> Vec<u8> {
    let decoded = sprag_wire::decode_prekey_message(message).expect("the message is well formed");
    let content = decoded.message.parts(handshake.suite());
    let content = content.expect("both suites have the same headers");
    let mut encoded = sprag_wire::encode_prekey_message(&handshake, content.ciphertext);
    encoded.buffer().copy_from_slice(content.ciphertext);
    encoded.finish(content.header, content.tag)
}

fn handshake(message: &[u8]) -> InitialMessage {
    let decoded = sprag_wire::decode_prekey_message(message).expect("the message is well formed");
    decoded.handshake
}

#[test]
fn a_first_message_of_pqxdh_cannot_be_turned_into_one_of_x3dh() {
    for mut pair in [Pair::new(365), Pair::without_one_time_prekey(365)] {
        let first = pair.send(b"first");
        let second = pair.send(b"second");
        let InitialMessage::Pqxdh(genuine) = handshake(&first) else {
            panic!("PQXDH is the default");
        };
        assert_eq!(
            behind(InitialMessage::Pqxdh(genuine.clone()), &first),
            first
        );
        let x3dh = pair.bob.publish_x3dh(&mut pair.rng).unwrap();
        let x3dh = decoded_x3dh(&x3dh);
        let x3dh_signed = x3dh.curve.signed_prekey.terms.id;
        let x3dh_one_time = x3dh.curve.one_time_prekey.map(|prekey| prekey.id);
        let unknown = Error::UnknownPrekey(Slot::SignedPrekey, 1);
        let mut forged = Vec::new();
        for (signed_prekey, expected) in [(1, unknown), (x3dh_signed, NOT_AUTHENTIC)] {
            for one_time_prekey in [genuine.curve().one_time_prekey, None, x3dh_one_time] {
                let curve = CurveMessage {
                    signed_prekey,
                    one_time_prekey,
                    ..*genuine.curve()
                };
                let sealed = *genuine.sealed_initiator();
                let stripped = x3dh::InitialMessage::from_parts(curve, sealed);
                let stripped = InitialMessage::X3dh(stripped);
                let stripped = behind(stripped, &second);
                let refusal = not_accepted_under(&X3DH, &mut pair.bob, &stripped);
                assert_eq!(refusal, expected);
                assert_eq!(not_accepted(&mut pair.bob, &stripped), REFUSED);
                forged.push(stripped);
            }
        }
        let mut renamed = second.clone();
        renamed[2] = 1;
        not_accepted_under(&X3DH, &mut pair.bob, &renamed);
        let (mut bobs, _) = pair.bob.accept_under(&X3DH, &first, b"").unwrap();
        for stripped in forged {
            let other = Error::OtherSession(handshake(&stripped).session_id());
            assert_eq!(refused(&mut bobs, &stripped), other);
        }
        refused(&mut bobs, &renamed);
        assert_eq!(plaintext(bobs.decrypt(&second)), b"second");
    }
}

#[test]
fn a_first_message_of_x3dh_cannot_be_turned_into_one_of_pqxdh() {
    let mut pair = Pair::x3dh(366);
    let first = pair.send(b"first");
    let InitialMessage::X3dh(genuine) = handshake(&first) else {
        panic!("the session is of X3DH");
    };
    let bundle = decoded(&pair.bob.publish(&mut pair.rng));
    let (ciphertext, _) = bundle.kem_prekey.key.encapsulate(&mut pair.rng);
    let x3dh_signed = genuine.curve().signed_prekey;
    let unknown = Error::UnknownPrekey(Slot::SignedPrekey, x3dh_signed);
    for (signed_prekey, expected) in [(x3dh_signed, unknown), (1, NOT_AUTHENTIC)] {
        for one_time_prekey in [genuine.curve().one_time_prekey, None] {
            let curve = CurveMessage {
                signed_prekey,
                one_time_prekey,
                ..*genuine.curve()
            };
            let kem = KemPart {
                prekey: bundle.kem_prekey.id,
                ciphertext: ciphertext.clone(),
            };
            let sealed = *genuine.sealed_initiator();
            let raised = pqxdh::InitialMessage::from_parts(curve, kem, sealed);
            let raised = behind(InitialMessage::Pqxdh(raised), &first);
            let refusal = not_accepted_under(&X3DH, &mut pair.bob, &raised);
            assert_eq!(refusal, expected);
        }
    }
    pair.bob.accept_under(&X3DH, &first, b"").unwrap();
}

#[test]
fn the_age_of_the_signed_and_the_last_resort_prekey_is_limited() {
    let mut rng = rng(367);
    let alice = Account::generate(&mut rng);
    let mut bob = Account::generate_at(1_000, &mut rng);
    let old = decoded(&bob.publish_reusable());
    bob.rotate(2_000, 1, &mut rng).unwrap();
    let new = decoded(&bob.publish_reusable());
    let old_last_resort = joined(&bob, new.clone(), &old);
    let old_signed = joined(&bob, old.clone(), &new);
    let mut one_time = decoded(&bob.publish(&mut rng));
    one_time.curve.signed_prekey = old.curve.signed_prekey;
    let stale = |slot| Some(Error::Handshake(HandshakeError::Stale(slot)));
    for (bundle, slot) in [
        (old_signed, Slot::SignedPrekey),
        (old_last_resort, Slot::LastResortKemPrekey),
        (one_time, Slot::SignedPrekey),
    ] {
        let bundle = encoded(bundle);
        for (now, max_age, expected) in [
            (2_000, 1_000, None),
            (2_000, 999, stale(slot)),
            (2_001, 1_000, stale(slot)),
            (1_500, 500, None),
            (u64::MAX, u64::MAX, None),
            (u64::MAX, 1_000_000, stale(Slot::SignedPrekey)),
        ] {
            let policy = Policy::default().max_age(now, max_age);
            assert_eq!(initiated(&alice, &bundle, policy, &mut rng), expected);
        }
        assert_eq!(
            initiated(&alice, &bundle, Policy::default(), &mut rng),
            None
        );
    }
}

#[test]
fn prekeys_of_the_future_are_refused_beyond_the_same_limit() {
    let mut rng = rng(368);
    let alice = Account::generate(&mut rng);
    let mut bob = Account::generate_at(2_000, &mut rng);
    let old = decoded(&bob.publish_reusable());
    bob.rotate(3_000, 1, &mut rng).unwrap();
    let later = decoded(&bob.publish_reusable());
    let later_signed = joined(&bob, later.clone(), &old);
    let later_last_resort = joined(&bob, old, &later);
    for (bundle, slot) in [
        (later_signed, Slot::SignedPrekey),
        (later_last_resort, Slot::LastResortKemPrekey),
    ] {
        let bundle = encoded(bundle);
        let policy = Policy::default();
        let edge = policy.max_age(2_000, 1_000);
        assert_eq!(initiated(&alice, &bundle, edge, &mut rng), None);
        let beyond = policy.max_age(1_999, 1_000);
        assert_eq!(
            initiated(&alice, &bundle, beyond, &mut rng),
            Some(Error::Handshake(HandshakeError::Stale(slot)))
        );
    }
}

#[test]
fn prekeys_that_do_not_say_when_they_were_made_are_stale() {
    let mut rng = rng(369);
    let alice = Account::generate(&mut rng);
    let mut bob = Account::generate(&mut rng);
    let stale = |slot| Some(Error::Handshake(HandshakeError::Stale(slot)));
    let signed = stale(Slot::SignedPrekey);
    let unstated = bob.publish_reusable();
    let x3dh = bob.publish_x3dh(&mut rng).unwrap();
    for policy in [X3DH.max_age(0, 0), X3DH.max_age(5, u64::MAX)] {
        assert_eq!(initiated(&alice, &unstated, policy, &mut rng), signed);
        assert_eq!(initiated(&alice, &x3dh, policy, &mut rng), signed);
    }
    bob.rotate(5, 1, &mut rng).unwrap();
    let policy = X3DH.max_age(5, 0);
    let stated = decoded(&bob.publish_reusable());
    let bytes = encoded(stated.clone());
    assert_eq!(initiated(&alice, &bytes, policy, &mut rng), None);
    let x3dh = bob.publish_x3dh(&mut rng).unwrap();
    assert_eq!(initiated(&alice, &x3dh, policy, &mut rng), None);
    let last_resort = stale(Slot::LastResortKemPrekey);
    let bytes = encoded(joined(&bob, stated, &decoded(&unstated)));
    assert_eq!(initiated(&alice, &bytes, policy, &mut rng), last_resort);
}

#[test]
fn the_time_that_a_bundle_states_is_signed() {
    let mut rng = rng(370);
    let alice = Account::generate(&mut rng);
    let mut bob = Account::generate_at(1_000, &mut rng);
    let genuine = decoded(&bob.publish_reusable());
    let signature = |slot| Some(Error::Handshake(HandshakeError::InvalidSignature(slot)));
    let mut forged = genuine.clone();
    forged.curve.signed_prekey.terms.created = 2_000;
    let refusal = initiated(&alice, &encoded(forged), Policy::default(), &mut rng);
    assert_eq!(refusal, signature(Slot::SignedPrekey));
    let mut forged = genuine;
    forged.kem_prekey.usage = sprag_x3dh::KemPrekeyUse::LastResort { created: 2_000 };
    let refusal = initiated(&alice, &encoded(forged), Policy::default(), &mut rng);
    assert_eq!(refusal, signature(Slot::LastResortKemPrekey));
    let mut x3dh = decoded_x3dh(&bob.publish_x3dh(&mut rng).unwrap());
    x3dh.curve.signed_prekey.terms.created = 2_000;
    let bytes = encoded_x3dh(x3dh);
    let refusal = initiated(&alice, &bytes, X3DH, &mut rng);
    assert_eq!(refusal, signature(Slot::SignedPrekey));
}
