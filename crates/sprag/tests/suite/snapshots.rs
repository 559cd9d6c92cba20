use rand::RngExt;
use sprag::records::AccountCore;
use sprag::{Account, Error, PrimitiveError, Session};

use crate::support::{
    COUNTS_AT, EC_LENGTH, GENERATION_AT, KEM_LENGTH, LAST_RESORT_LENGTH, NEXT_ID_AT, Pair,
    REUSABLE_AT, SIGNED_PREKEY_LENGTH, decoded, plaintext,
};

#[test]
fn a_conversation_goes_on_through_snapshots() {
    let mut pair = Pair::new(40);
    let first = pair.send(b"first");
    pair.bob = Account::from_snapshot(pair.bob.snapshot().expose()).unwrap();
    pair.alice = Account::from_snapshot(pair.alice.snapshot().expose()).unwrap();
    let (mut bob, _) = pair.bob.accept(&first).unwrap();
    let mut alice = pair.session;
    for round in 0..30_u8 {
        for session in [&mut alice, &mut bob] {
            let snapshot = session.snapshot();
            *session = Session::from_snapshot(snapshot.expose()).unwrap();
            assert_eq!(session.snapshot().expose(), snapshot.expose());
        }
        let skipped = alice.encrypt(b"late", &mut pair.rng).unwrap();
        let message = alice.encrypt(&[round], &mut pair.rng).unwrap();
        assert_eq!(plaintext(bob.decrypt(&message)), [round]);
        if round % 3 == 0 {
            bob = Session::from_snapshot(bob.snapshot().expose()).unwrap();
            assert_eq!(plaintext(bob.decrypt(&skipped)), b"late");
        }
        core::mem::swap(&mut alice, &mut bob);
    }
}

#[test]
fn a_restored_initiator_still_repeats_the_handshake() {
    let mut pair = Pair::new(41);
    let mut restored = Session::from_snapshot(pair.session.snapshot().expose()).unwrap();
    let first = restored.encrypt(b"first", &mut pair.rng).unwrap();
    let (_, opened) = pair.bob.accept(&first).unwrap();
    assert_eq!(opened.plaintext, b"first");
}

#[test]
fn truncated_extended_and_exchanged_snapshots_are_refused() {
    let mut pair = Pair::new(42);
    let first = pair.send(b"first");
    pair.bob.publish(&mut pair.rng);
    pair.send(b"second");
    let third = pair.send(b"third");
    let (mut bob, _) = pair.bob.accept(&first).unwrap();
    bob.decrypt(&third).unwrap();
    let (account, session) = (pair.bob.snapshot(), bob.snapshot());
    for length in 0..account.expose().len() {
        let cut = &account.expose()[..length];
        assert!(matches!(
            Account::from_snapshot(cut),
            Err(Error::Snapshot(_))
        ));
    }
    for length in 0..session.expose().len() {
        let cut = &session.expose()[..length];
        assert!(matches!(
            Session::from_snapshot(cut),
            Err(Error::Snapshot(_))
        ));
    }
    let extended = [account.expose(), &[0]].concat();
    assert!(Account::from_snapshot(&extended).is_err());
    let extended = [session.expose(), &[0]].concat();
    assert!(Session::from_snapshot(&extended).is_err());
    assert!(Session::from_snapshot(account.expose()).is_err());
    assert!(Account::from_snapshot(session.expose()).is_err());
    let mut later_version = session.expose().to_vec();
    later_version[6] += 1;
    assert!(Session::from_snapshot(&later_version).is_err());
}

/// The bytes of an account with some of them replaced.
fn account_with(account: &Account, at: usize, bytes: &[u8]) -> Result<(), Error> {
    let mut snapshot = account.snapshot().expose().to_vec();
    snapshot[at..at + bytes.len()].copy_from_slice(bytes);
    Account::from_snapshot(&snapshot).map(|_| ())
}

const INVALID: Result<(), Error> = Err(Error::Snapshot(PrimitiveError::SnapshotInvalid));

