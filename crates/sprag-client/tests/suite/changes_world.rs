use core::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use rand::RngExt;
use rand::rngs::StdRng;
use sprag::{IdentityKey, Session, SessionId};
use sprag_client::{
    Client, ClientError, ContentKind, DeviceList, Incoming, MemoryStore, Outgoing, Received,
    Sender, Sent, Store as _,
};
use sprag_primitives::SecretBytes;
use sprag_primitives::operations::{KeyAndNonce, seals};

use crate::device_model::Reading;
use crate::failing_stores::{Crash, Fault, FaultyStore};
use crate::records_by_hand::{key_of, opened};
use crate::support::rng;

pub(crate) const USERS: [&str; 2] = ["alice", "bob"];

pub(crate) type Refusal = ClientError<Crash>;

/// The state of a device, as its user and the model know it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum State {
    /// It has accepted an invitation, and waits for its welcome.
    Waits,
    Lives,
    /// Its store was put back to an earlier state, and its user has not noticed.
    PutBack,
    /// It has read that it was removed.
    Removed,
    /// Its store is gone.
    Lost,
}

/// The content of a letter, as the one who wrote it knows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum What {
    Text(u32),
    /// A list, an answer, a renewal or a request.
    Control,
    /// The list that tells a device of its removal.
    Notice,
    /// The user key.
    Grant,
}

/// A message that is on its way.
#[derive(Clone)]
pub(crate) struct Letter {
    serial: u32,
    pub(crate) from: usize,
    bytes: Vec<u8>,
    pub(crate) what: What,
    own: bool,
    /// Set as long as nothing has happened to the two devices by which it may be unreadable.
    pub(crate) sure: bool,
    /// The versions of the lists of both users that its sender knew.
    pub(crate) views: [u64; 2],
    /// The epoch of its sender, unless that was astray.
    epoch: Option<u32>,
    overtaken: u32,
}

pub(crate) struct Device {
    pub(crate) user: usize,
    pub(crate) identity: IdentityKey,
    pub(crate) state: State,
    pub(crate) client: Option<Client<FaultyStore>>,
    pub(crate) secret: SecretBytes<32>,
    fault: Rc<Cell<Fault>>,
    pub(crate) backups: Vec<MemoryStore>,
    pub(crate) flying: VecDeque<Letter>,
    /// The serial numbers of the texts that this device has to read in the end.
    expected: BTreeSet<u32>,
    read: BTreeMap<u32, Reading>,
    /// The letters that were read, or for which the store failed.
    held: BTreeSet<u32>,
    /// The number of times that its store was put back, or that its user noticed it.
    epoch: u32,
    /// The sessions that it had when it was told that it was put back.
    old_sessions: BTreeSet<SessionId>,
    /// The newest version of its own list that somebody knew who has written in another session since.
    pub(crate) heard: Option<u64>,
    /// Set if newer lists of its user may have been signed than it knows.
    pub(crate) unsure: bool,
}

impl Device {
    pub(crate) fn client(&mut self) -> &mut Client<FaultyStore> {
        self.client.as_mut().expect("its store is there")
    }

    pub(crate) fn store(&self) -> &MemoryStore {
        let client = self.client.as_ref().expect("its store is there");
        &client.store().records
    }

    /// The sessions in its store, read as a thief of the store and its key does.
    fn sessions(&self) -> Vec<Session> {
        const SESSION: u8 = 4;
        let records = self.store().scan(&[SESSION]).unwrap();
        let contents = records.into_iter().map(|(name, record)| {
            let content = opened(&name, record, &self.secret);
            let frame = content.windows(5).position(|five| five == b"sprag");
            let session = &content[frame.expect("a session has a frame")..];
            Session::from_snapshot(session).expect("the record is whole")
        });
        contents.collect()
    }

    fn reads(&self, serial: u32) -> bool {
        self.read.contains_key(&serial)
    }
}

/// A device that its user has removed, and the one who has it.
pub(crate) struct Removal {
    pub(crate) device: usize,
    /// The version of the list without the device.
    version: u64,
    lost: bool,
    /// The device as it was, which its user cannot stop. It is missing if the device was gone before.
    adversary: Option<Client<MemoryStore>>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) crashes: u64,
    pub(crate) lost: u64,
    pub(crate) linked: u64,
    pub(crate) revoked: u64,
    pub(crate) put_back: u64,
    pub(crate) lost_stores: u64,
    pub(crate) recovered: u64,
    pub(crate) granted: u64,
    pub(crate) unsure: u64,
    pub(crate) stale: u64,
    pub(crate) renewed: u64,
    pub(crate) attempts: u64,
}

