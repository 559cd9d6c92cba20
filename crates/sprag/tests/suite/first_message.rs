use sprag::{Account, Error, HandshakeError, Slot};

use crate::support::{Pair, X3DH, account, not_accepted, plaintext, refused, reloaded, rng};

#[test]
fn receiver_learns_sender_session_and_one_time_key() {
    let mut pair = Pair::new(1);
    let first = pair.send(b"hello");
    let (session, opened) = pair.bob.accept(&first).unwrap();
    assert_eq!(opened.plaintext, b"hello");
    assert_eq!(opened.sender, *pair.alice.identity());
    assert_eq!(opened.session_id, *pair.session.id());
    let keys = opened.one_time_keys;
    assert_eq!((keys.ec, keys.kem), (Some(3), Some(4)));
    assert_eq!(session.id(), pair.session.id());
    assert_eq!(session.peer(), pair.alice.identity());
    assert_eq!(pair.session.peer(), pair.bob.identity());
    assert_eq!(session.one_time_keys(), pair.session.one_time_keys());
}

#[test]
fn an_initiator_knows_the_one_time_keys_once_the_peer_has_answered() {
    let mut pair = Pair::new(7);
    assert_eq!(pair.session.status().one_time_keys, None);
    let first = pair.send(b"hello");
    let (mut session, opened) = pair.bob.accept(&first).unwrap();
    let keys = Some(opened.one_time_keys);
    assert_eq!(session.status().one_time_keys, keys);
    assert_eq!(pair.session.status().one_time_keys, None);
    let answer = session.encrypt(b"hi", &mut pair.rng).unwrap();
    pair.session.decrypt(&answer).unwrap();
    assert_eq!(pair.session.status().one_time_keys, keys);
}

#[test]
fn a_session_begins_without_a_one_time_key() {
    let mut pair = Pair::without_one_time_prekey(2);
    let first = pair.send(b"hello");
    let (mut session, opened) = pair.bob.accept(&first).unwrap();
    assert_eq!(opened.plaintext, b"hello");
    assert!(opened.one_time_keys.are_none());
    let answer = session.encrypt(b"hi", &mut pair.rng).unwrap();
    assert_eq!(plaintext(pair.session.decrypt(&answer)), b"hi");
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
fn a_first_message_is_of_its_recipient_alone() {
    let mut pair = Pair::without_one_time_prekey(9);
    let first = pair.send(b"for Bob");
    // Carol's prekeys have the same numbers.
    let mut carol = account(&mut rng(90));
    assert_eq!(
        not_accepted(&mut carol, &first),
        Error::Handshake(HandshakeError::NotAuthentic)
    );
}

#[test]
fn a_message_to_an_earlier_account_is_not_taken_for_a_damaged_one() {
    for reusable in [false, true] {
        let mut rng = rng(91);
        let alice = Account::generate(&mut rng);
        let mut earlier = Account::generate(&mut rng);
        let bundle = if reusable {
            earlier.publish_reusable()
        } else {
            earlier.publish(&mut rng)
        };
        let mut session = alice.initiate(&bundle, &mut rng).unwrap();
        let first = session.encrypt(b"to the earlier account", &mut rng);
        // Bob made a new account, and has published as much from it.
        let mut later = Account::generate(&mut rng);
        later.publish(&mut rng);
        let refusal = not_accepted(&mut later, &first.unwrap());
        assert!(matches!(refusal, Error::UnknownPrekey(..)), "{refusal:?}");
    }
}

#[test]
fn unknown_prekeys_are_named() {
    let mut pair = Pair::new(11);
    let first = pair.send(b"first");
    let mut carol = account(&mut rng(110));
    assert_eq!(
        not_accepted(&mut carol, &first),
        Error::UnknownPrekey(Slot::OneTimePrekey, 3)
    );
    // The numbers of the signed, the one-time and the KEM prekey.
    assert_eq!(first[35..39], [1, 1, 3, 4]);
    for (position, slot) in [
        (35, Slot::SignedPrekey),
        (37, Slot::OneTimePrekey),
        (38, Slot::KemPrekey),
    ] {
        let mut other = first.clone();
        other[position] = 9;
        assert_eq!(
            not_accepted(&mut pair.bob, &other),
            Error::UnknownPrekey(slot, 9)
        );
    }
}

#[test]
fn the_first_message_to_arrive_begins_the_session_and_the_others_belong_to_it() {
    let mut pair = Pair::new(6);
    let messages: Vec<_> = (0..4).map(|n| pair.send(&[n])).collect();
    assert!(messages.iter().all(|message| message[..3] == [1, 2, 2]));
    let orders = orders(messages.len());
    assert_eq!(orders.len(), 24);
    for order in orders {
        let mut bob = reloaded(&pair.bob);
        let (mut bobs, opened) = bob.accept(&messages[order[0]]).unwrap();
        assert_eq!(opened.plaintext, [order[0] as u8]);
        for n in &order[1..] {
            assert_eq!(
                not_accepted(&mut bob, &messages[*n]),
                Error::RepeatOf(*bobs.id())
            );
            assert_eq!(plaintext(bobs.decrypt(&messages[*n])), [*n as u8]);
        }
        for message in &messages {
            refused(&mut bobs, message);
        }
    }
}

#[test]
fn the_handshake_is_repeated_until_the_peer_answered() {
    for (suite, mut pair) in [(2, Pair::new(14)), (1, Pair::x3dh(14))] {
        let first = pair.send(b"first");
        pair.send(b"second");
        let third = pair.send(b"third");
        assert_eq!(third[..3], [1, 2, suite]);
        let (mut bobs, _) = pair.bob.accept_under(&X3DH, &first, b"").unwrap();
        let answer = bobs.encrypt(b"answer", &mut pair.rng).unwrap();
        assert_eq!(answer[..2], [1, 3]);
        pair.session.decrypt(&answer).unwrap();
        assert_eq!(pair.send(b"without")[..2], [1, 3]);
        // What was under way before the answer is read after it.
        assert_eq!(plaintext(bobs.decrypt(&third)), b"third");
    }
}

fn orders(length: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for next in 0..length {
        let extended = orders.iter().flat_map(|order| {
            (0..=order.len()).map(|place| {
                let mut order = order.clone();
                order.insert(place, next);
                order
            })
        });
        orders = extended.collect();
    }
    orders
}
