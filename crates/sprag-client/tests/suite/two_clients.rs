use core::convert::Infallible;

use rand::rngs::StdRng;
use sprag::{Account, Error};
use sprag_client::limits::MAX_UNREADABLE;
use sprag_client::store::{Batch, Committed};
use sprag_client::{
    Added, Addition, Client, ClientError, Incoming, MemoryStore, Outgoing, Received, Sender, Store,
    StoreKey,
};
use sprag_primitives::SecretBytes;

use crate::records_by_hand::{key_of, opened, sealed};
use crate::support::{remember_list, rng};

pub(crate) type MemoryClient = Client<MemoryStore>;
pub(crate) type Refusal = ClientError<Infallible>;

/// A client with its key, so that it can be closed and opened.
pub(crate) fn client(rng: &mut StdRng) -> (MemoryClient, StoreKey) {
    let key = StoreKey::generate(rng);
    let client = Client::create(MemoryStore::new(), &key, rng).expect("the store is empty");
    (client, key)
}

/// A client with its key, and the secret in the key.
fn client_with_secret(rng: &mut StdRng) -> (MemoryClient, StoreKey, SecretBytes<32>) {
    let secret = SecretBytes::random(rng);
    let key = key_of(&secret);
    let client = Client::create(MemoryStore::new(), &key, rng).expect("the store is empty");
    (client, key, secret)
}

/// The account of a client, from the records that whoever has the key of the store can open. It does not remember the
/// right sessions.
fn account_of(client: &MemoryClient, secret: &SecretBytes<32>) -> Account {
    let opened = |kind: u8| {
        let records = client.store().scan(&[kind]);
        let records = records.expect("a store in memory reads").into_iter();
        records.map(|(name, sealed)| opened(&name, sealed, secret))
    };
    let mut snapshot = b"sprag\x01\x03".to_vec();
    let core = opened(1).next().expect("a client has an account");
    snapshot.extend(&core);
    // One-time prekeys of both kinds, in the order of their numbers, which follow their places.
    for kind in [10, 11] {
        let mut keys: Vec<_> = opened(kind).collect();
        keys.sort_by_key(|key| u32::from_le_bytes(*key[5..].first_chunk().expect("a number")));
        snapshot.extend((keys.len() as u32).to_le_bytes());
        snapshot.extend(keys.concat());
    }
    // As many sessions as are remembered with the generations, in the order of their ids.
    let with_generations = client.store().scan(&[13]).expect("a store in memory reads");
    for number in 0..with_generations.len() as u64 {
        snapshot.extend([[0; 24].as_slice(), &number.to_be_bytes()].concat());
    }
    // The number of sessions that were accepted is the last in the core.
    let accepted = u32::from_le_bytes(*core.last_chunk().expect("a number"));
    snapshot.extend((0..accepted).flat_map(|number| [number as u8; 32]));
    Account::from_snapshot(&snapshot).expect("the records are an account")
}

/// The outcome of a bundle that was added, without the devices.
pub(crate) trait Outcome<E> {
    fn outcome(self) -> Result<Added, E>;
}

impl<E> Outcome<E> for Result<Addition, E> {
    fn outcome(self) -> Result<Added, E> {
        self.map(|addition| addition.added)
    }
}

pub(crate) struct Two {
    pub(crate) rng: StdRng,
    pub(crate) alice: MemoryClient,
    pub(crate) alice_key: StoreKey,
    pub(crate) bob: MemoryClient,
    pub(crate) bob_key: StoreKey,
    /// The secrets in the two keys.
    pub(crate) secrets: [SecretBytes<32>; 2],
}

