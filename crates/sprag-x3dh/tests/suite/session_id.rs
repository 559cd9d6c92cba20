//! The id of a session, which is a hash of every field of the initial message.

use std::collections::HashSet;

use sprag_primitives::hash::sha256;
use sprag_primitives::ml_kem_1024::Ciphertext;
use sprag_x3dh::{CurveMessage, InitialMessage, SessionId, Suite, pqxdh, x3dh};

use crate::support::{ALICE, BOB, Responder, identity, public_key, rng};

const ONE_TIME: u32 = 0x1112_1314;

#[test]
fn in_x3dh_it_is_the_hash_of_these_bytes() {
    let some = [0x01, 0x14, 0x13, 0x12, 0x11];
    for (one_time_prekey, last) in [(None, &[0][..]), (Some(ONE_TIME), &some)] {
        let mut message = x3dh_message();
        message.curve.one_time_prekey = one_time_prekey;
        let parts: [&[u8]; 8] = [
            b"sprag session\x01\x01",
            &[1],
            message.curve.identity.as_bytes(),
            &[1],
            message.curve.ephemeral.as_bytes(),
            &[0x08, 0x07, 0x06, 0x05],
            &[0x04, 0x03, 0x02, 0x01],
            last,
        ];
        let expected = sha256(&[&parts.concat()]);
        assert_eq!(message.session_id().as_bytes(), &expected);
    }
}

#[test]
fn in_pqxdh_it_is_the_hash_of_these_bytes() {
    let some = [0x01, 0x14, 0x13, 0x12, 0x11];
    for (one_time_prekey, middle) in [(None, &[0][..]), (Some(ONE_TIME), &some)] {
        let mut message = pqxdh_message();
        message.curve.one_time_prekey = one_time_prekey;
        let parts: [&[u8]; 10] = [
            b"sprag session\x01\x02",
            &[1],
            message.curve.identity.as_bytes(),
            &[1],
            message.curve.ephemeral.as_bytes(),
            &[0x08, 0x07, 0x06, 0x05],
            &[0x04, 0x03, 0x02, 0x01],
            middle,
            &[0x18, 0x17, 0x16, 0x15],
            &[0xcc; 1568],
        ];
        let expected = sha256(&[&parts.concat()]);
        assert_eq!(message.session_id().as_bytes(), &expected);
    }
}

#[test]
fn every_field_counts_and_no_two_messages_share_an_id() {
    let mut messages = Vec::new();
    for (identity_secret, ephemeral) in [(1, 2), (3, 2), (1, 3), (2, 1)] {
        let curve = CurveMessage {
            identity: *identity([identity_secret; 32]).public(),
            ephemeral: public_key([ephemeral; 32]),
            ..curve_message()
        };
        messages.push(InitialMessage::X3dh(x3dh::InitialMessage { curve }));
        messages.push(InitialMessage::Pqxdh(pqxdh::InitialMessage {
            curve,
            ..pqxdh_message()
        }));
    }
    for (ordinal, signed_prekey, one_time_prekey) in numbers() {
        let curve = CurveMessage {
            ordinal,
            signed_prekey,
            one_time_prekey,
            ..curve_message()
        };
        messages.push(InitialMessage::X3dh(x3dh::InitialMessage { curve }));
        for (kem_prekey, byte) in [(0, 0), (1, 0), (0, 1), (u32::MAX, 0xff)] {
            messages.push(InitialMessage::Pqxdh(pqxdh::InitialMessage {
                curve,
                kem_prekey,
                ciphertext: Ciphertext::from_bytes(&[byte; 1568]),
            }));
        }
    }
    let ids: HashSet<SessionId> = messages.iter().map(InitialMessage::session_id).collect();
    assert_eq!(ids.len(), messages.len());
}

/// Lists combinations of ordinal, signed prekey and one-time prekey.
///
/// The three share most of their values, so that a hash that confused two of them would repeat.
fn numbers() -> Vec<(u32, u32, Option<u32>)> {
    let mut numbers = Vec::new();
    for ordinal in [0, 1, u32::MAX] {
        for signed_prekey in [0, 1, 0x100, u32::MAX] {
            for one_time_prekey in [None, Some(0), Some(1), Some(u32::MAX)] {
                numbers.push((ordinal, signed_prekey, one_time_prekey));
            }
        }
    }
    numbers
}

#[test]
fn no_one_time_prekey_is_not_the_one_with_the_number_0() {
    let (mut x3dh, mut pqxdh) = (x3dh_message(), pqxdh_message());
    let without = [x3dh.session_id(), pqxdh.session_id()];
    x3dh.curve.one_time_prekey = Some(0);
    pqxdh.curve.one_time_prekey = Some(0);
    assert_ne!(x3dh.session_id(), without[0]);
    assert_ne!(pqxdh.session_id(), without[1]);
}

#[test]
fn the_suites_have_no_id_in_common() {
    let (x3dh, pqxdh) = (x3dh_message(), pqxdh_message());
    assert_ne!(x3dh.session_id(), pqxdh.session_id());
}

#[test]
fn it_is_the_same_for_both_sides_and_another_for_each_session() {
    let bundle = Responder::new(BOB).pqxdh_bundle();
    let verified = bundle.clone().verify().unwrap();
    let (alice, mut rng) = (identity(ALICE), rng(1));
    let [first, second] = [(); 2].map(|()| {
        let sent = pqxdh::initiate(&alice, &verified, &mut rng).unwrap();
        sent.message
    });
    let curve = CurveMessage {
        identity: *identity(ALICE).public(),
        ephemeral: first.curve.ephemeral,
        ordinal: 1,
        signed_prekey: bundle.curve.signed_prekey.terms.id,
        one_time_prekey: bundle.curve.one_time_prekey.map(|prekey| prekey.id),
    };
    let received = pqxdh::InitialMessage {
        curve,
        kem_prekey: bundle.kem_prekey.id,
        ciphertext: Ciphertext::from_bytes(first.ciphertext.as_bytes()),
    };
    assert_eq!(received.session_id(), first.session_id());
    assert_ne!(second.session_id(), first.session_id());
}

#[test]
fn a_message_of_either_suite_says_what_the_message_itself_says() {
    let message = x3dh_message();
    let either = InitialMessage::X3dh(message);
    assert_eq!(either.suite(), Suite::X3dh);
    assert_eq!(either.curve(), &message.curve);
    assert_eq!(either.session_id(), message.session_id());

    let message = pqxdh_message();
    let either = InitialMessage::Pqxdh(message.clone());
    assert_eq!(either.suite(), Suite::Pqxdh);
    assert_eq!(either.curve(), &message.curve);
    assert_eq!(either.session_id(), message.session_id());
}

#[test]
fn it_is_read_back_from_its_bytes() {
    let id = pqxdh_message().session_id();
    assert_eq!(SessionId::from_bytes(*id.as_bytes()), id);
}

fn x3dh_message() -> x3dh::InitialMessage {
    x3dh::InitialMessage {
        curve: curve_message(),
    }
}

fn pqxdh_message() -> pqxdh::InitialMessage {
    pqxdh::InitialMessage {
        curve: curve_message(),
        kem_prekey: 0x1516_1718,
        ciphertext: Ciphertext::from_bytes(&[0xcc; 1568]),
    }
}

/// Returns the curve keys and numbers of both messages, without a one-time prekey.
fn curve_message() -> CurveMessage {
    CurveMessage {
        identity: *identity([1; 32]).public(),
        ephemeral: public_key([2; 32]),
        ordinal: 0x0506_0708,
        signed_prekey: 0x0102_0304,
        one_time_prekey: None,
    }
}
