use std::collections::BTreeSet;

use sprag::limits::{
    MAX_REMEMBERED_SESSIONS, MAX_REUSABLE_SESSIONS, MAX_REUSABLE_SESSIONS_OF_KNOWN,
};
use sprag::{Acceptance, Account, DecodedMessage, Error, Policy, SessionId, Slot};

use crate::support::{
    ACCEPTED_AT, Pair, REUSABLE_AT, X3DH, account, decoded, encoded, joined, not_accepted,
    not_accepted_under, reloaded,
};

#[test]
fn a_replay_delivers_nothing_even_when_the_session_is_gone() {
    for mut pair in [Pair::new(20), Pair::without_one_time_prekey(20)] {
        let first = pair.send(b"first");
        let (session, _) = pair.bob.accept(&first).unwrap();
        let id = *session.id();
        drop(session);
        assert_eq!(not_accepted(&mut pair.bob, &first), Error::RepeatOf(id));
        let mut restored = reloaded(&pair.bob);
        assert_eq!(not_accepted(&mut restored, &first), Error::RepeatOf(id));
    }
}

#[test]
fn a_forgotten_session_cannot_be_replayed_since_its_one_time_keys_are_gone() {
    let mut pair = Pair::new(21);
    let first = pair.send(b"first");
    let id = *pair.bob.accept(&first).unwrap().0.id();
    let bundle = pair.bob.publish(&mut pair.rng);
    let second = pair.first_with(&bundle);
    let second_id = *pair.bob.accept(&second).unwrap().0.id();
    let mut bob = with_full_memory(&pair.bob);
    assert_eq!(not_accepted(&mut bob, &first), Error::RepeatOf(id));
    let bundle = bob.publish(&mut pair.rng);
    let third = pair.first_with(&bundle);
    bob.accept(&third).unwrap();
    assert_eq!(
        not_accepted(&mut bob, &first),
        Error::PrekeyGone(Slot::OneTimePrekey, 3)
    );
    assert_eq!(not_accepted(&mut bob, &second), Error::RepeatOf(second_id));
    // Nor is the KEM key there for a message that names no curve key.
    let mut stripped = first;
    assert_eq!(stripped[36..39], [1, 3, 4]);
    stripped.splice(36..38, [0]);
    assert_eq!(
        not_accepted(&mut bob, &stripped),
        Error::PrekeyGone(Slot::KemPrekey, 4)
    );
}

/// The account, which accepted two sessions, as if it had accepted as many as it remembers.
fn with_full_memory(account: &Account) -> Account {
    let mut full = account.snapshot().expose().to_vec();
    let accepted = &mut full[ACCEPTED_AT..ACCEPTED_AT + 4];
    assert_eq!(accepted, 2_u32.to_le_bytes());
    accepted.copy_from_slice(&MAX_REMEMBERED_SESSIONS.to_le_bytes());
    full.extend((2..MAX_REMEMBERED_SESSIONS).flat_map(other_id));
    Account::from_snapshot(&full).expect("the snapshot is of the account's form")
}

fn other_id(number: u32) -> [u8; 32] {
    let mut id = [0x5a; 32];
    id[..4].copy_from_slice(&number.to_be_bytes());
    id
}

#[test]
fn a_session_without_one_time_keys_is_recognised_as_long_as_its_keys_live() {
    let mut pair = Pair::without_one_time_prekey(28);
    let first = pair.send(b"first");
    let repeat = Error::RepeatOf(*pair.session.id());
    pair.bob.accept(&first).unwrap();
    for now in 1..=8 {
        assert_eq!(not_accepted(&mut pair.bob, &first), repeat);
        pair.bob.rotate(now, 100, &mut pair.rng).unwrap();
        pair.bob = reloaded(&pair.bob);
    }
    assert_eq!(not_accepted(&mut pair.bob, &first), repeat);
    assert!(!pair.bob.expire(100));
    assert_eq!(not_accepted(&mut pair.bob, &first), repeat);
    assert!(pair.bob.expire(101));
    assert_eq!(
        not_accepted(&mut pair.bob, &first),
        Error::PrekeyGone(Slot::SignedPrekey, 1)
    );
}

#[test]
fn each_session_without_one_time_keys_is_remembered_with_its_own_keys() {
    let mut pair = Pair::without_one_time_prekey(201);
    let mut firsts = Vec::new();
    for now in 1..=4 {
        let bundle = pair.bob.publish_reusable();
        firsts.push(pair.first_with(&bundle));
        pair.bob.rotate(now, 100, &mut pair.rng).unwrap();
    }
    let mut bob = reloaded(&pair.bob);
    for first in &firsts {
        bob.accept(first).unwrap();
    }
    for now in 101..=104 {
        assert!(bob.expire(now));
        let (dropped, kept) = firsts.split_at(now as usize - 100);
        for first in dropped {
            let refusal = not_accepted(&mut bob, first);
            assert!(matches!(refusal, Error::PrekeyGone(Slot::SignedPrekey, _)));
        }
        for first in kept {
            let refusal = not_accepted(&mut bob, first);
            assert!(matches!(refusal, Error::RepeatOf(_)));
        }
    }
}

