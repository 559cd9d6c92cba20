//! What an account remembers: prekeys, and the sessions it accepted.

use std::collections::BTreeSet;

use sprag::limits::{MAX_ONE_TIME_PREKEYS, MAX_REMEMBERED_SESSIONS, MAX_REUSABLE_SESSIONS};
use sprag::{Account, Error, Slot};

use crate::support::{Pair, not_accepted, rng};

#[test]
fn a_replay_delivers_nothing_even_when_the_session_is_gone() {
    for mut pair in [Pair::new(20), Pair::without_one_time_prekey(20)] {
        let first = pair.send(b"first");
        let (session, _) = pair.bob.accept(&first).unwrap();
        let id = *session.id();
        drop(session);
        assert_eq!(not_accepted(&mut pair.bob, &first), Error::RepeatOf(id));
        let mut restored = Account::from_snapshot(pair.bob.snapshot().expose()).unwrap();
        assert_eq!(not_accepted(&mut restored, &first), Error::RepeatOf(id));
    }
}

#[test]
fn a_forgotten_session_cannot_be_replayed_since_its_one_time_key_is_gone() {
    let mut pair = Pair::new(21);
    let first = pair.send(b"first");
    pair.bob.accept(&first).unwrap();
    for _ in 0..MAX_REMEMBERED_SESSIONS {
        let bundle = pair.bob.publish(&mut pair.rng);
        let mut session = pair.alice.initiate(&bundle, &mut pair.rng).unwrap();
        let message = session.encrypt(b"", &mut pair.rng).unwrap();
        pair.bob.accept(&message).unwrap();
    }
    assert_eq!(
        not_accepted(&mut pair.bob, &first),
        Error::UnknownPrekey(Slot::OneTimePrekey, 1)
    );
}

#[test]
fn sessions_without_one_time_key_are_refused_at_the_cap_and_none_is_forgotten() {
    let mut pair = Pair::without_one_time_prekey(22);
    let first = pair.send(b"first");
    let (session, _) = pair.bob.accept(&first).unwrap();
    // A full memory, by way of the snapshot, since 10,000 handshakes take long.
    let snapshot = pair.bob.snapshot();
    let (head, own_id) = snapshot.expose().split_at(snapshot.expose().len() - 32);
    assert_eq!(own_id, session.id().as_bytes());
    let mut ids = BTreeSet::from([*session.id().as_bytes()]);
    for number in 1..MAX_REUSABLE_SESSIONS as u32 {
        let mut id = [0x5a; 32];
        id[..4].copy_from_slice(&number.to_be_bytes());
        ids.insert(id);
    }
    let (head, count) = head.split_at(head.len() - 4);
    assert_eq!(count, 1_u32.to_le_bytes());
    let mut full = head.to_vec();
    full.extend((MAX_REUSABLE_SESSIONS as u32).to_le_bytes());
    full.extend(ids.into_iter().flatten());
    let mut bob = Account::from_snapshot(&full).unwrap();

    assert_eq!(
        not_accepted(&mut bob, &first),
        Error::RepeatOf(*session.id())
    );
    let bundle = bob.publish_reusable();
    let mut another = pair.alice.initiate(&bundle, &mut pair.rng).unwrap();
    let message = another.encrypt(b"", &mut pair.rng).unwrap();
    assert_eq!(
        not_accepted(&mut bob, &message),
        Error::TooManyReusableSessions
    );
    let bundle = bob.publish(&mut pair.rng);
    let mut with_key = pair.alice.initiate(&bundle, &mut pair.rng).unwrap();
    let message = with_key.encrypt(b"", &mut pair.rng).unwrap();
    bob.accept(&message).unwrap();
}

#[test]
fn each_bundle_has_a_one_time_key_of_its_own_and_numbers_are_never_reused() {
    let mut pair = Pair::new(23);
    let mut seen = BTreeSet::from([1]);
    let first = pair.send(b"first");
    pair.bob.accept(&first).unwrap();
    for _ in 0..20 {
        pair.bob = Account::from_snapshot(pair.bob.snapshot().expose()).unwrap();
        let bundle = pair.bob.publish(&mut pair.rng);
        let session = pair.alice.initiate(&bundle, &mut pair.rng).unwrap();
        assert!(seen.insert(session.one_time_keys().ec.unwrap()));
    }
}

#[test]
fn one_bundle_begins_one_session_only() {
    let mut rng = rng(24);
    let mut bob = Account::generate(&mut rng);
    let bundle = bob.publish(&mut rng);
    let [one, two] = [(); 2].map(|()| {
        let account = Account::generate(&mut rng);
        let mut session = account.initiate(&bundle, &mut rng).unwrap();
        session.encrypt(b"hello", &mut rng).unwrap()
    });
    bob.accept(&two).unwrap();
    assert_eq!(
        not_accepted(&mut bob, &one),
        Error::UnknownPrekey(Slot::OneTimePrekey, 1)
    );
}

#[test]
fn the_oldest_one_time_key_leaves_for_the_newest() {
    let mut pair = Pair::new(25);
    let first = pair.send(b"with key 1");
    let bundle = pair.bob.publish(&mut pair.rng);
    let mut second = pair.alice.initiate(&bundle, &mut pair.rng).unwrap();
    let second = second.encrypt(b"with key 2", &mut pair.rng).unwrap();
    while pair.bob.one_time_prekeys() < MAX_ONE_TIME_PREKEYS {
        pair.bob.publish(&mut pair.rng);
    }
    pair.bob.publish(&mut pair.rng);
    assert_eq!(pair.bob.one_time_prekeys(), MAX_ONE_TIME_PREKEYS);
    assert_eq!(
        not_accepted(&mut pair.bob, &first),
        Error::UnknownPrekey(Slot::OneTimePrekey, 1)
    );
    pair.bob.accept(&second).unwrap();
}

#[test]
fn only_a_message_with_a_handshake_is_accepted() {
    let mut pair = Pair::new(26);
    let first = pair.send(b"first");
    let (mut bobs, _) = pair.bob.accept(&first).unwrap();
    let answer = bobs.encrypt(b"answer", &mut pair.rng).unwrap();
    assert_eq!(
        not_accepted(&mut pair.bob, &answer),
        Error::Wire(sprag_wire::Error::OtherKind(sprag_wire::Kind::Message))
    );
}
