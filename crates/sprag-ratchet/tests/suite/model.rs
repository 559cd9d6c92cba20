//! Random schedules against a model that knows only which messages were sent, and the limits.

mod schedule;

use alloc::collections::{BTreeMap, BTreeSet};
use core::cell::RefCell;

use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::Error;
use sprag_ratchet::limits::{MAX_SKIP, MAX_SKIPPED_KEYS};

use crate::party::{Envelope, Party, alice_and_bob};
use schedule::{Action, Lie, schedules};

/// What is known of a party without a look at its keys. Chains are counted from 0 in each direction.
#[derive(Default)]
struct Model {
    /// The chain that the party sends in and the next number in it.
    sending: Option<(u32, u32)>,
    chains_begun: u32,
    previous_length: u32,
    /// A chain of the peer's was begun since the party last sent.
    owes_chain: bool,
    /// The peer's newest chain and the next number in it.
    receiving: Option<(u32, u32)>,
    kept: BTreeSet<(u32, u32)>,
    given_up_below: BTreeMap<u32, u32>,
}

/// What was sent.
struct Sent {
    envelope: Envelope,
    chain: u32,
    number: u32,
    previous_length: u32,
    opened: bool,
}

/// A finished chain is remembered while so many have followed it.
const FINISHED_CHAINS: u32 = 5;

/// How often each thing happened, so that no test passes because nothing did.
type Tally = BTreeMap<String, usize>;

impl Model {
    fn send(&mut self) -> Option<(u32, u32, u32)> {
        if self.owes_chain {
            self.sending = Some((self.chains_begun, 0));
            self.chains_begun += 1;
            self.owes_chain = false;
        }
        let (chain, number) = self.sending?;
        self.sending = Some((chain, number + 1));
        Some((chain, number, self.previous_length))
    }

    /// What must become of a genuine message, and what it is called in the tally.
    fn verdict(&self, sent: &Sent) -> (&'static str, Result<(), Error>) {
        let Sent { chain, number, .. } = *sent;
        let (current, next) = self.receiving.unzip();
        let known = current == Some(chain) || self.kept.iter().any(|(known, _)| *known == chain);
        let tail = sent.previous_length.saturating_sub(next.unwrap_or(0));
        let gap = number.saturating_sub(if known { next.unwrap_or(0) } else { 0 });
        if self.kept.contains(&(chain, number)) {
            ("skipped key", Ok(()))
        } else if current == Some(chain) && Some(number) >= next {
            assert!(gap <= MAX_SKIP, "schedules stay within the limit");
            ("ahead", Ok(()))
        } else if known && number < self.given_up_below.get(&chain).copied().unwrap_or(0) {
            ("key given up", Err(Error::KeyGivenUp))
        } else if known {
            ("duplicate", Err(Error::Duplicate))
        } else if current.is_some_and(|current| chain < current) {
            ("forgotten chain", Err(Error::NotAuthentic))
        } else {
            assert!(gap <= MAX_SKIP && tail <= MAX_SKIP);
            ("new chain", Ok(()))
        }
    }

    fn receive(&mut self, sent: &Sent) {
        let Sent { chain, number, .. } = *sent;
        if self.kept.remove(&(chain, number)) {
            return;
        }
        let mut next = 0;
        match self.receiving {
            Some((current, next_in_current)) if current == chain => next = next_in_current,
            known => {
                let (old_chain, old_next) = known.unwrap_or_default();
                let tail = old_next..sent.previous_length;
                self.kept.extend(tail.map(|number| (old_chain, number)));
                self.previous_length = self.sending.map_or(0, |(_, length)| length);
                self.sending = None;
                self.owes_chain = true;
            }
        }
        self.kept
            .extend((next..number).map(|number| (chain, number)));
        self.receiving = Some((chain, number + 1));
        self.forget(chain);
    }

    fn forget(&mut self, current: u32) {
        let oldest = current.saturating_sub(FINISHED_CHAINS);
        self.kept.retain(|(chain, _)| *chain >= oldest);
        while self.kept.len() > MAX_SKIPPED_KEYS {
            let (chain, number) = self.kept.pop_first().expect("there are too many");
            self.given_up_below.insert(chain, number + 1);
        }
    }
}

/// Both parties and their models, the messages to each of them, and the tally.
struct World {
    parties: [Party; 2],
    models: [Model; 2],
    to: [Vec<Sent>; 2],
    tally: Tally,
}

impl World {
    fn new() -> Self {
        let (alice, bob) = alice_and_bob("model");
        let initiator = Model {
            sending: Some((0, 0)),
            chains_begun: 1,
            ..Model::default()
        };
        Self {
            parties: [alice, bob],
            models: [initiator, Model::default()],
            to: [Vec::new(), Vec::new()],
            tally: Tally::new(),
        }
    }

    fn count(&mut self, what: &str) {
        *self.tally.entry(what.to_owned()).or_default() += 1;
    }

