use core::convert::Infallible;

use rand::rand_core::{TryCryptoRng, TryRng};
use rand::rngs::StdRng;
use sprag::{Account, Error};
use sprag_client::{
    Added, Client, ClientError, Incoming, MemoryStore, Outgoing, Received, Sender, Store, StoreKey,
};
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{Ciphertext, XChaCha20Poly1305};
use sprag_primitives::hkdf::Hkdf;

use crate::support::rng;

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
    let key = StoreKey::generate(&mut Drawn(&secret));
    let client = Client::create(MemoryStore::new(), &key, rng).expect("the store is empty");
    (client, key, secret)
}

/// A generator from which one secret is drawn, and nothing else.
struct Drawn<'a>(&'a SecretBytes<32>);

impl TryRng for Drawn<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("a key is drawn as bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("a key is drawn as bytes")
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        destination.copy_from_slice(self.0.expose());
        Ok(())
    }
}

impl TryCryptoRng for Drawn<'_> {}

/// The account of a client, from the record that whoever has the key of the store can open.
fn account_of(client: &MemoryClient, secret: &SecretBytes<32>) -> Account {
    const NAME: &[u8] = &[1];
    let sealed = client.store().get(NAME).expect("a store in memory reads");
    let mut sealed = sealed.expect("a client has an account");
    let (nonce, rest) = sealed.split_first_chunk_mut().expect("a nonce comes first");
    let (buffer, tag) = rest.split_last_chunk_mut().expect("a tag comes last");
    let sealing = Hkdf::from_pseudorandom_key(secret).expand(b"sprag-v1 store sealing");
    let ciphertext = Ciphertext { buffer, tag };
    XChaCha20Poly1305::open(&sealing, nonce, NAME, ciphertext).expect("the record is intact");
    Account::from_snapshot(buffer).expect("the record is an account")
}

pub(crate) struct Two {
    pub(crate) rng: StdRng,
    pub(crate) alice: MemoryClient,
    pub(crate) alice_key: StoreKey,
    pub(crate) bob: MemoryClient,
    pub(crate) bob_key: StoreKey,
    secrets: [SecretBytes<32>; 2],
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
        let added = self.alice.add("bob", &bundle, &mut self.rng);
        added.expect("the bundle is genuine")
    }

    /// Bob adds a new bundle of Alice's.
    pub(crate) fn bob_adds(&mut self) -> Added {
        let bundle = self.alice.publish(&mut self.rng).expect("publishing works");
        let added = self.bob.add("alice", &bundle, &mut self.rng);
        added.expect("the bundle is genuine")
    }

    /// Copies of Alice's and of Bob's account.
    pub(crate) fn accounts(&self) -> [Account; 2] {
        let [alice, bob] = &self.secrets;
        [account_of(&self.alice, alice), account_of(&self.bob, bob)]
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
