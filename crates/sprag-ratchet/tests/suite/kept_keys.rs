//! The skipped keys that are kept: their choice, their number and their lifetime.

use sprag_ratchet::Error;
use sprag_ratchet::limits::{MAX_FINISHED_CHAINS, MAX_SKIPPED_KEY_AGE, MAX_SKIPPED_KEYS};

use crate::gaps::lose;
use crate::image::Image;
use crate::party::{Envelope, Party, alice_and_bob};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    two_thousand_keys_are_kept_and_no_key_more,
    of_a_large_gap_the_newest_are_kept,
    at_the_cap_new_keys_are_kept_and_the_oldest_leave,
    a_key_that_was_used_makes_room_for_one_more,
    used_and_given_up_are_told_apart_as_far_as_is_known,
    of_tail_and_gap_the_newest_are_kept,
    a_gap_of_all_that_is_kept_leaves_nothing_of_the_tail,
    keys_of_the_oldest_chain_leave_first,
    a_finished_chain_is_forgotten_at_the_32nd_step_after_the_one_that_finished_it,
    thirty_two_finished_chains_are_kept_and_each_is_forgotten_in_its_turn,
    a_hostile_peer_cannot_make_more_keys_be_kept,
    a_message_held_back_over_31_turns_opens_and_over_32_does_not,
    a_key_of_the_current_chain_is_given_up_after_25_000_later_messages,
    the_age_of_a_key_counts_in_its_own_chain_alone,
];

/// Alice, Bob, and `count` messages from Alice. Bob has received only the last of them.
fn skipped<R: TestRatchet>(seed: &str, count: usize) -> (Party<R>, Party<R>, Vec<Envelope>) {
    let (mut alice, mut bob) = alice_and_bob::<R>(seed);
    let messages = alice.send_many(count);
    bob.accepts(messages.last().expect("there are messages"));
    (alice, bob, messages)
}

/// Lets Bob answer, and delivers Alice's next message, which begins a chain.
fn begin_next_chain<R: TestRatchet>(alice: &mut Party<R>, bob: &mut Party<R>) {
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
}

fn two_thousand_keys_are_kept_and_no_key_more<R: TestRatchet>() {
    let (_, mut bob, messages) = skipped::<R>("exactly the cap", MAX_SKIPPED_KEYS + 1);
    assert_eq!(bob.ratchet.skipped_keys(), 2_000);
    bob.accepts(&messages[0]);

    let (_, mut bob, messages) = skipped::<R>("one above the cap", MAX_SKIPPED_KEYS + 2);
    assert_eq!(bob.ratchet.skipped_keys(), 2_000);
    bob.refuses(&messages[0], Error::KeyGivenUp);
    bob.accepts(&messages[1]);
    bob.refuses(&messages[1], Error::Duplicate);
}

fn of_a_large_gap_the_newest_are_kept<R: TestRatchet>() {
    let (mut alice, mut bob, messages) = skipped::<R>("large gap", 2_501);
    assert_eq!(bob.ratchet.skipped_keys(), 2_000);
    for given_up in [0, 250, 499] {
        bob.refuses(&messages[given_up], Error::KeyGivenUp);
    }
    bob.accepts(&alice.send());
    bob.accepts_all(&messages[500..2_500]);
    assert_eq!(bob.ratchet.skipped_keys(), 0);
    bob.refuses(&messages[499], Error::KeyGivenUp);
    bob.refuses(&messages[500], Error::Duplicate);
}

fn at_the_cap_new_keys_are_kept_and_the_oldest_leave<R: TestRatchet>() {
    let (mut alice, mut bob, mut messages) = skipped::<R>("at the cap", 2_001);
    for lost in [1, 10, 700] {
        messages.extend(alice.send_many(lost));
        let message = alice.send();
        bob.accepts(&message);
        messages.push(message);
        assert_eq!(bob.ratchet.skipped_keys(), 2_000);
    }
    for given_up in [0, 1, 710] {
        bob.refuses(&messages[given_up], Error::KeyGivenUp);
    }
    bob.accepts_all([&messages[711], &messages[2_001], &messages[2_713]]);
    bob.accepts(&alice.send());
    assert_eq!(bob.ratchet.skipped_keys(), 1_997);
}