    fn send(&mut self, party: usize) {
        let result = self.parties[party].encrypt(format!("to {party}").as_bytes());
        let Some((chain, number, previous_length)) = self.models[party].send() else {
            assert_eq!(result.err(), Some(Error::NoSendingChain));
            return self.count("cannot send");
        };
        let envelope = result.expect("the party may send");
        let header = envelope.header();
        assert_eq!(
            (header.number, header.previous_length),
            (number, previous_length)
        );
        self.to[1 - party].push(Sent {
            envelope,
            chain,
            number,
            previous_length,
            opened: false,
        });
    }

    fn deliver(&mut self, party: usize, index: usize) {
        let sent = &mut self.to[party][index];
        let (name, verdict) = self.models[party].verdict(sent);
        if let Err(error) = verdict {
            self.parties[party].refuses(&sent.envelope, error);
        } else {
            self.parties[party].accepts(&sent.envelope);
            self.models[party].receive(sent);
            assert!(!sent.opened, "a message opens once");
            sent.opened = true;
        }
        self.count(name);
    }

    fn lie(&mut self, party: usize, index: usize, lie: Lie) {
        let sent = &self.to[party][index];
        let envelope = match lie {
            Lie::Damage { position, mask } => {
                let position = position.index(sent.envelope.length());
                sent.envelope.damaged(position, mask)
            }
            Lie::Number(number) if number != sent.number => {
                sent.envelope.with_header(|header| header.number = number)
            }
            Lie::PreviousLength(length) if length != sent.previous_length => sent
                .envelope
                .with_header(|header| header.previous_length = length),
            Lie::Number(_) | Lie::PreviousLength(_) => return,
            Lie::RatchetKey => {
                let stranger = *KeyPair::generate(&mut self.parties[party].rng).public();
                sent.envelope
                    .with_header(|header| header.ratchet_key = stranger)
            }
        };
        let receiver = &mut self.parties[party];
        receiver.fails(&receiver.associated_data(), &envelope);
        self.count("lie");
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::Send { party, count } => (0..*count).for_each(|_| self.send(*party)),
            Action::Burst { party, count } => {
                (0..*count).for_each(|_| self.send(*party));
                self.act(&Action::DeliverNewest { party: 1 - party });
            }
            Action::Exchange { party } => {
                for sender in [*party, 1 - party] {
                    self.send(sender);
                    self.act(&Action::DeliverNewest { party: 1 - sender });
                }
            }
            Action::Deliver { party, which } => {
                if !self.to[*party].is_empty() {
                    self.deliver(*party, which.index(self.to[*party].len()));
                }
            }
            Action::DeliverNewest { party } => {
                if let Some(newest) = self.to[*party].len().checked_sub(1) {
                    self.deliver(*party, newest);
                }
            }
            Action::Lose { party, which } => {
                if !self.to[*party].is_empty() {
                    let lost = which.index(self.to[*party].len());
                    self.to[*party].remove(lost);
                }
            }
            Action::Lie { party, which, lie } => {
                if !self.to[*party].is_empty() {
                    self.lie(*party, which.index(self.to[*party].len()), *lie);
                }
            }
            Action::Restore { party } => self.parties[*party] = self.parties[*party].copy(),
        }
        for (party, model) in self.parties.iter().zip(&self.models) {
            assert_eq!(party.ratchet.skipped_keys(), model.kept.len());
            assert!(model.kept.len() <= MAX_SKIPPED_KEYS);
        }
    }

    /// What is still under way arrives, all of it again, and the parties speak once more.
    fn finish(&mut self) {
        for _ in 0..2 {
            for party in [0, 1] {
                (0..self.to[party].len()).for_each(|index| self.deliver(party, index));
            }
        }
        for sender in [0, 1, 0, 1] {
            self.send(sender);
            self.deliver(1 - sender, self.to[1 - sender].len() - 1);
        }
        let [alice, bob] = &self.parties;
        assert_eq!(
            alice.ratchet.root_fingerprint(),
            bob.ratchet.root_fingerprint()
        );
    }
}

#[test]
fn every_schedule_ends_as_the_model_says() {
    let mut runner = TestRunner::new(Config {
        cases: 200,
        rng_seed: RngSeed::Fixed(0x5eed),
        failure_persistence: None,
        max_shrink_time: 20_000,
        ..Config::default()
    });
    let tally = RefCell::new(Tally::new());
    let result = runner.run(&schedules(), |schedule| {
        let mut world = World::new();
        schedule.iter().for_each(|action| world.act(action));
        world.finish();
        for (what, count) in world.tally {
            *tally.borrow_mut().entry(what).or_default() += count;
        }
        Ok(())
    });
    if let Err(TestError::Fail(reason, schedule)) = result {
        panic!("{reason}\n{schedule:#?}");
    }
    let tally = tally.into_inner();
    for what in [
        "ahead",
        "cannot send",
        "duplicate",
        "forgotten chain",
        "key given up",
        "lie",
        "new chain",
        "skipped key",
    ] {
        let count = tally.get(what).copied().unwrap_or(0);
        assert!(count >= 20, "{what}: {count} in {tally:?}");
    }
}
