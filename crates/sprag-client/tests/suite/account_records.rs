use core::cell::Cell;
use std::rc::Rc;

use rand::rngs::StdRng;
use sprag::limits::{
    MAX_BUNDLE_ONE_TIME_PREKEYS, MAX_PREVIOUS_PREKEYS, MAX_REMEMBERED_SESSIONS,
    MAX_REUSABLE_SESSIONS, MAX_REUSABLE_SESSIONS_OF_KNOWN, MAX_UPLOADED_ONE_TIME_PREKEYS,
};
use sprag::{Error, Slot, Stock};
use sprag_client::{Client, ClientError, Incoming, Outgoing, Sender, Store};

use crate::failing_stores::{Crash, Fault, FaultyStore};
use crate::records_by_hand::fill_generation;
use crate::second_writers::SharedStore;
use crate::support::{encoded, remember_list};
use crate::two_clients::{MemoryClient, Refusal, Two, client, records};

/// A first message to Bob by this bundle, from somebody whom nobody knows.
fn first_with(bundle: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let (mut sender, _) = client(rng);
    first_of(&mut sender, bundle, rng)
}

/// The first message of a session that `sender` begins with this bundle.
fn first_of(sender: &mut MemoryClient, bundle: &[u8], rng: &mut StdRng) -> Vec<u8> {
    sender.add("bob", bundle, rng).expect("it is genuine");
    let first = sender.encrypt("bob", Outgoing::new(b"first"), rng);
    first.expect("there is a bundle")
}

fn read_as(
    bob: &mut MemoryClient,
    name: &str,
    message: &[u8],
    rng: &mut StdRng,
) -> Result<(), Refusal> {
    let incoming = Incoming::new(message);
    bob.decrypt(Sender::Named(name), incoming, rng).map(|_| ())
}

/// The number of records of a kind.
fn count(client: &MemoryClient, kind: u8) -> usize {
    let records = client.store().scan(&[kind]);
    records.expect("a store in memory reads").len()
}

/// Numbers of records of the account: both kinds of one-time prekeys and their places, sessions remembered with a
/// generation, sessions remembered otherwise and their slots.
fn counts(client: &MemoryClient) -> [usize; 6] {
    [10, 11, 12, 13, 14, 15].map(|kind| count(client, kind))
}

fn gone(slot: Slot, message: Result<(), Refusal>) {
    match message {
        Err(ClientError::Protocol(Error::PrekeyGone(found, _))) => assert_eq!(found, slot),
        other => panic!("the prekey is not gone: {other:?}"),
    }
}

fn repeats(message: Result<(), Refusal>) {
    assert_eq!(message, Err(ClientError::SessionEnded));
}

#[test]
fn used_prekeys_leave_with_their_places_in_the_commit_that_accepts_the_session() {
    let mut two = Two::new(800);
    assert_eq!(counts(&two.bob), [1, 1, 2, 0, 0, 0]);
    let first = two.alice_sends(b"first");
    let mut forged = first.clone();
    *forged.last_mut().unwrap() ^= 1;
    two.bob_reads(&forged).unwrap_err();
    assert_eq!(counts(&two.bob), [1, 1, 2, 0, 0, 0]);
    two.bob_reads(&first).unwrap();
    assert_eq!(counts(&two.bob), [0, 0, 0, 0, 1, 1]);
    // A session without one-time prekeys is remembered with its generation.
    let reusable = two.bob.publish_reusable().unwrap();
    let first = first_with(&reusable, &mut two.rng);
    read_as(&mut two.bob, "carol", &first, &mut two.rng).unwrap();
    assert_eq!(counts(&two.bob), [0, 0, 0, 1, 1, 1]);
}

