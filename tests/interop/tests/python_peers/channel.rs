//! A bad channel between two parties. It loses, delays, reorders, repeats and forges messages.

use core::ops::RangeInclusive;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use sprag_ratchet::limits::MAX_FINISHED_CHAINS;

use crate::forgery::Forgery;
use crate::party::{Envelope, Parties};
use crate::peer::Refusal;

/// The number of messages that a party sends in a row.
const BURST: RangeInclusive<usize> = 1..=20;

/// The longest delay in turns. A turn begins one chain at most, so a message arrives before its receiver
/// forgets the chain.
const MAX_DELAY: usize = MAX_FINISHED_CHAINS - 1;

/// The longest time in turns between a message and its repeat, so that a repeat may also arrive when its
/// receiver has forgotten the chain.
const MAX_REPEAT_DELAY: usize = 2 * MAX_FINISHED_CHAINS;

const LOST: f64 = 0.1;
const DELAYED: f64 = 0.3;
const REPEATED: f64 = 0.15;
const FORGED: f64 = 0.1;

/// A conversation over the bad channel.
pub(crate) struct Channel {
    parties: Parties,
    rng: StdRng,
    turn: usize,
    letters: Vec<Letter>,
    flying: Vec<Delivery>,
    senders: [Sender; 2],
    receivers: [Receiver; 2],
}

/// A message that was sent.
struct Letter {
    to: usize,
    /// The number of the chain among those of its sender, from 1. An encrypted header does not show it.
    chain: usize,
    plaintext: Vec<u8>,
    envelope: Envelope,
    opened: bool,
}

/// A copy of a message that is on its way.
struct Delivery {
    letter: usize,
    due: usize,
}

/// A party as a sender.
#[derive(Default)]
struct Sender {
    /// The number of chains that it has sent in.
    chains: usize,
    /// Set if it has read a message of a new chain since. Its next message then begins a chain.
    answers: bool,
}

/// A party as a receiver: the newest chain and message that it has read, and its tally.
#[derive(Default)]
struct Receiver {
    newest_chain: usize,
    newest: usize,
    tally: Tally,
}

/// The numbers of messages to one party, by their fates.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sent: usize,
    pub(crate) lost: usize,
    pub(crate) opened: usize,
    /// Messages opened after one that was sent later.
    pub(crate) overtaken: usize,
    /// Messages opened from a chain that was no longer the newest.
    pub(crate) from_old_chains: usize,
    pub(crate) repeats_refused: usize,
    /// Refused repeats whose chain was no longer the newest.
    pub(crate) old_repeats_refused: usize,
    pub(crate) forgeries_refused: usize,
    pub(crate) chains: usize,
}

impl Channel {
    pub(crate) fn between(parties: Parties, rng: StdRng) -> Self {
        Self {
            parties,
            rng,
            turn: 0,
            letters: Vec::new(),
            flying: Vec::new(),
            senders: Default::default(),
            receivers: Default::default(),
        }
    }

    /// Lets each party send `count` messages, and delivers every message that is not lost.
    pub(crate) fn converse(&mut self, count: usize) -> [Tally; 2] {
        let mut left = [count; 2];
        while left != [0, 0] || !self.flying.is_empty() {
            let sender = usize::from(self.rng.random::<bool>());
            if self.parties[sender].can_send() {
                let burst = self.rng.random_range(BURST).min(left[sender]);
                (0..burst).for_each(|_| self.send(sender));
                left[sender] -= burst;
            }
            self.deliver_due();
            self.turn += 1;
        }
        self.receivers.each_ref().map(|receiver| receiver.tally)
    }

    /// Sends a few messages without any fault, to show that both parties still follow each other.
    pub(crate) fn assert_in_step(&mut self) {
        for sender in [0, 1, 0] {
            let plaintext = self.random_plaintext();
            let envelope = self.parties[sender].seal(&plaintext);
            assert_eq!(self.parties[1 - sender].open(&envelope), Ok(plaintext));
        }
    }

