//! Snapshots of every kind of state, written and read back.

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_ratchet::Error;
use sprag_ratchet::limits::MAX_SKIP;

use crate::gaps::lose;
use crate::image::Image;
use crate::party::{Party, alice_and_bob, restored};
use crate::situations::{Situation, all};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    a_restored_state_has_the_same_bytes_and_counts,
    a_restored_state_opens_the_same_messages_and_goes_on_the_same,
    parties_that_are_restored_after_every_message_notice_nothing,
    the_bytes_are_in_the_order_that_the_image_says,
    equal_states_reached_in_different_orders_have_equal_bytes,
    what_follows_a_snapshot_is_left_to_the_caller,
    every_shortened_snapshot_is_refused,
];

/// Parties in states of every kind.
pub(crate) fn states<R: TestRatchet>() -> Vec<Party<R>> {
    let mut states = Vec::new();
    for situation in all::<R>() {
        let mut party = situation.receiver;
        states.push(party.copy());
        party.accepts(&situation.message);
        states.push(party);
    }
    let (alice, _) = alice_and_bob::<R>("initiator at first");
    states.push(alice);
    states.push(thirty_two_finished_chains());
    states.push(long_lost_tail());
    states
}

/// Bob, who holds skipped keys of the current chain and of 32 finished chains, and has used others of each.
pub(crate) fn thirty_two_finished_chains<R: TestRatchet>() -> Party<R> {
    let (mut alice, mut bob) = alice_and_bob::<R>("finished chains");
    for _ in 0..34 {
        let skipped = alice.send_many(6);
        bob.accepts(&alice.send());
        bob.accepts_all([&skipped[0], &skipped[3]]);
        alice.send_many(2);
        alice.accepts(&bob.send());
    }
    bob
}

/// Bob, who holds two keys of a finished chain with a tail that was too long to be skipped.
pub(crate) fn long_lost_tail<R: TestRatchet>() -> Party<R> {
    let (mut alice, mut bob) = alice_and_bob::<R>("long lost tail");
    bob.accepts(&alice.send_many(3)[2]);
    lose(&mut alice, MAX_SKIP as usize + 1);
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
    bob
}

fn a_restored_state_has_the_same_bytes_and_counts<R: TestRatchet>() {
    for party in states::<R>() {
        let snapshot = party.snapshot();
        let copy = restored::<R>(&snapshot).expect("the snapshot is ours");
        assert!(party.with_state(&snapshot).snapshot() == snapshot);
        assert_eq!(copy.counts(), party.ratchet.counts());
        assert_eq!(copy.skipped_keys(), party.ratchet.skipped_keys());
        assert_eq!(copy.root_fingerprint(), party.ratchet.root_fingerprint());
    }
}

fn a_restored_state_opens_the_same_messages_and_goes_on_the_same<R: TestRatchet>() {
    for Situation {
        mut receiver,
        message,
        ..
    } in all::<R>()
    {
        let mut copy = receiver.copy();
        copy.accepts(&message);
        receiver.accepts(&message);
        assert!(copy.snapshot() == receiver.snapshot());
        copy.refuses(&message, Error::Duplicate);
    }
}

fn parties_that_are_restored_after_every_message_notice_nothing<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("restored each time");
    let mut late = Vec::new();
    for round in 0..12 {
        late.push(alice.send());
        alice = alice.copy();
        let message = alice.send();
        bob = bob.copy();
        bob.accepts(&message);
        if round % 3 == 2 {
            (alice, bob) = (bob, alice);
            late.clear();
        } else if round % 3 == 1 {
            bob = bob.copy();
            bob.accepts(&late.remove(0));
        }
    }
}

fn the_bytes_are_in_the_order_that_the_image_says<R: TestRatchet>() {
    for party in states::<R>() {
        let snapshot = party.snapshot();
        let image = Image::read(&snapshot);
        assert!(image.write() == snapshot);
        assert_eq!((image.version, image.variant), (2, R::TAG));
        let current = image.current.iter().map(|chain| &chain.skipped);
        let finished = image.finished.iter().map(|chain| &chain.skipped);
        let kept = finished.chain(current).map(|chain| chain.numbers().len());
        assert_eq!(kept.sum::<usize>(), party.ratchet.skipped_keys());
        let counts = party.ratchet.counts();
        assert_eq!(
            image.counts,
            [counts.sent, counts.received, counts.dh_steps]
        );
    }
}

fn equal_states_reached_in_different_orders_have_equal_bytes<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("equal states");
    let messages = alice.send_many(8);
    let mut other = bob.copy();
    bob.accepts_all([2, 5, 7, 0].map(|index| &messages[index]));
    other.accepts_all([7, 2, 0, 5].map(|index| &messages[index]));
    assert!(bob.snapshot() == other.snapshot());
}

fn what_follows_a_snapshot_is_left_to_the_caller<R: TestRatchet>() {
    let (alice, bob) = alice_and_bob::<R>("two in a row");
    let mut writer = Writer::new();
    writer.put(&alice.ratchet);
    writer.put(&bob.ratchet);
    writer.put(&7_u8);
    let both = writer.finish();
    let mut reader = Reader::new(both.expose());
    for party in [alice, bob] {
        let ratchet: R = reader.get().expect("the snapshot is ours");
        assert!(ratchet.to_snapshot().expose() == party.snapshot());
    }
    assert_eq!(reader.get(), Ok(7_u8));
}

fn every_shortened_snapshot_is_refused<R: TestRatchet>() {
    for party in states::<R>() {
        let snapshot = party.snapshot();
        for length in 0..snapshot.len() {
            let result = restored::<R>(&snapshot[..length]);
            let expected = PrimitiveError::SnapshotTruncated;
            assert_eq!(result.err(), Some(expected), "{length} bytes");
        }
    }
}
