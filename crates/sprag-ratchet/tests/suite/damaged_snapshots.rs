//! Snapshots that no ratchet would write: damaged ones, and ones that contradict themselves.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use sprag_primitives::Error as PrimitiveError;
use sprag_ratchet::limits::MAX_SKIP;
use sprag_ratchet::{DoubleRatchet, DoubleRatchetHE};

use crate::image::{FinishedImage, Image, SendingImage, SkippedImage, Stretch};
use crate::party::{Party, alice_and_bob, restored};
use crate::situations::all;
use crate::snapshots::{long_lost_tail, states, thirty_two_finished_chains};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    other_versions_are_refused,
    other_variants_are_refused,
    markers_of_no_meaning_are_refused,
    public_keys_of_small_order_are_refused,
    states_that_contradict_themselves_are_refused,
    counts_that_no_session_reaches_are_refused,
    more_than_thirty_two_finished_chains_are_refused,
    finished_chains_that_should_be_forgotten_or_are_out_of_order_are_refused,
    skipped_keys_out_of_order_or_out_of_range_are_refused,
    keys_given_up_beyond_the_end_of_the_chain_are_refused,
    more_messages_reached_than_a_chain_has_and_keys_of_messages_not_reached_are_refused,
    more_keys_than_are_kept_are_refused,
    lengths_beyond_the_limit_are_refused_before_memory_is_taken,
    every_damaged_byte_is_refused_or_makes_a_state_that_fails_without_panic,
    arbitrary_bytes_do_not_panic,
    several_damaged_values_do_not_panic,
];

const INVALID: PrimitiveError = PrimitiveError::SnapshotInvalid;

#[track_caller]
fn refused<R: TestRatchet>(party: &Party<R>, change: impl FnOnce(&mut Image)) {
    refused_as(party, INVALID, change);
}

#[track_caller]
fn refused_as<R: TestRatchet>(
    party: &Party<R>,
    error: PrimitiveError,
    change: impl FnOnce(&mut Image),
) {
    let image = Image::read(&party.snapshot());
    let mut changed = image.clone();
    change(&mut changed);
    assert_ne!(image, changed);
    assert_eq!(restored::<R>(&changed.write()).err(), Some(error));
}

#[track_caller]
fn accepted<R: TestRatchet>(party: &Party<R>, change: impl FnOnce(&mut Image)) {
    let mut image = Image::read(&party.snapshot());
    change(&mut image);
    let image = image.write();
    assert!(party.with_state(&image).snapshot() == image);
}

fn keys(count: usize) -> Vec<[u8; 32]> {
    vec![[9; 32]; count]
}

fn other_versions_are_refused<R: TestRatchet>() {
    for party in states::<R>() {
        for version in [0, 1, 3, 0xff] {
            refused(&party, |image| image.version = version);
        }
    }
}

fn other_variants_are_refused<R: TestRatchet>() {
    for party in states::<R>() {
        let snapshot = party.snapshot();
        let (clear, encrypted) = (
            restored::<DoubleRatchet>(&snapshot).err(),
            restored::<DoubleRatchetHE>(&snapshot).err(),
        );
        let (own, other) = R::by_variant((clear, encrypted), (encrypted, clear));
        assert_eq!((own, other), (None, Some(INVALID)));
        let mut snapshot = snapshot;
        for variant in [1 - R::TAG, 2, 0xff] {
            snapshot[1] = variant;
            assert_eq!(restored::<R>(&snapshot).err(), Some(INVALID));
        }
    }
}

fn markers_of_no_meaning_are_refused<R: TestRatchet>() {
    const SENDING: usize = 34;
    let (alice, bob) = alice_and_bob::<R>("markers");
    for (party, current) in [(&alice, R::by_variant(119, 151)), (&bob, 83)] {
        for (position, largest) in [(SENDING, 2), (current, 1)] {
            let mut snapshot = party.snapshot();
            assert!(snapshot[position] <= largest);
            for marker in [largest + 1, 0xff] {
                snapshot[position] = marker;
                let error = restored::<R>(&snapshot).err();
                assert_eq!(error, Some(INVALID), "byte {position}");
            }
        }
    }
}

fn public_keys_of_small_order_are_refused<R: TestRatchet>() {
    let error = PrimitiveError::LowOrderPublicKey;
    let bob = thirty_two_finished_chains::<R>();
    refused_as(&bob, error, |image| {
        image.current().id.ratchet_key = [0; 32];
    });
    refused_as(&bob, error, |image| {
        image.finished[0].id.ratchet_key = [0; 32];
    });
}

fn states_that_contradict_themselves_are_refused<R: TestRatchet>() {
    let (mut alice, bob) = alice_and_bob::<R>("contradictions");
    refused(&alice, |image| image.sending = SendingImage::Deferred);
    refused(&alice, |image| image.steps = 1);
    refused(&bob, |image| image.sending = SendingImage::Deferred);

    let mut receiver = bob.copy();
    receiver.accepts(&alice.send());
    refused(&receiver, |image| image.steps = 0);
    refused(&receiver, |image| image.current = None);
    refused(&receiver, |image| {
        image.sending = SendingImage::Awaiting { secret: [7; 32] };
    });
}

