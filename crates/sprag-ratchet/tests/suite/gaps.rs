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
    a_gap_of_25_001_messages_is_refused_until_the_peers_next_turn,
    a_lost_tail_of_any_length_is_followed_by_the_new_chain,
    a_lost_tail_of_25_001_messages_leaves_the_keys_before_it,
    tail_and_gap_are_counted_apart,
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

fn a_gap_of_25_001_messages_is_refused_until_the_peers_next_turn<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("gap until next turn");
    let held_back = alice.send();
    bob.accepts(&alice.send());
    lose(&mut alice, GAP + 1);
    for _ in 0..3 {
        bob.refuses(&alice.send(), Error::TooManySkipped);
    }
    // Bob can send all the time, and Alice's turn begins a chain that he can read.
    let refused = alice.send();
    alice.accepts(&bob.send());
    bob.accepts_all(&alice.send_many(2));
    assert_eq!(bob.ratchet.skipped_keys(), 1);
    bob.refuses(&refused, Error::KeyGivenUp);
    bob.accepts(&held_back);
    for _ in 0..3 {
        alice.accepts(&bob.send());
        bob.accepts(&alice.send());
    }
}

/// A tail within the limit leaves keys, a longer one none.
fn a_lost_tail_of_any_length_is_followed_by_the_new_chain<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("lost tail");
    bob.accepts(&alice.send());
    let (early, answer) = (alice.send(), bob.send());
    lose(&mut alice, GAP - 1);
    for beyond in [0, 1, 2, 5_000] {
        let (mut alice, mut bob) = (alice.copy(), bob.copy());
        lose(&mut alice, beyond);
        alice.accepts(&answer);
        let message = alice.send();
        let tail = message.header().previous_length - 1;
        assert_eq!(tail as usize, GAP + beyond);
        bob.accepts(&message);
        let kept = if beyond == 0 { MAX_SKIPPED_KEYS } else { 0 };
        assert_eq!(bob.ratchet.skipped_keys(), kept);
        // A chain that has no keys is forgotten.
        let error = if beyond == 0 {
            Error::KeyGivenUp
        } else {
            Error::NotAuthentic
        };
        bob.refuses(&early, error);
        for _ in 0..3 {
            alice.accepts(&bob.send());
            bob.accepts(&alice.send());
        }
    }
}

fn a_lost_tail_of_25_001_messages_leaves_the_keys_before_it<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("keys before the tail");
    let messages = alice.send_many(4);
    bob.accepts(&messages[2]);
    lose(&mut alice, GAP);
    let last = alice.send();
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
    assert_eq!(bob.ratchet.skipped_keys(), 2);
    let image = Image::read(&bob.snapshot());
    let chain = &image.finished[0];
    assert_eq!((chain.length, chain.reached), (25_005, 3));
    // The messages of the tail are given up, and beyond its end there are none.
    bob.refuses(&messages[2], Error::Duplicate);
    for lost in [&messages[3], &last] {
        bob.refuses(lost, Error::KeyGivenUp);
    }
    let beyond = last.with_header(|header| header.number += 1);
    bob.refuses(&beyond, R::by_variant(Error::NotAuthentic, Error::Forked));
    // The state is the same after a restart.
    bob = bob.copy();
    bob.refuses(&last, Error::KeyGivenUp);
    bob.accepts_all(&messages[..2]);
    for _ in 0..3 {
        alice.accepts(&bob.send());
        bob.accepts(&alice.send());
    }
}

fn tail_and_gap_are_counted_apart<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("tail and gap");
    bob.accepts(&alice.send());
    lose(&mut alice, GAP);
    alice.accepts(&bob.send());
    alice.send();
    lose(&mut alice, GAP - 1);
    bob.accepts(&alice.send());
    assert_eq!(bob.ratchet.skipped_keys(), MAX_SKIPPED_KEYS);
}
