//! Messages that arrive twice.

use sprag_ratchet::Error;

use crate::party::alice_and_bob;
use crate::situations::{Situation, all};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    nothing_opens_twice_in_any_situation,
    a_message_in_order_is_a_duplicate_the_second_time,
    a_skipped_message_is_a_duplicate_once_its_key_is_used,
    a_damaged_copy_leaves_a_skipped_key_to_the_genuine_message,
    a_duplicate_of_a_finished_chain_is_known_while_the_chain_is,
    a_duplicate_of_a_forgotten_chain_is_not_authentic,
    a_finished_chain_is_forgotten_with_its_last_key,
    a_session_goes_on_after_duplicates_and_rubbish,
];

fn nothing_opens_twice_in_any_situation<R: TestRatchet>() {
    for Situation {
        mut receiver,
        message,
        ..
    } in all::<R>()
    {
        receiver.accepts(&message);
        receiver.refuses(&message, Error::Duplicate);
        receiver.refuses(&message, Error::Duplicate);
    }
}

fn a_message_in_order_is_a_duplicate_the_second_time<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("duplicate in order");
    let messages = alice.send_many(3);
    bob.accepts_all(&messages);
    for message in &messages {
        bob.refuses(message, Error::Duplicate);
    }
}

fn a_skipped_message_is_a_duplicate_once_its_key_is_used<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("duplicate skipped");
    let messages = alice.send_many(4);
    bob.accepts(&messages[3]);
    bob.accepts(&messages[1]);
    bob.refuses(&messages[1], Error::Duplicate);
    bob.accepts_all([&messages[0], &messages[2]]);
    for message in &messages {
        bob.refuses(message, Error::Duplicate);
    }
}

fn a_damaged_copy_leaves_a_skipped_key_to_the_genuine_message<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("damaged copy of skipped");
    let messages = alice.send_many(3);
    bob.accepts(&messages[2]);
    bob.refuses(&messages[0].damaged_body(5), Error::NotAuthentic);
    bob.accepts(&messages[0]);
    bob.refuses(&messages[0], Error::Duplicate);
    bob.refuses(&messages[0].damaged_body(5), Error::Duplicate);
}

fn a_duplicate_of_a_finished_chain_is_known_while_the_chain_is<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("duplicate in finished chain");
    let messages = alice.send_many(4);
    bob.accepts_all([&messages[0], &messages[2]]);
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
    bob.refuses(&messages[0], Error::Duplicate);
    bob.refuses(&messages[2], Error::Duplicate);
    bob.accepts(&messages[3]);
    bob.refuses(&messages[3], Error::Duplicate);
}

fn a_duplicate_of_a_forgotten_chain_is_not_authentic<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("duplicate of forgotten chain");
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

fn a_finished_chain_is_forgotten_with_its_last_key<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("last key");
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

fn a_session_goes_on_after_duplicates_and_rubbish<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("goes on");
    for round in 0..5 {
        let message = alice.send();
        bob.accepts(&message);
        bob.refuses(&message, Error::Duplicate);
        bob.refuses(&alice.send().damaged_body(round), Error::NotAuthentic);
        (alice, bob) = (bob, alice);
    }
}
