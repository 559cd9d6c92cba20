use core::convert::Infallible;

use rand::rngs::StdRng;
use sprag_client::store::{Batch, Committed, Records};
use sprag_client::{Client, ClientError, Incoming, MemoryStore, Outgoing, Sender, Store, StoreKey};

use crate::records_by_hand::opened;
use crate::support::rng;
use crate::two_clients::{Two, client, records};

#[test]
fn a_store_of_another_key_is_refused() {
    let mut rng = rng(70);
    let (one, _) = client(&mut rng);
    let other = StoreKey::generate(&mut rng);
    let opened = Client::open(one.into_store(), &other).map(|_| ());
    assert_eq!(opened, Err(ClientError::Damaged));
    let empty = Client::open(MemoryStore::new(), &other).map(|_| ());
    assert_eq!(empty, Err(ClientError::NoAccount));
}

#[test]
fn an_account_is_created_once() {
    let mut rng = rng(71);
    let (one, key) = client(&mut rng);
    let again = Client::create(one.into_store(), &key, &mut rng).map(|_| ());
    assert_eq!(again, Err(ClientError::AccountExists));
}

#[test]
fn changed_moved_and_cut_records_are_refused() {
    let mut two = Two::new(72);
    let message = two.alice_sends(b"hello");
    two.bob_reads(&message).unwrap();
    let later = two.alice_sends(b"later");
    let genuine = records(&two.bob);
    for (index, (name, value)) in genuine.iter().enumerate() {
        // The account's records have a test of their own.
        if name[0] >= 10 {
            continue;
        }
        let (_, moved) = &genuine[(index + 1) % genuine.len()];
        let mut changed = value.clone();
        changed[30] ^= 1;
        for bad in [moved.clone(), changed, value[..20].to_vec(), Vec::new()] {
            let mut store = two.bob.store().clone();
            let mut batch = Batch::new();
            batch.put(name.clone(), bad);
            assert_eq!(store.commit(&batch), Ok(Committed::Done));
            let before = store.clone();
            // The names of the own device and of the user ids are read when somebody is new, and the user key to sign.
            if is_read_seldom(name, &two) {
                continue;
            }
            let mut bob = match Client::open(store, &two.bob_key) {
                Ok(bob) => bob,
                Err(refusal) => {
                    assert_eq!(refusal, ClientError::Damaged);
                    assert!(matches!(name[0], 1 | 17));
                    continue;
                }
            };
            let (read, forgets) = match name[0] {
                6 => (&message, false),
                // Descriptions of messages are read when messages are counted, not with each one.
                kind => (&later, matches!(kind, 5 | 7)),
            };
            let result = if forgets {
                bob.forget("alice", &mut two.rng)
            } else {
                let incoming = Incoming::new(read);

                if name[0] == 18 {
                    bob.user_id().map(|_| ())
                } else {
                    let read = bob.decrypt(Sender::AnyPeer, incoming, &mut two.rng);
                    read.map(|_| ())
                }
            };
            assert_eq!(result, Err(ClientError::Damaged), "record {name:?}");
            let after = bob.into_store();
            assert_eq!(after.scan(&[]).unwrap(), before.scan(&[]).unwrap());
        }
    }
}

#[test]
fn changed_records_of_the_account_are_refused() {
    let mut two = Two::new(720);
    // A message of Carol and one of Dave, who were forgotten, and one by a bundle that was not used yet.
    let bundles = [
        two.bob.publish_reusable().unwrap(),
        two.bob.publish(&mut two.rng).unwrap(),
        two.bob.publish(&mut two.rng).unwrap(),
    ];
    let firsts = bundles.map(|bundle| {
        let (mut sender, _) = client(&mut two.rng);
        sender.add("bob", &bundle, &mut two.rng).unwrap();
        let first = sender.encrypt("bob", Outgoing::new(b"first"), &mut two.rng);
        first.unwrap()
    });
    for (name, first) in ["carol", "dave"].into_iter().zip(&firsts) {
        let sender = Sender::Named(name);
        let incoming = Incoming::new(first);
        two.bob.decrypt(sender, incoming, &mut two.rng).unwrap();
        two.bob.forget(name, &mut two.rng).unwrap();
    }
    let alice = two.alice_sends(b"first");
    let read = |store: MemoryStore, message: &[u8], rng: &mut StdRng| {
        let mut bob = Client::open(store, &two.bob_key).unwrap();
        let incoming = Incoming::new(message);
        let read = bob.decrypt(Sender::Named("erin"), incoming, rng);
        read.map(|_| ())
    };
    let [of_carol, of_dave, of_erin] = &firsts;
    let mut changed = Vec::new();
    for (name, mut value) in records(&two.bob) {
        let read_with: Vec<_> = match name[0] {
            // Alice's keys are among these, too.
            10 | 11 => vec![of_erin, &alice],
            13 => vec![of_carol],
            14 => vec![of_dave],
            _ => continue,
        };
        value[30] ^= 1;
        let mut store = two.bob.store().clone();
        let mut batch = Batch::new();
        batch.put(name.clone(), value);
        assert_eq!(store.commit(&batch), Ok(Committed::Done));
        let refusals = read_with.iter().filter(|message| {
            read(store.clone(), message, &mut two.rng) == Err(ClientError::Damaged)
        });
        assert_eq!(refusals.count(), 1, "record {name:?}");
        changed.push(name[0]);
    }
    assert_eq!(changed, [10, 10, 11, 11, 13, 14]);
    // Unchanged, they say that the sessions of Carol and Dave began before.
    for message in [of_carol, of_dave] {
        let refusal = read(two.bob.store().clone(), message, &mut two.rng);
        assert_eq!(refusal, Err(ClientError::SessionEnded));
    }
    read(two.bob.store().clone(), of_erin, &mut two.rng).unwrap();
}

