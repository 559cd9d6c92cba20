//! The id of a session, which is a hash of every field of the initial message as it travels.

use std::collections::HashSet;

use sprag_primitives::hash::sha256;
use sprag_primitives::ml_kem_1024::Ciphertext;
use sprag_x3dh::pqxdh::KemPart;
use sprag_x3dh::{CurveMessage, InitialMessage, SealedInitiator, SessionId, Suite, pqxdh, x3dh};

use crate::support::{ALICE, BOB, Responder, identity, public_key, rng};

const ONE_TIME: u32 = 0x1112_1314;

#[test]
fn in_x3dh_it_is_the_hash_of_these_bytes() {
    let some = [0x01, 0x14, 0x13, 0x12, 0x11];
    for (one_time_prekey, middle) in [(None, &[0][..]), (Some(ONE_TIME), &some)] {
        let curve = CurveMessage {
            one_time_prekey,
            ..curve_message()
        };
        let message = x3dh::InitialMessage::from_parts(curve, sealed(0x5e));
        let parts: [&[u8]; 6] = [
            b"sprag session\x01\x01",
            &[1],
            curve.ephemeral.as_bytes(),
            &[0x04, 0x03, 0x02, 0x01],
            middle,
            &[0x5e; 52],
        ];
        let expected = sha256(&[&parts.concat()]);
        assert_eq!(message.session_id().as_bytes(), &expected);
    }
}

#[test]
fn in_pqxdh_it_is_the_hash_of_these_bytes() {
    let some = [0x01, 0x14, 0x13, 0x12, 0x11];
    for (one_time_prekey, middle) in [(None, &[0][..]), (Some(ONE_TIME), &some)] {
        let curve = CurveMessage {
            one_time_prekey,
            ..curve_message()
        };
        let kem = kem_part(0x1516_1718, 0xcc);
        let message = pqxdh::InitialMessage::from_parts(curve, kem, sealed(0x5e));
        let parts: [&[u8]; 8] = [
            b"sprag session\x01\x02",
            &[1],
            curve.ephemeral.as_bytes(),
            &[0x04, 0x03, 0x02, 0x01],
            middle,
            &[0x18, 0x17, 0x16, 0x15],
            &[0xcc; 1568],
            &[0x5e; 52],
        ];
        let expected = sha256(&[&parts.concat()]);
        assert_eq!(message.session_id().as_bytes(), &expected);
    }
}

#[test]
fn every_field_counts_and_no_two_messages_share_an_id() {
    let mut messages = Vec::new();
    for ephemeral in [1, 2] {
        for (signed_prekey, one_time_prekey) in numbers() {
            let curve = CurveMessage {
                ephemeral: public_key([ephemeral; 32]),
                signed_prekey,
                one_time_prekey,
            };
            for seal in [0, 1, 0xff].map(sealed) {
                let message = x3dh::InitialMessage::from_parts(curve, seal);
                messages.push(InitialMessage::X3dh(message));
                for (prekey, byte) in [(0, 0), (1, 0), (0, 1), (u32::MAX, 0xff)] {
                    let kem = kem_part(prekey, byte);
                    let message = pqxdh::InitialMessage::from_parts(curve, kem, seal);
                    messages.push(InitialMessage::Pqxdh(message));
                }
            }
        }
    }
    let ids: HashSet<SessionId> = messages.iter().map(InitialMessage::session_id).collect();
    assert_eq!(ids.len(), messages.len());
}

/// Lists combinations of signed prekey and one-time prekey.
///
/// The two share most of their values, so that a hash that confused them would repeat.
fn numbers() -> Vec<(u32, Option<u32>)> {
    let mut numbers = Vec::new();
    for signed_prekey in [0, 1, 0x100, u32::MAX] {
        for one_time_prekey in [None, Some(0), Some(1), Some(u32::MAX)] {
            numbers.push((signed_prekey, one_time_prekey));
        }
    }
    numbers
}

#[test]
fn every_byte_of_the_seal_counts() {
    let id = |bytes| {
        let sealed = SealedInitiator::from_bytes(bytes);
        x3dh::InitialMessage::from_parts(curve_message(), sealed).session_id()
    };
    let mut ids = HashSet::from([id([7; 52])]);
    for byte in 0..52 {
        let mut bytes = [7; 52];
        bytes[byte] ^= 1;
        assert!(ids.insert(id(bytes)), "byte {byte}");
    }
}

#[test]
fn no_one_time_prekey_is_not_the_one_with_the_number_0() {
    let numbered = CurveMessage {
        one_time_prekey: Some(0),
        ..curve_message()
    };
    let [without, with] = [curve_message(), numbered].map(|curve| {
        let kem = kem_part(0x1516_1718, 0xcc);
        [
            x3dh::InitialMessage::from_parts(curve, sealed(0x5e)).session_id(),
            pqxdh::InitialMessage::from_parts(curve, kem, sealed(0x5e)).session_id(),
        ]
    });
    assert_ne!(with[0], without[0]);
    assert_ne!(with[1], without[1]);
}

