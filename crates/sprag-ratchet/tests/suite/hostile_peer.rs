//! A hostile peer, whose headers are authentic but do not tell the truth.

use sprag_primitives::operations::{Counts, counted};
use sprag_ratchet::Error;
use sprag_ratchet::limits::{MAX_FINISHED_CHAINS, MAX_SKIP, MAX_SKIPPED_KEYS};

use crate::gaps::lose;
use crate::image::Image;
use crate::party::{Envelope, Party, alice_and_bob};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    one_message_forces_two_skips_and_two_thousand_keys_and_no_more,
    message_after_message_forces_no_more_keys_and_the_session_lives_on,
    a_previous_length_beyond_the_limit_costs_nothing_and_the_session_lives_on,
    a_previous_length_below_what_was_received_changes_nothing_of_it,
    the_largest_previous_length_is_taken_without_overflow,
];

/// Lets Bob send, and returns an authentic message of Alice's next chain. Its header claims that her last
/// chain had `previous_length` messages, and that `gap` messages of the new chain came before.
fn authentic_lie<R: TestRatchet>(
    [alice, bob]: [&mut Party<R>; 2],
    previous_length: u32,
    gap: usize,
) -> Envelope {
    alice.accepts(&bob.send());
    alice.send();
    let mut image = Image::read(&alice.snapshot());
    image.previous_length = previous_length;
    *alice = alice.with_state(&image.write());
    lose(alice, gap - 1);
    alice.send()
}

#[track_caller]
fn live_on<R: TestRatchet>(alice: &mut Party<R>, bob: &mut Party<R>) {
    for _ in 0..3 {
        bob.accepts(&alice.send());
        alice.accepts(&bob.send());
    }
}

fn one_message_forces_two_skips_and_two_thousand_keys_and_no_more<R: TestRatchet>() {
    const SKIP: u64 = MAX_SKIP as u64;
    const KEPT: u64 = MAX_SKIPPED_KEYS as u64;
    for (tail, gap, hmac) in [
        (MAX_SKIP, 1_999, SKIP + 1_999 + KEPT + 2),
        (1_999, MAX_SKIP, SKIP + KEPT + 2),
        (MAX_SKIP, MAX_SKIP, SKIP + KEPT + 2),
    ] {
        let (mut alice, mut bob) = alice_and_bob::<R>("two skips");
        bob.accepts(&alice.send());
        let lie = authentic_lie([&mut alice, &mut bob], 1 + tail, gap as usize);
        let (opened, counts) = counted(|| bob.decrypt(&lie));
        assert_eq!(opened, Ok(lie.plaintext));
        let expected = Counts {
            diffie_hellman: 1,
            hkdf: 1,
            hmac,
            open: R::by_variant(1, 3),
            ..Counts::NONE
        };
        assert_eq!(counts, expected, "tail of {tail}, gap of {gap}");
        assert!(counts.hmac <= 2 * SKIP);
        assert_eq!(bob.ratchet.skipped_keys(), MAX_SKIPPED_KEYS);
        live_on(&mut alice, &mut bob);
    }
}

fn message_after_message_forces_no_more_keys_and_the_session_lives_on<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("message after message");
    bob.accepts(&alice.send());
    for round in 0..40 {
        let received = Image::read(&bob.snapshot()).current().next;
        let previous_length = received + 700 * round;
        let lie = authentic_lie([&mut alice, &mut bob], previous_length, 400);
        bob.accepts(&lie);
        lose(&mut alice, 500);
        bob.accepts(&alice.send());
        let image = Image::read(&bob.snapshot());
        assert!(image.finished.len() <= MAX_FINISHED_CHAINS);
        let finished = image.finished.iter().map(|chain| &chain.skipped);
        let current = image.current.iter().map(|chain| &chain.skipped);
        let kept = finished.chain(current).map(|chain| chain.numbers().len());
        assert!(kept.sum::<usize>() <= MAX_SKIPPED_KEYS, "round {round}");
    }
    assert_eq!(bob.ratchet.skipped_keys(), MAX_SKIPPED_KEYS);
    live_on(&mut alice, &mut bob);
}

fn a_previous_length_beyond_the_limit_costs_nothing_and_the_session_lives_on<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("beyond the limit");
    let held_back = alice.send();
    bob.accepts(&alice.send());
    for previous_length in [MAX_SKIP + 3, u32::MAX] {
        let (mut alice, mut bob) = (alice.copy(), bob.copy());
        let lie = authentic_lie([&mut alice, &mut bob], previous_length, 1);
        let (opened, counts) = counted(|| bob.decrypt(&lie));
        assert_eq!(opened, Ok(lie.plaintext));
        let expected = Counts {
            diffie_hellman: 1,
            hkdf: 1,
            // One step for the message, and one for the message before it in the new chain.
            hmac: 4,
            open: R::by_variant(1, 3),
            ..Counts::NONE
        };
        assert_eq!(counts, expected);
        assert_eq!(bob.ratchet.skipped_keys(), 2);
        bob.accepts(&held_back);
        live_on(&mut alice, &mut bob);
    }
}

fn a_previous_length_below_what_was_received_changes_nothing_of_it<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("below what was received");
    let messages = alice.send_many(6);
    bob.accepts_all([&messages[1], &messages[4]]);
    let lie = authentic_lie([&mut alice, &mut bob], 2, 1);
    bob.accepts(&lie);
    bob.accepts_all([&messages[0], &messages[2]]);
    bob.refuses(&messages[4], Error::Duplicate);
    // Alice loses this message through her own lie.
    bob.refuses(
        &messages[5],
        R::by_variant(Error::NotAuthentic, Error::Forked),
    );
    bob.accepts(&messages[3]);
    live_on(&mut alice, &mut bob);
}

fn the_largest_previous_length_is_taken_without_overflow<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("largest");
    bob.accepts(&alice.send());
    let mut image = Image::read(&bob.snapshot());
    image.current().next = u32::MAX - MAX_SKIP;
    bob = bob.with_state(&image.write());
    let lie = authentic_lie([&mut alice, &mut bob], u32::MAX, 1);
    bob.accepts(&lie);
    assert_eq!(bob.ratchet.skipped_keys(), MAX_SKIPPED_KEYS);
    live_on(&mut alice, &mut bob);
}
