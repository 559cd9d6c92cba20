//! Message numbers at the end of their 32 bits.

use sprag_ratchet::Error;

use crate::image::Image;
use crate::party::{Party, alice_and_bob};

/// Alice and Bob in one chain of hers, in which message `next` is the next for both.
fn far_along(seed: &str, next: u32) -> (Party, Party) {
    let (mut alice, mut bob) = alice_and_bob(seed);
    bob.accepts(&alice.send());
    let mut image = Image::read(&alice.snapshot());
    *image.sending_chain().1 = next;
    let alice = alice.with_state(&image.write());
    let mut image = Image::read(&bob.snapshot());
    image.current().next = next;
    let bob = bob.with_state(&image.write());
    (alice, bob)
}

#[track_caller]
fn cannot_send(party: &mut Party) {
    let before = party.snapshot();
    let result = party.encrypt(b"one too many");
    assert_eq!(result.err(), Some(Error::CounterExhausted));
    assert!(party.snapshot() == before);
}

#[test]
fn the_last_number_is_sent_and_received_and_the_counters_do_not_wrap() {
    let (mut alice, mut bob) = far_along("last number", u32::MAX - 2);
    for number in [u32::MAX - 2, u32::MAX - 1] {
        let message = alice.send();
        assert_eq!(message.number(), number);
        bob.accepts(&message);
        bob.refuses(&message, Error::Duplicate);
        for beyond in [0, 1, u32::MAX - 3] {
            let forged = message.with_header(|header| header.number = beyond);
            bob.refuses(&forged, Error::Duplicate);
        }
        let forged = message.with_header(|header| header.number = u32::MAX);
        bob.refuses(&forged, Error::CounterExhausted);
    }
    cannot_send(&mut alice);
    cannot_send(&mut alice);
}

#[test]
fn an_answer_begins_a_new_count() {
    let (mut alice, mut bob) = far_along("new count", u32::MAX - 1);
    bob.accepts(&alice.send());
    cannot_send(&mut alice);
    alice.accepts(&bob.send());
    let message = alice.send();
    assert_eq!(message.number(), 0);
    assert_eq!(message.header().previous_length, u32::MAX);
    bob.accepts(&message);
    alice.accepts(&bob.send());
}

#[test]
fn a_gap_may_reach_to_the_last_number() {
    let (mut alice, mut bob) = far_along("gap to the last", u32::MAX - 10);
    let skipped = alice.send_many(9);
    bob.accepts(&alice.send());
    cannot_send(&mut alice);
    bob.accepts_all(skipped.iter().rev());
    bob.refuses(&skipped[0], Error::Duplicate);
}

#[test]
fn a_tail_may_reach_to_the_last_number() {
    let (mut alice, mut bob) = far_along("tail to the last", u32::MAX - 10);
    let answer = bob.send();
    let tail = alice.send_many(10);
    cannot_send(&mut alice);
    alice.accepts(&answer);
    bob.accepts(&alice.send());
    assert_eq!(bob.ratchet.skipped_keys(), 10);
    bob.accepts_all(&tail);
}

#[test]
fn keys_of_the_last_numbers_are_given_up_without_overflow() {
    let (mut alice, mut bob) = far_along("given up", u32::MAX - 2_002);
    let answer = bob.send();
    let messages = alice.send_many(2_002);
    alice.accepts(&answer);
    let skipped = alice.send_many(1_999);
    bob.accepts(&alice.send());
    bob.refuses(&messages[2_000], Error::KeyGivenUp);
    bob.accepts(&messages[2_001]);
    bob.accepts_all(&skipped[..1]);

    let (mut alice, mut bob) = far_along("all given up", u32::MAX - 10);
    let answer = bob.send();
    alice.send_many(10);
    alice.accepts(&answer);
    bob.accepts(&alice.send());
    assert_eq!(bob.ratchet.skipped_keys(), 10);
    alice.send_many(2_000);
    bob.accepts(&alice.send());
    assert!(Image::read(&bob.snapshot()).finished.is_empty());
}

#[test]
fn the_largest_number_is_refused_wherever_it_comes() {
    let (mut alice, mut bob) = far_along("largest", u32::MAX - 25_001);
    let message = alice.send();
    for (number, error) in [
        (u32::MAX, Error::TooManySkipped),
        (u32::MAX - 1, Error::NotAuthentic),
    ] {
        bob.refuses(&message.with_header(|header| header.number = number), error);
    }
    bob.accepts(&message);
    let message = alice.send();
    let forged = message.with_header(|header| header.number = u32::MAX);
    bob.refuses(&forged, Error::CounterExhausted);
    bob.accepts(&message);
}
