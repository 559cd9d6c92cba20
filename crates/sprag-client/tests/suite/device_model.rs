//! Random schedules of two users with two devices each: messages are lost, doubled and reordered, and each write may
//! fail. No text is lost that was not lost on its way, and no key is used twice.

use core::cell::Cell;
use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::resume_unwind;
use std::rc::Rc;
use std::thread;

use rand::RngExt;
use rand::rngs::StdRng;
use sprag::IdentityKey;
use sprag_client::{
    Client, ClientError, ContentKind, Incoming, MemoryStore, Outgoing, Sender, StoreKey,
};
use sprag_primitives::operations::{KeyAndNonce, seals};

use crate::failing_stores::{Crash, Fault, FaultyStore};
use crate::support::rng;

/// The seeds of the schedules: as many as `cargo xtask soak` wants, or `usually` without it. `SPRAG_SOAK_FIRST` is the first,
/// to repeat one that failed.
#[expect(
    clippy::disallowed_methods,
    reason = "a soak says how many schedules it wants"
)]
pub(crate) fn schedules(usually: u64) -> Range<u64> {
    let number = |name, otherwise| {
        let number = std::env::var(name);
        number.map_or(otherwise, |number| number.parse().expect("it is a number"))
    };
    let first = number("SPRAG_SOAK_FIRST", 0);
    first..first + number("SPRAG_SOAK_CASES", usually)
}

/// Runs the schedule of a seed in a thread that is named after it, so that the message of a panic says which one failed.
pub(crate) fn run_schedule<T: Send>(seed: u64, run: impl FnOnce() -> T + Send) -> T {
    let thread = thread::Builder::new().name(format!("schedule {seed}"));
    thread::scope(|scope| {
        let running = thread.spawn_scoped(scope, run);
        let running = running.expect("the system has a thread left");
        { running.join() }.unwrap_or_else(|panic| resume_unwind(panic))
    })
}

const USERS: [&str; 2] = ["alice", "bob"];

/// A text that is on its way to one device.
struct Letter {
    number: u32,
    bytes: Vec<u8>,
    /// Set if it is a copy of what another device of the same user sent.
    copy: bool,
    overtaken: u32,
}

/// The state of a text at a device that has read it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reading {
    Shown,
    /// The store failed when the text was acknowledged: it can be shown again, or not.
    Perhaps,
    Acknowledged,
}

struct Device {
    client: Option<Client<FaultyStore>>,
    key: StoreKey,
    fault: Rc<Cell<Fault>>,
    identity: IdentityKey,
    user: usize,
    flying: VecDeque<Letter>,
    /// The numbers of the texts that this device has to read in the end.
    expected: BTreeSet<u32>,
    read: BTreeMap<u32, Reading>,
}

impl Device {
    fn new(user: usize, first: bool, rng: &mut StdRng) -> Self {
        let key = StoreKey::generate(rng);
        let fault = Rc::new(Cell::new(Fault::Never));
        let store = FaultyStore {
            records: MemoryStore::new(),
            fault: fault.clone(),
        };
        let client = if first {
            Client::create(store, &key, rng)
        } else {
            Client::create_device(store, &key, 0, rng)
        };
        let client = client.map_err(drop).expect("nothing fails yet");
        Self {
            identity: client.identity().expect("intact"),
            client: Some(client),
            key,
            fault,
            user,
            flying: VecDeque::new(),
            expected: BTreeSet::new(),
            read: BTreeMap::new(),
        }
    }

    fn client(&mut self) -> &mut Client<FaultyStore> {
        self.client.as_mut().expect("it was opened again")
    }
}

struct World {
    rng: StdRng,
    devices: Vec<Device>,
    sent: u32,
    lost: u32,
    crashes: u32,
    released: BTreeSet<KeyAndNonce>,
}

impl World {
    /// Four devices that know each other, and have begun no session.
    fn new(seed: u64) -> Self {
        let mut rng = rng(seed);
        let mut devices = Vec::new();
        for user in [0, 1] {
            let mut first = Device::new(user, true, &mut rng);
            let mut second = Device::new(user, false, &mut rng);
            let list = first.client().device_list().expect("it has a user");
            let signed = second
                .client()
                .sign_device(list.user(), list.next_number(), &mut rng);
            let signed = signed.expect("it has no user");
            let list = first.client().admit_device(signed, 0, &mut rng);
            let list = list.expect("there is room");
            second.client().join(list, &mut rng).expect("it is listed");
            devices.extend([first, second]);
        }
        for reader in 0..devices.len() {
            for owner in (0..devices.len()).filter(|owner| *owner != reader) {
                let bundle = devices[owner].client().publish(&mut rng);
                let bundle = bundle.expect("intact");
                let user = devices[owner].user;
                let is_own = user == devices[reader].user;
                let client = devices[reader].client();
                if is_own {
                    client.add_own_device(&bundle, &mut rng).expect("genuine");
                } else {
                    client.add(USERS[user], &bundle, &mut rng).expect("genuine");
                }
            }
        }
        Self {
            rng,
            devices,
            sent: 0,
            lost: 0,
            crashes: 0,
            released: BTreeSet::new(),
        }
    }

    fn arm(&mut self, device: usize) {
        let fault = match self.rng.random_range(0..8) {
            0 => Fault::Before,
            1 => Fault::After,
            _ => Fault::Never,
        };
        self.devices[device].fault.set(fault);
    }