#[test]
fn neither_names_nor_contents_show_in_a_store() {
    let mut two = Two::new(73);
    let message = two.alice_sends(b"a plaintext of note");
    two.bob_reads(&message).unwrap();
    let alice = two.alice.identity().unwrap();
    for (name, value) in records(&two.bob) {
        for bytes in [name, value] {
            for secret in [
                b"alice".as_slice(),
                b"a plaintext of note",
                alice.as_bytes(),
            ] {
                assert!(!bytes.windows(secret.len()).any(|window| window == secret));
            }
        }
    }
}

#[test]
fn a_stale_writer_is_refused() {
    let mut rng = rng(74);
    let key = StoreKey::generate(&mut rng);
    let shared = SharedStore::default();
    let mut bob = Client::create(shared.clone(), &key, &mut rng).unwrap();
    // Between a client's reading and its commit, another one publishes.
    let mut other = Client::open(shared.clone(), &key).unwrap();
    shared.interpose(move |rng| {
        other.publish(rng).unwrap();
    });
    assert_eq!(bob.publish(&mut rng), Err(ClientError::Conflict));
    bob.publish(&mut rng).unwrap();
}

/// A store that two clients share, and that lets one act between the other's reading and commit.
#[derive(Clone, Default)]
struct SharedStore(std::rc::Rc<core::cell::RefCell<Shared>>);

type Act = Box<dyn FnOnce(&mut StdRng)>;

#[derive(Default)]
struct Shared {
    records: MemoryStore,
    interposed: Option<Act>,
}

impl SharedStore {
    fn interpose(&self, act: impl FnOnce(&mut StdRng) + 'static) {
        self.0.borrow_mut().interposed = Some(Box::new(act));
    }
}

impl Store for SharedStore {
    type Error = Infallible;

    fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        self.0.borrow().records.get(name)
    }

    fn scan(&self, prefix: &[u8]) -> Result<Records, Infallible> {
        self.0.borrow().records.scan(prefix)
    }

    fn commit(&mut self, batch: &Batch) -> Result<Committed, Infallible> {
        let interposed = self.0.borrow_mut().interposed.take();
        if let Some(act) = interposed {
            act(&mut rng(0));
        }
        self.0.borrow_mut().records.commit(batch)
    }
}

#[test]
fn a_client_works_over_a_store_that_is_borrowed_and_over_one_that_is_chosen_at_run_time() {
    let mut rng = rng(79);
    let (mut bob, _) = client(&mut rng);
    let bundle = bob.publish(&mut rng).unwrap();
    let key = StoreKey::generate(&mut rng);
    let mut store = MemoryStore::new();
    let mut alice = Client::create(&mut store, &key, &mut rng).unwrap();
    alice.add("bob", &bundle, &mut rng).unwrap();
    // What the borrowing client stored is in the store itself.
    let chosen: Box<dyn Store<Error = Infallible>> = Box::new(store);
    let mut alice = Client::open(chosen, &key).unwrap();
    let message = alice
        .encrypt("bob", Outgoing::new(b"hello"), &mut rng)
        .unwrap();
    let sender = Sender::Named("alice");
    let received = bob.decrypt(sender, Incoming::new(&message), &mut rng);
    assert_eq!(received.unwrap().opened.plaintext, b"hello");
}

fn is_read_seldom(name: &[u8], two: &Two) -> bool {
    let is_own_name = || {
        let store = two.bob.store();
        let value = store.get(name).expect("a store in memory reads");
        let [_, secret] = &two.secrets;
        opened(name, value.expect("it is there"), secret).is_empty()
    };
    matches!(name[0], 19 | 21) || name[0] == 3 && is_own_name()
}
