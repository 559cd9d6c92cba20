//! What a stolen state is worth.
//!
//! A passive thief copies the state of one party, the victim, at one moment, and has every message, before
//! and after. It is a second implementation, from primitives alone, that tries every key that follows from
//! the state on every message. It reads exactly
//!
//! - of the messages to the victim, those whose skipped keys are held, those of the peer's chain from the
//!   next number on, and, if a ratchet private key is held, the whole next chain of the peer's;
//! - of the victim's own messages, those of its sending chain, if it has one, from the next number on.
//!
//! So it reads nothing that was received before, and of chains that begin later at most one: that whose root
//! step uses the private key. From the receipt of a new chain to the next send there is no such key, nor a
//! sending chain.
//!
//! With encrypted headers it also sees exactly the headers, past ones included, of these chains:
//!
//! - of the peer's, the finished ones of which skipped keys are held, the current one (`HKr`), the next
//!   (`NHKr`), and, if a private key is held, the one after it, whose header key comes out of the root step
//!   to the next;
//! - of the victim's own, the current one, if there is one (`HKs`), and the next (`NHKs`).
//!
//! What is expected is computed from what was sent and received, without keys.

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

/// The second gap leaves no room for some keys of the first.
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
    // The boundary, and of each chain the first message and some others.
    let given_up = chains.iter().sum::<usize>() - KEPT_KEYS;
    let near = |number: usize| number.abs_diff(given_up) < 5 || number.is_multiple_of(100);
    let tally = world.compare(|sent| near(sent.number as usize));
    assert!(tally.read[&Reason::Skipped] > 0);
}
