use core::cell::{Cell, RefCell};
use core::convert::Infallible;
use std::rc::Rc;

use rand::rngs::StdRng;
use sprag_client::store::{Batch, Committed, Records};
use sprag_client::{Client, ClientError, Incoming, MemoryStore, Outgoing, Sender, Store, StoreKey};

use crate::support::{X3DH, rng};
use crate::two_clients::{MemoryClient, client};

pub(crate) type Act = Box<dyn FnOnce()>;

/// A store that two clients share. Before one of the calls of the first client, the second one acts.
#[derive(Clone)]
pub(crate) struct SharedStore {
    records: Rc<RefCell<MemoryStore>>,
    calls_left: Rc<Cell<Option<usize>>>,
    second: Rc<RefCell<Option<Act>>>,
}

impl SharedStore {
    pub(crate) fn new(records: MemoryStore) -> Self {
        Self {
            records: Rc::new(RefCell::new(records)),
            calls_left: Rc::default(),
            second: Rc::default(),
        }
    }

    /// Lets `act` happen before a call, counted from 0.
    pub(crate) fn before_call(&self, call: usize, act: Act) {
        *self.second.borrow_mut() = Some(act);
        self.calls_left.set(Some(call));
    }

    /// The same records, without anybody else.
    pub(crate) fn alone(&self) -> Self {
        Self {
            records: self.records.clone(),
            ..Self::new(MemoryStore::new())
        }
    }

    /// A copy of the records.
    pub(crate) fn records(&self) -> MemoryStore {
        self.records.borrow().clone()
    }

    fn count(&self) {
        let left = self.calls_left.get();
        self.calls_left
            .set(left.and_then(|left| left.checked_sub(1)));
        if left == Some(0)
            && let Some(act) = self.second.borrow_mut().take()
        {
            act();
        }
    }
}

impl Store for SharedStore {
    type Error = Infallible;

    fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        self.count();
        self.records.borrow().get(name)
    }

    fn scan(&self, prefix: &[u8]) -> Result<Records, Infallible> {
        self.count();
        self.records.borrow().scan(prefix)
    }

    fn commit(&mut self, batch: &Batch) -> Result<Committed, Infallible> {
        self.count();
        self.records.borrow_mut().commit(batch)
    }
}

/// Bob's store, in which Alice and Carol have sessions, and a message of each that he has not read: one of a new
/// session of Alice's, and one of Carol's session.
struct Scene {
    rng: StdRng,
    store: MemoryStore,
    key: Rc<StoreKey>,
    from_alice: Vec<u8>,
    from_carol: Vec<u8>,
}

impl Scene {
    fn new() -> Self {
        let mut rng = rng(98);
        let (mut bob, key) = client(&mut rng);
        let mut alice = peer(&mut bob, "alice", &mut rng);
        let mut carol = peer(&mut bob, "carol", &mut rng);
        let bundle = bob.publish(&mut rng).unwrap();
        alice.renew("bob", &bundle, &mut rng).unwrap();
        let from_alice = alice.encrypt("bob", Outgoing::new(b"anew"), &mut rng);
        let from_carol = carol.encrypt("bob", Outgoing::new(b"later"), &mut rng);
        Self {
            from_alice: from_alice.unwrap(),
            from_carol: from_carol.unwrap(),
            rng,
            store: bob.into_store(),
            key: Rc::new(key),
        }
    }
}

impl Scene {
    /// Another program of Bob's, which receives one of the two messages and tells whether it could.
    fn second_writer(
        &mut self,
        of_alice: bool,
        store: &SharedStore,
        received: &Rc<Cell<bool>>,
    ) -> Act {
        let (name, message) = if of_alice {
            ("alice", self.from_alice.clone())
        } else {
            ("carol", self.from_carol.clone())
        };
        let (store, key, received) = (store.alone(), self.key.clone(), received.clone());
        Box::new(move || {
            let mut second = Client::open(store, &key).unwrap();
            let (sender, incoming) = (Sender::Named(name), Incoming::new(&message));
            let decrypted = second.decrypt(sender, incoming, &mut rng(99));
            received.set(decrypted.is_ok());
        })
    }
}

/// A peer that has begun a session with Bob; its first message is not acknowledged.
fn peer(bob: &mut MemoryClient, name: &str, rng: &mut StdRng) -> MemoryClient {
    let (mut peer, _) = client(rng);
    let bundle = bob.publish(rng).unwrap();
    peer.add("bob", &bundle, rng).unwrap();
    let first = peer.encrypt("bob", Outgoing::new(b"first"), rng).unwrap();
    let sender = Sender::Named(name);
    bob.decrypt(sender, Incoming::new(&first), rng).unwrap();
    peer
}

/// The first byte of the name of each record, which tells its kind: the account, a peer, its name, a session, a
/// message, its plaintext, the ordinal of a peer that was forgotten, the totals, and the peer that began a session. Those
/// of the account's prekeys and of the sessions that it remembers are left out.
fn kinds(store: &MemoryStore) -> Vec<u8> {
    store
        .scan(&[])
        .unwrap()
        .iter()
        .map(|(name, _)| name[0])
        .filter(|kind| *kind < 10)
        .collect()
}