#[test]
fn an_account_whose_prekeys_contradict_each_other_is_refused() {
    let mut pair = Pair::without_one_time_prekey(46);
    pair.bob.publish(&mut pair.rng);
    pair.bob.publish(&mut pair.rng);
    let bob = &pair.bob;
    let length = bob.snapshot().expose().len();
    // From the end: two KEM prekeys, two curve prekeys.
    let kem = [length - 2 * KEM_LENGTH, length - KEM_LENGTH];
    let ec = [kem[0] - 4 - 2 * EC_LENGTH, kem[0] - 4 - EC_LENGTH];
    for ([one, other], ids) in [(ec, [3_u32, 5]), (kem, [4, 6])] {
        // The way of publishing, and the place, which no two keys have in common.
        assert_eq!(account_with(bob, one, &[0, 0]), Ok(()));
        assert_eq!(account_with(bob, one, &[1, 0]), INVALID);
        assert_eq!(account_with(bob, one, &[2, 0]), INVALID);
        assert_eq!(account_with(bob, one, &[0, 2]), Ok(()));
        assert_eq!(account_with(bob, one, &[0, 1]), INVALID);
        assert_eq!(
            account_with(bob, one + 1, &1_000_u32.to_le_bytes()),
            INVALID
        );
        // The numbers.
        let [first, second] = ids.map(u32::to_le_bytes);
        assert_eq!(account_with(bob, one + 5, &first), Ok(()));
        assert_eq!(account_with(bob, one + 5, &second), INVALID);
        assert_eq!(account_with(bob, other + 5, &first), INVALID);
        // The next number is 7.
        assert_eq!(account_with(bob, other + 5, &[7]), INVALID);
    }
    assert_eq!(account_with(bob, NEXT_ID_AT, &[6]), INVALID);
    // Two curve keys were published in bundles, and two are kept; none in uploads; and the same of KEM keys.
    for counts in [COUNTS_AT, COUNTS_AT + 16] {
        for (at, count) in [(0, 2), (4, 2), (8, 0), (12, 0)] {
            assert_eq!(account_with(bob, counts + at, &[count]), Ok(()));
        }
        for (at, count) in [(0, 1), (4, 1), (4, 3), (12, 1)] {
            assert_eq!(account_with(bob, counts + at, &[count]), INVALID);
        }
    }
}

#[test]
fn two_prekeys_at_one_place_are_refused_even_if_one_is_counted() {
    let mut pair = Pair::without_one_time_prekey(460);
    pair.bob.publish(&mut pair.rng);
    pair.bob.publish(&mut pair.rng);
    let mut snapshot = pair.bob.snapshot().expose().to_vec();
    let first = snapshot.len() - 2 * KEM_LENGTH;
    // The second KEM key in a bundle moves to the place of the first, and one is kept.
    snapshot[first + KEM_LENGTH + 1] = 0;
    snapshot[COUNTS_AT + 16 + 4] = 1;
    assert_eq!(Account::from_snapshot(&snapshot).map(|_| ()), INVALID);
    snapshot[first + KEM_LENGTH + 1] = 1;
    snapshot[COUNTS_AT + 16 + 4] = 2;
    assert!(Account::from_snapshot(&snapshot).is_ok());
}

#[test]
fn a_core_that_counts_more_prekeys_than_there_are_places_for_is_refused() {
    // The core has no frame of an account in front.
    const CORE_COUNTS_AT: usize = COUNTS_AT - 7;
    let core = AccountCore::generate_at(0, &mut crate::support::rng(461));
    for (way, places) in [(0, 1_000_u32), (8, 5_000), (16, 1_000), (24, 5_000)] {
        for (kept, valid) in [(places, true), (places + 1, false)] {
            let mut snapshot = core.snapshot().expose().to_vec();
            let at = CORE_COUNTS_AT + way;
            snapshot[at..at + 4].copy_from_slice(&9_000_u32.to_le_bytes());
            snapshot[at + 4..at + 8].copy_from_slice(&kept.to_le_bytes());
            let read = AccountCore::from_snapshot(&snapshot).map(|_| ());
            assert_eq!(read, if valid { Ok(()) } else { INVALID });
        }
    }
}

#[test]
fn an_account_whose_generations_are_not_in_order_is_refused() {
    let mut pair = Pair::without_one_time_prekey(462);
    pair.bob.rotate(1, 9, &mut pair.rng).unwrap();
    // The signed prekey's number follows its suite. The generation before has the numbers 1 and 2.
    for (number, valid) in [(0, false), (1, false), (2, true), (3, true)] {
        let read = account_with(&pair.bob, GENERATION_AT + 2, &[number]);
        assert_eq!(read, if valid { Ok(()) } else { INVALID });
    }
}

#[test]
fn an_account_with_a_prekey_of_another_suite_is_refused() {
    let mut pair = Pair::without_one_time_prekey(47);
    pair.bob.publish_x3dh(&mut pair.rng).unwrap();
    let x3dh = GENERATION_AT + SIGNED_PREKEY_LENGTH + LAST_RESORT_LENGTH + 1;
    for (at, own, other) in [(GENERATION_AT, 2, 1), (x3dh, 1, 2)] {
        assert_eq!(account_with(&pair.bob, at, &[1, own]), Ok(()));
        for invalid in [[1, other], [1, 3], [2, own], [0, own]] {
            assert_eq!(account_with(&pair.bob, at, &invalid), INVALID);
        }
    }
}

#[test]
fn an_account_whose_accepted_sessions_are_not_in_order_is_refused() {
    let mut pair = Pair::without_one_time_prekey(48);
    let bundle = pair.bob.publish_reusable();
    for _ in 0..2 {
        let first = pair.first_with(&bundle);
        pair.bob.accept(&first).unwrap();
    }
    // The ids are the last in the snapshot.
    let at = pair.bob.snapshot().expose().len() - 64;
    let ids = pair.bob.snapshot().expose()[at..].to_vec();
    let (one, other) = ids.split_at(32);
    let with = |bytes: [&[u8]; 2]| account_with(&pair.bob, at, &bytes.concat());
    assert_eq!(with([one, other]), Ok(()));
    assert_eq!(with([other, one]), INVALID);
    assert_eq!(with([one, one]), INVALID);
    // The number of them is counted in the generation.
    for (count, valid) in [(1, false), (2, true), (3, false)] {
        let counted = account_with(&pair.bob, REUSABLE_AT, &[count]);
        assert_eq!(counted.is_ok(), valid);
    }
}