#[test]
fn replays_are_refused_after_the_session_is_gone_and_after_a_restart() {
    let mut two = Two::new(801);
    let mut firsts = Vec::new();
    for reusable in [false, true] {
        let bundle = if reusable {
            two.bob.publish_reusable()
        } else {
            two.bob.publish(&mut two.rng)
        };
        let first = first_with(&bundle.unwrap(), &mut two.rng);
        read_as(&mut two.bob, "carol", &first, &mut two.rng).unwrap();
        two.bob.forget("carol", &mut two.rng).unwrap();
        firsts.push(first);
    }
    let [with_one_time_prekey, reusable] = &firsts[..] else {
        panic!("there are two");
    };
    for _restart in 0..2 {
        for first in &firsts {
            let before = records(&two.bob);
            repeats(read_as(&mut two.bob, "dave", first, &mut two.rng));
            assert_eq!(records(&two.bob), before);
        }
        two.bob = Client::open(two.bob.into_store(), &two.bob_key).unwrap();
    }
    // The session by a reusable bundle is remembered as long as its generation, and is deleted with it.
    two.bob.rotate(100, 50, &mut two.rng).unwrap();
    repeats(read_as(&mut two.bob, "dave", reusable, &mut two.rng));
    assert!(!two.bob.expire(149, &mut two.rng).unwrap());
    repeats(read_as(&mut two.bob, "dave", reusable, &mut two.rng));
    assert_eq!(count(&two.bob, 13), 1);
    assert!(two.bob.expire(150, &mut two.rng).unwrap());
    assert_eq!(count(&two.bob, 13), 0);
    let dropped = read_as(&mut two.bob, "dave", reusable, &mut two.rng);
    gone(Slot::SignedPrekey, dropped);
    // The other does not depend on it.
    let repeat = read_as(&mut two.bob, "dave", with_one_time_prekey, &mut two.rng);
    repeats(repeat);
}

#[test]
fn sessions_are_forgotten_with_their_own_generation_alone() {
    let mut two = Two::new(802);
    let mut firsts = Vec::new();
    for now in 1..=MAX_PREVIOUS_PREKEYS as u64 {
        let bundle = two.bob.publish_reusable().unwrap();
        let first = first_with(&bundle, &mut two.rng);
        read_as(&mut two.bob, "carol", &first, &mut two.rng).unwrap();
        two.bob.forget("carol", &mut two.rng).unwrap();
        firsts.push(first);
        two.bob.rotate(now, 100, &mut two.rng).unwrap();
    }
    // There is no room for a further one until the time of the first is up.
    assert_eq!(count(&two.bob, 13), MAX_PREVIOUS_PREKEYS);
    let full = ClientError::Protocol(Error::PrekeysStillKept(101));
    let before = records(&two.bob);
    assert_eq!(two.bob.rotate(100, 100, &mut two.rng), Err(full));
    assert_eq!(records(&two.bob), before);
    for first in &firsts {
        repeats(read_as(&mut two.bob, "dave", first, &mut two.rng));
    }
    // They go one by one, also with a rotation.
    two.bob.expire(102, &mut two.rng).unwrap();
    assert_eq!(count(&two.bob, 13), MAX_PREVIOUS_PREKEYS - 2);
    two.bob.rotate(103, 100, &mut two.rng).unwrap();
    assert_eq!(count(&two.bob, 13), MAX_PREVIOUS_PREKEYS - 3);
    let (left, kept) = firsts.split_at(3);
    for first in left {
        let dropped = read_as(&mut two.bob, "dave", first, &mut two.rng);
        gone(Slot::SignedPrekey, dropped);
    }
    for first in kept {
        repeats(read_as(&mut two.bob, "dave", first, &mut two.rng));
    }
    // All go if none is to be kept.
    two.bob.rotate(104, 0, &mut two.rng).unwrap();
    assert_eq!(count(&two.bob, 13), 0);
}

/// Bob, who accepted `number` sessions without a one-time prekey, and a bundle for further ones.
fn crowded(seed: u64, number: u32) -> (Two, Vec<u8>) {
    let mut two = Two::new(seed);
    let reusable = two.bob.publish_reusable().unwrap();
    let first = first_with(&reusable, &mut two.rng);
    read_as(&mut two.bob, "carol", &first, &mut two.rng).unwrap();
    let mut store = two.bob.into_store();
    fill_generation(&mut store, &two.secrets[1], number);
    two.bob = Client::open(store, &two.bob_key).unwrap();
    (two, reusable)
}

