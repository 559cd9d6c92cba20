use rand::rngs::StdRng;
use sprag::limits::MAX_UPLOAD_PREKEYS;
use sprag::{Account, Error};

use crate::support::{Pair, X3DH, account, decoded, decoded_x3dh, reloaded, rng, with_next_id};

/// An account that can number `left` prekeys more.
fn with_left(left: u32, seed: u64) -> (Account, StdRng) {
    let mut rng = rng(seed);
    let account = account(&mut rng);
    (with_next_id(&account, u32::MAX - left), rng)
}

/// Demands that `operation` finds no number left, and that the account does not change.
fn exhausted<T>(account: &mut Account, operation: impl FnOnce(&mut Account) -> Result<T, Error>) {
    let before = account.snapshot();
    let result = operation(account).map(|_| ());
    assert_eq!(result, Err(Error::PrekeysExhausted));
    assert_eq!(account.snapshot().expose(), before.expose());
}

#[test]
fn the_last_numbers_are_given_out_once_and_then_bundles_are_reusable() {
    let (mut bob, mut rng) = with_left(2, 330);
    let last = decoded(&bob.publish(&mut rng));
    assert_eq!(
        last.curve.one_time_prekey.map(|prekey| prekey.id),
        Some(u32::MAX - 2)
    );
    assert_eq!(last.kem_prekey.id, u32::MAX - 1);
    let before = bob.snapshot();
    for _ in 0..2 {
        assert_eq!(bob.publish(&mut rng), bob.publish_reusable());
    }
    assert_eq!(bob.snapshot().expose(), before.expose());
    let (mut bob, mut rng) = with_left(1, 331);
    assert_eq!(bob.publish(&mut rng), bob.publish_reusable());
}

#[test]
fn what_needs_a_number_is_refused_and_changes_nothing() {
    for left in [0, 1] {
        let (mut bob, mut rng) = with_left(left, 332);
        exhausted(&mut bob, |bob| bob.rotate(1, 1, &mut rng));
        exhausted(&mut bob, |bob| bob.replenish(&mut rng));
        exhausted(&mut bob, |bob| bob.replenish_to(1, &mut rng));
        exhausted(&mut bob, |bob| {
            bob.replenish_to(MAX_UPLOAD_PREKEYS, &mut rng)
        });
    }
    let (mut bob, mut rng) = with_left(0, 333);
    exhausted(&mut bob, |bob| bob.publish_x3dh(&mut rng));
    // What needs none goes on.
    let upload = bob.replenish_to(0, &mut rng).unwrap();
    assert!(sprag_wire::decode_upload(&upload).is_ok());
}

#[test]
fn a_rotation_that_is_refused_keeps_previous_prekeys_whose_time_is_up() {
    let (bob, mut rng) = with_left(2, 334);
    let mut bob = reloaded(&bob);
    bob.rotate(10, 5, &mut rng).unwrap();
    exhausted(&mut bob, |bob| bob.rotate(100, 5, &mut rng));
    assert_eq!(bob.previous_prekeys(), 1);
}

#[test]
fn an_upload_takes_the_last_numbers_or_none() {
    let (mut bob, mut rng) = with_left(199, 335);
    exhausted(&mut bob, |bob| bob.replenish(&mut rng));
    let (mut bob, mut rng) = with_left(200, 335);
    bob.replenish(&mut rng).unwrap();
    exhausted(&mut bob, |bob| bob.replenish_to(101, &mut rng));
    bob.replenish(&mut rng).unwrap();
}

#[test]
fn a_bundle_for_x3dh_does_without_a_one_time_prekey_when_no_number_is_left() {
    let (mut bob, mut rng) = with_left(2, 336);
    let first = decoded_x3dh(&bob.publish_x3dh(&mut rng).unwrap());
    assert_eq!(first.curve.signed_prekey.terms.id, u32::MAX - 2);
    assert_eq!(
        first.curve.one_time_prekey.map(|prekey| prekey.id),
        Some(u32::MAX - 1)
    );
    let bundle = bob.publish_x3dh(&mut rng).unwrap();
    assert!(decoded_x3dh(&bundle).curve.one_time_prekey.is_none());
    let first = Pair::without_one_time_prekey(337).first_with(&bundle);
    let (_, opened) = bob.accept_under(&X3DH, &first, b"").unwrap();
    assert!(opened.one_time_keys.are_none());
}