fn a_key_that_was_used_makes_room_for_one_more<R: TestRatchet>() {
    let (mut alice, mut bob, messages) = skipped::<R>("room", 2_001);
    bob.accepts(&messages[1_000]);
    alice.send();
    bob.accepts(&alice.send());
    assert_eq!(bob.ratchet.skipped_keys(), 2_000);
    bob.accepts(&messages[0]);
}

fn used_and_given_up_are_told_apart_as_far_as_is_known<R: TestRatchet>() {
    let (mut alice, mut bob, messages) = skipped::<R>("told apart", 2_001);
    bob.accepts_all([&messages[0], &messages[5], &messages[9]]);
    alice.send_many(5);
    bob.accepts(&alice.send());
    for index in [0, 1, 2] {
        bob.refuses(&messages[index], Error::KeyGivenUp);
    }
    bob.accepts(&messages[3]);
    for index in [3, 5, 9] {
        bob.refuses(&messages[index], Error::Duplicate);
    }
}

fn of_tail_and_gap_the_newest_are_kept<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("tail and gap");
    let old = alice.send_many(101);
    bob.accepts(&old[100]);
    assert_eq!(bob.ratchet.skipped_keys(), 100);
    let tail = alice.send_many(1_500);
    alice.accepts(&bob.send());
    let gap = alice.send_many(1_500);
    bob.accepts(&alice.send());

    assert_eq!(bob.ratchet.skipped_keys(), 2_000);
    for given_up in [&old[0], &old[99], &tail[0], &tail[999]] {
        bob.refuses(given_up, Error::KeyGivenUp);
    }
    bob.accepts_all(gap.iter().chain(&tail[1_000..]));
    assert_eq!(bob.ratchet.skipped_keys(), 0);
}

fn a_gap_of_all_that_is_kept_leaves_nothing_of_the_tail<R: TestRatchet>() {
    for (gap_length, kept_of_tail) in [(1_999, 1), (2_000, 0), (2_001, 0)] {
        let (mut alice, mut bob) = alice_and_bob::<R>("no room for the tail");
        bob.accepts(&alice.send());
        let tail = alice.send_many(3);
        alice.accepts(&bob.send());
        let gap = alice.send_many(gap_length);
        bob.accepts(&alice.send());
        assert_eq!(bob.ratchet.skipped_keys(), 2_000);
        if kept_of_tail == 1 {
            bob.refuses(&tail[1], Error::KeyGivenUp);
            bob.accepts(&tail[2]);
        } else {
            bob.refuses(&tail[2], Error::NotAuthentic);
        }
        bob.accepts_all(&gap[gap_length - 1_999..]);
        begin_next_chain(&mut alice, &mut bob);
    }
}

fn keys_of_the_oldest_chain_leave_first<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("oldest chain");
    let first = alice.send_many(601);
    bob.accepts(&first[600]);
    alice.accepts(&bob.send());
    let second = alice.send_many(601);
    bob.accepts(&second[600]);
    alice.accepts(&bob.send());
    let third = alice.send_many(801);
    bob.accepts(&third[800]);
    assert_eq!(bob.ratchet.skipped_keys(), 2_000);

    alice.send_many(700);
    bob.accepts(&alice.send());
    assert_eq!(bob.ratchet.skipped_keys(), 2_000);
    bob.refuses(&first[599], Error::NotAuthentic);
    bob.refuses(&second[99], Error::KeyGivenUp);
    bob.accepts_all([&second[100], &third[0]]);
}

fn a_finished_chain_is_forgotten_at_the_32nd_step_after_the_one_that_finished_it<R: TestRatchet>() {
    let (mut alice, mut bob, messages) = skipped::<R>("32nd step", 40);
    begin_next_chain(&mut alice, &mut bob);
    for late in &messages[..MAX_FINISHED_CHAINS - 1] {
        begin_next_chain(&mut alice, &mut bob);
        bob.accepts(late);
    }
    assert_eq!(bob.ratchet.skipped_keys(), 8);
    begin_next_chain(&mut alice, &mut bob);
    assert_eq!(bob.ratchet.skipped_keys(), 0);
    bob.refuses(&messages[31], Error::NotAuthentic);
}

