//! The messages and headers that a stolen state opens, compared with those that it should open.
//!
//! A thief is a passive attacker who copies the state of one party, the victim, at one moment, and who has
//! every message from before and after. The thief of these tests is a second implementation, from primitives
//! alone. It tries every key that follows from the state on every message. It must read exactly these:
//!
//! - messages to the victim: those whose skipped keys the victim holds; those of the peer's current chain
//!   from the next number on; and all of the peer's next chain, if the victim holds a ratchet private key;
//! - messages of the victim: those of its sending chain from the next number on, if it has a sending chain.
//!
//! So the thief reads no message that was received before. Of the chains that begin later the thief reads at
//! most one, the one whose root step uses the private key. Between the receipt of a new chain and the next
//! send, a party has neither a private key nor a sending chain.
//!
//! If headers are encrypted, the thief must also see exactly the headers of these chains, including headers
//! from before the theft:
//!
//! - chains of the peer: finished chains with skipped keys, the current chain (`HKr`) and the next one
//!   (`NHKr`). If the victim holds a private key, also the chain after the next one, because its header key
//!   comes out of the root step to the next chain;
//! - chains of the victim: the current one (`HKs`), if there is one, and the next one (`NHKs`).
//!
//! The expectation is computed without keys, only from the messages that were sent and received.

extern crate alloc;

#[path = "support/cases.rs"]
mod cases;
#[path = "support/hash_stream.rs"]
mod hash_stream;
#[path = "compromise/keys.rs"]
mod keys;
#[path = "compromise/ledger.rs"]
mod ledger;
#[path = "compromise/session.rs"]
mod session;
#[path = "compromise/state.rs"]
mod state;
#[path = "compromise/thief.rs"]
mod thief;
#[path = "compromise/world.rs"]
mod world;

use core::cell::RefCell;

use proptest::test_runner::TestRunner;
use sprag_ratchet::{DoubleRatchet, DoubleRatchetHE};

use cases::cases;
use ledger::{KEPT_KEYS, Reason};
use session::Ratchet;
use world::{Action, Tally, World, schedules};

#[test]
fn a_stolen_state_opens_what_it_should_and_nothing_else() {
    every_state_is_worth_what_it_should::<DoubleRatchet>();
}

#[test]
fn a_stolen_state_with_header_keys_opens_what_it_should_and_nothing_else() {
    let tally = every_state_is_worth_what_it_should::<DoubleRatchetHE>();
    for reason in [
        Reason::Skipped,
        Reason::OwnChain,
        Reason::OwnNextChain,
        Reason::PeersChain,
        Reason::PeersNextChain,
        Reason::PeersNextButOne,
    ] {
        let count = tally.seen.get(&reason);
        assert!(count.is_some_and(|count| *count >= 1_000), "{tally:?}");
    }
}

#[test]
fn a_thief_does_not_read_messages_whose_keys_were_given_up() {
    keys_are_given_up::<DoubleRatchet>();
    keys_are_given_up::<DoubleRatchetHE>();
}

#[test]
fn a_thief_does_not_read_messages_of_forgotten_chains() {
    chains_are_forgotten::<DoubleRatchet>();
    chains_are_forgotten::<DoubleRatchetHE>();
}

/// Runs random schedules, and compares the loot of every state with the expectation. Returns the counts.
fn every_state_is_worth_what_it_should<R: Ratchet>() -> Tally {
    let total = RefCell::new(Tally::default());
    let config = cases(300, 1);
    let result = TestRunner::new(config).run(&schedules(), |schedule| {
        let mut world = World::<R>::new();
        schedule.iter().for_each(|action| world.act(action));
        for party in [0, 1] {
            world.act(&Action::Exchange { party });
        }
        let tally = world.compare(|_| true);
        total.borrow_mut().add(&tally);
        Ok(())
    });
    assert!(result.is_ok(), "{result:#?}");
    // Each reason must have occurred often, or the comparison would prove little.
    let total = total.into_inner();
    for reason in [
        Reason::Skipped,
        Reason::OwnChain,
        Reason::PeersChain,
        Reason::PeersNextChain,
    ] {
        let count = total.read.get(&reason);
        assert!(count.is_some_and(|count| *count >= 1_000), "{total:?}");
    }
    assert!(total.between >= 1_000, "{total:?}");
    eprintln!("{total:?}");
    total
}

/// Steals states after two gaps. The second gap is so large that some keys of the first are given up.
fn keys_are_given_up<R: Ratchet>() {
    let mut world = World::<R>::new();
    let chains = [KEPT_KEYS - 500, 700];
    for length in chains {
        for _ in 0..length {
            world.send(0);
        }
        world.deliver(world.messages().count() - 1);
        world.steal(1);
        world.act(&Action::Exchange { party: 1 });
    }
    // Compare some messages only: those near the boundary, and every hundredth of each chain.
    let given_up = chains.iter().sum::<usize>() - KEPT_KEYS;
    let near = |number: usize| number.abs_diff(given_up) < 5 || number.is_multiple_of(100);
    let tally = world.compare(|sent| near(sent.number as usize));
    assert!(tally.read[&Reason::Skipped] > 0);
}

/// Steals a state after each of so many turns that a chain with two skipped keys is forgotten.
fn chains_are_forgotten<R: Ratchet>() {
    let mut world = World::<R>::new();
    (0..3).for_each(|_| world.send(0));
    world.deliver(world.messages().count() - 1);
    for turn in 0..35 {
        world.act(&Action::Exchange { party: 1 });
        world.steal(1);
        // The first turn finishes the chain, and the 32nd after it forgets the chain.
        let held = world.holds_skipped_keys(1);
        assert_eq!(held, turn < 32, "turn {turn}");
    }
    let tally = world.compare(|_| true);
    assert!(tally.read[&Reason::Skipped] >= 2 * 32);
}
