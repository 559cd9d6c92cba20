//! The work that a message can cause, in counts of operations.

use sprag_primitives::operations::{Counts, counted, hmac_keys};
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::Error;
use sprag_ratchet::limits::{MAX_SKIP, MAX_SKIPPED_KEYS};

use crate::hash_stream::HashStream;
use crate::party::{Envelope, Party, alice_and_bob};
use crate::situations::{Situation, all};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    a_message_in_order_costs_one_step_and_one_opening,
    a_turn_costs_one_agreement_on_each_side,
    the_two_outputs_of_a_chain_step_share_one_key,
    a_gap_costs_one_hmac_per_message_and_one_more_per_key_kept,
    a_skipped_message_costs_one_opening_and_no_derivation,
    a_forged_message_costs_at_most_one_agreement_and_the_keys_that_would_be_kept,
    headers_beyond_the_limits_cost_no_key,
    duplicates_and_keys_given_up_cost_no_key,
    a_new_chain_costs_no_key_where_none_can_begin,
    numbers_beyond_the_end_of_a_finished_chain_cost_no_key,
    a_damaged_body_costs_what_the_genuine_message_costs,
];

/// The HMACs for one message key and the chain key after it.
const CHAIN_STEP: u64 = 2;

#[track_caller]
fn work_of<R: TestRatchet>(party: &mut Party<R>, envelope: &Envelope) -> Counts {
    let (result, counts) = counted(|| party.decrypt(envelope));
    assert_eq!(result.as_ref(), Ok(&envelope.plaintext));
    counts
}

#[track_caller]
fn work_of_refusal<R: TestRatchet>(
    party: &mut Party<R>,
    envelope: &Envelope,
    error: Error,
) -> Counts {
    let (result, counts) = counted(|| party.decrypt(envelope));
    assert_eq!(result, Err(error));
    counts
}

/// Adds the openings of the header to `counts`: one for each key that is tried, if headers are encrypted.
fn with_headers<R: TestRatchet>(tried: u64, counts: Counts) -> Counts {
    Counts {
        open: counts.open + R::by_variant(0, tried),
        ..counts
    }
}

/// Bob, who has received a chain of Alice's and has answered, and the first message of her next chain.
fn before_next_chain<R: TestRatchet>(seed: &str) -> (Party<R>, Envelope) {
    let (mut alice, mut bob) = alice_and_bob::<R>(seed);
    bob.accepts(&alice.send());
    alice.accepts(&bob.send());
    (bob, alice.send())
}

fn a_message_in_order_costs_one_step_and_one_opening<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("in order");
    bob.accepts(&alice.send());
    let (message, counts) = counted(|| alice.send());
    let sending = Counts {
        hmac: CHAIN_STEP,
        seal: R::by_variant(1, 2),
        ..Counts::NONE
    };
    assert_eq!(counts, sending);
    let receiving = Counts {
        hmac: CHAIN_STEP,
        open: 1,
        ..Counts::NONE
    };
    assert_eq!(work_of(&mut bob, &message), with_headers::<R>(1, receiving));
}

fn a_turn_costs_one_agreement_on_each_side<R: TestRatchet>() {
    let (mut bob, message) = before_next_chain::<R>("turn");
    let expected = Counts {
        diffie_hellman: 1,
        hkdf: 1,
        hmac: CHAIN_STEP,
        open: 1,
        ..Counts::NONE
    };
    assert_eq!(work_of(&mut bob, &message), with_headers::<R>(2, expected));
    let (_, counts) = counted(|| bob.send());
    let expected = Counts {
        diffie_hellman: 1,
        base_point_multiplication: 1,
        hkdf: 1,
        hmac: CHAIN_STEP,
        seal: R::by_variant(1, 2),
        ..Counts::NONE
    };
    assert_eq!(counts, expected);
}

fn the_two_outputs_of_a_chain_step_share_one_key<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("pads");
    bob.accepts(&alice.send());
    let (message, keys) = hmac_keys(|| alice.send());
    assert_eq!(keys, 1, "encrypting");
    let ((), keys) = hmac_keys(|| bob.accepts(&message));
    assert_eq!(keys, 1, "decrypting");
    alice.send_many(100);
    let message = alice.send();
    let ((), keys) = hmac_keys(|| bob.accepts(&message));
    assert_eq!(keys, 101, "a gap");
}

fn a_gap_costs_one_hmac_per_message_and_one_more_per_key_kept<R: TestRatchet>() {
    for gap in [100, 1_000, 2_000, 2_001, 10_000] {
        let (mut alice, mut bob) = alice_and_bob::<R>("gap");
        bob.accepts(&alice.send());
        alice.send_many(gap);
        let message = alice.send();
        let kept = gap.min(MAX_SKIPPED_KEYS);
        let expected = Counts {
            hmac: (gap + kept) as u64 + CHAIN_STEP,
            open: 1,
            ..Counts::NONE
        };
        let expected = with_headers::<R>(1, expected);
        assert_eq!(work_of(&mut bob, &message), expected, "gap of {gap}");
        assert_eq!(bob.ratchet.skipped_keys(), kept);
    }
}