fn thirty_two_finished_chains_are_kept_and_each_is_forgotten_in_its_turn<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("in turn");
    let mut late = Vec::new();
    for chain in 0..40 {
        let skipped = alice.send_many(1 + chain % 3);
        bob.accepts(&alice.send());
        late.push(skipped);
        let finished = &late[..late.len() - 1];
        let known = finished.iter().rev().take(MAX_FINISHED_CHAINS);
        let held = known.map(Vec::len).sum::<usize>() + late[chain].len();
        assert_eq!(bob.ratchet.skipped_keys(), held);
        if let Some(forgotten) = chain.checked_sub(33) {
            bob.refuses(&late[forgotten][0], Error::NotAuthentic);
        }
        alice.accepts(&bob.send());
    }
    assert_eq!(Image::read(&bob.snapshot()).finished.len(), 32);
    bob.accepts_all(late[7..].iter().flatten());
}

fn a_hostile_peer_cannot_make_more_keys_be_kept<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("hostile");
    for round in 0..12 {
        alice.send_many(900);
        bob.accepts(&alice.send());
        assert!(bob.ratchet.skipped_keys() <= 2_000);
        alice.send_many(round % 3 * 200);
        if round % 2 == 1 {
            alice.accepts(&bob.send());
        }
        let image = Image::read(&bob.snapshot());
        let current = image.current.expect("a message was received");
        let chains = image.finished.iter().map(|chain| &chain.skipped);
        let kept = chains
            .chain([&current.skipped])
            .map(|chain| chain.numbers().len());
        assert_eq!(kept.sum::<usize>(), bob.ratchet.skipped_keys());
    }
    assert_eq!(bob.ratchet.skipped_keys(), 2_000);
    bob.accepts(&alice.send());
}

fn a_message_held_back_over_31_turns_opens_and_over_32_does_not<R: TestRatchet>() {
    for (turns, opens) in [(0, true), (1, true), (31, true), (32, false), (33, false)] {
        let (mut alice, mut bob) = alice_and_bob::<R>("held back");
        let held_back = alice.send();
        bob.accepts(&alice.send());
        // The chain ends here.
        begin_next_chain(&mut alice, &mut bob);
        for _ in 0..turns {
            begin_next_chain(&mut alice, &mut bob);
        }
        if opens {
            bob.accepts(&held_back);
        } else {
            bob.refuses(&held_back, Error::NotAuthentic);
        }
        begin_next_chain(&mut alice, &mut bob);
    }
}

/// Moves both parties past `count` messages of Alice's chain, as if Bob had received each of them in order.
fn pass<R: TestRatchet>(alice: &mut Party<R>, bob: &mut Party<R>, count: usize) {
    lose(alice, count);
    let mut sender = Image::read(&alice.snapshot());
    let sending = sender.sending_chain();
    let mut receiver = Image::read(&bob.snapshot());
    receiver.current().chain = sending.chain;
    receiver.current().next = sending.next;
    *bob = bob.with_state(&receiver.write());
}

fn a_key_of_the_current_chain_is_given_up_after_25_000_later_messages<R: TestRatchet>() {
    let (mut alice, mut bob, messages) = skipped::<R>("age", 3);
    // 24,997 messages later the newest is 24,999.
    pass(&mut alice, &mut bob, MAX_SKIPPED_KEY_AGE as usize - 4);
    let newest = alice.send();
    assert_eq!(newest.number(), MAX_SKIPPED_KEY_AGE - 1);
    bob.accepts(&newest);
    assert_eq!(bob.ratchet.skipped_keys(), 2);
    bob.copy().accepts(&messages[0]);

    // Message 0 has 25,000 later ones, and message 1 has 24,999.
    bob.accepts(&alice.send());
    assert_eq!(bob.ratchet.skipped_keys(), 1);
    bob.refuses(&messages[0], Error::KeyGivenUp);
    bob.copy().accepts(&messages[1]);
    bob.accepts(&alice.send());
    assert_eq!(bob.ratchet.skipped_keys(), 0);
    bob.refuses(&messages[1], Error::KeyGivenUp);
    bob.refuses(&newest, Error::Duplicate);
    begin_next_chain(&mut alice, &mut bob);
}

fn the_age_of_a_key_counts_in_its_own_chain_alone<R: TestRatchet>() {
    let (mut alice, mut bob, messages) = skipped::<R>("age of a finished chain", 3);
    begin_next_chain(&mut alice, &mut bob);
    pass(&mut alice, &mut bob, 2 * MAX_SKIPPED_KEY_AGE as usize);
    bob.accepts(&alice.send());
    assert_eq!(bob.ratchet.skipped_keys(), 2);
    bob.accepts_all(&messages[..2]);
}