    fn send(&mut self, sender: usize) {
        let to = 1 - sender;
        let plaintext = self.random_plaintext();
        let envelope = self.parties[sender].seal(&plaintext);
        let chain = self.senders[sender].next_message();
        let letter = self.letters.len();
        self.letters.push(Letter {
            to,
            chain,
            plaintext,
            envelope,
            opened: false,
        });
        let tally = &mut self.receivers[to].tally;
        tally.sent += 1;
        if self.rng.random_bool(LOST) {
            tally.lost += 1;
            return;
        }
        let delayed = self.rng.random_bool(DELAYED);
        let delay = usize::from(delayed) * self.rng.random_range(1..=MAX_DELAY);
        let due = self.turn + delay;
        self.flying.push(Delivery { letter, due });
        if self.rng.random_bool(REPEATED) {
            let due = due + self.rng.random_range(0..=MAX_REPEAT_DELAY);
            self.flying.push(Delivery { letter, due });
        }
    }

    fn deliver_due(&mut self) {
        let turn = self.turn;
        let mut due: Vec<Delivery> = self
            .flying
            .extract_if(.., |delivery| delivery.due <= turn)
            .collect();
        if self.rng.random() {
            due.shuffle(&mut self.rng);
        }
        for delivery in due {
            self.deliver(delivery.letter);
        }
    }

    fn deliver(&mut self, number: usize) {
        let letter = &mut self.letters[number];
        let (party, receiver) = (&mut self.parties[letter.to], &mut self.receivers[letter.to]);
        if !letter.opened && self.rng.random_bool(FORGED) {
            let data = party.associated_data().len();
            Forgery::random(&letter.envelope, data, &mut self.rng)
                .assert_refused(party.as_mut(), &letter.envelope);
            receiver.tally.forgeries_refused += 1;
        }
        let result = party.open(&letter.envelope);
        if letter.opened {
            receiver.note_repeat(letter.chain, result);
        } else {
            assert_eq!(result.as_ref(), Ok(&letter.plaintext), "message {number}");
            letter.opened = true;
            self.senders[letter.to].answers |= receiver.note_opened(letter.chain, number);
        }
    }

    fn random_plaintext(&mut self) -> Vec<u8> {
        let mut plaintext = vec![0; self.rng.random_range(0..=100)];
        self.rng.fill_bytes(&mut plaintext);
        plaintext
    }
}

impl Sender {
    /// The number of the chain of the next message.
    fn next_message(&mut self) -> usize {
        if self.chains == 0 || self.answers {
            *self = Self {
                chains: self.chains + 1,
                answers: false,
            };
        }
        self.chains
    }
}

impl Receiver {
    /// Notes that a message was opened, and tells whether it begins a chain.
    fn note_opened(&mut self, chain: usize, number: usize) -> bool {
        let begins = chain > self.newest_chain;
        self.newest_chain = self.newest_chain.max(chain);
        self.tally.chains += usize::from(begins);
        self.tally.opened += 1;
        self.tally.overtaken += usize::from(number < self.newest);
        self.tally.from_old_chains += usize::from(chain < self.newest_chain);
        self.newest = self.newest.max(number);
        begins
    }

    /// Notes the refusal of a repeat. A repeat in the newest chain is named as one. Of an older chain neither
    /// side remembers all messages, so a repeat there may look like the start of a chain or like a message of
    /// another session, which is not authentic.
    fn note_repeat(&mut self, chain: usize, result: Result<Vec<u8>, Refusal>) {
        let refusal = result.expect_err("a message opens once");
        let newest = chain == self.newest_chain;
        let expected =
            refusal == Refusal::Duplicate || (!newest && refusal == Refusal::NotAuthentic);
        assert!(expected, "{refusal:?}, in the newest chain: {newest}");
        self.tally.repeats_refused += 1;
        self.tally.old_repeats_refused += usize::from(!newest);
    }
}