#[test]
fn the_suites_have_no_id_in_common() {
    let (x3dh, pqxdh) = (x3dh_message(), pqxdh_message());
    assert_ne!(x3dh.session_id(), pqxdh.session_id());
}

#[test]
fn it_comes_from_the_fields_that_travel_alone_and_is_another_for_each_session() {
    let bundle = Responder::new(BOB).pqxdh_bundle();
    let verified = bundle.clone().verify().unwrap();
    let (alice, mut rng) = (identity(ALICE), rng(1));
    let [first, second] = [(); 2].map(|()| {
        let sent = pqxdh::initiate(&alice, &verified, 1, &mut rng).unwrap();
        sent.message
    });
    let curve = CurveMessage {
        ephemeral: first.curve().ephemeral,
        signed_prekey: bundle.curve.signed_prekey.terms.id,
        one_time_prekey: bundle.curve.one_time_prekey.map(|prekey| prekey.id),
    };
    let kem = KemPart {
        prekey: bundle.kem_prekey.id,
        ciphertext: Ciphertext::from_bytes(first.kem().ciphertext.as_bytes()),
    };
    let sealed = SealedInitiator::from_bytes(*first.sealed_initiator().as_bytes());
    let received = pqxdh::InitialMessage::from_parts(curve, kem, sealed);
    assert_eq!(received.session_id(), first.session_id());
    assert_ne!(second.session_id(), first.session_id());
}

#[test]
fn a_message_of_either_suite_says_what_the_message_itself_says() {
    let message = x3dh_message();
    let either = InitialMessage::X3dh(message);
    assert_eq!(either.suite(), Suite::X3dh);
    assert_eq!(either.curve(), message.curve());
    assert_eq!(either.sealed_initiator(), message.sealed_initiator());
    assert_eq!(either.clear_part(), message.clear_part());
    assert_eq!(either.session_id(), message.session_id());

    let message = pqxdh_message();
    let either = InitialMessage::Pqxdh(message.clone());
    assert_eq!(either.suite(), Suite::Pqxdh);
    assert_eq!(either.curve(), message.curve());
    assert_eq!(either.sealed_initiator(), message.sealed_initiator());
    assert_eq!(either.clear_part(), message.clear_part());
    assert_eq!(either.session_id(), message.session_id());
}

#[test]
fn the_clear_part_is_these_bytes() {
    let ephemeral = *public_key([2; 32]).as_bytes();
    let signed_prekey = [0x84, 0x86, 0x88, 0x08];
    let x3dh = [&[1, 2, 1][..], &ephemeral, &signed_prekey, &[0]].concat();
    assert_eq!(x3dh_message().clear_part(), x3dh);

    let one_time_prekey = [1, 0x94, 0xa6, 0xc8, 0x88, 0x01];
    let kem_prekey = [0x98, 0xae, 0xd8, 0xa8, 0x01];
    let pqxdh = [
        &[1, 2, 2][..],
        &ephemeral,
        &signed_prekey,
        &one_time_prekey,
        &kem_prekey,
        &[0xcc; 1568],
    ];
    let curve = CurveMessage {
        one_time_prekey: Some(ONE_TIME),
        ..curve_message()
    };
    let kem = kem_part(0x1516_1718, 0xcc);
    let message = pqxdh::InitialMessage::from_parts(curve, kem, sealed(0x5e));
    assert_eq!(message.clear_part(), pqxdh.concat());
}

#[test]
fn it_is_read_back_from_its_bytes() {
    let id = pqxdh_message().session_id();
    assert_eq!(SessionId::from_bytes(*id.as_bytes()), id);
}

fn x3dh_message() -> x3dh::InitialMessage {
    x3dh::InitialMessage::from_parts(curve_message(), sealed(0x5e))
}

fn pqxdh_message() -> pqxdh::InitialMessage {
    let kem = kem_part(0x1516_1718, 0xcc);
    pqxdh::InitialMessage::from_parts(curve_message(), kem, sealed(0x5e))
}

/// Returns the curve key and numbers of both messages, without a one-time prekey.
fn curve_message() -> CurveMessage {
    CurveMessage {
        ephemeral: public_key([2; 32]),
        signed_prekey: 0x0102_0304,
        one_time_prekey: None,
    }
}

fn kem_part(prekey: u32, byte: u8) -> KemPart {
    let ciphertext = Ciphertext::from_bytes(&[byte; 1568]);
    KemPart { prekey, ciphertext }
}

fn sealed(byte: u8) -> SealedInitiator {
    SealedInitiator::from_bytes([byte; 52])
}
