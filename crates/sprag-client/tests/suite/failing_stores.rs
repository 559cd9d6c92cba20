//! Random schedules of sending, receiving and maintenance, with a crash now and then. Nothing that was
//! released is released again under the same key, and nothing that was read is lost.

use core::cell::Cell;
use core::fmt;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use rand::RngExt;
use rand::rngs::StdRng;
use sprag_client::store::{Batch, Committed, Records};
use sprag_client::{Client, ClientError, Incoming, MemoryStore, Outgoing, Sender, Store, StoreKey};
use sprag_primitives::operations::{KeyAndNonce, seals};

use crate::support::rng;

/// The fault of the next commit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    Never,
    /// Nothing was written.
    Before,
    /// Everything was written, and nobody was told.
    After,
}

#[derive(Debug)]
pub(crate) struct Crash;

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("crash")
    }
}

impl core::error::Error for Crash {}

/// A store in memory that fails when it is told to. A commit is atomic, so that to fail in it is to
/// fail before or after it.
pub(crate) struct FaultyStore {
    pub(crate) records: MemoryStore,
    pub(crate) fault: Rc<Cell<Fault>>,
}

impl Store for FaultyStore {
    type Error = Crash;

    fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Crash> {
        Ok(self.records.get(name).unwrap())
    }

    fn scan(&self, prefix: &[u8]) -> Result<Records, Crash> {
        Ok(self.records.scan(prefix).unwrap())
    }

    fn commit(&mut self, batch: &Batch) -> Result<Committed, Crash> {
        let fault = self.fault.replace(Fault::Never);
        if fault == Fault::Before {
            return Err(Crash);
        }
        let committed = self.records.commit(batch).unwrap();
        if fault == Fault::After {
            return Err(Crash);
        }
        Ok(committed)
    }
}

struct End {
    client: Option<Client<FaultyStore>>,
    key: StoreKey,
    fault: Rc<Cell<Fault>>,
    peer: &'static str,
    /// The messages that were decrypted, by number, and whether they can be decrypted again.
    read: BTreeMap<u32, Reading>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reading {
    /// The message was shown, and can be shown again.
    Shown,
    /// The store failed when the message was acknowledged: it can be shown again, or not.
    Perhaps,
    /// The message was acknowledged: it is never shown again.
    Acknowledged,
}

struct Letter {
    number: u32,
    bytes: Vec<u8>,
    overtaken: u32,
}

struct World {
    rng: StdRng,
    ends: [End; 2],
    /// Messages on their way to each end.
    flying: [VecDeque<Letter>; 2],
    sent: u32,
    released: BTreeSet<KeyAndNonce>,
    crashes: u32,
    now: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = rng(seed);
        let ends = ["bob", "alice"].map(|peer| {
            let key = StoreKey::generate(&mut rng);
            let fault = Rc::new(Cell::new(Fault::Never));
            let store = FaultyStore {
                records: MemoryStore::new(),
                fault: fault.clone(),
            };
            let client = Client::create(store, &key, &mut rng).map_err(drop).unwrap();
            End {
                client: Some(client),
                key,
                fault,
                peer,
                read: BTreeMap::new(),
            }
        });
        let mut world = Self {
            rng,
            ends,
            flying: [VecDeque::new(), VecDeque::new()],
            sent: 0,
            released: BTreeSet::new(),
            crashes: 0,
            now: 0,
        };
        for end in [0, 1] {
            let rng = &mut world.rng;
            let bundle = world.ends[1 - end]
                .client()
                .publish(rng)
                .map_err(drop)
                .unwrap();
            let peer = world.ends[end].peer;
            world.ends[end]
                .client()
                .add(peer, &bundle, rng)
                .map_err(drop)
                .unwrap();
        }
        world
    }

    fn arm(&mut self, end: usize) {
        let fault = match self.rng.random_range(0..8) {
            0 => Fault::Before,
            1 => Fault::After,
            _ => Fault::Never,
        };
        self.ends[end].fault.set(fault);
    }

    fn send(&mut self, end: usize) {
        self.arm(end);
        let number = self.sent;
        self.sent += 1;
        let peer = self.ends[end].peer;
        let rng = &mut self.rng;
        let plaintext = number.to_le_bytes();
        let client = self.ends[end].client();
        let (result, used) = seals(|| client.encrypt(peer, Outgoing::new(&plaintext), rng));
        match result {
            Ok(bytes) => {
                self.release(&used);
                self.flying[1 - end].push_back(Letter {
                    number,
                    bytes,
                    overtaken: 0,
                });
            }
            Err(refusal) => self.crash(end, &refusal),
        }
    }

