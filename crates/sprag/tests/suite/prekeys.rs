use rand::rngs::StdRng;
use sprag::limits::MAX_PREVIOUS_PREKEYS;
use sprag::{Account, Error, HandshakeError, Slot};

use crate::support::{
    LAST_RESORT_LENGTH, Pair, SIGNED_PREKEY_LENGTH, X3DH, decoded, encoded, joined, not_accepted,
    not_accepted_under, reloaded,
};

const NOW: u64 = 1_000;
const KEEP: u64 = 50;

/// Bob after a rotation at `NOW`, and his bundles from before it.
struct Rotated {
    pair: Pair,
    reusable: Vec<u8>,
    for_one_reader: Vec<u8>,
    x3dh: Vec<u8>,
}

impl Rotated {
    fn new(seed: u64) -> Self {
        let mut pair = Pair::without_one_time_prekey(seed);
        let (bob, rng) = (&mut pair.bob, &mut pair.rng);
        let reusable = bob.publish_reusable();
        let for_one_reader = bob.publish(rng);
        let x3dh = bob.publish_x3dh(rng).expect("there are numbers left");
        bob.rotate(NOW, KEEP, rng).expect("there are numbers left");
        Self {
            pair,
            reusable,
            for_one_reader,
            x3dh,
        }
    }

    fn bundles(&self) -> [Vec<u8>; 3] {
        [
            self.reusable.clone(),
            self.for_one_reader.clone(),
            self.x3dh.clone(),
        ]
    }
}

#[test]
fn a_rotation_replaces_the_signed_the_last_resort_and_the_x3dh_prekey() {
    let mut rotated = Rotated::new(340);
    let (bob, rng) = (&mut rotated.pair.bob, &mut rotated.pair.rng);
    let (old, new) = (decoded(&rotated.reusable), decoded(&bob.publish_reusable()));
    assert_ne!(old.curve.signed_prekey.key, new.curve.signed_prekey.key);
    assert_ne!(old.kem_prekey.key, new.kem_prekey.key);
    assert_eq!(new.curve.signed_prekey.terms.created, NOW);
    let created = sprag_x3dh::KemPrekeyUse::LastResort { created: NOW };
    assert_eq!(new.kem_prekey.usage, created);
    let x3dh = |bundle: &[u8]| crate::support::decoded_x3dh(bundle).curve.signed_prekey;
    let (old, new) = (x3dh(&rotated.x3dh), x3dh(&bob.publish_x3dh(rng).unwrap()));
    assert_ne!(old.key, new.key);
    assert_eq!(new.terms.created, NOW);
    // All that is published in one generation has the same signed prekey.
    assert_eq!(x3dh(&bob.publish_x3dh(rng).unwrap()), new);
    let published = decoded(&bob.publish(rng)).curve.signed_prekey;
    let reusable = decoded(&bob.publish_reusable()).curve.signed_prekey;
    assert_eq!(published, reusable);
}

#[test]
fn replaced_prekeys_serve_until_their_time_is_up() {
    let mut rotated = Rotated::new(341);
    for bundle in rotated.bundles() {
        let pair = &mut rotated.pair;
        let first = pair.first_with(&bundle);
        for now in [0, NOW, NOW + KEEP - 1] {
            let mut bob = reloaded(&pair.bob);
            assert!(!bob.expire(now));
            assert_eq!(bob.previous_prekeys(), 1);
            bob.accept_under(&X3DH, &first, b"").unwrap();
        }
    }
}

#[test]
fn replaced_prekeys_are_dropped_when_their_time_is_up() {
    let mut rotated = Rotated::new(342);
    for (bundle, id) in rotated.bundles().into_iter().zip([1, 1, 5]) {
        let pair = &mut rotated.pair;
        let first = pair.first_with(&bundle);
        let mut bob = reloaded(&pair.bob);
        assert!(bob.expire(NOW + KEEP));
        assert!(!bob.expire(NOW + KEEP));
        assert_eq!(bob.previous_prekeys(), 0);
        assert_eq!(
            not_accepted_under(&X3DH, &mut bob, &first),
            Error::PrekeyGone(Slot::SignedPrekey, id)
        );
        // A rotation drops them as well, and one a second sooner does not.
        let mut bob = reloaded(&pair.bob);
        bob.rotate(NOW + KEEP, 1, &mut pair.rng).unwrap();
        assert_eq!(bob.previous_prekeys(), 1);
        not_accepted_under(&X3DH, &mut bob, &first);
        let mut bob = reloaded(&pair.bob);
        bob.rotate(NOW + KEEP - 1, 1, &mut pair.rng).unwrap();
        assert_eq!(bob.previous_prekeys(), 2);
        bob.accept_under(&X3DH, &first, b"").unwrap();
    }
}

