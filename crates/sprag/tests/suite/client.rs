//! What users of a client rely on.

use core::convert::Infallible;

use rand::rngs::StdRng;
use sprag::client::{Added, Incoming, Outgoing, Received, Sender};
use sprag::limits::{MAX_SESSIONS_PER_PEER, MAX_TRIAL_STEPS, MAX_UNACKNOWLEDGED};
use sprag::store::{Batch, Committed};
use sprag::{Client, ClientError, Error, MemoryStore, Store, StoreKey, UnwrapError};
use sprag_primitives::operations::counted;
use sprag_primitives::x25519::KeyPair;

use crate::support::rng;

type MemoryClient = Client<MemoryStore>;
type Refusal = ClientError<Infallible>;

/// A client with its key, so that it can be closed and opened.
pub(crate) fn client(rng: &mut StdRng) -> (MemoryClient, StoreKey) {
    let key = StoreKey::generate(rng);
    let client = Client::create(MemoryStore::new(), &key, rng).unwrap();
    (client, key)
}

struct Two {
    rng: StdRng,
    alice: MemoryClient,
    bob: MemoryClient,
    bob_key: StoreKey,
}

impl Two {
    /// Alice knows Bob by his bundle; Bob does not know Alice.
    fn new(seed: u64) -> Self {
        let mut rng = rng(seed);
        let (mut alice, _) = client(&mut rng);
        let (mut bob, bob_key) = client(&mut rng);
        let bundle = bob.publish(&mut rng).unwrap();
        assert_eq!(alice.add("bob", &bundle, &mut rng), Ok(Added::New));
        Self {
            rng,
            alice,
            bob,
            bob_key,
        }
    }

    fn alice_sends(&mut self, plaintext: &[u8]) -> Vec<u8> {
        let outgoing = Outgoing::new(plaintext);
        self.alice.encrypt("bob", outgoing, &mut self.rng).unwrap()
    }

    fn bob_sends(&mut self, plaintext: &[u8]) -> Vec<u8> {
        let outgoing = Outgoing::new(plaintext);
        self.bob.encrypt("alice", outgoing, &mut self.rng).unwrap()
    }

    fn bob_reads(&mut self, message: &[u8]) -> Result<Received, Refusal> {
        let incoming = Incoming::new(message);
        self.bob
            .decrypt(Sender::Named("alice"), incoming, &mut self.rng)
    }

    fn alice_reads(&mut self, message: &[u8]) -> Result<Received, Refusal> {
        let incoming = Incoming::new(message);
        self.alice
            .decrypt(Sender::Named("bob"), incoming, &mut self.rng)
    }
}

fn records(client: &MemoryClient) -> Vec<(Vec<u8>, Vec<u8>)> {
    client.store().scan(&[]).unwrap()
}

#[test]
fn a_conversation_survives_closing_and_opening() {
    let mut rng = rng(60);
    let (mut alice, alice_key) = client(&mut rng);
    let (mut bob, bob_key) = client(&mut rng);
    alice
        .add("bob", &bob.publish(&mut rng).unwrap(), &mut rng)
        .unwrap();
    for round in 0..10_u8 {
        let message = alice
            .encrypt("bob", Outgoing::new(&[round]), &mut rng)
            .unwrap();
        let sender = Sender::Named("alice");
        let received = bob
            .decrypt(sender, Incoming::new(&message), &mut rng)
            .unwrap();
        assert_eq!(received.opened.plaintext, [round]);
        assert_eq!(received.peer, "alice");
        bob.acknowledge(&received.receipt).unwrap();
        let answer = bob
            .encrypt("alice", Outgoing::new(&[round]), &mut rng)
            .unwrap();
        let received = alice
            .decrypt(Sender::AnyPeer, Incoming::new(&answer), &mut rng)
            .unwrap();
        assert_eq!(
            (received.peer.as_str(), &received.opened.plaintext[..]),
            ("bob", &[round][..])
        );
        alice.acknowledge(&received.receipt).unwrap();
        alice = Client::open(alice.into_store(), &alice_key).unwrap();
        bob = Client::open(bob.into_store(), &bob_key).unwrap();
    }
    let (status, peer) = (alice.status("bob").unwrap(), bob.status("alice").unwrap());
    let (one, other) = (status.session.unwrap(), peer.session.unwrap());
    assert_eq!((one.sent, one.received), (10, 10));
    assert_eq!(one.root_fingerprint, other.root_fingerprint);
    assert_eq!(status.identity, bob.identity().unwrap());
}

