use sprag::{Error, RatchetError};
use sprag_client::limits::REMEMBERED_MESSAGES;
use sprag_client::{Client, ClientError, Incoming, Received, Sender};

use crate::two_clients::{Refusal, Two, records};

/// Bob reads a message and makes its text safe.
fn bob_finishes(two: &mut Two, message: &[u8]) {
    let receipt = two.bob_reads(message).unwrap().receipt;
    two.bob.acknowledge(&receipt).unwrap();
}

/// Each has read a message of the other, so that the keys of the chains before are gone.
fn take_turns(two: &mut Two, turns: usize) {
    for _ in 0..turns {
        let to_alice = two.bob_sends(b"a turn");
        two.alice_reads(&to_alice).unwrap();
        let to_bob = two.alice_sends(b"a turn");
        bob_finishes(two, &to_bob);
    }
}

fn already_read() -> Result<Received, Refusal> {
    Err(ClientError::AlreadyRead("alice".into()))
}

/// Alice decrypts, whoever the sender may be.
fn alice_tries(two: &mut Two, message: &[u8]) -> Result<Received, Refusal> {
    let before = records(&two.alice);
    let result = two
        .alice
        .decrypt(Sender::AnyPeer, Incoming::new(message), &mut two.rng);
    assert_eq!(records(&two.alice), before);
    result
}

#[test]
fn a_copy_of_a_read_message_is_recognised_after_its_keys_are_gone() {
    let mut two = Two::new(1300);
    let first = two.alice_sends(b"first");
    let second = two.alice_sends(b"second");
    for message in [&first, &second] {
        bob_finishes(&mut two, message);
    }
    let copies = [first, second];
    for turns in [0, 1, 8] {
        take_turns(&mut two, turns);
        for copy in &copies {
            let before = records(&two.bob);
            assert_eq!(two.bob_reads(copy), already_read());
            assert_eq!(records(&two.bob), before);
        }
    }
}

#[test]
fn the_latest_messages_are_remembered_and_no_more() {
    let mut two = Two::established(1301);
    let messages: Vec<_> = (0..=REMEMBERED_MESSAGES)
        .map(|_| two.alice_sends(b"one of many"))
        .collect();
    for message in &messages {
        bob_finishes(&mut two, message);
    }
    let (oldest, latest) = messages.split_first().unwrap();
    for message in latest {
        assert_eq!(two.bob_reads(message), already_read());
    }
    let duplicate = Error::Ratchet(RatchetError::Duplicate);
    assert_eq!(two.bob_reads(oldest), Err(duplicate.into()));
    // The same holds for the messages that were sent.
    for message in latest {
        let own = ClientError::OwnMessage("bob".into());
        assert_eq!(alice_tries(&mut two, message), Err(own));
    }
    assert_eq!(alice_tries(&mut two, oldest), Err(ClientError::NoSession));
}

#[test]
fn an_own_message_is_recognised_whether_it_begins_a_session_or_not() {
    let mut two = Two::new(1302);
    let first = two.alice_sends(b"first");
    bob_finishes(&mut two, &first);
    take_turns(&mut two, 2);
    let later = two.alice_sends(b"later");
    for message in [first, later] {
        let own = ClientError::OwnMessage("bob".into());
        assert_eq!(alice_tries(&mut two, &message), Err(own));
    }
}

#[test]
fn another_message_of_a_number_that_was_read_is_no_copy() {
    let mut two = Two::established(1303);
    // Alice has turned, so that both messages are of one chain.
    let turn = two.alice_sends(b"a turn");
    bob_finishes(&mut two, &turn);
    let store = two.alice.store().clone();
    let once = two.alice_sends(b"once");
    bob_finishes(&mut two, &once);
    two.alice = Client::open(store, &two.alice_key).unwrap();
    let again = two.alice_sends(b"again");
    let duplicate = Error::Ratchet(RatchetError::Duplicate);
    assert_eq!(two.bob_reads(&again), Err(duplicate.into()));
    assert_eq!(two.bob_reads(&once), already_read());
}

#[test]
fn a_damaged_copy_of_a_message_that_is_held_is_not_taken_for_a_conflict() {
    let mut two = Two::established(1304);
    let turn = two.alice_sends(b"a turn");
    bob_finishes(&mut two, &turn);
    // The receipt covers the start of a message alone.
    let long = two.alice_sends(&[b'x'; 10_000]);
    two.bob_reads(&long).unwrap();
    let mut damaged = long.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let duplicate = Error::Ratchet(RatchetError::Duplicate);
    assert_eq!(two.bob_reads(&damaged), Err(duplicate.into()));
    assert!(two.bob_reads(&long).is_ok());
}