fn counts_that_no_session_reaches_are_refused<R: TestRatchet>() {
    const LARGEST: u64 = u64::MAX / 2;
    let bob = thirty_two_finished_chains::<R>();
    for count in 0..3 {
        accepted(&bob, |image| image.counts[count] = LARGEST);
        for beyond in [LARGEST + 1, u64::MAX] {
            refused(&bob, |image| image.counts[count] = beyond);
        }
    }
    let set_steps = |steps: u64| {
        move |image: &mut Image| {
            let later = steps - image.steps;
            image.steps = steps;
            for chain in &mut image.finished {
                chain.finished_at += later;
            }
        }
    };
    accepted(&bob, set_steps(LARGEST));
    refused(&bob, set_steps(LARGEST + 1));
    refused(&bob, set_steps(u64::MAX));
}

fn more_than_thirty_two_finished_chains_are_refused<R: TestRatchet>() {
    let bob = thirty_two_finished_chains::<R>();
    refused(&bob, |image| {
        let chain = image.finished[0].clone();
        image.finished.insert(0, chain);
    });
}

fn finished_chains_that_should_be_forgotten_or_are_out_of_order_are_refused<R: TestRatchet>() {
    // 32 chains were finished, in the steps 3 to 34.
    let bob = thirty_two_finished_chains::<R>();
    let image = Image::read(&bob.snapshot());
    assert_eq!((image.steps, image.finished.len()), (34, 32));
    refused(&bob, |image| image.finished[0].finished_at = 2);
    refused(&bob, |image| image.finished[31].finished_at = 35);
    refused(&bob, |image| image.finished[1].finished_at = 3);
    refused(&bob, |image| image.finished.swap(0, 1));
    refused(&bob, |image| {
        image.finished[2].skipped = SkippedImage::default();
    });
    refused(&bob, |image| {
        image.current = None;
        image.steps = 0;
        image.finished.truncate(1);
        image.finished[0].finished_at = 1;
    });
    accepted(&bob, |image| drop(image.finished.remove(2)));
}

fn skipped_keys_out_of_order_or_out_of_range_are_refused<R: TestRatchet>() {
    // The oldest chain has 9 messages, and its skipped keys lie in three stretches.
    let bob = thirty_two_finished_chains::<R>();
    let image = Image::read(&bob.snapshot());
    let chain = &image.finished[0];
    assert_eq!(chain.skipped.numbers(), [1, 2, 4, 5, 7, 8]);
    assert_eq!((chain.length, chain.reached), (9, 9));
    assert_eq!(chain.skipped.given_up_below, 0);

    let stretches = |change: fn(&mut Vec<Stretch>)| {
        move |image: &mut Image| change(&mut image.finished[0].skipped.stretches)
    };
    refused(&bob, stretches(|stretches| stretches.swap(0, 1)));
    refused(&bob, stretches(|stretches| stretches[0].first = 2));
    refused(&bob, stretches(|stretches| stretches[0].first = 3));
    refused(&bob, stretches(|stretches| stretches[2].first = 8));
    refused(&bob, stretches(|stretches| stretches[2].first = u32::MAX));
    refused(&bob, stretches(|stretches| stretches[0].keys.clear()));
    refused(
        &bob,
        stretches(|stretches| stretches[0].keys.extend(keys(1))),
    );
    refused(&bob, |image| image.finished[0].length = 8);
    refused(&bob, |image| image.finished[0].skipped.given_up_below = 2);
    refused(&bob, |image| image.finished[0].skipped.given_up_below = 10);
    refused(&bob, |image| image.current().next = 5);
    accepted(&bob, stretches(|stretches| stretches[0].first = 0));
    accepted(&bob, |image| image.finished[0].skipped.given_up_below = 1);
    accepted(&bob, |image| image.current().next = 100);
}

fn keys_given_up_beyond_the_end_of_the_chain_are_refused<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("given up beyond");
    bob.accepts(&alice.send());
    accepted(&bob, |image| image.current().skipped.given_up_below = 1);
    refused(&bob, |image| image.current().skipped.given_up_below = 2);
}

fn more_messages_reached_than_a_chain_has_and_keys_of_messages_not_reached_are_refused<
    R: TestRatchet,
>() {
    let bob = long_lost_tail::<R>();
    let image = Image::read(&bob.snapshot());
    let chain = &image.finished[0];
    assert_eq!((chain.length, chain.reached), (MAX_SKIP + 4, 3));
    assert_eq!(chain.skipped.numbers(), [0, 1]);
    // More than the length.
    refused(&bob, |image| image.finished[0].reached = MAX_SKIP + 5);
    refused(&bob, |image| image.finished[0].reached = u32::MAX);
    refused(&bob, |image| image.finished[0].length = 2);
    accepted(&bob, |image| image.finished[0].reached = MAX_SKIP + 4);
    accepted(&bob, |image| image.finished[0].length = 3);
    // Less than the keys that are held, or were given up.
    refused(&bob, |image| image.finished[0].reached = 1);
    refused(&bob, |image| image.finished[0].reached = 0);
    accepted(&bob, |image| image.finished[0].reached = 2);
    refused(&bob, |image| {
        image.finished[0].skipped.given_up_below = 4;
        image.finished[0].skipped.stretches[0].first = 4;
    });
}

