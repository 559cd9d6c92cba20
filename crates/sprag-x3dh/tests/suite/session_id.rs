//! The id of a session: a hash of every field of the initial message.

use std::collections::HashSet;

use sprag_primitives::hash::sha256;
use sprag_x3dh::{InitialMessage, SessionId, Suite};

use crate::support::{Responder, identity, public_key, rng};

#[test]
fn it_is_the_hash_of_these_bytes() {
    let one_time = [0x01, 0x14, 0x13, 0x12, 0x11];
    for (one_time_prekey, last) in [(None, &[0][..]), (Some(0x1112_1314), &one_time)] {
        let message = InitialMessage {
            one_time_prekey,
            ..message()
        };
        let parts: [&[u8]; 7] = [
            b"sprag session\x01\x01",
            &[1],
            message.identity.as_bytes(),
            &[1],
            message.ephemeral.as_bytes(),
            &[0x04, 0x03, 0x02, 0x01],
            last,
        ];
        let expected = sha256(&[&parts.concat()]);
        assert_eq!(message.session_id().as_bytes(), &expected);
    }
}

#[test]
fn every_field_counts() {
    let message = message();
    let messages = [
        message,
        InitialMessage {
            identity: *identity([3; 32]).public(),
            ..message
        },
        InitialMessage {
            ephemeral: public_key([3; 32]),
            ..message
        },
        InitialMessage {
            identity: *identity([2; 32]).public(),
            ephemeral: public_key([1; 32]),
            ..message
        },
        InitialMessage {
            signed_prekey: message.signed_prekey + 1,
            ..message
        },
        with_one_time_prekey(Some(0)),
        with_one_time_prekey(Some(1)),
        with_one_time_prekey(Some(u32::MAX)),
    ];
    let ids: HashSet<SessionId> = messages.iter().map(InitialMessage::session_id).collect();
    assert_eq!(ids.len(), messages.len());
}

#[test]
fn no_one_time_prekey_is_not_the_first_one() {
    let none = with_one_time_prekey(None).session_id();
    assert_ne!(none, with_one_time_prekey(Some(0)).session_id());
}

#[test]
fn it_is_the_same_for_both_sides_and_another_for_each_session() {
    let bundle = Responder::new([0xb0; 32]).bundle().verify().unwrap();
    let (alice, mut rng) = (identity([0xa1; 32]), rng(1));
    let [first, second] = [(); 2].map(|()| {
        let sent = sprag_x3dh::initiate(&alice, &bundle, &mut rng).unwrap();
        sent.message
    });
    let received = InitialMessage {
        suite: Suite::X3dh,
        identity: *identity([0xa1; 32]).public(),
        ephemeral: first.ephemeral,
        signed_prekey: bundle.signed_prekey().terms.id,
        one_time_prekey: bundle.one_time_prekey().map(|prekey| prekey.id),
    };
    assert_eq!(received.session_id(), first.session_id());
    assert_ne!(second.session_id(), first.session_id());
}

#[test]
fn it_is_read_back_from_its_bytes() {
    let id = message().session_id();
    assert_eq!(SessionId::from_bytes(*id.as_bytes()), id);
}

fn message() -> InitialMessage {
    InitialMessage {
        suite: Suite::X3dh,
        identity: *identity([1; 32]).public(),
        ephemeral: public_key([2; 32]),
        signed_prekey: 0x0102_0304,
        one_time_prekey: None,
    }
}

fn with_one_time_prekey(one_time_prekey: Option<u32>) -> InitialMessage {
    InitialMessage {
        one_time_prekey,
        ..message()
    }
}