#[test]
fn a_session_of_two_generations_is_recognised_as_long_as_both_live() {
    for newer_signed in [false, true] {
        let mut pair = Pair::new(29);
        let older = decoded(&pair.bob.publish_reusable());
        pair.bob.rotate(10, 90, &mut pair.rng).unwrap();
        let newer = decoded(&pair.bob.publish_reusable());
        let (mixed, missing) = if newer_signed {
            let mixed = joined(&pair.bob, newer, &older);
            (mixed, Error::PrekeyGone(Slot::KemPrekey, 2))
        } else {
            let mixed = joined(&pair.bob, older, &newer);
            (mixed, Error::PrekeyGone(Slot::SignedPrekey, 1))
        };
        let first = pair.first_with(&encoded(mixed));
        let (session, opened) = pair.bob.accept(&first).unwrap();
        assert!(opened.one_time_keys.are_none());
        let repeat = Error::RepeatOf(*session.id());
        assert_eq!(not_accepted(&mut pair.bob, &first), repeat);
        pair.bob.rotate(20, 90, &mut pair.rng).unwrap();
        pair.bob = reloaded(&pair.bob);
        assert_eq!(not_accepted(&mut pair.bob, &first), repeat);
        pair.bob.expire(99);
        assert_eq!(not_accepted(&mut pair.bob, &first), repeat);
        // With the older keys its place in the memory goes too.
        pair.bob.expire(100);
        assert_eq!(not_accepted(&mut pair.bob, &first), missing);
        let snapshot = pair.bob.snapshot();
        let id = session.id().as_bytes();
        assert!(!snapshot.expose().windows(32).any(|window| window == id));
    }
}

#[test]
fn sessions_without_one_time_keys_are_refused_at_the_cap_and_none_is_forgotten() {
    let mut pair = Pair::without_one_time_prekey(22);
    let first = pair.send(b"first");
    let (session, _) = pair.bob.accept(&first).unwrap();
    let old_bundle = pair.bob.publish_reusable();
    let last = pair.first_with(&old_bundle);
    let further = pair.first_with(&old_bundle);
    let repeat = Error::RepeatOf(*session.id());
    let mut bob = with_full_generation(&pair.bob, session.id(), MAX_REUSABLE_SESSIONS - 1);
    bob.accept(&last).unwrap();
    assert_eq!(not_accepted(&mut bob, &first), repeat);
    let full = Error::TooManyReusableSessions;
    assert_eq!(not_accepted(&mut bob, &further), full);
    // One-time keys of either kind are the way out, and so are new prekeys.
    let bundle = decoded(&bob.publish(&mut pair.rng));
    let mut without_ec = bundle.clone();
    without_ec.curve.one_time_prekey = None;
    bob.accept(&pair.first_with(&encoded(without_ec))).unwrap();
    let mut without_kem = bundle;
    without_kem.kem_prekey = decoded(&old_bundle).kem_prekey;
    bob.accept(&pair.first_with(&encoded(without_kem))).unwrap();
    bob = reloaded(&bob);

    bob.rotate(1, 100, &mut pair.rng).unwrap();
    let new_bundle = bob.publish_reusable();
    bob.accept(&pair.first_with(&new_bundle)).unwrap();
    assert_eq!(not_accepted(&mut bob, &further), full);
    assert_eq!(not_accepted(&mut bob, &first), repeat);
    // A session that needs but one of the old keys needs its place among the old sessions.
    let (old, new) = (decoded(&old_bundle), decoded(&new_bundle));
    for (signed, last_resort) in [(&old, &new), (&new, &old)] {
        let mixed = encoded(joined(&bob, signed.clone(), last_resort));
        let mixed = pair.first_with(&mixed);
        assert_eq!(not_accepted(&mut bob, &mixed), full);
    }
}