impl Counts {
    pub(crate) const fn add(&mut self, other: &Self) {
        self.crashes += other.crashes;
        self.lost += other.lost;
        self.linked += other.linked;
        self.revoked += other.revoked;
        self.put_back += other.put_back;
        self.lost_stores += other.lost_stores;
        self.recovered += other.recovered;
        self.granted += other.granted;
        self.unsure += other.unsure;
        self.stale += other.stale;
        self.renewed += other.renewed;
        self.attempts += other.attempts;
    }
}

pub(crate) struct World {
    pub(crate) rng: StdRng,
    pub(crate) now: u64,
    pub(crate) devices: Vec<Device>,
    pub(crate) removals: Vec<Removal>,
    /// The pairs of devices whose sessions may not work, because one of the two was put back.
    pub(crate) broken: BTreeSet<(usize, usize)>,
    /// Renewals, requests and lists that were refused, by sender and receiver.
    pub(crate) refused: Vec<(usize, usize)>,
    texts: u32,
    letters: u32,
    released: BTreeSet<KeyAndNonce>,
    pub(crate) counts: Counts,
    /// Set to let stores fail and messages get lost.
    pub(crate) faults: bool,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut world = Self {
            rng: rng(seed),
            now: 1_800_000_000,
            devices: Vec::new(),
            removals: Vec::new(),
            broken: BTreeSet::new(),
            refused: Vec::new(),
            texts: 0,
            letters: 0,
            released: BTreeSet::new(),
            counts: Counts::default(),
            faults: true,
        };
        for user in [0, 1] {
            let created = world.install(user, |store, key, _, rng| {
                Client::create(store, key, rng).map(drop)
            });
            created.expect("nothing fails yet");
        }
        world
    }

    /// Makes a device of an account in an empty store, whose first commits may fail.
    pub(crate) fn install(
        &mut self,
        user: usize,
        create: impl FnOnce(
            &mut FaultyStore,
            &sprag_client::StoreKey,
            u64,
            &mut StdRng,
        ) -> Result<(), Refusal>,
    ) -> Result<usize, Refusal> {
        let secret = SecretBytes::random(&mut self.rng);
        let key = key_of(&secret);
        let fault = Rc::new(Cell::new(Fault::Never));
        let mut store = FaultyStore {
            records: MemoryStore::new(),
            fault: fault.clone(),
        };
        fault.set(if self.devices.len() < 2 {
            Fault::Never
        } else {
            self.fault()
        });
        let created = create(&mut store, &key, self.now, &mut self.rng);
        fault.set(Fault::Never);
        // If nobody was told of the commit, it is there all the same.
        let client = match (created, Client::open(store, &key)) {
            (Ok(()) | Err(ClientError::Store(_)), Ok(client)) => client,
            (Err(refusal), _) => return Err(refusal),
            (Ok(()), Err(fault)) => panic!("{fault:?}"),
        };
        self.devices.push(Device {
            user,
            identity: client.identity().expect("intact"),
            state: State::Lives,
            client: Some(client),
            secret,
            fault,
            backups: Vec::new(),
            flying: VecDeque::new(),
            expected: BTreeSet::new(),
            read: BTreeMap::new(),
            held: BTreeSet::new(),
            epoch: 0,
            old_sessions: BTreeSet::new(),
            heard: None,
            unsure: false,
        });
        Ok(self.devices.len() - 1)
    }

    fn fault(&mut self) -> Fault {
        match self.rng.random_range(0..16) {
            _ if !self.faults => Fault::Never,
            0 => Fault::Before,
            1 => Fault::After,
            _ => Fault::Never,
        }
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.rng.random_bool(probability)
    }

    pub(crate) fn pick(&mut self, among: &[usize]) -> Option<usize> {
        (!among.is_empty()).then(|| among[self.rng.random_range(0..among.len())])
    }

    /// The devices that take part: their users have them, and have not removed them.
    pub(crate) fn partners(&self) -> Vec<usize> {
        let all = 0..self.devices.len();
        all.filter(|device| {
            self.devices[*device].state == State::Lives && !self.is_removed(*device)
        })
        .collect()
    }

    pub(crate) fn partners_of(&self, user: usize) -> Vec<usize> {
        let partners = self.partners().into_iter();
        partners
            .filter(|device| self.devices[*device].user == user)
            .collect()
    }

    /// The devices whose programs run.
    pub(crate) fn running(&self) -> Vec<usize> {
        let all = 0..self.devices.len();
        all.filter(|device| matches!(self.devices[*device].state, State::Lives | State::PutBack))
            .collect()
    }

    pub(crate) fn is_removed(&self, device: usize) -> bool {
        self.removals.iter().any(|removal| removal.device == device)
    }

    pub(crate) fn find(&self, identity: &IdentityKey) -> Option<usize> {
        let mut devices = self.devices.iter();
        devices.position(|device| device.identity == *identity)
    }

    pub(crate) fn is_broken(&self, one: usize, other: usize) -> bool {
        self.broken.contains(&(one.min(other), one.max(other)))
    }

    /// Tells whether a device knows that there is another.
    pub(crate) fn lists(&self, device: usize, other: usize) -> bool {
        let (place, other) = (&self.devices[device], &self.devices[other]);
        let client = place.client.as_ref().expect("it runs");
        let list = if place.user == other.user {
            client.device_list()
        } else {
            client.device_list_of(USERS[other.user])
        };
        list.is_ok_and(|list| list.identify(&other.identity).is_some())
    }

    /// The versions of the lists of both users that a device knows.
    pub(crate) fn views(&self, device: usize) -> [u64; 2] {
        let client = self.devices[device].client.as_ref().expect("it runs");
        let own = self.devices[device].user;
        [0, 1].map(|user| {
            let list = if user == own {
                client.device_list()
            } else {
                client.device_list_of(USERS[user])
            };
            list.map_or(0, |list| list.version())
        })
    }

    /// Lets a device do something during which its store may fail, and looks at what it leaves.
    pub(crate) fn act<T>(
        &mut self,
        device: usize,
        act: impl FnOnce(&mut Client<FaultyStore>, u64, &mut StdRng) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let fault = self.fault();
        let (now, rng) = (self.now, &mut self.rng);
        let place = &mut self.devices[device];
        place.fault.set(fault);
        let client = place.client.as_mut().expect("it runs");
        let (result, used) = seals(|| act(client, now, rng));
        place.fault.set(Fault::Never);
        match &result {
            Ok(_) => {
                for pair in used {
                    assert!(self.released.insert(pair), "a key was used twice");
                }
            }
            Err(ClientError::Store(Crash)) => self.crash(device),
            Err(ClientError::Removed) => self.ends(device),
            Err(
                fault @ (ClientError::Equivocation(_)
                | ClientError::Damaged
                | ClientError::Conflict),
            ) => {
                panic!("device {device}: {fault:?}")
            }
            Err(_) => {}
        }
        result
    }

    fn crash(&mut self, device: usize) {
        self.counts.crashes += 1;
        let place = &mut self.devices[device];
        let key = key_of(&place.secret);
        let mut store = place.client.take().expect("it is open").into_store();
        match Client::open(&mut store, &key).map(drop) {
            Ok(()) => place.client = Client::open(store, &key).ok(),
            Err(ClientError::Removed) => self.is_empty(device, &store.records),
            Err(fault) => panic!("{fault:?}"),
        }
    }

    /// A device has read that it was removed.
    fn ends(&mut self, device: usize) {
        let client = self.devices[device].client.take().expect("it was open");
        let store = client.into_store();
        self.is_empty(device, &store.records);
    }

    /// Of a device that was removed nothing is left but the store's format and a mark.
    fn is_empty(&mut self, device: usize, store: &MemoryStore) {
        assert!(self.is_removed(device), "nobody removed device {device}");
        assert_eq!(store.scan(&[]).unwrap().len(), 2, "something is left");
        let place = &mut self.devices[device];
        let key = key_of(&place.secret);
        let opened = Client::open(store.clone(), &key).map(drop);
        assert!(matches!(opened, Err(ClientError::Removed)));
        place.state = State::Removed;
        place.client = None;
        place.flying.clear();
    }

    /// Enters a removal that a device has signed.
    pub(crate) fn removed(&mut self, device: usize, (version, lost): (u64, bool)) {
        let place = &self.devices[device];
        let key = key_of(&place.secret);
        let client = place.client.as_ref();
        let store = client.map(|client| client.store().records.clone());
        let adversary = store.and_then(|store| Client::open(store, &key).ok());
        self.removals.push(Removal {
            device,
            version,
            lost,
            adversary,
        });
        self.disturb(device);
        self.counts.revoked += 1;
    }

    /// Makes uncertain what is on its way to or from a device.
    pub(crate) fn disturb(&mut self, device: usize) {
        for (to, place) in self.devices.iter_mut().enumerate() {
            for letter in &mut place.flying {
                if to == device || letter.from == device {
                    letter.sure = false;
                    place.expected.remove(&letter.serial);
                }
            }
        }
    }

    /// Sends a text to the other user.
    pub(crate) fn send(&mut self, from: usize) -> Result<Sent, Refusal> {
        let number = self.texts;
        self.texts += 1;
        let text = number.to_le_bytes();
        let views = self.views(from);
        let name = USERS[1 - self.devices[from].user];
        let sent = self.act(from, |client, _, rng| {
            client.encrypt_to_user(name, Outgoing::new(&text), rng)
        })?;
        for message in &sent.messages {
            let what = match message.kind {
                ContentKind::Text | ContentKind::Copy => What::Text(number),
                _ => What::Control,
            };
            self.post((from, views), what, (&message.identity, &message.message));
        }
        Ok(sent)
    }

    /// Puts a message on its way, unless it gets lost.
    pub(crate) fn post(
        &mut self,
        (from, views): (usize, [u64; 2]),
        what: What,
        (identity, message): (&IdentityKey, &[u8]),
    ) {
        let Some(to) = self.find(identity) else {
            return;
        };
        self.attack((from, to, views), what, message);
        if self.faults && self.chance(0.07) {
            self.counts.lost += 1;
            return;
        }
        let both = [from, to];
        let sure = both.iter().all(|device| {
            let lives = matches!(self.devices[*device].state, State::Lives | State::Waits);
            lives && !self.is_removed(*device)
        });
        let sure = sure && !self.is_broken(from, to) && matches!(what, What::Text(_));
        let letter = Letter {
            serial: self.letters,
            from,
            bytes: message.to_vec(),
            what,
            own: self.devices[from].user == self.devices[to].user,
            sure,
            views,
            epoch: (self.devices[from].state != State::PutBack).then_some(self.devices[from].epoch),
            overtaken: 0,
        };
        self.letters += 1;
        let place = &mut self.devices[to];
        if sure {
            place.expected.insert(letter.serial);
        }
        if !matches!(place.state, State::Removed | State::Lost) {
            place.flying.push_back(letter);
        }
    }

    /// Nothing is sent to a device whose removal the sender knows, and it reads nothing that is sent to others. Until then it
    /// goes on with what it gets.
    fn attack(&mut self, (from, to, views): (usize, usize, [u64; 2]), what: What, message: &[u8]) {
        for removal in &mut self.removals {
            let user = self.devices[removal.device].user;
            let knows = views[user] >= removal.version && from != removal.device;
            if knows && removal.device == to {
                assert_eq!(what, What::Notice, "a removed device is written to");
                continue;
            }
            if !knows && removal.device != to {
                continue;
            }
            let Some(adversary) = &mut removal.adversary else {
                continue;
            };
            self.counts.attempts += 1;
            let before = adversary.store().clone();
            let read = adversary.decrypt(Sender::AnyPeer, Incoming::new(message), &mut self.rng);
            assert!(!knows || read.is_err(), "a removed device reads on");
            if matches!(read, Err(ClientError::Removed)) {
                let key = key_of(&self.devices[removal.device].secret);
                *adversary = Client::open(before, &key).unwrap();
            }
        }
    }

    /// Delivers one of the letters to a device, not always the first.
    pub(crate) fn deliver(&mut self, to: usize) {
        let flying = &self.devices[to].flying;
        let starved = flying.iter().position(|letter| letter.overtaken > 2);
        let window = flying.len().min(4);
        let picked = || (window > 0).then(|| self.rng.random_range(0..window));
        let Some(index) = starved.or_else(picked) else {
            return;
        };
        let letter = self.devices[to].flying[index].clone();
        if letter.what == What::Grant {
            self.be_granted(to, &letter);
            return self.arrived(to, index);
        }
        if self.read(to, &letter) {
            self.arrived(to, index);
        }
    }

    /// Reads a letter, and tells whether that came to an end.
    fn read(&mut self, to: usize, letter: &Letter) -> bool {
        let views = self.views(to);
        // A device that was recovered knows nobody yet, and must be told the name.
        let is_known = views[1 - self.devices[to].user] > 0;
        let named = !letter.own && (!is_known || self.rng.random());
        let sender = if named {
            Sender::Named(USERS[1 - self.devices[to].user])
        } else {
            Sender::AnyPeer
        };
        let decrypted = self.act(to, |client, _, rng| {
            client.decrypt(sender, Incoming::new(&letter.bytes), rng)
        });
        let received = match decrypted {
            Ok(received) => received,
            Err(ClientError::Store(_)) => {
                // It may have been read all the same, with what it says of the list.
                let place = &mut self.devices[to];
                place.held.insert(letter.serial);
                place.heard = place.heard.max(Some(letter.views[place.user]));
                return false;
            }
            Err(refusal) => {
                let read = self.devices[to].read.get(&letter.serial);
                let expected = matches!(read, Some(Reading::Acknowledged | Reading::Perhaps));
                let told = (letter.from, letter.what, to);
                assert!(
                    !letter.sure || expected,
                    "{told:?} is {read:?}: {refusal:?}"
                );
                if letter.what == What::Control && !expected {
                    self.refused.push((letter.from, to));
                }
                return true;
            }
        };
        self.check_sender(to, letter, (&received, views));
        self.hear(to, letter, &received);
        let place = &mut self.devices[to];
        place.held.insert(letter.serial);
        let What::Text(number) = letter.what else {
            place.read.insert(letter.serial, Reading::Acknowledged);
            return true;
        };
        assert_eq!(received.opened.plaintext, number.to_le_bytes());
        assert_eq!(received.content == ContentKind::Copy, letter.own);
        let before = place.read.insert(letter.serial, Reading::Shown);
        assert_ne!(before, Some(Reading::Acknowledged), "{number} came again");
        match self.act(to, |client, _, _| client.acknowledge(&received.receipt)) {
            Ok(()) => {
                let read = &mut self.devices[to].read;
                read.insert(letter.serial, Reading::Acknowledged);
                true
            }
            Err(refusal) => {
                assert!(matches!(refusal, ClientError::Store(_)), "{refusal:?}");
                let read = &mut self.devices[to].read;
                read.insert(letter.serial, Reading::Perhaps);
                false
            }
        }
    }

    /// A device that was put back and told so sends in new sessions alone. A lost device is not read by those who know that it
    /// is lost, and a retired one is told of.
    fn check_sender(&self, to: usize, letter: &Letter, (received, views): (&Received, [u64; 2])) {
        let from = &self.devices[letter.from];
        assert_eq!(received.opened.sender, from.identity);
        if letter.epoch == Some(from.epoch) {
            let id = &received.opened.session_id;
            assert!(
                !from.old_sessions.contains(id),
                "device {} goes on in an old session",
                letter.from
            );
        }
        // What was read before and not acknowledged is shown again.
        if self.devices[to].held.contains(&letter.serial) {
            return;
        }
        for removal in &self.removals {
            if removal.device == letter.from && views[from.user] >= removal.version {
                assert!(!removal.lost, "device {to} reads a lost device");
                assert!(received.retired_device, "nobody tells of a retired device");
            }
        }
    }

    fn hear(&mut self, to: usize, letter: &Letter, received: &Received) {
        self.counts.renewed += u64::from(received.renewed.is_some());
        let place = &mut self.devices[to];
        if !place.old_sessions.contains(&received.opened.session_id) {
            place.heard = place.heard.max(Some(letter.views[place.user]));
        }
    }

    fn be_granted(&mut self, to: usize, letter: &Letter) {
        // Nobody gives the user key to a device that is known to be astray, or to one that has not got the newest list back.
        let place = &self.devices[to];
        let user = place.user;
        let is_behind = place.unsure && self.views(to)[user] < self.newest_version(user);
        if self.devices[to].state != State::Lives || is_behind && self.devices[to].heard.is_some() {
            return;
        }
        let granted = self.act(to, |client, now, rng| {
            client.accept_welcome(&letter.bytes, now, rng)
        });
        if let Ok(granted) = granted {
            self.counts.granted += 1;
            // The message says as well which list its sender knows.
            let place = &mut self.devices[to];
            place.unsure &= !granted.signs;
            place.heard = place.heard.max(Some(letter.views[user]));
        }
    }

    /// Takes most letters off their way; some stay, and come again.
    fn arrived(&mut self, to: usize, index: usize) {
        let stays = self.faults && self.chance(0.1);
        let flying = &mut self.devices[to].flying;
        for letter in flying.iter_mut().take(index) {
            letter.overtaken += 1;
        }
        if !stays {
            flying.remove(index);
        }
    }

    /// Makes uncertain whether the sessions of a device work.
    fn break_up(&mut self, device: usize) {
        self.disturb(device);
        for other in 0..self.devices.len() {
            self.broken.insert((device.min(other), device.max(other)));
        }
    }

    /// Puts the store of a device back to an earlier state.
    pub(crate) fn put_back(&mut self, device: usize) {
        let backups = self.devices[device].backups.len();
        if backups == 0 {
            return;
        }
        let backup = self.rng.random_range(0..backups);
        self.counts.put_back += 1;
        self.break_up(device);
        let place = &mut self.devices[device];
        let key = key_of(&place.secret);
        let store = FaultyStore {
            records: place.backups[backup].clone(),
            fault: place.fault.clone(),
        };
        place.client = Some(
            Client::open(store, &key)
                .map_err(drop)
                .expect("it is whole"),
        );
        place.state = State::PutBack;
        place.epoch += 1;
        // What was read since the backup can be shown again, or not.
        for reading in place.read.values_mut() {
            *reading = Reading::Perhaps;
        }
    }

    /// The user notices that the store of a device was put back.
    pub(crate) fn notice(&mut self, device: usize) {
        let sessions = self.devices[device].sessions();
        // A program that was interrupted is told once more, and then sessions that began in between end, too.
        self.break_up(device);
        if self
            .act(device, |client, now, rng| client.mark_restored(now, rng))
            .is_err()
        {
            return;
        }
        let place = &mut self.devices[device];
        place.state = State::Lives;
        place.epoch += 1;
        place.old_sessions.extend(sessions.iter().map(Session::id));
        place.heard = None;
        place.unsure = true;
    }

    /// The newest list of a user that somebody has whose store is there.
    pub(crate) fn newest_list(&self, user: usize) -> Option<DeviceList> {
        let lists = self.running().into_iter().filter_map(|device| {
            let client = self.devices[device].client.as_ref()?;
            if self.devices[device].user == user {
                client.device_list().ok()
            } else {
                client.device_list_of(USERS[user]).ok()
            }
        });
        lists.max_by_key(DeviceList::version)
    }

    /// The newest version of a user's list that was ever signed, as far as anybody can have it: in a store, on its way, or at a
    /// device that was told of its removal.
    pub(crate) fn newest_version(&self, user: usize) -> u64 {
        let letters = self.devices.iter().flat_map(|device| &device.flying);
        let flying = letters.map(|letter| letter.views[user]).max();
        let known = self.newest_list(user).map(|list| list.version());
        let removals = self.removals.iter();
        let of_user = removals.filter(|removal| self.devices[removal.device].user == user);
        let removed = of_user.map(|removal| removal.version).max();
        flying.max(known).max(removed).unwrap_or(0)
    }

    /// Checks what must hold once nothing is on its way.
    pub(crate) fn check(&self) {
        for (index, place) in self.devices.iter().enumerate() {
            if place.state != State::Lives {
                continue;
            }
            let missing: Vec<_> = place
                .expected
                .iter()
                .filter(|serial| !place.reads(**serial))
                .collect();
            assert!(
                missing.is_empty(),
                "device {index} has not read {missing:?}"
            );
            let client = place.client.as_ref().expect("it runs");
            let evidence = client.evidence(USERS[1 - place.user]);
            assert!(matches!(
                evidence,
                Ok(None) | Err(ClientError::UnknownPeer(_))
            ));
            // Of a lost device, those who know that it is lost keep no session.
            let views = self.views(index);
            let sessions = place.sessions();
            for removal in &self.removals {
                let lost = &self.devices[removal.device];
                if removal.lost && views[lost.user] >= removal.version {
                    let kept = sessions
                        .iter()
                        .any(|session| *session.peer() == lost.identity);
                    assert!(!kept, "device {index} keeps sessions with a lost device");
                }
            }
        }
    }
}
