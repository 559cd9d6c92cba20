//! The target `snapshots`: edited snapshots. One that is accepted is written as it was read, can be used, and
//! can be written and read again.

mod bases;
mod ratchet;

use sprag::limits::MAX_SKIPPED_KEYS;
use sprag::{Account, Session};

use crate::edits::edit;
use crate::input::Input;
use crate::parties::{ANY_SUITE, rng};
use bases::{Base, bases};

const MAX_EDITS: usize = 16;

pub(crate) fn run(input: &[u8]) {
    let mut input = Input::new(input);
    let Some(choice) = input.byte() else { return };
    match bases().get(usize::from(choice)) {
        Some(base) => {
            let mut bytes = base.snapshot.clone();
            for _ in 0..MAX_EDITS {
                if !edit(&mut bytes, &mut input) {
                    break;
                }
            }
            check(base, &bytes);
        }
        None => {
            let bytes = input.rest();
            bases().iter().for_each(|base| check(base, bytes));
        }
    }
}

/// The number of snapshots to edit.
pub(crate) fn count() -> u8 {
    u8::try_from(bases().len()).expect("there are few")
}

/// Checks a snapshot as one of the kind of `base`.
fn check(base: &Base, bytes: &[u8]) {
    match base.read {
        bases::Read::Account => check_account(base, bytes),
        bases::Read::Session => check_session(base, bytes),
        bases::Read::Ratchet => ratchet::check(bytes),
    }
}

fn check_account(base: &Base, bytes: &[u8]) {
    let Ok(mut account) = Account::from_snapshot(bytes) else {
        return;
    };
    assert_eq!(account.snapshot().expose(), bytes);
    let mut rng = rng(7);
    for message in &base.messages {
        let before = account.snapshot();
        if account.accept_under(&ANY_SUITE, message, &[]).is_err() {
            assert!(bytes != base.snapshot);
            assert_eq!(account.snapshot().expose(), before.expose());
        }
    }
    let bundles = [
        Some(account.publish(&mut rng)),
        Some(account.publish_reusable()),
        account.publish_x3dh(&mut rng).ok(),
    ];
    for bundle in bundles.iter().flatten() {
        sprag_wire::decode_bundle(bundle).expect("an account publishes bundles");
    }
    if let Ok(upload) = account.replenish_to(1, &mut rng) {
        sprag_wire::decode_upload(&upload).expect("an account uploads prekeys");
    }
    // This fails if no numbers are left.
    let _rotated = account.rotate(5_000, 1_000, &mut rng);
    account.expire(u64::MAX);
    let snapshot = account.snapshot();
    let again = Account::from_snapshot(snapshot.expose()).expect("it was written by an account");
    assert_eq!(again.snapshot().expose(), snapshot.expose());
}

fn check_session(base: &Base, bytes: &[u8]) {
    let Ok(mut session) = Session::from_snapshot(bytes) else {
        return;
    };
    assert_eq!(session.snapshot().expose(), bytes);
    let mut rng = rng(8);
    for message in &base.messages {
        let before = session.snapshot();
        if session.decrypt(message).is_err() {
            assert!(bytes != base.snapshot);
            assert_eq!(session.snapshot().expose(), before.expose());
        }
        assert!(session.status().skipped_keys <= MAX_SKIPPED_KEYS);
    }
    for _ in 0..2 {
        let before = session.snapshot();
        match session.encrypt(b"plaintext", &mut rng) {
            Ok(message) => _ = sprag_wire::kind(&message).expect("it is a message"),
            Err(_) => assert_eq!(session.snapshot().expose(), before.expose()),
        }
    }
    let snapshot = session.snapshot();
    let again = Session::from_snapshot(snapshot.expose()).expect("it was written by a session");
    assert_eq!(again.snapshot().expose(), snapshot.expose());
}