#[test]
fn dropped_private_keys_are_in_no_snapshot() {
    let rotated = Rotated::new(343);
    let mut bob = rotated.pair.bob;
    let before = bob.snapshot();
    assert!(bob.expire(NOW + KEEP));
    let after = bob.snapshot();
    // Three prekeys, the number of sessions, and when the keys expire.
    let generation = 2 * SIGNED_PREKEY_LENGTH + LAST_RESORT_LENGTH + 1 + 4;
    assert_eq!(before.expose().len() - after.expose().len(), 8 + generation);
}

#[test]
fn keys_of_two_generations_serve_together_until_the_older_are_dropped() {
    for (newer_signed, missing) in [
        (false, Error::PrekeyGone(Slot::SignedPrekey, 1)),
        (true, Error::PrekeyGone(Slot::KemPrekey, 2)),
    ] {
        let mut rotated = Rotated::new(344);
        let pair = &mut rotated.pair;
        let older = decoded(&rotated.reusable);
        let newer = decoded(&pair.bob.publish_reusable());
        let mixed = encoded(if newer_signed {
            joined(&pair.bob, newer, &older)
        } else {
            joined(&pair.bob, older, &newer)
        });
        let [one, other] = [(); 2].map(|()| pair.first_with(&mixed));
        pair.bob.expire(NOW + KEEP - 1);
        pair.bob.accept(&one).unwrap();
        pair.bob.expire(NOW + KEEP);
        assert_eq!(not_accepted(&mut pair.bob, &other), missing);
        assert_eq!(not_accepted(&mut pair.bob, &one), missing);
    }
}

#[test]
fn nobody_but_the_owner_can_join_prekeys_of_two_generations() {
    let mut rotated = Rotated::new(348);
    let pair = &mut rotated.pair;
    let older = decoded(&rotated.reusable);
    let newer = decoded(&pair.bob.publish_reusable());
    for (signed, last_resort) in [(&older, &newer), (&newer, &older)] {
        let mut mixed = signed.clone();
        mixed.kem_prekey = last_resort.kem_prekey.clone();
        let refusal = pair.alice.initiate(&encoded(mixed), &mut pair.rng).err();
        let signature = HandshakeError::InvalidSignature(Slot::LastResortKemPrekey);
        assert_eq!(refusal, Some(Error::Handshake(signature)));
        let whole = encoded(signed.clone());
        assert!(pair.alice.initiate(&whole, &mut pair.rng).is_ok());
    }
}

#[test]
fn a_one_time_prekey_serves_with_a_signed_prekey_of_another_generation() {
    let mut rotated = Rotated::new(345);
    let mut newer = decoded(&rotated.pair.bob.publish_reusable());
    let older = decoded(&rotated.for_one_reader);
    newer.curve.one_time_prekey = older.curve.one_time_prekey;
    newer.kem_prekey = older.kem_prekey;
    let first = rotated.pair.first_with(&encoded(newer));
    rotated.pair.bob.expire(u64::MAX);
    let (_, opened) = rotated.pair.bob.accept(&first).unwrap();
    let keys = opened.one_time_keys;
    assert_eq!((keys.ec, keys.kem), (Some(3), Some(4)));
}

#[test]
fn at_most_8_previous_prekeys_are_kept_and_none_leaves_before_its_time() {
    let mut pair = Pair::without_one_time_prekey(346);
    let mut firsts = Vec::new();
    for now in 1..=MAX_PREVIOUS_PREKEYS as u64 {
        let bundle = pair.bob.publish_reusable();
        firsts.push(pair.first_with(&bundle));
        pair.bob.rotate(now, 1_000, &mut pair.rng).unwrap();
    }
    pair.bob = reloaded(&pair.bob);
    // There is no room until the time of the oldest is up, however short the new time is.
    for (now, keep) in [(10, 1_000), (1_000, 1_000), (1_000, 1)] {
        let before = pair.bob.snapshot();
        let refusal = pair.bob.rotate(now, keep, &mut pair.rng);
        assert_eq!(refusal, Err(Error::PrekeysStillKept(1_001)));
        let redated = pair.bob.redate(now, keep, &mut pair.rng);
        assert_eq!(redated, refusal);
        assert_eq!(pair.bob.snapshot().expose(), before.expose());
    }
    for first in &firsts {
        reloaded(&pair.bob).accept(first).unwrap();
    }
    pair.bob.rotate(1_001, 1_000, &mut pair.rng).unwrap();
    assert_eq!(pair.bob.previous_prekeys(), MAX_PREVIOUS_PREKEYS);
    assert_eq!(
        not_accepted(&mut pair.bob, &firsts[0]),
        Error::PrekeyGone(Slot::SignedPrekey, 1)
    );
    for first in &firsts[1..] {
        pair.bob.accept(first).unwrap();
    }
    for first in &firsts[1..] {
        assert!(matches!(
            not_accepted(&mut pair.bob, first),
            Error::RepeatOf(_)
        ));
    }
    // All leave if none is to be kept.
    pair.bob.rotate(1_002, 0, &mut pair.rng).unwrap();
    assert_eq!(pair.bob.previous_prekeys(), 0);
}

