//! A conversation in which a thief copies every state of both parties.

use alloc::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::Index;

use crate::hash_stream::HashStream;
use crate::keys::Letter;
use crate::ledger::{Ledger, Reason, Sent};
use crate::session::{Handshake, Party, Ratchet};
use crate::state::State;
use crate::thief::{Thief, Tried};

/// An event in the conversation. Party 0 is the initiator, party 1 the responder. A message that is never
/// delivered is lost.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Send {
        party: usize,
        count: usize,
    },
    /// Delivers a message to the party, perhaps not for the first time.
    Deliver {
        party: usize,
        which: Index,
    },
    DeliverNewest {
        party: usize,
    },
    /// Lets the party send a message, and the other party answer.
    Exchange {
        party: usize,
    },
}

pub(crate) fn schedules() -> impl Strategy<Value = Vec<Action>> {
    let party = || 0..2_usize;
    let action = prop_oneof![
        4 => (party(), 1..4_usize).prop_map(|(party, count)| Action::Send { party, count }),
        4 => (party(), any::<Index>())
            .prop_map(|(party, which)| Action::Deliver { party, which }),
        3 => party().prop_map(|party| Action::DeliverNewest { party }),
        1 => party().prop_map(|party| Action::Exchange { party }),
    ];
    prop::collection::vec(action, 5..35)
}

/// The counts of a run, which show that each case occurred.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// The messages that were read for each reason.
    pub(crate) read: BTreeMap<Reason, usize>,
    /// The headers that were seen for each reason.
    pub(crate) seen: BTreeMap<Reason, usize>,
    /// The states that were stolen.
    pub(crate) states: usize,
    /// The stolen states without a sending chain and a private key.
    pub(crate) between: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, counts) in [(&mut self.read, &other.read), (&mut self.seen, &other.seen)] {
            for (reason, count) in counts {
                *sum.entry(*reason).or_default() += count;
            }
        }
        self.states += other.states;
        self.between += other.between;
    }
}

/// Both parties, all messages, and all stolen states.
pub(crate) struct World<R> {
    parties: [Party<R>; 2],
    ledgers: [Ledger; 2],
    associated_data: Vec<u8>,
    messages: Vec<(Sent, Letter)>,
    thefts: Vec<Theft>,
}

/// A stolen state, with the ledger for the expectation and the number of messages that were sent before.
struct Theft {
    state: State,
    ledger: Ledger,
    messages: usize,
}

impl<R: Ratchet> World<R> {
    pub(crate) fn new() -> Self {
        let handshake = Handshake::new(&mut HashStream::new("compromise"));
        let mut world = Self {
            parties: Party::both(&handshake, ["initiator", "responder"]),
            ledgers: Ledger::both(),
            associated_data: handshake.associated_data(),
            messages: Vec::new(),
            thefts: Vec::new(),
        };
        world.steal(0);
        world.steal(1);
        world
    }

    pub(crate) fn act(&mut self, action: &Action) {
        match *action {
            Action::Send { party, count } => {
                for _ in 0..count {
                    self.send(party);
                    self.steal(party);
                }
            }
            Action::Deliver { party, which } => {
                let to_party = self.messages_to(party);
                if !to_party.is_empty() {
                    self.deliver(to_party[which.index(to_party.len())]);
                    self.steal(party);
                }
            }
            Action::DeliverNewest { party } => {
                if let Some(newest) = self.messages_to(party).last() {
                    self.deliver(*newest);
                    self.steal(party);
                }
            }
            Action::Exchange { party } => {
                for sender in [party, 1 - party] {
                    self.act(&Action::Send {
                        party: sender,
                        count: 1,
                    });
                    self.act(&Action::DeliverNewest { party: 1 - sender });
                }
            }
        }
    }

    pub(crate) fn send(&mut self, party: usize) {
        let Some(sent) = self.ledgers[party].send() else {
            assert!(self.parties[party].send(b"too early").is_err());
            return;
        };
        let letter = self.parties[party].send(plaintext(&sent).as_bytes());
        self.messages
            .push((sent, letter.expect("the party may send")));
    }

