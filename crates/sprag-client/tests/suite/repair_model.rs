//! Random histories of two parties who lose messages and stores, after which repair brings them together.

use core::mem;

use rand::RngExt;
use rand::rngs::StdRng;
use sprag_client::{
    Client, Incoming, MemoryStore, Outgoing, RepairOutcome, Sender, SentBy, StoreKey,
};

use crate::two_clients::{MemoryClient, Two};

const NAMES: [&str; 2] = ["alice", "bob"];

/// Two parties, and what is on its way to each.
struct World {
    two: Two,
    flying: [Vec<Vec<u8>>; 2],
    /// Older states of each party's store.
    copies: [Vec<MemoryStore>; 2],
    time: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let two = Two::established(seed);
        Self {
            copies: [&two.alice, &two.bob].map(|client| vec![client.store().clone()]),
            two,
            flying: [Vec::new(), Vec::new()],
            time: 1_000,
        }
    }

    fn client(&mut self, party: usize) -> (&mut MemoryClient, &mut StdRng) {
        let Two {
            alice, bob, rng, ..
        } = &mut self.two;
        ([alice, bob].into_iter().nth(party).expect("two"), rng)
    }

    fn key(&self, party: usize) -> &StoreKey {
        [&self.two.alice_key, &self.two.bob_key][party]
    }

    /// A text for the other party, if there is a session or a bundle.
    fn text(&mut self, party: usize, text: &[u8]) -> Option<Vec<u8>> {
        let (client, rng) = self.client(party);
        let message = client.encrypt(NAMES[1 - party], Outgoing::new(text), rng);
        message.ok()
    }

    /// Lets a party read a message, and returns the text.
    fn read(&mut self, party: usize, message: &[u8]) -> Option<Vec<u8>> {
        let (client, rng) = self.client(party);
        let sender = Sender::Named(NAMES[1 - party]);
        let received = client.decrypt(sender, Incoming::new(message), rng).ok()?;
        assert_eq!(received.sent_by, SentBy::Peer);
        // Few are held, so that nothing has to leave.
        drop(client.acknowledge(&received.receipt));
        Some(received.opened.plaintext)
    }

    /// Lets a party write what is owed, and returns the messages.
    fn owed(&mut self, party: usize) -> Vec<Vec<u8>> {
        let (client, rng) = self.client(party);
        let written = client.write_owed(rng).expect("the store is intact");
        let written = written.into_iter();
        written.map(|owed| owed.message.message).collect()
    }

    /// Lets a party repair its sessions. A message is on its way then, and an offer is handed over.
    fn repair(&mut self, party: usize, again: bool) {
        self.time += 1;
        let time = self.time;
        let (client, rng) = self.client(party);
        let name = NAMES[1 - party];
        let repairs = if again {
            client.repair_again(name, time, rng)
        } else {
            client.repair(name, time, rng)
        };
        for repair in repairs.expect("the store is intact") {
            match repair.outcome {
                RepairOutcome::Renewal(message) | RepairOutcome::Request(message) => {
                    self.flying[1 - party].push(message);
                }
                RepairOutcome::Offer(offer) => {
                    let (other, rng) = self.client(1 - party);
                    let added = other.renew(NAMES[party], &offer, rng);
                    added.expect("the bundle is genuine");
                }
                RepairOutcome::Waiting => assert!(!again),
                other => panic!("the bundle is good: {other:?}"),
            }
        }
    }

    /// Puts a party's store back to an older state, and perhaps tells it.
    fn put_back(&mut self, party: usize) {
        let place = self.two.rng.random_range(0..self.copies[party].len());
        let store = self.copies[party][place].clone();
        let mut client = Client::open(store, self.key(party)).expect("it is whole");
        self.time += 1;
        if self.two.rng.random() {
            let marked = client.mark_restored(self.time, &mut self.two.rng);
            marked.expect("the store is intact");
        }
        *self.client(party).0 = client;
    }

    /// One random event.
    fn happens(&mut self) {
        let party = self.two.rng.random_range(0..2);
        match self.two.rng.random_range(0..100) {
            0..35 => {
                let text = self.text(party, b"text");
                self.flying[1 - party].extend(text);
            }
            35..75 => {
                let flying = self.flying[party].len();
                if flying > 0 {
                    let place = self.two.rng.random_range(0..flying);
                    let message = self.flying[party].swap_remove(place);
                    if self.two.rng.random_bool(0.9) {
                        self.read(party, &message);
                    }
                }
            }
            75..80 => {
                let copy = self.client(party).0.store().clone();
                self.copies[party].push(copy);
            }
            80..84 => self.put_back(party),
            84..92 => {
                let owed = self.owed(party);
                self.flying[1 - party].extend(owed);
            }
            _ => {
                let again = self.two.rng.random();
                self.repair(party, again);
            }
        }
    }

    /// Delivers all that is on its way, and what is owed after that, until nothing is.
    fn settle(&mut self) {
        for _ in 0..8 {
            for party in 0..2 {
                for message in mem::take(&mut self.flying[party]) {
                    self.read(party, &message);
                }
                let owed = self.owed(party);
                self.flying[1 - party].extend(owed);
            }
        }
        assert!(self.flying.iter().all(Vec::is_empty), "they go on for ever");
    }

    /// Tells whether each party reads the second of two messages of the other.
    fn talks(&mut self) -> bool {
        let mut second = [false, false];
        for is_second in [false, true] {
            for (party, reads_second) in second.iter_mut().enumerate() {
                let text = self.text(party, b"one of two");
                let read = text.and_then(|message| self.read(1 - party, &message));
                *reads_second = is_second && read.as_deref() == Some(b"one of two");
            }
        }
        second == [true, true]
    }
}

#[test]
fn after_the_last_fault_repair_by_either_brings_two_parties_together() {
    let (mut broken, mut twice) = (0, 0);
    for seed in 0..HISTORIES {
        let mut world = World::new(30_000 + seed);
        for _ in 0..40 {
            world.happens();
        }
        // All that is on its way is lost, and that is the last fault.
        world.flying = [Vec::new(), Vec::new()];
        if world.talks() {
            continue;
        }
        broken += 1;
        let party = world.two.rng.random_range(0..2);
        world.repair(party, true);
        world.settle();
        if !world.talks() {
            // The bundle that there was is of a party that was put back since, so that its prekeys are gone.
            twice += 1;
            let party = world.two.rng.random_range(0..2);
            world.repair(party, true);
            world.settle();
            assert!(world.talks(), "history {seed}");
        }
        // One session is left to both.
        world.two.talk();
    }
    assert!(broken > HISTORIES / 10, "only {broken} were broken");
    assert!(twice < broken / 10, "{twice} of {broken} took two repairs");
}

const HISTORIES: u64 = 200;