#[test]
fn a_message_can_be_read_again_until_it_is_acknowledged() {
    let mut two = Two::new(61);
    let message = two.alice_sends(b"hello");
    let first = two.bob_reads(&message).unwrap();
    let again = two.bob_reads(&message).unwrap();
    assert_eq!(first, again);
    two.bob.acknowledge(&first.receipt).unwrap();
    two.bob.acknowledge(&first.receipt).unwrap();
    let before = records(&two.bob);
    assert_eq!(
        two.bob_reads(&message),
        Err(ClientError::Protocol(Error::Ratchet(
            sprag_ratchet::Error::Duplicate
        )))
    );
    assert_eq!(records(&two.bob), before);
}

#[test]
fn what_is_not_acknowledged_is_bounded_and_the_oldest_leaves() {
    let mut two = Two::new(62);
    let messages: Vec<_> = (0..=MAX_UNACKNOWLEDGED)
        .map(|_| two.alice_sends(b"hello"))
        .collect();
    for message in &messages {
        two.bob_reads(message).unwrap();
    }
    two.bob_reads(&messages[0]).unwrap_err();
    two.bob_reads(&messages[1]).unwrap();
    two.bob_reads(&messages[MAX_UNACKNOWLEDGED]).unwrap();
}

#[test]
fn a_refused_message_changes_no_record() {
    let mut two = Two::new(63);
    let message = two.alice_sends(b"hello");
    let before = records(&two.bob);
    for position in 0..message.len() {
        let mut damaged = message.clone();
        damaged[position] ^= 1;
        two.bob_reads(&damaged).unwrap_err();
    }
    assert_eq!(records(&two.bob), before);
    two.bob_reads(&message).unwrap();
    let later = two.alice_sends(b"later");
    let before = records(&two.bob);
    for position in 0..later.len() {
        let mut damaged = later.clone();
        damaged[position] ^= 1;
        two.bob_reads(&damaged).unwrap_err();
    }
    assert_eq!(records(&two.bob), before);
    two.bob_reads(&later).unwrap();
}

#[test]
fn a_name_is_bound_to_one_identity() {
    let mut two = Two::new(64);
    let message = two.alice_sends(b"hello");
    let incoming = Incoming::new(&message);
    let alice = two.alice.identity().unwrap();
    assert_eq!(
        two.bob.decrypt(Sender::AnyPeer, incoming, &mut two.rng),
        Err(ClientError::UnknownSender(alice))
    );
    two.bob_reads(&message).unwrap();
    assert_eq!(two.bob.status("alice").unwrap().identity, alice);

    let (mut mallory, _) = client(&mut two.rng);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    mallory.add("bob", &bundle, &mut two.rng).unwrap();
    let forged = mallory
        .encrypt("bob", Outgoing::new(b"I am Alice"), &mut two.rng)
        .unwrap();
    let other = Err(ClientError::OtherIdentity("alice".into()));
    assert_eq!(two.bob_reads(&forged), other);
    let bundle = mallory.publish(&mut two.rng).unwrap();
    assert_eq!(
        two.bob.add("alice", &bundle, &mut two.rng),
        Err(ClientError::OtherIdentity("alice".into()))
    );
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    assert_eq!(
        two.bob.add("carol", &bundle, &mut two.rng),
        Err(ClientError::KnownAs("alice".into()))
    );
    assert_eq!(
        two.bob.add("alice", &bundle, &mut two.rng),
        Ok(Added::Renewed)
    );
}