#[test]
fn strangers_stop_neither_a_peer_that_has_a_name_nor_one_that_was_forgotten() {
    let (mut two, reusable) = crowded(803, MAX_REUSABLE_SESSIONS);
    let full = Err(ClientError::Protocol(Error::TooManyReusableSessions));
    // Alice is a stranger until Bob adds her, or has had a session with her.
    let rng = &mut two.rng;
    let of_alice = first_of(&mut two.alice, &reusable, rng);
    let of_stranger = first_with(&reusable, rng);
    let before = records(&two.bob);
    for (name, first) in [("alice", &of_alice), ("stranger", &of_stranger)] {
        assert_eq!(read_as(&mut two.bob, name, first, rng), full);
    }
    // A name that is known says nothing of a sender that is not.
    assert_eq!(read_as(&mut two.bob, "carol", &of_stranger, rng), full);
    assert_eq!(records(&two.bob), before);
    let mut named = Client::open(two.bob.store().clone(), &two.bob_key).unwrap();
    let bundle = two.alice.publish(rng).unwrap();
    named.add("alice", &bundle, rng).unwrap();
    read_as(&mut named, "alice", &of_alice, rng).unwrap();
    assert_eq!(count(&named, 13), MAX_REUSABLE_SESSIONS as usize + 1);
    assert_eq!(read_as(&mut named, "stranger", &of_stranger, rng), full);
    // One-time prekeys make room, too, and whoever had a session is known after being forgotten.
    let bundle = two.bob.publish(rng).unwrap();
    let first = first_of(&mut two.alice, &bundle, rng);
    read_as(&mut two.bob, "alice", &first, rng).unwrap();
    two.bob.forget("alice", rng).unwrap();
    read_as(&mut two.bob, "alice", &of_alice, rng).unwrap();
    assert_eq!(read_as(&mut two.bob, "stranger", &of_stranger, rng), full);
    // New prekeys have room for all, and the sessions of the old ones are deleted.
    two.bob.rotate(100, 50, rng).unwrap();
    let reusable = two.bob.publish_reusable().unwrap();
    let first = first_with(&reusable, rng);
    read_as(&mut two.bob, "stranger", &first, rng).unwrap();
    assert!(two.bob.expire(150, rng).unwrap());
    assert_eq!(count(&two.bob, 13), 1);
}

#[test]
fn the_places_of_known_peers_are_bounded_too() {
    let all = MAX_REUSABLE_SESSIONS + MAX_REUSABLE_SESSIONS_OF_KNOWN;
    let (mut two, reusable) = crowded(804, all - 1);
    let rng = &mut two.rng;
    let bundle = two.alice.publish(rng).unwrap();
    two.bob.add("alice", &bundle, rng).unwrap();
    let last = first_of(&mut two.alice, &reusable, rng);
    let further = first_of(&mut two.alice, &reusable, rng);
    read_as(&mut two.bob, "alice", &last, rng).unwrap();
    let full = Err(ClientError::Protocol(Error::TooManyReusableSessions));
    assert_eq!(read_as(&mut two.bob, "alice", &further, rng), full);
}

#[test]
fn uploads_never_take_the_place_of_a_key_in_a_bundle_and_each_way_keeps_its_latest() {
    let mut two = Two::new(805);
    let rng = &mut two.rng;
    let upload = two.bob.replenish(rng).unwrap();
    let upload = sprag_wire::decode_upload(&upload).unwrap();
    remember_list(&two.bob.identity().unwrap(), upload.list);
    let mut directory = upload.keys.verify().unwrap();
    let uploaded = [(); 2].map(|()| first_with(&encoded(directory.next_bundle()), rng));
    let none_left = Stock::default();
    let places = MAX_UPLOADED_ONE_TIME_PREKEYS as usize;
    for _ in 0..places / 100 - 1 {
        two.bob.replenish_from(none_left, rng).unwrap();
    }
    // All places for uploads are taken. Further uploads take the place of the oldest, one by one.
    let one = Stock { ec: 99, kem: 99 };
    two.bob.replenish_from(one, rng).unwrap();
    let left = two.bob.one_time_prekeys().unwrap();
    assert_eq!(left.uploaded_ec, places);
    assert_eq!(left.uploaded_kem, places);
    let [first, second] = uploaded;
    let dropped = read_as(&mut two.bob, "carol", &first, rng);
    gone(Slot::OneTimePrekey, dropped);
    read_as(&mut two.bob, "carol", &second, rng).unwrap();
    two.bob.replenish_from(none_left, rng).unwrap();
    // Exactly those that are counted are kept, and no others. Alice's bundle is among them.
    let left = two.bob.one_time_prekeys().unwrap();
    assert_eq!(left.ec, places + 1);
    let [ec, kem, at_places, ..] = counts(&two.bob);
    assert_eq!(
        (ec, kem, at_places),
        (left.ec, left.kem, left.ec + left.kem)
    );
    let of_alice = two.alice_sends(b"first");
    two.bob_reads(&of_alice).unwrap();
}

