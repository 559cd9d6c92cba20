//! Random schedules, compared with a model that knows only the messages that were sent and the limits.

mod schedule;

use alloc::collections::{BTreeMap, BTreeSet};
use core::cell::RefCell;
use core::mem;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::limits::{MAX_SKIP, MAX_SKIPPED_KEYS};
use sprag_ratchet::{Error, Header};

use crate::cases::cases;
use crate::image::Image;
use crate::party::{Envelope, Party, alice_and_bob};
use crate::variants::{TestRatchet, in_both_variants};
use schedule::{Action, Lie, schedules, schedules_with_bursts};

in_both_variants![
    every_schedule_ends_as_the_model_says,
    every_schedule_with_long_bursts_ends_as_the_model_says,
];

/// A model of a party, without keys. Chains are counted from 0 in each direction.
#[derive(Default)]
struct Model {
    /// The party's sending chain and the next number in it.
    sending: Option<(u32, u32)>,
    chains_begun: u32,
    previous_length: u32,
    /// Tells whether the peer has begun a chain since the party last sent.
    owes_chain: bool,
    /// The peer's newest chain and the next number in it.
    receiving: Option<(u32, u32)>,
    /// The chains and numbers of the skipped messages whose keys are kept.
    kept: BTreeSet<(u32, u32)>,
    /// For each chain, the number below which skipped keys were given up.
    given_up_below: BTreeMap<u32, u32>,
    /// The chains and numbers of the messages whose keys left with their chain.
    forgotten: BTreeSet<(u32, u32)>,
}

/// A message that was sent.
struct Sent {
    envelope: Envelope,
    chain: u32,
    number: u32,
    previous_length: u32,
    opened: bool,
}

/// The part of a burst that is not lost: one message in this number.
const KEPT_OF_BURST: usize = 61;

/// The most finished chains that a party remembers.
const FINISHED_CHAINS: u32 = 32;

/// The number of times that each case occurred, which shows that no test passes because nothing happened.
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

    /// The expected result of a genuine message, with its name in the tally.
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
        } else if self.forgotten.contains(&(chain, number)) {
            ("forgotten key", Err(Error::NotAuthentic))
        } else if current.is_some_and(|current| chain < current) {
            ("forgotten chain", Err(Error::NotAuthentic))
        } else {
            assert!(gap <= MAX_SKIP && tail <= MAX_SKIP);
            ("new chain", Ok(()))
        }
    }

    /// The expected error for a message whose header names another ratchet key, if headers are encrypted. All
    /// headers of a chain name the same ratchet key, so the receiver notices if it knows the chain.
    fn verdict_of_other_ratchet_key(&self, sent: &Sent) -> Error {
        match self.verdict(sent) {
            ("forgotten key" | "forgotten chain" | "new chain", _) => Error::NotAuthentic,
            _ => Error::Forked,
        }
    }

    /// The expected error for a header under the key of the sender's next chain.
    ///
    /// The receiver knows the key if it has received the sender's newest chain. If the receiver has not sent
    /// since, the header is a fork, because without a private key the receiver cannot begin the next chain.
    fn verdict_of_next_header_key(&self, sender: &Self) -> Error {
        let next_chain = self.receiving.map_or(0, |(chain, _)| chain + 1);
        if self.owes_chain && next_chain == sender.chains_begun {
            Error::Forked
        } else {
            Error::NotAuthentic
        }
    }

    fn receive(&mut self, sent: &Sent) {
        let Sent { chain, number, .. } = *sent;
        if self.kept.remove(&(chain, number)) {
            return;
        }
        // A message of a new chain finishes the current chain and skips the rest of it.
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
        // The message skips the numbers before it.
        self.kept
            .extend((next..number).map(|number| (chain, number)));
        self.receiving = Some((chain, number + 1));
        self.forget(chain);
    }

    /// Forgets the keys of old chains, and the oldest keys beyond the limit.
    fn forget(&mut self, current: u32) {
        let oldest = current.saturating_sub(FINISHED_CHAINS);
        let kept = self.kept.split_off(&(oldest, 0));
        self.forgotten.extend(mem::replace(&mut self.kept, kept));
        while self.kept.len() > MAX_SKIPPED_KEYS {
            let (chain, number) = self.kept.pop_first().expect("there are too many");
            self.given_up_below.insert(chain, number + 1);
        }
    }
}

/// Both parties with their models, the messages on their way, and the tally.
struct World<R> {
    parties: [Party<R>; 2],
    models: [Model; 2],
    /// The messages that can arrive, by receiver.
    to: [Vec<Sent>; 2],
    tally: Tally,
}

