//! Clients that keep their records in the store.

use std::path::PathBuf;

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag_client::{Client, Incoming, Outgoing, Sender, StoreKey};
use sprag_store::RedbStore;

use crate::support::{directory, open};

struct Party {
    path: PathBuf,
    key: StoreKey,
    rng: StdRng,
}

impl Party {
    /// Opens the client for one operation, as a command does.
    fn client(&self) -> Client<RedbStore> {
        Client::open(open(&self.path), &self.key).unwrap()
    }

    fn encrypt(&mut self, to: &str, plaintext: &[u8]) -> Vec<u8> {
        let outgoing = Outgoing::new(plaintext);
        self.client().encrypt(to, outgoing, &mut self.rng).unwrap()
    }

    fn decrypt(&mut self, from: &str, message: &[u8]) -> Vec<u8> {
        let mut client = self.client();
        let incoming = Incoming::new(message);
        let sender = Sender::Named(from);
        let received = client.decrypt(sender, incoming, &mut self.rng).unwrap();
        client.acknowledge(&received.receipt).unwrap();
        received.opened.plaintext
    }
}

#[test]
fn clients_converse_over_many_rewrites() {
    let directory = directory();
    let [mut alice, mut bob] = ["alice", "bob"].map(|name| {
        let mut rng = StdRng::seed_from_u64(name.len() as u64);
        let path = directory.path().join(name);
        let key = StoreKey::generate(&mut rng);
        let store = RedbStore::create(&path).unwrap();
        drop(Client::create(store, &key, &mut rng).unwrap());
        Party { path, key, rng }
    });
    let bundle = bob.client().publish(&mut bob.rng).unwrap();
    let mut client = alice.client();
    client.add("bob", &bundle, &mut alice.rng).unwrap();
    drop(client);
    for round in 0..50_u8 {
        let message = alice.encrypt("bob", &[round]);
        assert_eq!(bob.decrypt("alice", &message), [round]);
        let message = bob.encrypt("alice", &[round, round]);
        assert_eq!(alice.decrypt("bob", &message), [round, round]);
    }
}