#[test]
fn names_and_bundles_are_checked() {
    let mut two = Two::new(65);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    for name in ["", "tab\there", &"x".repeat(129)] {
        assert_eq!(
            two.alice.add(name, &bundle, &mut two.rng),
            Err(ClientError::InvalidName)
        );
    }
    let own = two.alice.publish(&mut two.rng).unwrap();
    assert_eq!(
        two.alice.add("me", &own, &mut two.rng),
        Err(Error::Handshake(sprag_x3dh::Error::OwnBundle).into())
    );
    let mut damaged = bundle;
    damaged[50] ^= 1;
    assert!(matches!(
        two.alice.add("carol", &damaged, &mut two.rng),
        Err(ClientError::Protocol(_))
    ));
    assert_eq!(
        two.alice.encrypt("carol", Outgoing::new(b""), &mut two.rng),
        Err(ClientError::UnknownPeer("carol".into()))
    );
}

#[test]
fn a_bundle_begins_one_session_only() {
    let mut rng = rng(66);
    let (mut alice, key) = client(&mut rng);
    let (mut bob, _) = client(&mut rng);
    let bundle = bob.publish(&mut rng).unwrap();
    alice.add("bob", &bundle, &mut rng).unwrap();
    alice.encrypt("bob", Outgoing::new(b""), &mut rng).unwrap();
    // Even when the session is lost, the bundle that began it does not begin another.
    let mut store = alice.into_store();
    let mut batch = Batch::new();
    for (name, _) in store.scan(&[4]).unwrap() {
        batch.delete(name);
    }
    assert_eq!(store.commit(&batch), Ok(Committed::Done));
    let mut alice = Client::open(store, &key).unwrap();
    assert_eq!(
        alice.encrypt("bob", Outgoing::new(b""), &mut rng),
        Err(ClientError::NoBundle("bob".into()))
    );
}

#[test]
fn forgetting_leaves_no_record_of_a_peer() {
    let mut two = Two::new(67);
    let message = two.alice_sends(b"hello");
    two.bob_reads(&message).unwrap();
    let answer = two.bob_sends(b"hi");
    two.alice_reads(&answer).unwrap();
    assert_eq!(records(&two.alice).len(), 6);
    two.alice.forget("bob", &mut two.rng).unwrap();
    assert_eq!(records(&two.alice).len(), 1);
    two.alice_reads(&answer).unwrap_err();
}

#[test]
fn a_new_bundle_begins_a_new_session_and_old_messages_still_open() {
    let mut two = Two::new(76);
    let first = two.alice_sends(b"first");
    assert!(two.bob_reads(&first).unwrap().new_session);
    let late = two.alice_sends(b"late");
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    assert_eq!(
        two.alice.add("bob", &bundle, &mut two.rng),
        Ok(Added::Renewed)
    );
    let renewed = two.alice_sends(b"renewed");
    let received = two.bob_reads(&renewed).unwrap();
    assert!(received.new_session);
    let again = two.alice_sends(b"and on");
    let received_again = two.bob_reads(&again).unwrap();
    assert!(!received_again.new_session);
    assert_eq!(received.opened.session_id, received_again.opened.session_id);
    // The bundle has done its work: added again, it leaves the session alone.
    assert_eq!(
        two.alice.add("bob", &bundle, &mut two.rng),
        Ok(Added::Known)
    );
    let still = two.alice_sends(b"and on");
    assert!(!two.bob_reads(&still).unwrap().new_session);
    let received_late = two.bob_reads(&late).unwrap();
    assert_ne!(received_late.opened.session_id, received.opened.session_id);
}

