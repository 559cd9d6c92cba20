use sprag_client::limits::MAX_SESSIONS_PER_PEER;
use sprag_client::store::{Batch, Committed};
use sprag_client::{Client, ClientError, Incoming, MemoryStore, Outgoing, Sender, Store};

use crate::two_clients::{MemoryClient, Two, client, records};

/// The kinds of records that these tests count: the first bytes of their names.
const SESSION: u8 = 4;
const SESSION_PEER: u8 = 9;

fn count(client: &MemoryClient, kind: u8) -> usize {
    let records = records(client);
    records.iter().filter(|(name, _)| name[0] == kind).count()
}

/// The number of sessions, each of which is in the index.
fn sessions(client: &MemoryClient) -> usize {
    let sessions = count(client, SESSION);
    assert_eq!(count(client, SESSION_PEER), sessions);
    sessions
}

#[test]
fn every_session_is_in_the_index() {
    let mut two = Two::new(640);
    two.bob_adds();
    let (to_bob, to_alice) = (two.alice_sends(b"hello"), two.bob_sends(b"hi"));
    for client in [&two.alice, &two.bob] {
        assert_eq!(sessions(client), 1);
    }
    two.bob_reads(&to_bob).unwrap();
    two.alice_reads(&to_alice).unwrap();
    for client in [&two.alice, &two.bob] {
        assert_eq!(sessions(client), 2);
    }
    // Further messages, with and without a handshake, change nothing about it.
    for _ in 0..3 {
        let (to_bob, to_alice) = (two.alice_sends(b"hello"), two.bob_sends(b"hi"));
        two.bob_reads(&to_bob).unwrap();
        two.alice_reads(&to_alice).unwrap();
        for client in [&two.alice, &two.bob] {
            assert_eq!(sessions(client), 2);
        }
    }
}

#[test]
fn the_index_loses_a_session_when_the_session_leaves() {
    let mut two = Two::new(641);
    let mut late = Vec::new();
    for begun in 1..=2 * MAX_SESSIONS_PER_PEER {
        let message = two.alice_sends(b"begins a session");
        late.push(two.alice_sends(b"late"));
        two.bob_reads(&message).unwrap();
        let kept = begun.min(MAX_SESSIONS_PER_PEER);
        for client in [&two.alice, &two.bob] {
            assert_eq!(sessions(client), kept);
        }
        two.alice_renews();
    }
    // The latest are found, and of the others the account knows that they were there.
    let (left, kept) = late.split_at(MAX_SESSIONS_PER_PEER);
    for message in kept {
        assert!(!two.bob_reads(message).unwrap().new_session);
    }
    for message in left {
        assert_eq!(two.bob_reads(message), Err(ClientError::SessionEnded));
    }
}

#[test]
fn the_index_loses_the_sessions_that_leave_for_ones_own() {
    let mut two = Two::new(642);
    for _ in 0..MAX_SESSIONS_PER_PEER {
        let message = two.alice_sends(b"begins a session");
        two.bob_reads(&message).unwrap();
        two.alice_renews();
    }
    for _ in 0..MAX_SESSIONS_PER_PEER {
        two.bob_renews();
        two.bob_sends(b"begins a session of his own");
        assert_eq!(sessions(&two.bob), MAX_SESSIONS_PER_PEER);
    }
}

#[test]
fn forgetting_a_peer_leaves_nothing_of_it_in_the_index() {
    let mut two = Two::new(643);
    for _ in 0..3 {
        let message = two.alice_sends(b"begins a session");
        two.bob_reads(&message).unwrap();
        two.alice_renews();
    }
    two.bob_renews();
    two.bob_sends(b"begins one too");
    let (mut carol, _) = client(&mut two.rng);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    carol.add("bob", &bundle, &mut two.rng).unwrap();
    let [first, late] = [(); 2].map(|()| {
        let outgoing = Outgoing::new(b"from Carol");
        carol.encrypt("bob", outgoing, &mut two.rng).unwrap()
    });
    let sender = Sender::Named("carol");
    let reads = |two: &mut Two, message: &[u8]| {
        let incoming = Incoming::new(message);
        two.bob.decrypt(sender, incoming, &mut two.rng)
    };
    reads(&mut two, &first).unwrap();
    assert_eq!(sessions(&two.bob), 5);
    two.bob.forget("alice", &mut two.rng).unwrap();
    assert_eq!(sessions(&two.bob), 1);
    assert!(!reads(&mut two, &late).unwrap().new_session);
    two.bob.forget("carol", &mut two.rng).unwrap();
    assert_eq!(sessions(&two.bob), 0);
}

#[test]
fn an_index_that_leads_to_no_session_is_damage_and_nothing_changes() {
    let mut two = Two::new(644);
    let [first, second] = [(); 2].map(|()| two.alice_sends(b"not answered"));
    two.bob_reads(&first).unwrap();
    let without_session = without(&two.bob, SESSION);
    two.bob = Client::open(without_session, &two.bob_key).unwrap();
    for sender in [Sender::Named("alice"), Sender::AnyPeer] {
        let before = records(&two.bob);
        let incoming = Incoming::new(&second);
        let refusal = two.bob.decrypt(sender, incoming, &mut two.rng);
        assert_eq!(refusal, Err(ClientError::Damaged));
        assert_eq!(records(&two.bob), before);
    }
}

/// Without the index, a session that is there takes no first messages any more, and begins no second time.
#[test]
fn a_session_that_is_not_in_the_index_is_not_accepted_again() {
    let mut two = Two::new(645);
    let [first, second] = [(); 2].map(|()| two.alice_sends(b"not answered"));
    two.bob_reads(&first).unwrap();
    let without_index = without(&two.bob, SESSION_PEER);
    two.bob = Client::open(without_index, &two.bob_key).unwrap();
    let before = records(&two.bob);
    let refusal = two.bob_reads(&second);
    assert_eq!(refusal, Err(ClientError::SessionEnded));
    assert_eq!(records(&two.bob), before);
}

/// The store of a client without its records of one kind.
fn without(client: &MemoryClient, kind: u8) -> MemoryStore {
    let mut store = client.store().clone();
    let mut batch = Batch::new();
    for (name, _) in store.scan(&[kind]).unwrap() {
        batch.delete(name);
    }
    assert_eq!(store.commit(&batch), Ok(Committed::Done));
    store
}
