//! Random histories of two parties.

use std::collections::BTreeMap;

use rand::RngExt;
use rand::seq::SliceRandom;
use sprag::{Account, Session};
use sprag_client::{Added, Client, Incoming, MemoryStore, Outgoing, Sender};

use crate::ranks::{converged, impostor_begins};
use crate::support::{hears, says};
use crate::two_clients::{MemoryClient, Outcome as _, Two};

const NAMES: [&str; 2] = ["alice", "bob"];

/// Two parties, and thieves of the identity key of each.
struct World {
    two: Two,
    thieves: [Account; 2],
    /// Older states of each party's store.
    copies: [Vec<MemoryStore>; 2],
    /// Bundles that each party has published.
    bundles: [Vec<Vec<u8>>; 2],
    /// Messages on their way to each party.
    flying: [Vec<Vec<u8>>; 2],
    /// Sessions of impostors with each party.
    impostors: [Vec<Session>; 2],
    time: u64,
    /// The number of events that took effect, by kind.
    happened: BTreeMap<&'static str, usize>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut two = Two::established(seed);
        let thieves = two.accounts();
        let bundles = [
            vec![two.alice.publish(&mut two.rng).expect("publishing works")],
            vec![two.bob.publish(&mut two.rng).expect("publishing works")],
        ];
        Self {
            copies: [&two.alice, &two.bob].map(|client| vec![client.store().clone()]),
            two,
            thieves,
            bundles,
            flying: [Vec::new(), Vec::new()],
            impostors: [Vec::new(), Vec::new()],
            time: 1_000,
            happened: BTreeMap::new(),
        }
    }

    fn client(&mut self, party: usize) -> (&mut MemoryClient, &mut rand::rngs::StdRng) {
        let two = &mut self.two;
        let client = if party == 0 {
            &mut two.alice
        } else {
            &mut two.bob
        };
        (client, &mut two.rng)
    }

    fn publish(&mut self, party: usize) -> Vec<u8> {
        let reusable = self.two.rng.random_bool(0.3);
        let (client, rng) = self.client(party);
        let bundle = if reusable {
            client.publish_reusable()
        } else {
            client.publish(rng)
        };
        let bundle = bundle.expect("publishing works");
        self.bundles[party].push(bundle.clone());
        bundle
    }

    /// A bundle of a party, new or old.
    fn some_bundle(&mut self, party: usize) -> Vec<u8> {
        if self.two.rng.random() {
            return self.publish(party);
        }
        let index = self.two.rng.random_range(0..self.bundles[party].len());
        self.bundles[party][index].clone()
    }

    /// Lets one event happen.
    fn event(&mut self) {
        let party = self.two.rng.random_range(0..2);
        let other = NAMES[1 - party];
        let (event, done) = match self.two.rng.random_range(0..20) {
            0..=4 => ("send", self.send(party)),
            5..=9 => {
                let count = self.flying[party].len();
                let index = self.two.rng.random_range(0..count.max(1));
                let delivered = count > 0 && {
                    let message = self.flying[party].swap_remove(index);
                    self.deliver(party, &message)
                };
                ("deliver", delivered)
            }
            10 | 11 => {
                let bundle = self.some_bundle(1 - party);
                let (client, rng) = self.client(party);
                let added = client.add(other, &bundle, rng).outcome();
                ("add", matches!(added, Ok(Added::Renewed | Added::New)))
            }
            12 | 13 => {
                let bundle = self.some_bundle(1 - party);
                let (client, rng) = self.client(party);
                let renewed = client.renew(other, &bundle, rng).outcome();
                ("renew", renewed == Ok(Added::Renewed))
            }
            14 => {
                let store = self.client(party).0.store().clone();
                self.copies[party].push(store);
                ("copy", true)
            }
            15 => ("restore", self.restore(party)),
            16 => {
                let (client, rng) = self.client(party);
                ("forget", client.forget(other, rng).is_ok())
            }
            17 | 18 => ("impostor", self.impostor(party)),
            _ => {
                self.time += 1_000;
                let time = self.time;
                let (client, rng) = self.client(party);
                client.rotate(time, 0, rng).expect("rotation works");
                ("rotate", client.expire(time, rng).is_ok())
            }
        };
        *self.happened.entry(event).or_default() += usize::from(done);
    }

    fn send(&mut self, party: usize) -> bool {
        let (client, rng) = self.client(party);
        let Ok(message) = client.encrypt(NAMES[1 - party], Outgoing::new(b"message"), rng) else {
            return false;
        };
        // An impostor that reads it answers.
        for index in 0..self.impostors[party].len() {
            let impostor = &mut self.impostors[party][index];
            if hears(impostor, &message).is_ok() {
                let thief = &self.two.accounts()[1 - party];
                let answer = says(thief, impostor, b"answer", &mut self.two.rng);
                self.deliver(party, &answer);
                *self.happened.entry("impostor reads").or_default() += 1;
            }
        }
        self.flying[1 - party].push(message);
        true
    }

    fn deliver(&mut self, party: usize, message: &[u8]) -> bool {
        let sender = Sender::Named(NAMES[1 - party]);
        let (client, rng) = self.client(party);
        let received = client.decrypt(sender, Incoming::new(message), rng);
        let Ok(received) = received else {
            return false;
        };
        client
            .acknowledge(&received.receipt)
            .expect("nobody else writes");
        true
    }

    fn restore(&mut self, party: usize) -> bool {
        let index = self.two.rng.random_range(0..self.copies[party].len());
        let store = self.copies[party][index].clone();
        let two = &mut self.two;
        if party == 0 {
            two.alice = Client::open(store, &two.alice_key).expect("the copy is whole");
        } else {
            two.bob = Client::open(store, &two.bob_key).expect("the copy is whole");
        }
        true
    }

    /// Somebody with the identity key of the other party begins a session with `party`.
    fn impostor(&mut self, party: usize) -> bool {
        let bundle = self.some_bundle(party);
        let ordinals = [0, 1, 5, 700, 1_500, u32::MAX];
        let ordinal = ordinals[self.two.rng.random_range(0..ordinals.len())];
        let thief = &self.thieves[1 - party];
        let (session, first) = impostor_begins(thief, &bundle, ordinal, &mut self.two.rng);
        self.impostors[party].push(session);
        if self.two.rng.random() {
            self.flying[party].push(first);
            return true;
        }
        self.deliver(party, &first)
    }

    fn deliver_all(&mut self) {
        for party in [0, 1] {
            let mut flying = core::mem::take(&mut self.flying[party]);
            flying.shuffle(&mut self.two.rng);
            for message in flying {
                self.deliver(party, &message);
            }
        }
    }

    /// A bundle of which a key was made after all that happened, with one-time prekeys or without.
    fn fresh_bundle(&mut self, party: usize, reusable: bool) -> Vec<u8> {
        self.time += 1_000;
        let time = self.time;
        let (client, rng) = self.client(party);
        let bundle = if reusable {
            client.rotate(time, 0, rng).expect("rotation works");
            client.publish_reusable()
        } else {
            client.publish(rng)
        };
        bundle.expect("publishing works")
    }

    /// One renewal with a fresh bundle brings the true parties together.
    fn renewal_by(&mut self, party: usize, reusable: bool) {
        let bundle = self.fresh_bundle(1 - party, reusable);
        let (client, rng) = self.client(party);
        let renewed = client.renew(NAMES[1 - party], &bundle, rng).outcome();
        renewed.expect("the bundle is genuine");
        let outgoing = Outgoing::new(b"anew");
        let first = client.encrypt(NAMES[1 - party], outgoing, rng);
        let first = first.expect("there is a bundle");
        assert!(self.deliver(1 - party, &first), "the renewal is refused");
        let session = converged(&mut self.two);
        for impostor in self.impostors.iter().flatten() {
            assert_ne!(session, *impostor.id());
        }
    }
}

#[test]
fn after_any_history_one_renewal_on_either_side_brings_the_true_parties_together() {
    let mut happened = BTreeMap::new();
    for seed in 0..50 {
        for (party, reusable) in [(0, false), (0, true), (1, false), (1, true)] {
            let mut world = World::new(7_100 + seed);
            for _ in 0..60 {
                world.event();
            }
            // A renewal that was asked for begins with the next message.
            for party in [0, 1] {
                world.send(party);
            }
            world.deliver_all();
            world.renewal_by(party, reusable);
            for (event, count) in world.happened {
                *happened.entry(event).or_default() += count;
            }
        }
    }
    // Every kind of event took effect often.
    assert_eq!(happened.len(), 10, "{happened:?}");
    assert!(
        happened.values().all(|count: &usize| *count > 100),
        "{happened:?}"
    );
}
