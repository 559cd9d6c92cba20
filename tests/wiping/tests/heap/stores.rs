use std::time::Duration;

use sprag_client::{Client, Incoming, Outgoing, Sender, StoreKey};
use sprag_store::RedbStore;

use crate::backends::on_each_backend;
use crate::hook::watch;
use crate::watched_rng::{Watched, nothing_was_found};

#[test]
fn a_wrapped_key_leaves_neither_key_nor_passphrase() {
    on_each_backend(|| {
        let mut rng = Watched::new(9);
        let key = StoreKey::generate(&mut rng);
        let passphrase: [u8; 32] = core::array::from_fn(|place| 0xc0 | place as u8);
        watch(&passphrase);
        let wrapped = key.wrap(&passphrase, &mut rng).unwrap();
        drop(StoreKey::unwrap(&wrapped, &passphrase).unwrap());
        StoreKey::unwrap(&wrapped, b"another").unwrap_err();
        let mut damaged = wrapped;
        *damaged.last_mut().unwrap() ^= 1;
        StoreKey::unwrap(&damaged, &passphrase).unwrap_err();
        drop(key);
        nothing_was_found(&rng);
    });
}

/// The store keeps pages of its file in memory, and they hold sealed values and no key.
#[test]
fn clients_over_a_file_leave_no_key() {
    on_each_backend(|| {
        let mut rng = Watched::new(10);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let keys = [(); 2].map(|()| StoreKey::generate(&mut rng));
        let mut alice =
            Client::create(RedbStore::create(&path).unwrap(), &keys[0], &mut rng).unwrap();
        let path_of_bob = folder.path().join("other");
        let store = RedbStore::create(path_of_bob).unwrap();
        let mut bob = Client::create(store, &keys[1], &mut rng).unwrap();
        let bundle = bob.publish(&mut rng).unwrap();
        alice.add("bob", &bundle, &mut rng).unwrap();
        for _ in 0..4 {
            let message = alice.encrypt("bob", Outgoing::new(b"message"), &mut rng);
            let message = message.unwrap();
            let received = bob.decrypt(Sender::Named("alice"), Incoming::new(&message), &mut rng);
            bob.acknowledge(&received.unwrap().receipt).unwrap();
            let answer = bob.encrypt("alice", Outgoing::new(b"answer"), &mut rng);
            let answer = answer.unwrap();
            let received = alice.decrypt(Sender::AnyPeer, Incoming::new(&answer), &mut rng);
            alice.acknowledge(&received.unwrap().receipt).unwrap();
            alice.into_store().close().unwrap();
            let store = RedbStore::open(&path, Duration::ZERO).unwrap();
            alice = Client::open(store, &keys[0]).unwrap();
        }
        drop((alice, bob, keys));
        nothing_was_found(&rng);
    });
}
