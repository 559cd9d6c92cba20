//! The limit on the messages that one message may skip.

use sprag_primitives::hmac::HmacKey;
use sprag_ratchet::Error;
use sprag_ratchet::limits::{MAX_SKIP, MAX_SKIPPED_KEYS};

use crate::image::Image;
use crate::party::{Envelope, Party, alice_and_bob};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    a_gap_in_a_known_chain_may_have_25_000_messages_and_no_more,
    a_gap_at_the_start_of_a_chain_may_have_25_000_messages_and_no_more,
    a_lost_tail_may_have_25_000_messages_and_no_more,
    tail_and_gap_have_a_limit_each,
];

const GAP: usize = MAX_SKIP as usize;

/// Loses `count` messages of a chain that has begun, by moving its key and its number on.
pub(crate) fn lose<R: TestRatchet>(sender: &mut Party<R>, count: usize) {
    let mut image = Image::read(&sender.snapshot());
    let sending = image.sending_chain();
    for _ in 0..count {
        sending.chain = *HmacKey::new(&sending.chain).authenticate(&[0x02]).expose();
        sending.next += 1;
    }
    *sender = sender.with_state(&image.write());
}

/// Loses as many messages as may be skipped. Returns the next two messages.
fn after_largest_gap<R: TestRatchet>(sender: &mut Party<R>) -> [Envelope; 2] {
    lose(sender, GAP);
    [sender.send(), sender.send()]
}

fn a_gap_in_a_known_chain_may_have_25_000_messages_and_no_more<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("gap in known chain");
    bob.accepts(&alice.send());
    let [largest, too_large] = after_largest_gap(&mut alice);
    assert_eq!(largest.number(), 25_001);
    bob.refuses(&too_large, Error::TooManySkipped);
    bob.accepts(&largest);
    assert_eq!(bob.ratchet.skipped_keys(), MAX_SKIPPED_KEYS);
    bob.accepts(&too_large);
}

fn a_gap_at_the_start_of_a_chain_may_have_25_000_messages_and_no_more<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("gap at start");
    let [largest, too_large] = after_largest_gap(&mut alice);
    assert_eq!(largest.number(), 25_000);
    bob.refuses(&too_large, Error::TooManySkipped);
    bob.accepts(&largest);
    bob.accepts(&too_large);
}

fn a_lost_tail_may_have_25_000_messages_and_no_more<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("lost tail");
    let (first, second) = (alice.send(), alice.send());
    bob.accepts(&first);
    let answer = bob.send();
    lose(&mut alice, GAP - 1);
    let mut beyond = alice.copy();
    beyond.send();
    for (mut alice, accepted) in [(alice, true), (beyond, false)] {
        let mut bob = bob.copy();
        alice.accepts(&answer);
        let message = alice.send();
        let tail = message.header().previous_length - 1;
        assert_eq!(tail <= MAX_SKIP, accepted);
        if accepted {
            assert_eq!(tail, MAX_SKIP);
            bob.accepts(&message);
        } else {
            bob.refuses(&message, Error::TooManySkipped);
            bob.accepts(&second);
            bob.accepts(&message);
        }
    }
}

fn tail_and_gap_have_a_limit_each<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("tail and gap");
    bob.accepts(&alice.send());
    lose(&mut alice, GAP);
    alice.accepts(&bob.send());
    alice.send();
    lose(&mut alice, GAP - 1);
    bob.accepts(&alice.send());
    assert_eq!(bob.ratchet.skipped_keys(), MAX_SKIPPED_KEYS);
}
