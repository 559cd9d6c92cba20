//! Message numbers near the end of their 32 bits.

use sprag_ratchet::Error;

use crate::image::Image;
use crate::party::{Party, alice_and_bob};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    the_last_number_is_sent_and_received_and_the_counters_do_not_wrap,
    an_answer_begins_a_new_count,
    a_gap_may_reach_to_the_last_number,
    a_tail_may_reach_to_the_last_number,
    keys_of_the_last_numbers_are_given_up_without_overflow,
    the_largest_number_is_refused_wherever_it_comes,
];

/// Alice and Bob in the middle of a chain of Alice's. The number of its next message is `next`.
fn far_along<R: TestRatchet>(seed: &str, next: u32) -> (Party<R>, Party<R>) {
    let (mut alice, mut bob) = alice_and_bob::<R>(seed);
    bob.accepts(&alice.send());
    let mut image = Image::read(&alice.snapshot());
    image.sending_chain().next = next;
    let alice = alice.with_state(&image.write());
    let mut image = Image::read(&bob.snapshot());
    image.current().next = next;
    let bob = bob.with_state(&image.write());
    (alice, bob)
}

#[track_caller]
fn cannot_send<R: TestRatchet>(party: &mut Party<R>) {
    let before = party.snapshot();
    let result = party.encrypt(b"one too many");
    assert_eq!(result.err(), Some(Error::CounterExhausted));
    assert!(party.snapshot() == before);
}

fn the_last_number_is_sent_and_received_and_the_counters_do_not_wrap<R: TestRatchet>() {
    let (mut alice, mut bob) = far_along::<R>("last number", u32::MAX - 2);
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

fn an_answer_begins_a_new_count<R: TestRatchet>() {
    let (mut alice, mut bob) = far_along::<R>("new count", u32::MAX - 1);
    bob.accepts(&alice.send());
    cannot_send(&mut alice);
    alice.accepts(&bob.send());
    let message = alice.send();
    assert_eq!(message.number(), 0);
    assert_eq!(message.header().previous_length, u32::MAX);
    bob.accepts(&message);
    alice.accepts(&bob.send());
}

fn a_gap_may_reach_to_the_last_number<R: TestRatchet>() {
    let (mut alice, mut bob) = far_along::<R>("gap to the last", u32::MAX - 10);
    let skipped = alice.send_many(9);
    bob.accepts(&alice.send());
    cannot_send(&mut alice);
    bob.accepts_all(skipped.iter().rev());
    bob.refuses(&skipped[0], Error::Duplicate);
}

fn a_tail_may_reach_to_the_last_number<R: TestRatchet>() {
    let (mut alice, mut bob) = far_along::<R>("tail to the last", u32::MAX - 10);
    let answer = bob.send();
    let tail = alice.send_many(10);
    cannot_send(&mut alice);
    alice.accepts(&answer);
    bob.accepts(&alice.send());
    assert_eq!(bob.ratchet.skipped_keys(), 10);
    bob.accepts_all(&tail);
}

fn keys_of_the_last_numbers_are_given_up_without_overflow<R: TestRatchet>() {
    let (mut alice, mut bob) = far_along::<R>("given up", u32::MAX - 2_002);
    let answer = bob.send();
    let messages = alice.send_many(2_002);
    alice.accepts(&answer);
    let skipped = alice.send_many(1_999);
    bob.accepts(&alice.send());
    bob.refuses(&messages[2_000], Error::KeyGivenUp);
    bob.accepts(&messages[2_001]);
    bob.accepts_all(&skipped[..1]);

    let (mut alice, mut bob) = far_along::<R>("all given up", u32::MAX - 10);
    let answer = bob.send();
    alice.send_many(10);
    alice.accepts(&answer);
    bob.accepts(&alice.send());
    assert_eq!(bob.ratchet.skipped_keys(), 10);
    alice.send_many(2_000);
    bob.accepts(&alice.send());
    assert!(Image::read(&bob.snapshot()).finished.is_empty());
}

fn the_largest_number_is_refused_wherever_it_comes<R: TestRatchet>() {
    let (mut alice, mut bob) = far_along::<R>("largest", u32::MAX - 25_001);
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
