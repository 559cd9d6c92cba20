use core::cell::Cell;
use core::convert::Infallible;
use std::rc::Rc;

use sprag::decode_file_header;
use sprag_client::store::{Batch, Committed};
use sprag_client::{
    Client, ClientError, Incoming, IncomingFile, MemoryStore, Outgoing, Sender, Store, StoreKey,
};

use crate::backends::on_each_backend;
use crate::hook::watch;
use crate::watched_rng::{Watched, nothing_was_found};

const NAMES: [&str; 2] = ["alice", "bob"];

fn clients(rng: &mut Watched) -> [Client<MemoryStore>; 2] {
    [(); 2].map(|()| {
        let key = StoreKey::generate(rng);
        Client::create(MemoryStore::new(), &key, rng).unwrap()
    })
}

fn send(clients: &mut [Client<MemoryStore>; 2], from: usize, rng: &mut Watched) -> Vec<u8> {
    let outgoing = Outgoing::new(b"message");
    clients[from]
        .encrypt(NAMES[1 - from], outgoing, rng)
        .unwrap()
}

#[test]
fn clients_leave_no_key_in_a_conversation() {
    on_each_backend(|| {
        let mut rng = Watched::new(6);
        let mut clients = clients(&mut rng);
        for round in 0..7 {
            // Alice's next message begins a new session, until there are more sessions than are kept.
            let bundle = clients[1].publish(&mut rng).unwrap();
            clients[0].add("bob", &bundle, &mut rng).unwrap();
            for from in [0, 1, 0, 0, 1] {
                let message = send(&mut clients, from, &mut rng);
                let sender = Sender::Named(NAMES[from]);
                let receiver = &mut clients[1 - from];
                let mut forged = message.clone();
                *forged.last_mut().unwrap() ^= 1;
                receiver
                    .decrypt(sender, Incoming::new(&forged), &mut rng)
                    .unwrap_err();
                let received = receiver.decrypt(sender, Incoming::new(&message), &mut rng);
                receiver.acknowledge(&received.unwrap().receipt).unwrap();
                receiver
                    .decrypt(sender, Incoming::new(&message), &mut rng)
                    .unwrap_err();
            }
            clients[1].rotate(round, 2, &mut rng).unwrap();
            clients[1].status("alice").unwrap();
        }
        clients[1].replenish(&mut rng).unwrap();
        clients[0].forget("bob", &mut rng).unwrap();
        drop(clients);
        nothing_was_found(&rng);
    });
}

#[test]
fn clients_leave_no_key_of_a_file() {
    on_each_backend(|| {
        let mut rng = Watched::new(7);
        let mut clients = clients(&mut rng);
        let bundle = clients[1].publish(&mut rng).unwrap();
        clients[0].add("bob", &bundle, &mut rng).unwrap();
        for _ in 0..3 {
            let file = clients[0].encrypt_file("bob", &mut rng).unwrap();
            let (header, _) = decode_file_header(&file.header).unwrap();
            let sender = Sender::Named("alice");
            let mut other = header.commitment;
            other[0] ^= 1;
            for commitment in [&other, &header.commitment, &header.commitment] {
                let incoming = IncomingFile {
                    now: 0,
                    commitment,
                    messages: &header.messages,
                };
                let received = clients[1].decrypt_file(sender, incoming, &mut rng);
                assert_eq!(received.is_ok(), *commitment == header.commitment);
            }
        }
        drop(clients);
        nothing_was_found(&rng);
    });
}

/// The key of a file is held until it is acknowledged, and read again only for a caller that names the right
/// sender.
#[test]
fn a_held_key_that_another_name_asks_for_is_wiped() {
    on_each_backend(|| {
        let mut rng = Watched::new(12);
        let mut clients = clients(&mut rng);
        let bundle = clients[1].publish(&mut rng).unwrap();
        clients[0].add("bob", &bundle, &mut rng).unwrap();
        let file = clients[0].encrypt_file("bob", &mut rng).unwrap();
        let (header, _) = decode_file_header(&file.header).unwrap();
        let incoming = IncomingFile {
            now: 0,
            commitment: &header.commitment,
            messages: &header.messages,
        };
        let sender = Sender::Named("alice");
        drop(clients[1].decrypt_file(sender, incoming, &mut rng).unwrap());
        let refused = clients[1].decrypt_file(Sender::Named("carol"), incoming, &mut rng);
        assert!(matches!(refused, Err(ClientError::KnownAs(_))));
        nothing_was_found(&rng);
    });
}

/// A store that refuses commits once it is told to.
struct Refusing {
    store: MemoryStore,
    refuses: Rc<Cell<bool>>,
}

impl Store for Refusing {
    type Error = Infallible;

    fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        self.store.get(name)
    }

    fn scan(&self, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Infallible> {
        self.store.scan(prefix)
    }

    fn commit(&mut self, batch: &Batch) -> Result<Committed, Infallible> {
        if self.refuses.get() {
            return Ok(Committed::Conflict);
        }
        self.store.commit(batch)
    }
}

/// A plaintext may be a key, so it is wiped if it is no key of the file, if its sender is unknown, or if it
/// cannot be committed.
#[test]
fn a_plaintext_that_nobody_is_given_is_wiped() {
    on_each_backend(|| {
        let mut rng = Watched::new(8);
        let keys = [(); 2].map(|()| StoreKey::generate(&mut rng));
        let mut alice = Client::create(MemoryStore::new(), &keys[0], &mut rng).unwrap();
        let refuses = Rc::new(Cell::new(false));
        let store = Refusing {
            store: MemoryStore::new(),
            refuses: Rc::clone(&refuses),
        };
        let mut bob = Client::create(store, &keys[1], &mut rng).unwrap();
        let bundle = bob.publish(&mut rng).unwrap();
        alice.add("bob", &bundle, &mut rng).unwrap();
        let plaintext: [u8; 32] = core::array::from_fn(|place| 0x80 | place as u8);
        watch(&plaintext);
        let associated_data = [b"sprag file".as_slice(), &[7; 32]].concat();
        let outgoing = Outgoing {
            plaintext: &plaintext,
            associated_data: &associated_data,
        };
        let message = alice.encrypt("bob", outgoing, &mut rng).unwrap();
        let incoming = Incoming {
            message: &message,
            associated_data: &associated_data,
        };
        // The plaintext is no key of the file that the header names.
        let file = IncomingFile {
            now: 0,
            commitment: &[7; 32],
            messages: &[&message],
        };
        let refused = bob.decrypt_file(Sender::Named("alice"), file, &mut rng);
        assert_eq!(refused.map(|_| ()), Err(ClientError::NotAFile));
        // Nobody knows the sender.
        let refused = bob.decrypt(Sender::AnyPeer, incoming, &mut rng);
        assert!(matches!(refused, Err(ClientError::UnknownSender(_))));
        // The plaintext cannot be committed.
        refuses.set(true);
        let refused = bob.decrypt(Sender::Named("alice"), incoming, &mut rng);
        assert_eq!(refused.map(|_| ()), Err(ClientError::Conflict));
        nothing_was_found(&rng);
    });
}