    /// Delivers the message at this place. Asserts that it opens if and only if the ledger expects it.
    pub(crate) fn deliver(&mut self, place: usize) {
        let (sent, letter) = &self.messages[place];
        let receiver = 1 - sent.sender;
        let received = self.parties[receiver].receive(letter);
        let opens = self.ledgers[receiver].receive(sent);
        assert_eq!(received.is_ok(), opens, "{}: {received:?}", plaintext(sent));
    }

    pub(crate) fn steal(&mut self, victim: usize) {
        self.thefts.push(Theft {
            state: self.parties[victim].state(),
            ledger: self.ledgers[victim].clone(),
            messages: self.messages.len(),
        });
    }

    pub(crate) fn holds_skipped_keys(&self, party: usize) -> bool {
        let state = self.parties[party].state();
        state.receiving().any(|chain| !chain.skipped.is_empty())
    }

    pub(crate) fn messages(&self) -> impl Iterator<Item = &Sent> {
        self.messages.iter().map(|(sent, _)| sent)
    }

    /// Asserts that each stolen state opens exactly the expected ones of the `intercepted` messages.
    pub(crate) fn compare(&self, intercepted: impl Fn(&Sent) -> bool) -> Tally {
        let messages: BTreeMap<usize, &(Sent, Letter)> = (0..)
            .zip(&self.messages)
            .filter(|(_, (sent, _))| intercepted(sent))
            .collect();
        let letters = messages.iter().map(|(place, (_, letter))| (*place, letter));
        let numbers = self.messages().map(|sent| sent.number);
        let mut thief = Thief {
            letters: letters.collect(),
            associated_data: self.associated_data.clone(),
            encrypted_headers: R::ENCRYPTED_HEADERS,
            highest_number: numbers.max().unwrap_or_default(),
            tried: Tried::default(),
        };
        let mut tally = Tally::default();
        for theft in &self.thefts {
            theft.compare(&mut thief, &messages, &mut tally);
        }
        tally
    }

    fn messages_to(&self, party: usize) -> Vec<usize> {
        let places = (0..).zip(self.messages());
        let to_party = places.filter(|(_, sent)| sent.sender != party);
        to_party.map(|(place, _)| place).collect()
    }
}

impl Theft {
    fn compare(
        &self,
        thief: &mut Thief<'_>,
        messages: &BTreeMap<usize, &(Sent, Letter)>,
        tally: &mut Tally,
    ) {
        // Let the thief open what the state opens.
        let loot = thief.rob(&self.state);
        let context = format!(
            "stolen after {} messages: {:#?}",
            self.messages, self.ledger
        );
        let between = self.ledger.is_between();
        assert_eq!(self.state.secret().is_none(), between, "{context}");
        tally.states += 1;
        tally.between += usize::from(between);
        // Compute the expectation. All headers are visible if they are not encrypted.
        let (mut reads, mut sees) = (BTreeMap::new(), BTreeSet::new());
        for (place, (sent, _)) in messages {
            if let Some(reason) = self.ledger.reads(sent) {
                reads.insert(*place, plaintext(sent));
                *tally.read.entry(reason).or_default() += 1;
            }
            if thief.encrypted_headers {
                let Some(reason) = self.ledger.sees(sent) else {
                    continue;
                };
                *tally.seen.entry(reason).or_default() += 1;
            }
            sees.insert((*place, sent.previous_length, sent.number));
        }
        // Compare it with the loot.
        let read = loot.plaintexts.into_iter().map(|(place, text)| {
            let text = String::from_utf8(text).expect("it is a text");
            (place, text)
        });
        assert_eq!(read.collect::<BTreeMap<_, _>>(), reads, "read, {context}");
        let seen = loot.headers.iter();
        let seen = seen.map(|(place, header)| (*place, header.previous_length, header.number));
        assert_eq!(seen.collect::<BTreeSet<_>>(), sees, "seen, {context}");
    }
}

fn plaintext(sent: &Sent) -> String {
    format!(
        "from {}, chain {}, number {}",
        sent.sender, sent.chain, sent.number
    )
}
