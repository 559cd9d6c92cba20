//! Messages that arrive twice.

use sprag_ratchet::Error;

use crate::party::alice_and_bob;
use crate::situations::{Situation, all};

#[test]
fn nothing_opens_twice_in_any_situation() {
    for Situation {
        mut receiver,
        message,
        ..
    } in all()
    {
        receiver.accepts(&message);
        receiver.refuses(&message, Error::Duplicate);
        receiver.refuses(&message, Error::Duplicate);
    }
}

#[test]
fn a_message_in_order_is_a_duplicate_the_second_time() {
    let (mut alice, mut bob) = alice_and_bob("duplicate in order");
    let messages = alice.send_many(3);
    bob.accepts_all(&messages);
    for message in &messages {
        bob.refuses(message, Error::Duplicate);
    }
}

#[test]
fn a_skipped_message_is_a_duplicate_once_its_key_is_used() {
    let (mut alice, mut bob) = alice_and_bob("duplicate skipped");
    let messages = alice.send_many(4);
    bob.accepts(&messages[3]);
    bob.accepts(&messages[1]);
    bob.refuses(&messages[1], Error::Duplicate);
    bob.accepts_all([&messages[0], &messages[2]]);
    for message in &messages {
        bob.refuses(message, Error::Duplicate);
    }
}

#[test]
fn a_damaged_copy_leaves_a_skipped_key_to_the_genuine_message() {
    let (mut alice, mut bob) = alice_and_bob("damaged copy of skipped");
    let messages = alice.send_many(3);
    bob.accepts(&messages[2]);
    bob.refuses(&messages[0].damaged(45, 1), Error::NotAuthentic);
    bob.accepts(&messages[0]);
    bob.refuses(&messages[0], Error::Duplicate);
    bob.refuses(&messages[0].damaged(45, 1), Error::Duplicate);
}

#[test]
fn a_duplicate_of_a_finished_chain_is_known_while_the_chain_is() {
    let (mut alice, mut bob) = alice_and_bob("duplicate in finished chain");
    let messages = alice.send_many(4);
    bob.accepts_all([&messages[0], &messages[2]]);
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
    bob.refuses(&messages[0], Error::Duplicate);
    bob.refuses(&messages[2], Error::Duplicate);
    bob.accepts(&messages[3]);
    bob.refuses(&messages[3], Error::Duplicate);
}

#[test]
fn a_duplicate_of_a_forgotten_chain_is_not_authentic() {
    let (mut alice, mut bob) = alice_and_bob("duplicate of forgotten chain");
    let messages = alice.send_many(2);
    bob.accepts_all(&messages);
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
    for message in &messages {
        bob.refuses(message, Error::NotAuthentic);
    }
    bob.send();
    for message in &messages {
        bob.refuses(message, Error::NotAuthentic);
    }
}

#[test]
fn a_finished_chain_is_forgotten_with_its_last_key() {
    let (mut alice, mut bob) = alice_and_bob("last key");
    let messages = alice.send_many(3);
    bob.accepts(&messages[2]);
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
    bob.accepts(&messages[0]);
    bob.refuses(&messages[0], Error::Duplicate);
    bob.accepts(&messages[1]);
    bob.refuses(&messages[0], Error::NotAuthentic);
    bob.refuses(&messages[1], Error::NotAuthentic);
}

#[test]
fn a_session_goes_on_after_duplicates_and_rubbish() {
    let (mut alice, mut bob) = alice_and_bob("goes on");
    for round in 0..5 {
        let message = alice.send();
        bob.accepts(&message);
        bob.refuses(&message, Error::Duplicate);
        bob.refuses(&alice.send().damaged(40 + round, 2), Error::NotAuthentic);
        (alice, bob) = (bob, alice);
    }
}
