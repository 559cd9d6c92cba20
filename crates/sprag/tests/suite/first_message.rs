//! The message that begins a session, and its repeats.

use sprag::{Account, Error, Slot};

use crate::support::{Pair, not_accepted, plaintext, refused, rng};

#[test]
fn receiver_learns_sender_session_and_one_time_key() {
    let mut pair = Pair::new(1);
    let first = pair.send(b"hello");
    let (session, opened) = pair.bob.accept(&first).unwrap();
    assert_eq!(opened.plaintext, b"hello");
    assert_eq!(opened.sender, *pair.alice.identity());
    assert_eq!(opened.session_id, *pair.session.id());
    assert_eq!(opened.one_time_keys.ec, Some(1));
    assert_eq!(session.id(), pair.session.id());
    assert_eq!(session.peer(), pair.alice.identity());
    assert_eq!(pair.session.peer(), pair.bob.identity());
    assert_eq!(session.one_time_keys(), pair.session.one_time_keys());
}

#[test]
fn a_session_begins_without_a_one_time_key() {
    let mut pair = Pair::without_one_time_prekey(2);
    let first = pair.send(b"hello");
    let (mut session, opened) = pair.bob.accept(&first).unwrap();
    assert_eq!(opened.plaintext, b"hello");
    assert_eq!(opened.one_time_keys.ec, None);
    let answer = session.encrypt(b"hi", &mut pair.rng).unwrap();
    assert_eq!(plaintext(pair.session.decrypt(&answer)), b"hi");
}

#[test]
fn every_changed_byte_of_a_first_message_is_refused_and_changes_nothing() {
    for mut pair in [Pair::new(3), Pair::without_one_time_prekey(3)] {
        let first = pair.send(b"hello");
        for position in 0..first.len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut damaged = first.clone();
                damaged[position] ^= mask;
                not_accepted(&mut pair.bob, &damaged);
            }
        }
        for length in 0..first.len() {
            not_accepted(&mut pair.bob, &first[..length]);
        }
        let (_, opened) = pair.bob.accept(&first).unwrap();
        assert_eq!(opened.plaintext, b"hello");
    }
}

#[test]
fn every_changed_byte_of_a_repeated_first_message_is_refused_and_changes_nothing() {
    let mut pair = Pair::new(4);
    let first = pair.send(b"first");
    let second = pair.send(b"second");
    let (mut session, _) = pair.bob.accept(&first).unwrap();
    for position in 0..second.len() {
        let mut damaged = second.clone();
        damaged[position] ^= 1;
        refused(&mut session, &damaged);
    }
    assert_eq!(plaintext(session.decrypt(&second)), b"second");
}

#[test]
fn the_handshake_can_be_neither_stripped_nor_added() {
    let mut pair = Pair::new(5);
    let first = pair.send(b"first");
    let second = pair.send(b"second");
    let (mut bobs, _) = pair.bob.accept(&first).unwrap();
    let prefix_length = second.len() - (b"second".len() + 40 + 16);
    let stripped = [&[1, 3], &second[prefix_length..]].concat();
    assert_eq!(
        refused(&mut bobs, &stripped),
        Error::Ratchet(sprag_ratchet::Error::NotAuthentic)
    );
    assert_eq!(plaintext(bobs.decrypt(&second)), b"second");

    let answer = bobs.encrypt(b"answer", &mut pair.rng).unwrap();
    pair.session.decrypt(&answer).unwrap();
    let third = pair.send(b"third");
    let added = [&second[..prefix_length], &third[2..]].concat();
    assert_eq!(
        refused(&mut bobs, &added),
        Error::Ratchet(sprag_ratchet::Error::NotAuthentic)
    );
    assert_eq!(plaintext(bobs.decrypt(&third)), b"third");
}

#[test]
fn the_handshake_is_repeated_until_the_peer_answered() {
    let mut pair = Pair::new(6);
    let messages: Vec<_> = (0..5).map(|n| pair.send(&[n])).collect();
    assert!(messages.iter().all(|message| message[..2] == [1, 2]));
    let (mut bobs, opened) = pair.bob.accept(&messages[3]).unwrap();
    assert_eq!(opened.plaintext, [3]);
    for n in [4, 0, 2, 1] {
        assert_eq!(
            not_accepted(&mut pair.bob, &messages[n]),
            Error::RepeatOf(*bobs.id())
        );
        assert_eq!(plaintext(bobs.decrypt(&messages[n])), [n as u8]);
    }
    let answer = bobs.encrypt(b"answer", &mut pair.rng).unwrap();
    assert_eq!(answer[..2], [1, 3]);
    pair.session.decrypt(&answer).unwrap();
    assert_eq!(pair.send(b"without")[..2], [1, 3]);
}