#[test]
fn what_one_peer_sends_does_not_push_out_what_another_sent() {
    let mut two = Two::new(77);
    let held = two.alice_sends(b"not acknowledged yet");
    two.bob_reads(&held).unwrap();
    let (mut mallory, _) = client(&mut two.rng);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    mallory.add("bob", &bundle, &mut two.rng).unwrap();
    for _ in 0..MAX_UNACKNOWLEDGED + 10 {
        let flood = mallory
            .encrypt("bob", Outgoing::new(b"flood"), &mut two.rng)
            .unwrap();
        two.bob
            .decrypt(
                Sender::Named("mallory"),
                Incoming::new(&flood),
                &mut two.rng,
            )
            .unwrap();
    }
    assert_eq!(
        two.bob.store().scan(&[5]).unwrap().len(),
        MAX_UNACKNOWLEDGED
    );
    assert_eq!(
        two.bob.store().scan(&[6]).unwrap().len(),
        MAX_UNACKNOWLEDGED
    );
    two.bob_reads(&held).unwrap();
}

#[test]
fn a_forged_message_costs_bounded_work_over_all_sessions() {
    let mut two = Two::new(78);
    let first = two.alice_sends(b"first");
    two.bob_reads(&first).unwrap();
    for number in 0..20 {
        let (mut peer, _) = client(&mut two.rng);
        let bundle = peer.publish(&mut two.rng).unwrap();
        let name = format!("peer {number}");
        two.bob.add(&name, &bundle, &mut two.rng).unwrap();
        two.bob
            .encrypt(&name, Outgoing::new(b""), &mut two.rng)
            .unwrap();
    }
    // A message of nobody, with the largest gap that a header may claim.
    let key = KeyPair::generate(&mut two.rng);
    let mut forged = vec![1, 3];
    forged.extend(key.public().as_bytes());
    forged.extend(0_u32.to_le_bytes());
    forged.extend(25_000_u32.to_le_bytes());
    forged.extend([0; 32]);
    let incoming = Incoming::new(&forged);
    let (result, counts) = counted(|| two.bob.decrypt(Sender::AnyPeer, incoming, &mut two.rng));
    assert_eq!(result, Err(ClientError::NoSession));
    assert!(counts.diffie_hellman <= 21, "{counts:?}");
    assert!(counts.hmac > 100_000, "{counts:?}");
    assert!(
        counts.hmac < u64::from(MAX_TRIAL_STEPS) + 10 * 2_500,
        "{counts:?}"
    );
    // A message of a known chain is tried with its session alone, though another was heard of later.
    let (mut carol, _) = client(&mut two.rng);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    carol.add("bob", &bundle, &mut two.rng).unwrap();
    for _ in 0..10 {
        let message = carol.encrypt("bob", Outgoing::new(b""), &mut two.rng);
        let incoming = Incoming::new(message.as_ref().unwrap());
        two.bob
            .decrypt(Sender::Named("carol"), incoming, &mut two.rng)
            .unwrap();
    }
    two.bob
        .encrypt("carol", Outgoing::new(b""), &mut two.rng)
        .unwrap();
    let answer = two.bob_sends(b"answer");
    two.alice_reads(&answer).unwrap();
    let second = two.alice_sends(b"second");
    two.bob_reads(&second).unwrap();
    let later = two.alice_sends(b"later");
    let incoming = Incoming::new(&later);
    let (result, counts) = counted(|| two.bob.decrypt(Sender::AnyPeer, incoming, &mut two.rng));
    result.unwrap();
    assert_eq!(counts.diffie_hellman, 0, "{counts:?}");
}

#[test]
fn parameters_print_no_plaintext() {
    let outgoing = Outgoing {
        plaintext: b"secret",
        associated_data: b"",
    };
    assert_eq!(format!("{outgoing:?}"), "Outgoing { .. }");
}

#[test]
fn sessions_with_one_peer_are_bounded() {
    let mut two = Two::new(68);
    for _ in 0..2 * MAX_SESSIONS_PER_PEER {
        let bundle = two.bob.publish(&mut two.rng).unwrap();
        two.alice.add("bob", &bundle, &mut two.rng).unwrap();
        let message = two.alice_sends(b"hello");
        two.bob_reads(&message).unwrap();
    }
    for client in [&two.alice, &two.bob] {
        let sessions = client.store().scan(&[4]).unwrap();
        assert_eq!(sessions.len(), MAX_SESSIONS_PER_PEER);
    }
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    two.alice.add("bob", &bundle, &mut two.rng).unwrap();
    let message = two.alice_sends(b"the latest");
    two.bob_reads(&message).unwrap();
    let answer = two.bob_sends(b"reaches the latest session");
    two.alice_reads(&answer).unwrap();
}