fn a_skipped_message_costs_one_opening_and_no_derivation<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("skipped");
    let messages = alice.send_many(3);
    bob.accepts(&messages[2]);
    let expected = Counts {
        open: 1,
        ..Counts::NONE
    };
    let in_current_chain = work_of(&mut bob, &messages[0]);
    assert_eq!(in_current_chain, with_headers::<R>(1, expected));
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
    let in_finished_chain = work_of(&mut bob, &messages[1]);
    assert_eq!(in_finished_chain, with_headers::<R>(3, expected));
}

fn a_forged_message_costs_at_most_one_agreement_and_the_keys_that_would_be_kept<R: TestRatchet>() {
    let (bob, message) = before_next_chain::<R>("forged");
    let (skip, kept) = (u64::from(MAX_SKIP), MAX_SKIPPED_KEYS as u64);
    let mut largest = 0;
    for (tail, gap, hmac) in [
        (MAX_SKIP, 0, skip + kept + CHAIN_STEP),
        (0, MAX_SKIP, skip + kept + CHAIN_STEP),
        (MAX_SKIP, 1_999, skip + 1_999 + kept + CHAIN_STEP),
        // No key of this tail would be kept, so the ratchet skips the derivation of the tail.
        (MAX_SKIP, 2_000, 2_000 + kept + CHAIN_STEP),
        (MAX_SKIP, MAX_SKIP, skip + kept + CHAIN_STEP),
        // Of a tail that is too long no key is derived either.
        (MAX_SKIP + 1, 0, CHAIN_STEP),
        (u32::MAX - 1, MAX_SKIP, skip + kept + CHAIN_STEP),
    ] {
        let forged = message.with_header(|header| {
            header.ratchet_key = *KeyPair::generate(&mut HashStream::new("forger")).public();
            header.previous_length = 1 + tail;
            header.number = gap;
        });
        let mut bob = bob.copy();
        let counts = work_of_refusal(&mut bob, &forged, Error::NotAuthentic);
        let expected = Counts {
            diffie_hellman: 1,
            hkdf: 1,
            hmac,
            open: 1,
            ..Counts::NONE
        };
        let expected = with_headers::<R>(2, expected);
        assert_eq!(counts, expected, "tail of {tail}, gap of {gap}");
        largest = largest.max(counts.hmac);
    }
    assert!(largest <= 2 * skip);
}

fn headers_beyond_the_limits_cost_no_key<R: TestRatchet>() {
    let (bob, message) = before_next_chain::<R>("beyond");
    let mut known = bob.copy();
    known.accepts(&message);
    for (mut receiver, tried, previous_length, number) in [
        (bob.copy(), 2, 0, MAX_SKIP + 1),
        (bob.copy(), 2, 0, u32::MAX),
        (bob.copy(), 2, u32::MAX, MAX_SKIP + 1),
        (known.copy(), 1, 0, MAX_SKIP + 2),
        (known.copy(), 1, 0, u32::MAX),
    ] {
        let forged = message.with_header(|header| {
            header.previous_length = previous_length;
            header.number = number;
        });
        let counts = work_of_refusal(&mut receiver, &forged, Error::TooManySkipped);
        let expected = with_headers::<R>(tried, Counts::NONE);
        assert_eq!(counts, expected, "pn = {previous_length}, n = {number}");
    }
}

fn duplicates_and_keys_given_up_cost_no_key<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("duplicates");
    let messages = alice.send_many(2_003);
    bob.accepts_all([&messages[2_002], &messages[10]]);
    for (index, error) in [
        (2_002, Error::Duplicate),
        (10, Error::Duplicate),
        (1, Error::KeyGivenUp),
    ] {
        let counts = work_of_refusal(&mut bob, &messages[index], error);
        assert_eq!(counts, with_headers::<R>(1, Counts::NONE));
    }
}

fn a_new_chain_costs_no_key_where_none_can_begin<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("none can begin");
    let message = alice.send();
    bob.accepts(&message);
    let forged = message.with_header(|header| {
        header.ratchet_key = *KeyPair::generate(&mut HashStream::new("forger")).public();
        header.number = MAX_SKIP;
    });
    let error = R::by_variant(Error::NotAuthentic, Error::Forked);
    let counts = work_of_refusal(&mut bob, &forged, error);
    assert_eq!(counts, with_headers::<R>(1, Counts::NONE));
}

fn numbers_beyond_the_end_of_a_finished_chain_cost_no_key<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("beyond the end");
    let messages = alice.send_many(2);
    bob.accepts(&messages[1]);
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
    let forged = messages[0].with_header(|header| header.number = 2);
    let error = R::by_variant(Error::NotAuthentic, Error::Forked);
    let counts = work_of_refusal(&mut bob, &forged, error);
    assert_eq!(counts, with_headers::<R>(3, Counts::NONE));
}

fn a_damaged_body_costs_what_the_genuine_message_costs<R: TestRatchet>() {
    for Situation {
        name,
        mut receiver,
        message,
        ..
    } in all::<R>()
    {
        let damaged = message.damaged_body(0);
        let refused = work_of_refusal(&mut receiver, &damaged, Error::NotAuthentic);
        assert_eq!(refused, work_of(&mut receiver, &message), "{name}");
    }
}
