//! What becomes of a party that is put back to an older state.

use sprag_ratchet::Error;

use crate::party::{Party, alice_and_bob};

fn exclusive_or(left: &[u8], right: &[u8]) -> Vec<u8> {
    left.iter()
        .zip(right)
        .map(|(left, right)| left ^ right)
        .collect()
}

#[test]
fn a_restored_senders_first_message_is_a_duplicate_and_the_session_goes_on() {
    let (mut alice, mut bob) = alice_and_bob("restored sender");
    bob.accepts(&alice.send());
    let backup = alice.snapshot();
    bob.accepts(&alice.encrypt(b"before the crash").unwrap());

    let mut alice = alice.with_state(&backup);
    bob.refuses(
        &alice.encrypt(b"after the crash").unwrap(),
        Error::Duplicate,
    );
    bob.accepts(&alice.send());
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
}

/// The nonce is constant, so a message key that is used twice shows how the plaintexts differ.
#[test]
fn a_restored_sender_encrypts_under_a_key_already_used() {
    let (mut alice, mut bob) = alice_and_bob("key used twice");
    bob.accepts(&alice.send());
    let backup = alice.snapshot();
    let before = alice.encrypt(b"before the crash").unwrap();
    let after = alice
        .with_state(&backup)
        .encrypt(b"after the crash!")
        .unwrap();
    assert_eq!(before.header, after.header);
    assert_eq!(
        exclusive_or(&before.body, &after.body),
        exclusive_or(&before.plaintext, &after.plaintext)
    );
}

#[test]
fn a_sender_restored_to_before_its_turn_begins_a_chain_that_the_peer_refuses() {
    let (mut alice, mut bob) = alice_and_bob("before its turn");
    bob.accepts(&alice.send());
    alice.accepts(&bob.send());
    let backup = alice.snapshot();
    bob.accepts(&alice.send());
    let answer = bob.send();

    let mut alice = alice.with_state(&backup);
    let forked = alice.send();
    bob.refuses(&forked, Error::NotAuthentic);
    alice.refuses(&answer, Error::NotAuthentic);
}

#[test]
fn a_restored_receiver_opens_again_what_it_opened_since() {
    let (mut alice, mut bob) = alice_and_bob("restored receiver");
    let messages = alice.send_many(3);
    bob.accepts(&messages[0]);
    let backup = bob.snapshot();
    bob.accepts_all(&messages[1..]);
    let mut bob = bob.with_state(&backup);
    bob.accepts_all(&messages[1..]);
    alice.accepts(&bob.send());
}

#[test]
fn two_copies_of_a_sender_take_each_others_numbers() {
    let (mut alice, mut bob) = alice_and_bob("two copies");
    bob.accepts(&alice.send());
    let mut copy: Party = alice.copy();
    let (one, other) = (alice.send(), copy.send());
    bob.accepts(&other);
    bob.refuses(&one, Error::Duplicate);
}
