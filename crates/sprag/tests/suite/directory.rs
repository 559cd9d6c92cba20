use sprag::limits::{BATCH_OF_ONE_TIME_PREKEYS, MAX_UPLOAD_PREKEYS};
use sprag::{Account, Error, Slot, Stock};
use sprag_x3dh::VerifiedUpload;

use crate::support::{Pair, encoded, not_accepted, reloaded};

/// The upload, as a directory keeps it.
fn received(upload: &[u8]) -> VerifiedUpload {
    let upload = sprag_wire::decode_upload(upload).expect("an upload is well formed");
    assert_eq!(upload.list, b"", "an account is no device of a user");
    upload.keys.verify().expect("an upload is signed")
}

fn counts(upload: &VerifiedUpload) -> (usize, usize) {
    let upload = upload.upload();
    (
        upload.one_time_prekeys.len(),
        upload.one_time_kem_prekeys.len(),
    )
}

/// Curve and KEM one-time prekeys, and those of them that were uploaded.
fn remaining(account: &Account) -> [usize; 4] {
    let left = account.one_time_prekeys();
    [left.ec, left.kem, left.uploaded_ec, left.uploaded_kem]
}

#[test]
fn a_directory_gives_out_each_one_time_prekey_once_and_then_the_last_resort() {
    let mut pair = Pair::without_one_time_prekey(350);
    let upload = pair.bob.replenish_to(3, &mut pair.rng).unwrap();
    pair.bob = reloaded(&pair.bob);
    let mut directory = received(&upload);
    for (keys, left) in [
        ((Some(3), Some(6)), [2, 2, 2, 2]),
        ((Some(4), Some(7)), [1, 1, 1, 1]),
        ((Some(5), Some(8)), [0; 4]),
        ((None, None), [0; 4]),
        ((None, None), [0; 4]),
    ] {
        let bundle = encoded(directory.next_bundle());
        let first = pair.first_with(&bundle);
        let second = pair.first_with(&bundle);
        let (_, opened) = pair.bob.accept(&first).unwrap();
        assert_eq!(opened.plaintext, b"first");
        let (ec, kem) = keys;
        assert_eq!((opened.one_time_keys.ec, opened.one_time_keys.kem), keys);
        assert_eq!(remaining(&pair.bob), left);
        match ec.and(kem) {
            Some(_) => assert_eq!(
                not_accepted(&mut pair.bob, &second),
                Error::PrekeyGone(Slot::OneTimePrekey, ec.unwrap())
            ),
            None => drop(pair.bob.accept(&second).unwrap()),
        }
    }
}

#[test]
fn an_upload_tops_up_to_100_of_each_kind() {
    let mut pair = Pair::without_one_time_prekey(351);
    let mut directory = received(&pair.bob.replenish(&mut pair.rng).unwrap());
    let batch = BATCH_OF_ONE_TIME_PREKEYS;
    assert_eq!(counts(&directory), (batch, batch));
    assert_eq!(remaining(&pair.bob), [batch; 4]);
    let again = received(&pair.bob.replenish(&mut pair.rng).unwrap());
    assert_eq!(counts(&again), (0, 0));
    // Two readers, one of whom does without the curve key.
    let whole = encoded(directory.next_bundle());
    let mut without_ec = directory.next_bundle();
    without_ec.curve.one_time_prekey = None;
    for bundle in [whole, encoded(without_ec)] {
        let first = pair.first_with(&bundle);
        pair.bob.accept(&first).unwrap();
    }
    let left = [batch - 1, batch - 2, batch - 1, batch - 2];
    assert_eq!(remaining(&pair.bob), left);
    pair.bob = reloaded(&pair.bob);
    let further = received(&pair.bob.replenish(&mut pair.rng).unwrap());
    assert_eq!(counts(&further), (1, 2));
    assert_eq!(remaining(&pair.bob), [batch; 4]);
}

#[test]
fn bundles_for_one_reader_take_no_place_at_the_directory() {
    let mut pair = Pair::without_one_time_prekey(352);
    for _ in 0..3 {
        pair.bob.publish(&mut pair.rng);
    }
    pair.bob.publish_x3dh(&mut pair.rng).unwrap();
    assert_eq!(remaining(&pair.bob), [4, 3, 0, 0]);
    pair.bob = reloaded(&pair.bob);
    let upload = received(&pair.bob.replenish_to(2, &mut pair.rng).unwrap());
    assert_eq!(counts(&upload), (2, 2));
    assert_eq!(remaining(&pair.bob), [6, 5, 2, 2]);
}

#[test]
fn an_upload_has_the_current_signed_and_last_resort_prekeys() {
    let mut pair = Pair::without_one_time_prekey(353);
    let before = received(&pair.bob.replenish_to(0, &mut pair.rng).unwrap());
    pair.bob.rotate(7, 1, &mut pair.rng).unwrap();
    let mut after = received(&pair.bob.replenish_to(0, &mut pair.rng).unwrap());
    assert_eq!(counts(&after), (0, 0));
    assert_ne!(
        before.upload().signed_prekey.key,
        after.upload().signed_prekey.key
    );
    let bundle = encoded(after.next_bundle());
    assert_eq!(bundle, pair.bob.publish_reusable());
}

#[test]
fn an_upload_is_bounded() {
    let mut pair = Pair::without_one_time_prekey(354);
    let before = pair.bob.snapshot();
    for count in [MAX_UPLOAD_PREKEYS + 1, usize::MAX] {
        assert_eq!(
            pair.bob.replenish_to(count, &mut pair.rng),
            Err(Error::Wire(sprag_wire::Error::Oversized))
        );
    }
    assert_eq!(pair.bob.snapshot().expose(), before.expose());
    let upload = pair.bob.replenish_to(MAX_UPLOAD_PREKEYS, &mut pair.rng);
    let upload = upload.unwrap();
    let upload = sprag_wire::decode_upload(&upload).unwrap().keys;
    assert_eq!(upload.one_time_kem_prekeys.len(), MAX_UPLOAD_PREKEYS);
    assert_eq!(upload.one_time_prekeys.len(), MAX_UPLOAD_PREKEYS);
}

#[test]
fn a_directory_whose_bundles_were_fetched_and_never_used_is_refilled() {
    let mut pair = Pair::without_one_time_prekey(355);
    let mut directory = received(&pair.bob.replenish(&mut pair.rng).unwrap());
    for _ in 0..90 {
        directory.next_bundle();
    }
    let mut without_kem = directory.upload().clone();
    without_kem.one_time_kem_prekeys.pop();
    let directory = without_kem.verify().unwrap();
    let (ec, kem) = counts(&directory);
    let known = received(&pair.bob.replenish(&mut pair.rng).unwrap());
    assert_eq!(counts(&known), (0, 0));
    let left = Stock { ec, kem };
    let told = received(&pair.bob.replenish_from(left, &mut pair.rng).unwrap());
    assert_eq!(counts(&told), (90, 91));
    let full = Stock { ec: 100, kem: 700 };
    let none = received(&pair.bob.replenish_from(full, &mut pair.rng).unwrap());
    assert_eq!(counts(&none), (0, 0));
}