#[test]
fn a_session_that_would_repeat_another_handshake_than_its_own_is_refused() {
    for pair in [Pair::new(49), Pair::x3dh(49)] {
        let session = pair.session.snapshot();
        let mut changed = session.expose().to_vec();
        // The role follows the origin, and the ephemeral key the role.
        let kem_hash = if pair.session.one_time_keys().kem.is_some() {
            1 + 4 + 1 + 32
        } else {
            1 + 1
        };
        let role = SUITE_AT + 2 + 32 + 32 + 4 + 1 + 4 + kem_hash;
        assert_eq!(changed[role], 0);
        let other = pair.bob.identity().as_bytes();
        changed[role + 1..role + 33].copy_from_slice(other);
        assert_eq!(Session::from_snapshot(&changed).map(|_| ()), INVALID);
    }
}

#[test]
fn a_sessions_snapshot_remembers_version_and_suite_and_those_must_be_known() {
    for (pair, own) in [(Pair::new(50), 2), (Pair::x3dh(50), 1)] {
        let suite = pair.session.status().suite;
        let session = pair.session.snapshot();
        let restored = Session::from_snapshot(session.expose()).unwrap();
        assert_eq!(restored.status().suite, suite);
        assert_eq!(session.expose()[SUITE_AT..SUITE_AT + 2], [1, own]);
        for (version, byte) in [(0, own), (2, own), (255, own), (1, 0), (1, 3), (2, 3)] {
            let mut changed = session.expose().to_vec();
            changed[SUITE_AT..SUITE_AT + 2].copy_from_slice(&[version, byte]);
            assert_eq!(Session::from_snapshot(&changed).map(|_| ()), INVALID);
        }
    }
}

/// The place of version and suite in a session's snapshot, after frame and session id.
const SUITE_AT: usize = 7 + 32;

#[test]
fn a_damaged_snapshot_never_panics() {
    let (alice, mut bob, mut rng) = Pair::new(43).established();
    let intact = alice.snapshot();
    let message = bob.encrypt(b"message", &mut rng).unwrap();
    for position in 0..intact.expose().len() {
        let mut damaged = intact.expose().to_vec();
        damaged[position] ^= 1 << rng.random_range(0..8);
        if let Ok(mut session) = Session::from_snapshot(&damaged) {
            let _decrypted = session.decrypt(&message);
            let _encrypted = session.encrypt(b"message", &mut rng);
        }
    }
}

#[test]
fn debug_prints_no_secret() {
    let mut pair = Pair::without_one_time_prekey(45);
    let mut bundles = vec![pair.bob.publish_reusable()];
    pair.bob.rotate(1, 9, &mut pair.rng).unwrap();
    bundles.push(pair.bob.publish_reusable());
    bundles.push(pair.bob.publish(&mut pair.rng));
    let bundles: Vec<_> = bundles.iter().map(|bundle| decoded(bundle)).collect();
    let kem_hashes: Vec<_> = bundles.iter().map(|own| own.kem_prekey.hash()).collect();
    let (account, session) = (pair.bob, pair.session);
    let printed = format!("{account:?} {session:?} {:?}", account.snapshot());
    // Public values stand in snapshots beside secrets, and may show.
    let mut public: Vec<&[u8]> = vec![account.identity().as_bytes(), session.peer().as_bytes()];
    public.push(session.id().as_bytes());
    public.extend(kem_hashes.iter().map(<[u8; 32]>::as_slice));
    for own in &bundles {
        public.push(own.curve.signed_prekey.key.as_bytes());
        public.push(own.curve.signed_prekey.signature.as_bytes());
        public.push(own.kem_prekey.signature.as_bytes());
    }
    let runs = |secret: &[u8]| {
        secret
            .windows(16)
            .filter(|run| run.iter().filter(|byte| **byte != 0).count() > 8)
            .filter(|run| !public.iter().any(|key| overlap(key, run)))
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>()
    };
    for secret in [account.snapshot(), session.snapshot()] {
        let runs = runs(secret.expose());
        assert!(runs.len() > 100);
        for run in runs {
            let hex: String = run.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(!printed.contains(&hex), "{hex}");
            let list = format!("{run:?}");
            assert!(!printed.contains(list.trim_matches(['[', ']'])), "{list}");
        }
    }
}

/// Tells whether a part of `key` is part of `run`.
fn overlap(key: &[u8], run: &[u8]) -> bool {
    key.windows(4)
        .any(|part| run.windows(4).any(|other| other == part))
}