/// The creation times that Bob's bundle states for its signed and its last-resort prekey.
fn dated(bob: &Account) -> [u64; 2] {
    let bundle = decoded(&bob.publish_reusable());
    let created = bundle.curve.signed_prekey.terms.created;
    assert_eq!(bob.prekeys_created(), created);
    let sprag_x3dh::KemPrekeyUse::LastResort { created: kem } = bundle.kem_prekey.usage else {
        panic!("a reusable bundle has no one-time prekey");
    };
    [created, kem]
}

#[test]
fn new_prekeys_are_dated_after_those_before_although_the_clock_went_back() {
    let mut rng = crate::support::rng(348);
    let mut bob = Account::generate_at(NOW, &mut rng);
    assert_eq!(dated(&bob), [NOW; 2]);
    for (now, created) in [
        (NOW, NOW + 1),
        (NOW - 500, NOW + 2),
        (0, NOW + 3),
        (NOW + 3, NOW + 4),
        (NOW + 5, NOW + 5),
        (u64::MAX, u64::MAX),
        (NOW, u64::MAX),
    ] {
        bob.rotate(now, 0, &mut rng).unwrap();
        assert_eq!(dated(&bob), [created; 2], "at {now}");
    }
    // Whoever knows that the clock was wrong dates by it again.
    bob.redate(NOW, KEEP, &mut rng).unwrap();
    assert_eq!(dated(&bob), [NOW; 2]);
    assert_eq!(bob.previous_prekeys(), 1);
    // An account that knows no time states none.
    let mut bob = Account::generate(&mut rng);
    bob.rotate(0, KEEP, &mut rng).unwrap();
    assert_eq!(dated(&bob), [0; 2]);
}

#[test]
fn no_earlier_prekeys_are_kept_longer_than_those_replaced_last() {
    let mut pair = Pair::without_one_time_prekey(347);
    let first = pair.first_with(&pair.bob.publish_reusable());
    pair.bob.rotate(1, 1_000, &mut pair.rng).unwrap();
    // The clock was far ahead, and is put right.
    pair.bob.rotate(900, 1_000, &mut pair.rng).unwrap();
    pair.bob.redate(3, 10, &mut pair.rng).unwrap();
    assert_eq!(pair.bob.previous_prekeys(), 3);
    pair.bob.expire(12);
    assert_eq!(pair.bob.previous_prekeys(), 3);
    pair.bob.expire(13);
    assert_eq!(pair.bob.previous_prekeys(), 0);
    assert_eq!(
        not_accepted(&mut pair.bob, &first),
        Error::PrekeyGone(Slot::SignedPrekey, 1)
    );
    pair.bob.rotate(14, 1_000, &mut pair.rng).unwrap();
    pair.bob.rotate(15, 0, &mut pair.rng).unwrap();
    assert_eq!(pair.bob.previous_prekeys(), 0);
}

#[test]
fn prekeys_that_are_replaced_while_the_clock_is_behind_are_kept_from_the_date_of_the_new_ones_on() {
    let mut pair = Pair::without_one_time_prekey(349);
    pair.bob.rotate(NOW, 0, &mut pair.rng).unwrap();
    let first = pair.first_with(&pair.bob.publish_reusable());
    pair.bob.rotate(3, KEEP, &mut pair.rng).unwrap();
    assert!(!pair.bob.expire(NOW + KEEP));
    reloaded(&pair.bob).accept(&first).unwrap();
    assert!(pair.bob.expire(NOW + 1 + KEEP));
    not_accepted(&mut pair.bob, &first);
}

#[test]
fn prekeys_that_are_kept_for_no_time_or_for_ever_are() {
    let rotated = |keep, rng: &mut StdRng| {
        let mut bob = Account::generate(rng);
        bob.rotate(NOW, keep, rng).unwrap();
        bob
    };
    let mut rng = crate::support::rng(347);
    assert_eq!(rotated(0, &mut rng).previous_prekeys(), 0);
    let mut bob = rotated(u64::MAX, &mut rng);
    assert!(!bob.expire(u64::MAX - 1));
    assert_eq!(bob.previous_prekeys(), 1);
}
