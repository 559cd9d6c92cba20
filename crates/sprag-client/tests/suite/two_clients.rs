use core::convert::Infallible;

use rand::rngs::StdRng;
use sprag::Error;
use sprag_client::{
    Added, Client, ClientError, Incoming, MemoryStore, Outgoing, Received, Sender, Store, StoreKey,
};

use crate::support::rng;

pub(crate) type MemoryClient = Client<MemoryStore>;
pub(crate) type Refusal = ClientError<Infallible>;

/// A client with its key, so that it can be closed and opened.
pub(crate) fn client(rng: &mut StdRng) -> (MemoryClient, StoreKey) {
    let key = StoreKey::generate(rng);
    let client = Client::create(MemoryStore::new(), &key, rng).expect("the store is empty");
    (client, key)
}

pub(crate) struct Two {
    pub(crate) rng: StdRng,
    pub(crate) alice: MemoryClient,
    pub(crate) alice_key: StoreKey,
    pub(crate) bob: MemoryClient,
    pub(crate) bob_key: StoreKey,
}

impl Two {
    /// Alice knows Bob by his bundle; Bob does not know Alice.
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = rng(seed);
        let (alice, alice_key) = client(&mut rng);
        let (bob, bob_key) = client(&mut rng);
        let mut two = Self {
            rng,
            alice,
            alice_key,
            bob,
            bob_key,
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
        let added = self.alice.add("bob", &bundle, &mut self.rng);
        added.expect("the bundle is genuine")
    }

    /// Bob adds a new bundle of Alice's.
    pub(crate) fn bob_adds(&mut self) -> Added {
        let bundle = self.alice.publish(&mut self.rng).expect("publishing works");
        let added = self.bob.add("alice", &bundle, &mut self.rng);
        added.expect("the bundle is genuine")
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

pub(crate) fn records(client: &MemoryClient) -> Vec<(Vec<u8>, Vec<u8>)> {
    client.store().scan(&[]).expect("a store in memory reads")
}

/// Adds a bundle that is refused, and demands that no record changes.
pub(crate) fn not_added(client: &mut MemoryClient, bundle: &[u8], rng: &mut StdRng) -> Error {
    let before = records(client);
    let refusal = client.add("peer", bundle, rng);
    assert_eq!(records(client), before);
    match refusal {
        Err(ClientError::Protocol(error)) => error,
        other => panic!("the bundle is not refused: {other:?}"),
    }
}
