use sprag::limits::MAX_ONE_TIME_PREKEYS;
use sprag::{Account, Error, Slot};

use crate::support::{Pair, account, decoded, encoded, not_accepted, reloaded, rng, with_next_id};

#[test]
fn one_bundle_begins_one_session_only() {
    let mut rng = rng(24);
    let mut bob = account(&mut rng);
    let bundle = bob.publish(&mut rng);
    let [one, two] = [(); 2].map(|()| {
        let reader = account(&mut rng);
        let mut session = reader.initiate(&bundle, &mut rng).unwrap();
        session.encrypt(b"hello", &mut rng).unwrap()
    });
    bob.accept(&two).unwrap();
    assert_eq!(
        not_accepted(&mut bob, &one),
        Error::UnknownPrekey(Slot::OneTimePrekey, 3)
    );
}

#[test]
fn the_oldest_one_time_keys_leave_for_the_newest() {
    let mut pair = Pair::without_one_time_prekey(25);
    let bundles = [(); 2].map(|()| pair.bob.publish(&mut pair.rng));
    let [first, second] = bundles.each_ref().map(|bundle| pair.first_with(bundle));
    // Without the curve key, so that only the KEM key is missed.
    let [first_kem, second_kem] = bundles.map(|bundle| {
        let mut bundle = decoded(&bundle);
        bundle.curve.one_time_prekey = None;
        pair.first_with(&encoded(bundle))
    });
    let mut bob = with_full_keys(&pair.bob);
    bob.publish(&mut pair.rng);
    let remaining = bob.one_time_prekeys();
    assert_eq!(remaining.ec, MAX_ONE_TIME_PREKEYS);
    assert_eq!(remaining.kem, MAX_ONE_TIME_PREKEYS);
    assert_eq!(
        not_accepted(&mut bob, &first),
        Error::UnknownPrekey(Slot::OneTimePrekey, 3)
    );
    assert_eq!(
        not_accepted(&mut bob, &first_kem),
        Error::UnknownPrekey(Slot::KemPrekey, 4)
    );
    reloaded(&bob).accept(&second_kem).unwrap();
    bob.accept(&second).unwrap();
}

/// The account, which has published twice, with as many one-time prekeys as it can keep.
fn with_full_keys(account: &Account) -> Account {
    const EC_LENGTH: usize = 1 + 4 + 32;
    const KEM_LENGTH: usize = 1 + 4 + 64 + 32;
    let number = 2 + 2 * MAX_ONE_TIME_PREKEYS as u32;
    let account = with_next_id(account, number + 1);
    let snapshot = account.snapshot();
    let (rest, accepted) = snapshot.expose().split_at(snapshot.expose().len() - 4);
    let (rest, kem) = rest.split_at(rest.len() - 4 - 2 * KEM_LENGTH);
    let (rest, ec) = rest.split_at(rest.len() - 4 - 2 * EC_LENGTH);
    let mut full = rest.to_vec();
    for (length, own) in [(EC_LENGTH, ec), (KEM_LENGTH, kem)] {
        let (count, own) = own.split_at(4);
        assert_eq!(count, [2, 0, 0, 0]);
        full.extend((MAX_ONE_TIME_PREKEYS as u32).to_le_bytes());
        full.extend(own);
        for id in 7..7 + MAX_ONE_TIME_PREKEYS as u32 - 2 {
            full.push(0);
            full.extend(id.to_le_bytes());
            full.resize(full.len() + length - 5, 0x5a);
        }
    }
    full.extend(accepted);
    Account::from_snapshot(&full).expect("the snapshot is of the account's form")
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

#[test]
fn the_one_time_keys_of_a_session_go_once_its_first_message_authenticated_and_not_before() {
    let mut pair = Pair::new(8);
    let fresh = Pair::with_bundle(8, |bob, _| bob.publish_reusable()).bob;
    let first = pair.send(b"first");
    for position in [34, 35, 100, 1_000, 1_620, first.len() - 20, first.len() - 1] {
        let mut forged = first.clone();
        forged[position] ^= 1;
        not_accepted(&mut pair.bob, &forged);
    }
    let other_ad = pair.bob.accept_with_ad(&first, b"other").map(|_| ());
    assert_eq!(
        other_ad,
        Err(Error::Ratchet(sprag_ratchet::Error::NotAuthentic))
    );
    let remaining = pair.bob.one_time_prekeys();
    assert_eq!((remaining.ec, remaining.kem), (1, 1));
    let (session, _) = pair.bob.accept(&first).unwrap();
    let remaining = pair.bob.one_time_prekeys();
    assert_eq!((remaining.ec, remaining.kem), (0, 0));
    // What is left is an account that never published, but for the next number and the session's id.
    let mut expected = with_next_id(&fresh, 5).snapshot().expose().to_vec();
    expected.truncate(expected.len() - 4);
    expected.extend([1, 0, 0, 0]);
    expected.extend(session.id().as_bytes());
    assert_eq!(pair.bob.snapshot().expose(), expected);
}

#[test]
fn keys_that_a_session_did_not_use_stay() {
    let mut rng = rng(27);
    let mut bob = account(&mut rng);
    let alice = account(&mut rng);
    let whole = decoded(&bob.publish(&mut rng));
    let reusable = decoded(&bob.publish_reusable());
    let mut without_ec = whole.clone();
    without_ec.curve.one_time_prekey = None;
    let mut without_kem = whole;
    without_kem.kem_prekey = reusable.kem_prekey;
    for (bundle, keys, left) in [
        (without_ec, (None, Some(4)), (1, 0)),
        (without_kem, (Some(3), None), (0, 0)),
    ] {
        let mut session = alice.initiate(&encoded(bundle), &mut rng).unwrap();
        let first = session.encrypt(b"first", &mut rng).unwrap();
        let (accepted, opened) = bob.accept(&first).unwrap();
        assert_eq!((opened.one_time_keys.ec, opened.one_time_keys.kem), keys);
        assert_eq!(accepted.one_time_keys(), session.one_time_keys());
        let remaining = bob.one_time_prekeys();
        assert_eq!((remaining.ec, remaining.kem), left);
        // Neither is a session without one-time keys, and both are recognised.
        assert_eq!(
            not_accepted(&mut bob, &first),
            Error::RepeatOf(opened.session_id)
        );
    }
}