    fn send(&mut self, from: usize) {
        self.arm(from);
        let number = self.sent;
        self.sent += 1;
        let rng = &mut self.rng;
        let sender = &mut self.devices[from];
        let (user, name) = (sender.user, USERS[1 - sender.user]);
        let text = number.to_le_bytes();
        let client = sender.client();
        let (result, used) = seals(|| client.encrypt_to_user(name, Outgoing::new(&text), rng));
        let sent = match result {
            Ok(sent) => sent,
            Err(refusal) => return self.crash(from, &refusal),
        };
        for pair in used {
            assert!(self.released.insert(pair), "a key was used twice");
        }
        // Every listed and reachable device gets it: two of the peer, and the other own one.
        assert!(sent.skipped.is_empty());
        assert_eq!(sent.messages.len(), 3);
        for message in sent.messages {
            let mut devices = self.devices.iter_mut();
            let device = devices.find(|device| device.identity == message.identity);
            let device = device.expect("it is one of the four");
            assert_eq!(message.own, device.user == user);
            if self.rng.random_bool(0.05) {
                self.lost += 1;
                continue;
            }
            device.expected.insert(number);
            device.flying.push_back(Letter {
                number,
                bytes: message.message,
                copy: message.own,
                overtaken: 0,
            });
        }
    }

    fn deliver(&mut self, to: usize, faults: bool) {
        let flying = &self.devices[to].flying;
        let starved = flying.iter().position(|letter| letter.overtaken > 2);
        let window = flying.len().min(4);
        let picked = || (window > 0).then(|| self.rng.random_range(0..window));
        let Some(index) = starved.or_else(picked) else {
            return;
        };
        if faults {
            self.arm(to);
        }
        let named = self.rng.random::<bool>();
        let rng = &mut self.rng;
        let device = &mut self.devices[to];
        let letter = &device.flying[index];
        let (number, bytes, copy) = (letter.number, letter.bytes.clone(), letter.copy);
        let sender = if named && !copy {
            Sender::Named(USERS[1 - device.user])
        } else {
            Sender::AnyPeer
        };
        let client = device.client();
        let (result, used) = seals(|| client.decrypt(sender, Incoming::new(&bytes), rng));
        let received = match result {
            Ok(received) => received,
            Err(refusal @ ClientError::Store(_)) => return self.crash(to, &refusal),
            Err(refusal) => {
                let read = device.read.get(&number).copied();
                let expected = matches!(read, Some(Reading::Acknowledged | Reading::Perhaps));
                assert!(expected, "{number} is {read:?}: {refusal:?}");
                return self.arrived(to, index);
            }
        };
        for pair in used {
            assert!(self.released.insert(pair), "a key was used twice");
        }
        assert_eq!(received.opened.plaintext, number.to_le_bytes());
        assert_eq!(received.peer, USERS[1 - device.user]);
        assert_eq!(received.content == ContentKind::Copy, copy);
        let before = device.read.insert(number, Reading::Shown);
        assert_ne!(before, Some(Reading::Acknowledged), "{number} came again");
        if faults {
            self.arm(to);
        }
        let device = &mut self.devices[to];
        match device.client().acknowledge(&received.receipt) {
            Ok(()) => {
                device.read.insert(number, Reading::Acknowledged);
                self.arrived(to, index);
            }
            Err(refusal) => {
                device.read.insert(number, Reading::Perhaps);
                self.crash(to, &refusal);
            }
        }
    }

    /// Takes most letters off their way; some stay, and come again.
    fn arrived(&mut self, to: usize, index: usize) {
        let stays = self.rng.random_bool(0.1);
        let flying = &mut self.devices[to].flying;
        for letter in flying.iter_mut().take(index) {
            letter.overtaken += 1;
        }
        if !stays {
            flying.remove(index);
        }
    }

    fn crash(&mut self, device: usize, refusal: &ClientError<Crash>) {
        assert!(matches!(refusal, ClientError::Store(Crash)), "{refusal:?}");
        self.crashes += 1;
        let device = &mut self.devices[device];
        let store = device.client.take().expect("it is open").into_store();
        device.client = Client::open(store, &device.key).ok();
    }
}

/// Runs one schedule, after which each device has read all that it could. Returns how many writes failed and messages were lost.
fn talk(seed: u64) -> (u64, u64) {
    let mut world = World::new(30_000 + seed);
    for _ in 0..80 {
        let device = world.rng.random_range(0..4);
        let busy = world.devices.iter().any(|device| device.flying.len() >= 6);
        if !busy && world.rng.random_bool(0.3) {
            world.send(device);
        } else {
            world.deliver(device, true);
        }
    }
    while world.devices.iter().any(|device| !device.flying.is_empty()) {
        for device in 0..4 {
            world.deliver(device, false);
        }
    }
    for device in &world.devices {
        assert!(device.read.keys().eq(device.expected.iter()));
    }
    (u64::from(world.crashes), u64::from(world.lost))
}

#[test]
fn every_reachable_device_reads_what_was_not_lost_and_no_key_is_used_twice() {
    let seeds = schedules(200);
    let schedules = seeds.end - seeds.start;
    let (mut crashes, mut lost) = (0, 0);
    for seed in seeds {
        let (of_one, lost_in_one) = run_schedule(seed, || talk(seed));
        crashes += of_one;
        lost += lost_in_one;
    }
    assert!(crashes > schedules * 5, "{crashes}");
    assert!(lost > schedules, "{lost}");
}