#[test]
fn a_peer_is_forgotten_wholly_or_not_at_all_whatever_another_writer_receives_meanwhile() {
    let mut conflicts = 0;
    for of_alice in [true, false] {
        for call in 0..10 {
            let mut scene = Scene::new();
            let shared = SharedStore::new(scene.store.clone());
            let mut first = Client::open(shared.clone(), &scene.key).unwrap();
            let received = Rc::new(Cell::new(false));
            shared.before_call(call, scene.second_writer(of_alice, &shared, &received));
            let forgotten = first.forget("alice", &mut scene.rng);
            if let Err(refusal) = forgotten {
                assert_eq!(refusal, ClientError::Conflict);
                conflicts += 1;
                first.forget("alice", &mut scene.rng).unwrap();
            }
            // Nothing of Alice is left, and all of Carol.
            let held = if received.get() && !of_alice { 2 } else { 1 };
            let messages = [vec![5; held], vec![6; held]].concat();
            let expected = [&[1, 2, 3, 3, 4], messages.as_slice(), &[7, 8, 9]].concat();
            assert_eq!(
                kinds(&shared.records.borrow()),
                expected,
                "before call {call}"
            );
        }
    }
    // Before the first call of each of the two runs it is in time, and from then on in the way.
    assert!(conflicts > 4, "{conflicts} conflicts");
}

#[test]
fn a_session_that_another_writer_deletes_meanwhile_is_no_damage() {
    let mut conflicts = 0;
    for call in 0..8 {
        // Bob has read the first message of Alice's new session, and it comes again.
        let mut scene = Scene::new();
        let shared = SharedStore::new(scene.store.clone());
        let mut first = Client::open(shared.alone(), &scene.key).unwrap();
        let (sender, incoming) = (Sender::Named("alice"), Incoming::new(&scene.from_alice));
        let received = first.decrypt(sender, incoming, &mut scene.rng).unwrap();
        first.acknowledge(&received.receipt).unwrap();
        let mut first = Client::open(shared.clone(), &scene.key).unwrap();
        // Another program of his forgets her before one of the calls.
        let (store, key) = (shared.alone(), scene.key.clone());
        let forget = move || {
            let mut second = Client::open(store, &key).unwrap();
            second.forget("alice", &mut rng(99)).unwrap();
        };
        shared.before_call(call, Box::new(forget));
        let refused = first.decrypt(sender, incoming, &mut scene.rng).unwrap_err();
        assert_ne!(refused, ClientError::Damaged, "before call {call}");
        conflicts += usize::from(refused == ClientError::Conflict);
    }
    assert!(conflicts > 0);
}

/// Another program with this store, which adds the peer and forgets it again, and tells that it did.
fn adds_and_forgets(
    store: SharedStore,
    key: Rc<StoreKey>,
    bundle: Vec<u8>,
) -> (Act, Rc<Cell<bool>>) {
    let acted = Rc::new(Cell::new(false));
    let tells = acted.clone();
    let act = move || {
        let mut rng = rng(100);
        let mut second = Client::open(store, &key).expect("the store has an account");
        second
            .add("bob", &bundle, &mut rng)
            .expect("nobody else writes");
        second.forget("bob", &mut rng).expect("nobody else writes");
        tells.set(true);
    };
    (Box::new(act), acted)
}

/// The remainder of a peer that was forgotten in the meantime must not be passed over.
#[test]
fn a_peer_that_is_added_conflicts_with_its_being_added_and_forgotten_in_the_meantime() {
    let mut rng = rng(99);
    let (mut alice, key) = client(&mut rng);
    let key = Rc::new(key);
    let (mut bob, _) = client(&mut rng);
    bob.set_policy(X3DH);
    let pqxdh = bob.publish(&mut rng).unwrap();
    // A bundle for X3DH, and a first message of it.
    let x3dh = bob.publish_x3dh(&mut rng).unwrap();
    let bundle = alice.publish_x3dh(&mut rng).unwrap();
    bob.add("alice", &bundle, &mut rng).unwrap();
    let first = bob.encrypt("alice", Outgoing::new(b"first"), &mut rng);
    let first = first.unwrap();
    for is_bundle in [true, false] {
        let mut refusals = Vec::new();
        for call in 0.. {
            let store = SharedStore::new(alice.store().clone());
            let mut one = Client::open(store.clone(), &key).unwrap();
            one.set_policy(X3DH);
            let (act, acted) = adds_and_forgets(store.alone(), key.clone(), pqxdh.clone());
            store.before_call(call, act);
            let refusal = if is_bundle {
                one.add("bob", &x3dh, &mut rng).err()
            } else {
                let incoming = Incoming::new(&first);
                one.decrypt(Sender::Named("bob"), incoming, &mut rng).err()
            };
            if !acted.get() {
                break;
            }
            refusals.push(refusal.expect("the mark is read, or has changed"));
        }
        // Either it was there when it was read, or it was not.
        let expected = [ClientError::Downgrade("bob".into()), ClientError::Conflict];
        for refusal in &expected {
            assert!(refusals.contains(refusal), "{refusals:?}");
        }
        let mut refusals = refusals.iter();
        assert!(refusals.all(|refusal| expected.contains(refusal)));
    }
}