#[test]
fn both_sides_may_begin_at_once() {
    let mut two = Two::new(69);
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    two.bob.add("alice", &bundle, &mut two.rng).unwrap();
    let (to_bob, to_alice) = (two.alice_sends(b"hello"), two.bob_sends(b"hi"));
    assert_eq!(two.bob_reads(&to_bob).unwrap().opened.plaintext, b"hello");
    assert_eq!(two.alice_reads(&to_alice).unwrap().opened.plaintext, b"hi");
    for round in 0..10_u8 {
        let (to_bob, to_alice) = (two.alice_sends(&[round]), two.bob_sends(&[round]));
        assert_eq!(
            two.alice_reads(&to_alice).unwrap().opened.plaintext,
            [round]
        );
        assert_eq!(two.bob_reads(&to_bob).unwrap().opened.plaintext, [round]);
    }
}

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
        let (_, moved) = &genuine[(index + 1) % genuine.len()];
        let mut changed = value.clone();
        changed[30] ^= 1;
        for bad in [moved.clone(), changed, value[..20].to_vec(), Vec::new()] {
            let mut store = two.bob.store().clone();
            let mut batch = Batch::new();
            batch.put(name.clone(), bad);
            assert_eq!(store.commit(&batch), Ok(Committed::Done));
            let before = store.clone();
            let mut bob = match Client::open(store, &two.bob_key) {
                Ok(bob) => bob,
                Err(refusal) => {
                    assert_eq!((refusal, name[0]), (ClientError::Damaged, 1));
                    continue;
                }
            };
            let read = if name[0] == 6 { &message } else { &later };
            let read = bob.decrypt(Sender::AnyPeer, Incoming::new(read), &mut two.rng);
            assert_eq!(read, Err(ClientError::Damaged), "record {name:?}");
            let after = bob.into_store();
            assert_eq!(after.scan(&[]).unwrap(), before.scan(&[]).unwrap());
        }
    }
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

#[test]
fn a_wrapped_key_opens_under_its_passphrase_only() {
    let mut rng = rng(75);
    let key = StoreKey::generate(&mut rng);
    let client = Client::create(MemoryStore::new(), &key, &mut rng).unwrap();
    let wrapped = key.wrap(b"correct horse", &mut rng).unwrap();
    let again = StoreKey::unwrap(&wrapped, b"correct horse").unwrap();
    Client::open(client.into_store(), &again).unwrap();
    let wrong = StoreKey::unwrap(&wrapped, b"correct house").map(|_| ());
    assert_eq!(wrong, Err(UnwrapError::WrongPassphrase));
    for position in 25..wrapped.len() {
        let mut damaged = wrapped.clone();
        damaged[position] ^= 1;
        let damaged = StoreKey::unwrap(&damaged, b"correct horse").map(|_| ());
        assert!(damaged.is_err(), "{position}");
    }
    for length in 0..wrapped.len() {
        let cut = StoreKey::unwrap(&wrapped[..length], b"correct horse").map(|_| ());
        assert_eq!(cut, Err(UnwrapError::NotAKey));
    }
    // Whoever can write the file cannot make the next reader spend what it likes.
    for (at, value) in [(9, u32::MAX), (9, 256 * 1024 + 1), (13, u32::MAX), (13, 17)] {
        let mut costly = wrapped.clone();
        costly[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let costly = StoreKey::unwrap(&costly, b"correct horse").map(|_| ());
        assert_eq!(costly, Err(UnwrapError::NotAKey));
    }
}

#[test]
#[cfg(feature = "conformance")]
fn the_memory_store_conforms() {
    sprag::conformance::check(MemoryStore::new, |store| store);
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

    fn scan(&self, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Infallible> {
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