    /// Renews the prekeys, or drops those whose time is up, or publishes some that nobody uses.
    fn maintain(&mut self, end: usize) {
        self.arm(end);
        self.now += 1;
        let (now, choice) = (self.now, self.rng.random_range(0..20));
        let rng = &mut self.rng;
        let client = self.ends[end].client();
        let result = match choice {
            0 => client.replenish(rng).map(drop),
            1..6 => client.rotate(now, LONG_ENOUGH, rng),
            6..12 => client.expire(now, rng).map(drop),
            _ => client.publish(rng).map(drop),
        };
        if let Err(refusal) = result {
            self.crash(end, &refusal);
        }
    }

    /// Demands that no pair of key and nonce appears twice in what leaves the clients.
    fn release(&mut self, used: &[KeyAndNonce]) {
        assert!(!used.is_empty());
        for pair in used {
            assert!(
                self.released.insert(*pair),
                "a key and nonce were used twice"
            );
        }
    }

    fn deliver(&mut self, end: usize, faults: bool) {
        let starved = self.flying[end]
            .iter()
            .position(|letter| letter.overtaken > 2);
        let window = self.flying[end].len().min(4);
        let Some(index) =
            starved.or_else(|| (window > 0).then(|| self.rng.random_range(0..window)))
        else {
            return;
        };
        if faults {
            self.arm(end);
        }
        let (number, bytes) = {
            let letter = &self.flying[end][index];
            (letter.number, letter.bytes.clone())
        };
        let sender = if self.rng.random() {
            Sender::Named(self.ends[end].peer)
        } else {
            Sender::AnyPeer
        };
        let rng = &mut self.rng;
        let client = self.ends[end].client();
        let (result, used) = seals(|| client.decrypt(sender, Incoming::new(&bytes), rng));
        let received = match result {
            Ok(received) => received,
            Err(refusal @ ClientError::Store(_)) => return self.crash(end, &refusal),
            Err(refusal) => {
                let read = self.ends[end].read.get(&number).copied();
                let expected = matches!(read, Some(Reading::Acknowledged | Reading::Perhaps));
                assert!(expected, "{number} is {read:?}: {refusal:?}");
                return self.arrived(end, index);
            }
        };
        assert!(used.is_empty() || self.released.is_disjoint(&used.iter().copied().collect()));
        self.released.extend(used);
        assert_eq!(received.opened.plaintext, number.to_le_bytes());
        let before = self.ends[end].read.insert(number, Reading::Shown);
        assert_ne!(
            before,
            Some(Reading::Acknowledged),
            "{number} was shown again"
        );
        if faults {
            self.arm(end);
        }
        match self.ends[end].client().acknowledge(&received.receipt) {
            Ok(()) => {
                self.ends[end].read.insert(number, Reading::Acknowledged);
                self.arrived(end, index);
            }
            Err(refusal) => {
                self.ends[end].read.insert(number, Reading::Perhaps);
                self.crash(end, &refusal);
            }
        }
    }

    /// Takes most letters off their way; some stay, and come again.
    fn arrived(&mut self, end: usize, index: usize) {
        for letter in self.flying[end].iter_mut().take(index) {
            letter.overtaken += 1;
        }
        if !self.rng.random_bool(0.1) {
            self.flying[end].remove(index);
        }
    }

    fn crash(&mut self, end: usize, refusal: &ClientError<Crash>) {
        assert!(matches!(refusal, ClientError::Store(Crash)), "{refusal:?}");
        self.crashes += 1;
        let end = &mut self.ends[end];
        let store = end.client.take().unwrap().into_store();
        end.client = Client::open(store, &end.key).ok();
    }
}

impl End {
    fn client(&mut self) -> &mut Client<FaultyStore> {
        self.client.as_mut().unwrap()
    }
}

#[test]
fn nothing_is_released_twice_and_nothing_read_is_lost() {
    let mut crashes = 0;
    for seed in 0..SCHEDULES {
        let mut world = World::new(seed);
        for _ in 0..80 {
            let end = usize::from(world.rng.random::<bool>());
            if world.rng.random_bool(0.1) {
                world.maintain(end);
            } else if world.rng.random_bool(0.4) && world.flying[1 - end].len() < 6 {
                world.send(end);
            } else {
                world.deliver(end, true);
            }
        }
        let expected: [BTreeSet<u32>; 2] = [0, 1].map(|end| {
            let flying = world.flying[end].iter().map(|letter| letter.number);
            flying.chain(world.ends[end].read.keys().copied()).collect()
        });
        while world.flying.iter().any(|flying| !flying.is_empty()) {
            world.deliver(0, false);
            world.deliver(1, false);
        }
        for (end, expected) in world.ends.iter().zip(expected) {
            assert!(end.read.keys().copied().eq(expected), "seed {seed}");
        }
        crashes += world.crashes;
    }
    assert!(crashes > u32::try_from(SCHEDULES).unwrap() * 5, "{crashes}");
}

const SCHEDULES: u64 = 100;

/// A time in seconds, longer than any first message is under way.
const LONG_ENOUGH: u64 = 1_000;