fn more_keys_than_are_kept_are_refused<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("too many keys");
    bob.accepts(&alice.send());
    let skipped = |lengths: [usize; 2]| {
        let [first, second] = lengths.map(keys);
        SkippedImage {
            given_up_below: 0,
            stretches: vec![
                Stretch {
                    first: 0,
                    keys: first,
                },
                Stretch {
                    first: 2_500,
                    keys: second,
                },
            ],
        }
    };
    // All keys in the current chain.
    let one_chain = |lengths: [usize; 2]| {
        move |image: &mut Image| {
            image.current().next = 5_000;
            image.current().skipped = skipped(lengths);
        }
    };
    accepted(&bob, one_chain([1_000, 1_000]));
    refused(&bob, one_chain([1_000, 1_001]));
    refused(&bob, one_chain([2_001, 1]));

    // Half of the keys in the current chain, and half in a finished one.
    let two_chains = |count: usize| {
        move |image: &mut Image| {
            one_chain([500, 500])(image);
            image.steps = 2;
            let id = image.current().id;
            image.finished.push(FinishedImage {
                id,
                finished_at: 2,
                length: 5_000,
                reached: 5_000,
                skipped: skipped([count, 500]),
            });
        }
    };
    accepted(&bob, two_chains(500));
    refused(&bob, two_chains(501));
}

fn lengths_beyond_the_limit_are_refused_before_memory_is_taken<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("lengths");
    bob.accepts(&alice.send());
    let mut image = Image::read(&bob.snapshot());
    image.current().next = u32::MAX;
    image.current().skipped.stretches.push(Stretch {
        first: 0,
        keys: keys(1),
    });
    let mut snapshot = image.write();
    assert!(restored::<R>(&snapshot).is_ok());
    let next_header_keys = R::by_variant(0, 64);
    let length = snapshot.len() - 24 - next_header_keys - 32 - 4;
    assert_eq!(snapshot[length], 1);
    for beyond in [2_001, u32::MAX - 1] {
        snapshot[length..length + 4].copy_from_slice(&u32::to_le_bytes(beyond));
        assert_eq!(restored::<R>(&snapshot).err(), Some(INVALID));
    }
}

fn every_damaged_byte_is_refused_or_makes_a_state_that_fails_without_panic<R: TestRatchet>() {
    for situation in all::<R>() {
        let receiver = situation.receiver;
        let snapshot = receiver.snapshot();
        for position in 0..snapshot.len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut damaged = snapshot.clone();
                damaged[position] ^= mask;
                if restored::<R>(&damaged).is_ok() {
                    let mut party = receiver.with_state(&damaged);
                    assert!(party.snapshot() == damaged);
                    let _opened = party.decrypt(&situation.message);
                    let _sealed = party.encrypt(b"after damage");
                }
            }
        }
    }
}

fn arbitrary_bytes_do_not_panic<R: TestRatchet>() {
    for_all(&prop::collection::vec(any::<u8>(), 0..600), |bytes| {
        let _ratchet = restored::<R>(&bytes);
        let _ratchet = restored::<R>(&[&[2, R::TAG], &bytes[..]].concat());
    });
}

fn several_damaged_values_do_not_panic<R: TestRatchet>() {
    let situations = all::<R>();
    let change = (any::<Index>(), damage());
    let changes = prop::collection::vec(change, 1..4);
    for_all(&(any::<Index>(), changes), |(state, changes)| {
        let situation = state.get(&situations);
        let mut snapshot = situation.receiver.snapshot();
        for (position, value) in changes {
            let position = position.index(snapshot.len());
            for (byte, damage) in snapshot[position..].iter_mut().zip(value) {
                *byte = damage;
            }
        }
        if restored::<R>(&snapshot).is_ok() {
            let mut party = situation.receiver.with_state(&snapshot);
            let _opened = party.decrypt(&situation.message);
            let _sealed = party.encrypt(b"after damage");
            assert!(restored::<R>(&party.snapshot()).is_ok());
        }
    });
}

fn for_all<S: Strategy>(strategy: &S, test: impl Fn(S::Value)) {
    let mut runner = TestRunner::new(Config {
        cases: 300,
        rng_seed: RngSeed::Fixed(0x5eed),
        failure_persistence: None,
        ..Config::default()
    });
    let result = runner.run(strategy, |value| {
        test(value);
        Ok(())
    });
    assert!(result.is_ok(), "{result:#?}");
}

/// Bytes that overwrite a part of a snapshot: small and large integers of every width.
fn damage() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![Just(0), Just(u64::MAX), 0..3_000_u64, any::<u64>()];
    (value, prop_oneof![Just(1), Just(4), Just(8)])
        .prop_map(|(value, width)| value.to_le_bytes()[..width].to_vec())
}
