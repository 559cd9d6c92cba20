//! Accounts and sessions as bytes.

use rand::RngExt;
use sprag::{Account, Error, Session};

use crate::support::{Pair, plaintext};

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
    let (alice, _, _) = Pair::new(44).established();
    let account = Pair::new(45).bob;
    let printed = format!("{account:?} {alice:?} {:?}", account.snapshot());
    for (secret, length) in [(account.snapshot(), 32), (alice.snapshot(), 32)] {
        for window in secret.expose().windows(length) {
            let hex: String = window.iter().map(|byte| format!("{byte:02x}")).collect();
            let public = [account.identity().as_bytes(), alice.peer().as_bytes()];
            let is_public = public.iter().any(|key| *key == window);
            assert!(is_public || !printed.contains(&hex) || printed_as_id(&alice, window));
            assert!(!printed.contains(&format!("{window:?}")));
        }
    }
}

/// Public keys stand in snapshots beside secrets, and a debug print may show them.
fn printed_as_id(session: &Session, window: &[u8]) -> bool {
    session.id().as_bytes() == window
}