impl<R: TestRatchet> World<R> {
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

    /// Delivers an altered copy of a message, which the party must refuse.
    fn lie(&mut self, party: usize, index: usize, lie: Lie) {
        // Make the copy. The model names the error only for some alterations.
        let sent = &self.to[party][index];
        let genuine = self.models[party].verdict(sent).1;
        let (envelope, error) = match lie {
            Lie::Damage { position, mask } => {
                let position = position.index(sent.envelope.length());
                let error = if position < R::HEADER_LENGTH {
                    R::by_variant(None, Some(Error::NotAuthentic))
                } else {
                    genuine.err().or(Some(Error::NotAuthentic))
                };
                (sent.envelope.damaged(position, mask), error)
            }
            Lie::Number(number) if number != sent.number => {
                let lie = sent.envelope.with_header(|header| header.number = number);
                (lie, None)
            }
            Lie::PreviousLength(length) if length != sent.previous_length => {
                let change = |header: &mut Header| header.previous_length = length;
                (sent.envelope.with_header(change), None)
            }
            Lie::Number(_) | Lie::PreviousLength(_) => return,
            Lie::RatchetKey => {
                let stranger = *KeyPair::generate(&mut self.parties[party].rng).public();
                let change = |header: &mut Header| header.ratchet_key = stranger;
                let error = self.models[party].verdict_of_other_ratchet_key(sent);
                (
                    sent.envelope.with_header(change),
                    R::by_variant(None, Some(error)),
                )
            }
            Lie::NextHeaderKey => {
                let sender = Image::read(&self.parties[1 - party].snapshot());
                let Some(key) = sender.next_sending else {
                    return;
                };
                let error = self.models[party].verdict_of_next_header_key(&self.models[1 - party]);
                (sent.envelope.with_header_under(key), Some(error))
            }
        };
        // Deliver it.
        let receiver = &mut self.parties[party];
        let found = receiver.fails(&receiver.associated_data(), &envelope);
        assert_eq!(found, error.unwrap_or(found), "{lie:?}");
        self.count("lie");
        if found == Error::Forked {
            self.count("fork");
        }
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::Send { party, count } => (0..*count).for_each(|_| self.send(*party)),
            Action::Burst { party, count } => {
                let before = self.to[1 - party].len();
                (0..*count).for_each(|_| self.send(*party));
                self.act(&Action::DeliverNewest { party: 1 - party });
                let mut index = 0;
                self.to[1 - party].retain(|_| {
                    index += 1;
                    index <= before || index % KEPT_OF_BURST == 0
                });
            }
            Action::Exchanges { party, count } => {
                for sender in [*party, 1 - party].repeat(*count) {
                    self.send(sender);
                    self.act(&Action::DeliverNewest { party: 1 - sender });
                }
                // Many exchanges would leave many messages that were opened, and nothing but duplicates.
                if *count > 1 {
                    let messages = self.to.iter_mut();
                    messages.for_each(|sent| sent.retain(|sent| !sent.opened));
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

    /// Delivers every message on its way twice, and lets the parties talk once more. They must then agree.
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

fn every_schedule_ends_as_the_model_says<R: TestRatchet>() {
    let config = cases(2_000, 1);
    let often = config.cases as usize / 20;
    let tally = run::<R>(&schedules(), config);
    let in_both = [
        "ahead",
        "cannot send",
        "duplicate",
        "forgotten chain",
        "forgotten key",
        "lie",
        "new chain",
        "skipped key",
    ];
    let forks = R::by_variant(None, Some("fork"));
    for what in in_both.into_iter().chain(forks) {
        assert!(tally.get(what) >= Some(&often), "{what} in {tally:?}");
    }
}

fn every_schedule_with_long_bursts_ends_as_the_model_says<R: TestRatchet>() {
    let config = cases(20, 50);
    let often = config.cases as usize;
    let tally = run::<R>(&schedules_with_bursts(), config);
    assert!(tally.get("key given up") >= Some(&often), "{tally:?}");
}

fn run<R: TestRatchet>(schedules: &impl Strategy<Value = Vec<Action>>, config: Config) -> Tally {
    let tally = RefCell::new(Tally::new());
    let result = TestRunner::new(config).run(schedules, |schedule| {
        let mut world = World::<R>::new();
        schedule.iter().for_each(|action| world.act(action));
        world.finish();
        for (what, count) in world.tally {
            *tally.borrow_mut().entry(what).or_default() += count;
        }
        Ok(())
    });
    assert!(result.is_ok(), "{result:#?}");
    tally.into_inner()
}