#[test]
fn strangers_leave_room_for_those_who_are_known() {
    let mut pair = Pair::without_one_time_prekey(24);
    let first = pair.send(b"first");
    let (session, _) = pair.bob.accept(&first).unwrap();
    let bundle = pair.bob.publish_reusable();
    let of_alice = [(); 3].map(|()| pair.first_with(&bundle));
    let stranger = account(&mut pair.rng);
    let mut of_stranger = stranger.initiate(&bundle, &mut pair.rng).unwrap();
    let of_stranger = of_stranger.encrypt(b"first", &mut pair.rng).unwrap();
    let alice = *pair.alice.identity();
    let accept = |bob: &mut Account, first: &[u8]| {
        let acceptance = Acceptance {
            policy: Policy::default(),
            message: &DecodedMessage::decode(first).unwrap(),
            associated_data: &[],
        };
        let before = bob.snapshot();
        let accepted = bob.accept_decoded(&acceptance, |identity| *identity == alice);
        let accepted = accepted.map(|(session, _)| *session.id());
        assert_eq!(
            bob.snapshot().expose() == before.expose(),
            accepted.is_err()
        );
        accepted
    };
    // Strangers have taken all their places.
    let mut bob = with_full_generation(&pair.bob, session.id(), MAX_REUSABLE_SESSIONS);
    let full = Err(Error::TooManyReusableSessions);
    assert_eq!(accept(&mut bob, &of_stranger), full);
    let id = accept(&mut bob, &of_alice[0]).unwrap();
    assert_eq!(accept(&mut bob, &of_alice[0]), Err(Error::RepeatOf(id)));
    assert_eq!(accept(&mut bob, &of_stranger), full);
    // The places of those who are known are counted as well.
    let all = MAX_REUSABLE_SESSIONS + MAX_REUSABLE_SESSIONS_OF_KNOWN;
    let mut bob = with_full_generation(&pair.bob, session.id(), all - 1);
    accept(&mut bob, &of_alice[1]).unwrap();
    bob = reloaded(&bob);
    assert_eq!(accept(&mut bob, &of_alice[2]), full);
    assert_eq!(accept(&mut bob, &of_stranger), full);
    // Nor is an account read that has accepted more.
    let more = filled_generation(&pair.bob, session.id(), all + 1);
    assert!(Account::from_snapshot(&more).is_err());
}

#[test]
fn a_message_that_does_not_authenticate_takes_no_place_and_its_sender_is_not_looked_up() {
    let mut pair = Pair::without_one_time_prekey(240);
    let first = pair.send(b"first");
    let (session, _) = pair.bob.accept(&first).unwrap();
    let bundle = pair.bob.publish_reusable();
    let last = pair.first_with(&bundle);
    let mut bob = with_full_generation(&pair.bob, session.id(), MAX_REUSABLE_SESSIONS - 1);
    // The seal of the initiator, or what comes after it.
    let in_seal = last.len() - (40 + 24 + 16) - 32 - 20;
    for position in [in_seal, last.len() - 1] {
        let mut forged = last.clone();
        forged[position] ^= 1;
        let not_authentic = not_accepted(&mut bob, &forged);
        assert!(!matches!(not_authentic, Error::TooManyReusableSessions));
        // Nor is it asked who sent it where there is no room for strangers.
        let mut bob = with_full_generation(&pair.bob, session.id(), MAX_REUSABLE_SESSIONS);
        let acceptance = Acceptance {
            policy: Policy::default(),
            message: &DecodedMessage::decode(&forged).unwrap(),
            associated_data: &[],
        };
        let refused = bob.accept_decoded(&acceptance, |_| panic!("nobody is known yet"));
        assert_eq!(refused.map(|_| ()), Err(not_authentic));
    }
    // The last place is still there.
    bob.accept(&last).unwrap();
}

#[test]
fn sessions_of_x3dh_without_one_time_keys_count_too() {
    let mut pair = Pair::without_one_time_prekey(23);
    let first = pair.send(b"first");
    let (session, _) = pair.bob.accept(&first).unwrap();
    let mut bob = with_full_generation(&pair.bob, session.id(), MAX_REUSABLE_SESSIONS - 1);
    let bundle = bob.publish_x3dh(&mut pair.rng).unwrap();
    let mut bundle = crate::support::decoded_x3dh(&bundle);
    bundle.curve.one_time_prekey = None;
    let bundle = crate::support::encoded_x3dh(bundle);
    let [one, other] = [(); 2].map(|()| pair.first_with(&bundle));
    let (accepted, _) = bob.accept_under(&X3DH, &one, b"").unwrap();
    assert_eq!(
        not_accepted_under(&X3DH, &mut bob, &one),
        Error::RepeatOf(*accepted.id())
    );
    assert_eq!(
        not_accepted_under(&X3DH, &mut bob, &other),
        Error::TooManyReusableSessions
    );
}

/// The account, which accepted one session without one-time keys, as if it had accepted `number`.
///
/// The others are written into its snapshot, because 10,000 handshakes take long.
fn with_full_generation(account: &Account, own: &SessionId, number: u32) -> Account {
    let full = filled_generation(account, own, number);
    Account::from_snapshot(&full).expect("the snapshot is of the account's form")
}

fn filled_generation(account: &Account, own: &SessionId, number: u32) -> Vec<u8> {
    let mut full = account.snapshot().expose().to_vec();
    let count = &mut full[REUSABLE_AT..REUSABLE_AT + 4];
    assert_eq!(count, [1, 0, 0, 0]);
    count.copy_from_slice(&number.to_le_bytes());
    // The ids of the sessions are the last in the snapshot.
    let id = full.split_off(full.len() - 32);
    assert_eq!(id, own.as_bytes());
    let mut ids: BTreeSet<_> = (1..number).map(other_id).collect();
    ids.insert(*own.as_bytes());
    full.extend(ids.into_iter().flatten());
    full
}