#[test]
fn the_oldest_bundle_leaves_for_the_thousandth_after_it() {
    let mut two = Two::new(806);
    let rng = &mut two.rng;
    let second = two.bob.publish(rng).unwrap();
    let second = first_with(&second, rng);
    for _ in 2..MAX_BUNDLE_ONE_TIME_PREKEYS {
        two.bob.publish(rng).unwrap();
    }
    let number = MAX_BUNDLE_ONE_TIME_PREKEYS as usize;
    assert_eq!(counts(&two.bob)[..3], [number, number, 2 * number]);
    let store = two.bob.store().clone();
    let of_alice = two.alice_sends(b"first");
    let in_time = Client::open(store, &two.bob_key);
    read_as(&mut in_time.unwrap(), "alice", &of_alice, &mut two.rng).unwrap();
    two.bob.publish(&mut two.rng).unwrap();
    assert_eq!(counts(&two.bob)[..3], [number, number, 2 * number]);
    gone(Slot::OneTimePrekey, two.bob_reads(&of_alice).map(|_| ()));
    read_as(&mut two.bob, "carol", &second, &mut two.rng).unwrap();
    let left = two.bob.one_time_prekeys().unwrap();
    assert_eq!((left.ec, left.kem), (number - 1, number - 1));
    assert_eq!(
        counts(&two.bob)[..3],
        [number - 1, number - 1, 2 * (number - 1)]
    );
}

#[test]
fn the_oldest_session_with_a_one_time_prekey_is_forgotten_for_the_thousandth_after_it() {
    let mut two = Two::new(807);
    let mut firsts = Vec::new();
    for _ in 0..MAX_REMEMBERED_SESSIONS {
        let bundle = two.bob.publish(&mut two.rng).unwrap();
        let first = first_of(&mut two.alice, &bundle, &mut two.rng);
        let received = two.bob_reads(&first).unwrap();
        two.bob.acknowledge(&received.receipt).unwrap();
        firsts.push(first);
    }
    two.bob.forget("alice", &mut two.rng).unwrap();
    let number = MAX_REMEMBERED_SESSIONS as usize;
    assert_eq!(counts(&two.bob)[4..], [number, number]);
    repeats(two.bob_reads(&firsts[0]).map(|_| ()));
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    let further = first_of(&mut two.alice, &bundle, &mut two.rng);
    two.bob_reads(&further).unwrap();
    two.bob.forget("alice", &mut two.rng).unwrap();
    assert_eq!(counts(&two.bob)[4..], [number, number]);
    // What is not remembered cannot be replayed, because its one-time prekeys are gone.
    gone(Slot::OneTimePrekey, two.bob_reads(&firsts[0]).map(|_| ()));
    repeats(two.bob_reads(&firsts[1]).map(|_| ()));
    repeats(two.bob_reads(&further).map(|_| ()));
}

type Meanwhile = fn(&mut Client<SharedStore>, &[u8], &mut StdRng);