#[test]
fn a_forged_answer_does_not_end_the_repeats() {
    let mut pair = Pair::new(7);
    let first = pair.send(b"first");
    let (mut bobs, _) = pair.bob.accept(&first).unwrap();
    let mut forged = bobs.encrypt(b"answer", &mut pair.rng).unwrap();
    *forged.last_mut().unwrap() ^= 1;
    refused(&mut pair.session, &forged);
    assert_eq!(pair.send(b"still with the handshake")[..2], [1, 2]);
}

#[test]
fn a_forged_message_does_not_burn_the_one_time_key() {
    let mut pair = Pair::new(8);
    let first = pair.send(b"first");
    let mut forged = first.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(
        not_accepted(&mut pair.bob, &forged),
        Error::Ratchet(sprag_ratchet::Error::NotAuthentic)
    );
    assert_eq!(pair.bob.one_time_prekeys(), 1);
    pair.bob.accept(&first).unwrap();
    assert_eq!(pair.bob.one_time_prekeys(), 0);
}

#[test]
fn a_first_message_is_of_its_recipient_alone() {
    let mut pair = Pair::without_one_time_prekey(9);
    let first = pair.send(b"for Bob");
    let mut carol = Account::generate(&mut rng(90));
    assert_eq!(
        not_accepted(&mut carol, &first),
        Error::Ratchet(sprag_ratchet::Error::NotAuthentic)
    );
}

#[test]
fn a_replaced_identity_in_front_is_refused() {
    let mut pair = Pair::without_one_time_prekey(10);
    let first = pair.send(b"from Alice");
    let mallory = Account::generate(&mut rng(100));
    let at = 3..35;
    assert_eq!(first[at.clone()], *pair.alice.identity().as_bytes());
    let mut forged = first;
    forged[at].copy_from_slice(mallory.identity().as_bytes());
    assert_eq!(
        not_accepted(&mut pair.bob, &forged),
        Error::Ratchet(sprag_ratchet::Error::NotAuthentic)
    );
}

#[test]
fn unknown_prekeys_are_named() {
    let mut pair = Pair::new(11);
    let first = pair.send(b"first");
    let mut carol = Account::generate(&mut rng(110));
    assert_eq!(
        not_accepted(&mut carol, &first),
        Error::UnknownPrekey(Slot::OneTimePrekey, 1)
    );
    let mut other_signed = first;
    assert_eq!(other_signed[67], 1);
    other_signed[67] = 9;
    assert_eq!(
        not_accepted(&mut pair.bob, &other_signed),
        Error::UnknownPrekey(Slot::SignedPrekey, 9)
    );
}

#[test]
fn a_damaged_bundle_is_refused() {
    let mut rng = rng(12);
    let alice = Account::generate(&mut rng);
    let mut bob = Account::generate(&mut rng);
    let bundle = bob.publish(&mut rng);
    // The last 34 bytes are the one-time prekey and its number, which nobody signs: a session begun
    // with another ends at the first message.
    let signed = bundle.len() - 34;
    for position in 0..signed {
        for mask in [0x01, 0x80, 0xff] {
            let mut damaged = bundle.clone();
            damaged[position] ^= mask;
            assert!(alice.initiate(&damaged, &mut rng).is_err(), "{position}");
        }
    }
    for position in signed..bundle.len() {
        let mut damaged = bundle.clone();
        damaged[position] ^= 1;
        if let Ok(mut session) = alice.initiate(&damaged, &mut rng) {
            let first = session.encrypt(b"first", &mut rng).unwrap();
            not_accepted(&mut bob, &first);
        }
    }
    assert!(alice.initiate(&bundle, &mut rng).is_ok());
}

#[test]
fn ones_own_bundle_is_refused() {
    let mut rng = rng(13);
    let mut alice = Account::generate(&mut rng);
    let bundle = alice.publish(&mut rng);
    assert_eq!(
        alice.initiate(&bundle, &mut rng).map(|_| ()),
        Err(Error::Handshake(sprag_x3dh::Error::OwnBundle))
    );
}