impl Two {
    /// Alice knows Bob by his bundle; Bob does not know Alice.
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = rng(seed);
        let (alice, alice_key, alice_secret) = client_with_secret(&mut rng);
        let (bob, bob_key, bob_secret) = client_with_secret(&mut rng);
        let mut two = Self {
            rng,
            alice,
            alice_key,
            bob,
            bob_key,
            secrets: [alice_secret, bob_secret],
        };
        assert_eq!(two.alice_adds(), Added::New);
        two
    }

    /// Alice has begun a session and has an answer.
    pub(crate) fn established(seed: u64) -> Self {
        let mut two = Self::new(seed);
        let first = two.alice_sends(b"first");
        two.bob_reads(&first).expect("the first message opens");
        let answer = two.bob_sends(b"answer");
        two.alice_reads(&answer).expect("the answer opens");
        two
    }

    /// Alice adds a new bundle of Bob's.
    pub(crate) fn alice_adds(&mut self) -> Added {
        let bundle = self.bob.publish(&mut self.rng).expect("publishing works");
        let added = self.alice.add("bob", &bundle, &mut self.rng).outcome();
        added.expect("the bundle is genuine")
    }

    /// Bob adds a new bundle of Alice's.
    pub(crate) fn bob_adds(&mut self) -> Added {
        let bundle = self.alice.publish(&mut self.rng).expect("publishing works");
        let added = self.bob.add("alice", &bundle, &mut self.rng).outcome();
        added.expect("the bundle is genuine")
    }

    /// Alice renews with a new bundle of Bob's.
    pub(crate) fn alice_renews(&mut self) {
        let bundle = self.bob.publish(&mut self.rng).expect("publishing works");
        let renewed = self.alice.renew("bob", &bundle, &mut self.rng).outcome();
        assert_eq!(renewed, Ok(Added::Renewed));
    }

    /// Bob renews with a new bundle of Alice's.
    pub(crate) fn bob_renews(&mut self) {
        let bundle = self.alice.publish(&mut self.rng).expect("publishing works");
        let renewed = self.bob.renew("alice", &bundle, &mut self.rng).outcome();
        assert_eq!(renewed, Ok(Added::Renewed));
    }

    /// Copies of Alice's and of Bob's account.
    pub(crate) fn accounts(&self) -> [Account; 2] {
        for client in [&self.alice, &self.bob] {
            let list = client.device_list().expect("there is a user");
            remember_list(
                &client.identity().expect("there is an account"),
                list.as_bytes(),
            );
        }
        let [alice, bob] = &self.secrets;
        [account_of(&self.alice, alice), account_of(&self.bob, bob)]
    }

    /// Changes the only record of a forgotten peer of Alice's, as whoever has the key of the store can.
    pub(crate) fn rewrite_forgotten(&mut self, change: impl FnOnce(&mut [u8])) {
        self.rewrite(7, change);
    }

    /// Changes Alice's only record of this kind, as whoever has the key of the store can.
    pub(crate) fn rewrite(&mut self, kind: u8, change: impl FnOnce(&mut [u8])) {
        let mut store = self.alice.store().clone();
        let records = store.scan(&[kind]).expect("a store in memory reads");
        let [secret, _] = &self.secrets;
        let contents = records.iter();
        // The names of the own user are empty.
        let mut contents: Vec<_> = contents
            .map(|(name, record)| (name, opened(name, record.clone(), secret)))
            .filter(|(_, content)| !content.is_empty())
            .collect();
        assert_eq!(contents.len(), 1, "of {} records", records.len());
        let (name, mut content) = contents.remove(0);
        change(&mut content);
        let mut batch = Batch::new();
        batch.put(name.clone(), sealed(name, &content, secret));
        assert_eq!(store.commit(&batch), Ok(Committed::Done));
        self.alice = Client::open(store, &self.alice_key).expect("the store is whole");
    }

    pub(crate) fn alice_sends(&mut self, plaintext: &[u8]) -> Vec<u8> {
        let outgoing = Outgoing::new(plaintext);
        let sent = self.alice.encrypt("bob", outgoing, &mut self.rng);
        sent.expect("a session or a bundle is there")
    }

    pub(crate) fn bob_sends(&mut self, plaintext: &[u8]) -> Vec<u8> {
        let outgoing = Outgoing::new(plaintext);
        let sent = self.bob.encrypt("alice", outgoing, &mut self.rng);
        sent.expect("a session or a bundle is there")
    }

    pub(crate) fn bob_reads(&mut self, message: &[u8]) -> Result<Received, Refusal> {
        let incoming = Incoming::new(message);
        self.bob
            .decrypt(Sender::Named("alice"), incoming, &mut self.rng)
    }

    pub(crate) fn alice_reads(&mut self, message: &[u8]) -> Result<Received, Refusal> {
        let incoming = Incoming::new(message);
        self.alice
            .decrypt(Sender::Named("bob"), incoming, &mut self.rng)
    }
}

/// Calls until unreadable messages are counted no further. From then on they change nothing.
pub(crate) fn until_counted(mut read: impl FnMut()) {
    for _ in 0..MAX_UNREADABLE {
        read();
    }
}

pub(crate) fn records(client: &MemoryClient) -> Vec<(Vec<u8>, Vec<u8>)> {
    client.store().scan(&[]).expect("a store in memory reads")
}

/// Adds a bundle that is refused, and demands that no record changes.
pub(crate) fn not_added(client: &mut MemoryClient, bundle: &[u8], rng: &mut StdRng) -> Error {
    let before = records(client);
    let refusal = client.add("peer", bundle, rng).outcome();
    assert_eq!(records(client), before);
    match refusal {
        Err(ClientError::Protocol(error)) => error,
        other => panic!("the bundle is not refused: {other:?}"),
    }
}