/// Another program of Bob's receives the same message, publishes, or rotates, before each call of the first in turn.
#[test]
fn another_writer_is_a_conflict_and_never_a_wrong_refusal() {
    let acts: [Meanwhile; 3] = [
        |bob, first, rng| {
            let sender = Sender::Named("alice");
            drop(bob.decrypt(sender, Incoming::new(first), rng).unwrap());
        },
        |bob, _, rng| drop(bob.publish(rng).unwrap()),
        |bob, _, rng| bob.rotate(10, 10, rng).unwrap(),
    ];
    let mut conflicts = 0;
    for act in acts {
        for call in 0..10 {
            for reusable in [false, true] {
                let mut two = Two::new(808);
                if reusable {
                    let bundle = two.bob.publish_reusable().unwrap();
                    two.alice.add("bob", &bundle, &mut two.rng).unwrap();
                }
                let first = Rc::new(two.alice_sends(b"first"));
                let key = Rc::new(two.bob_key);
                let shared = SharedStore::new(two.bob.into_store());
                let mut bob = Client::open(shared.clone(), &key).unwrap();
                let (message, alone) = (first.clone(), shared.alone());
                let acted = Rc::new(Cell::new(false));
                let done = acted.clone();
                shared.before_call(
                    call,
                    Box::new(move || {
                        let mut second = Client::open(alone, &key).unwrap();
                        act(&mut second, &message, &mut crate::support::rng(809));
                        done.set(true);
                    }),
                );
                let sender = Sender::Named("alice");
                let received = bob.decrypt(sender, Incoming::new(&first), &mut two.rng);
                if let Err(refusal) = received {
                    assert_eq!(refusal, ClientError::Conflict, "before call {call}");
                    assert!(acted.get());
                    conflicts += 1;
                    let again = bob.decrypt(sender, Incoming::new(&first), &mut two.rng);
                    assert_eq!(again.unwrap().opened.plaintext, b"first");
                }
            }
        }
    }
    assert!(conflicts > 20, "{conflicts} conflicts");
}

/// A bundle that did not leave may have keys that nobody will use; a bundle that left has all of its own. A message that was
/// not shown can be read again, with its keys there or its session.
#[test]
fn a_crash_leaves_the_whole_change_of_an_account_or_nothing_of_it() {
    let steps: [Step; 6] = [
        |bob, _, rng| bob.publish(rng).map(drop),
        |bob, _, rng| bob.replenish(rng).map(drop),
        |bob, firsts, rng| receive(bob, &firsts[0], rng),
        |bob, firsts, rng| receive(bob, &firsts[1], rng),
        |bob, _, rng| bob.rotate(1, 1, rng),
        |bob, _, rng| bob.expire(2, rng).map(drop),
    ];
    for faulty in 0..steps.len() {
        for fault in [Fault::Before, Fault::After] {
            let mut two = Two::new(810);
            let bundles = [two.bob.publish(&mut two.rng), two.bob.publish_reusable()];
            let firsts = bundles.map(|bundle| first_with(&bundle.unwrap(), &mut two.rng));
            let store = FaultyStore {
                records: two.bob.into_store(),
                fault: Rc::new(Cell::new(Fault::Never)),
            };
            let mut bob = Client::open(store, &two.bob_key).unwrap();
            for (index, step) in steps.into_iter().enumerate() {
                if index == faulty {
                    let before = bob.store().records.scan(&[]).unwrap();
                    bob.store().fault.set(fault);
                    let crashed = step(&mut bob, &firsts, &mut two.rng);
                    assert!(matches!(crashed, Err(ClientError::Store(Crash))));
                    let after = bob.store().records.scan(&[]).unwrap();
                    assert_eq!(before == after, fault == Fault::Before);
                    bob = Client::open(bob.into_store(), &two.bob_key).unwrap();
                }
                step(&mut bob, &firsts, &mut two.rng).unwrap();
            }
            // The keys that are counted are those that are kept, each at its place, and the sessions are remembered once.
            let left = bob.one_time_prekeys().unwrap();
            let bob = Client::open(bob.into_store().records, &two.bob_key).unwrap();
            let published = usize::from(faulty == 0 && fault == Fault::After);
            assert_eq!(left.ec, 102 + published);
            let keys = [left.ec, left.kem, left.ec + left.kem];
            assert_eq!(counts(&bob)[..3], keys);
            assert_eq!(counts(&bob)[3..], [0, 1, 1]);
        }
    }
}

type Faulty = Client<FaultyStore>;
type Step = fn(&mut Faulty, &[Vec<u8>; 2], &mut StdRng) -> Result<(), ClientError<Crash>>;

fn receive(bob: &mut Faulty, first: &[u8], rng: &mut StdRng) -> Result<(), ClientError<Crash>> {
    let name = first[40].to_string();
    let received = bob.decrypt(Sender::Named(&name), Incoming::new(first), rng)?;
    assert_eq!(received.opened.plaintext, b"first");
    Ok(())
}
