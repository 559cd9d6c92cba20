use sprag::limits::{MAX_BUNDLE_ONE_TIME_PREKEYS, MAX_UPLOADED_ONE_TIME_PREKEYS};
use sprag::{Error, Slot, Stock};

use crate::support::{
    ACCEPTED_AT, COUNTS_AT, Pair, account, decoded, encoded, not_accepted, reloaded, rng,
    with_next_id,
};

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
        Error::PrekeyGone(Slot::OneTimePrekey, 3)
    );
}

/// First messages by the two bundles, and by the two without their curve keys, so that only the KEM key is missed.
fn firsts(pair: &mut Pair, bundles: &[Vec<u8>; 2]) -> [[Vec<u8>; 2]; 2] {
    bundles.each_ref().map(|bundle| {
        let mut without_ec = decoded(bundle);
        without_ec.curve.one_time_prekey = None;
        let without_ec = encoded(without_ec);
        [bundle, &without_ec].map(|bundle| pair.first_with(bundle))
    })
}

/// Demands that the first two messages come too late by their keys, and that the others are accepted.
fn first_left(pair: &mut Pair, [first, second]: [[Vec<u8>; 2]; 2], ids: [u32; 2]) {
    let [ec, kem] = ids;
    let mut bob = reloaded(&pair.bob);
    let [whole, without_ec] = first;
    assert_eq!(
        not_accepted(&mut bob, &whole),
        Error::PrekeyGone(Slot::OneTimePrekey, ec)
    );
    assert_eq!(
        not_accepted(&mut bob, &without_ec),
        Error::PrekeyGone(Slot::KemPrekey, kem)
    );
    let [whole, without_ec] = second;
    reloaded(&bob).accept(&without_ec).unwrap();
    bob.accept(&whole).unwrap();
}

#[test]
fn the_oldest_one_time_keys_in_bundles_leave_for_the_newest() {
    let mut pair = Pair::without_one_time_prekey(25);
    let bundles = [(); 2].map(|()| pair.bob.publish(&mut pair.rng));
    let firsts = firsts(&mut pair, &bundles);
    for _ in 2..MAX_BUNDLE_ONE_TIME_PREKEYS {
        pair.bob.publish(&mut pair.rng);
    }
    for [whole, without_ec] in &firsts {
        reloaded(&pair.bob).accept(whole).unwrap();
        reloaded(&pair.bob).accept(without_ec).unwrap();
    }
    pair.bob = reloaded(&pair.bob);
    pair.bob.publish(&mut pair.rng);
    let remaining = pair.bob.one_time_prekeys();
    assert_eq!(remaining.ec, MAX_BUNDLE_ONE_TIME_PREKEYS as usize);
    assert_eq!(remaining.kem, MAX_BUNDLE_ONE_TIME_PREKEYS as usize);
    first_left(&mut pair, firsts, [3, 4]);
}

#[test]
fn uploads_take_places_from_older_uploads_and_never_from_a_bundle() {
    let mut pair = Pair::without_one_time_prekey(250);
    let handed_over = pair.bob.publish(&mut pair.rng);
    let handed_over = pair.first_with(&handed_over);
    let none_left = Stock::default();
    let upload = pair.bob.replenish_from(none_left, &mut pair.rng).unwrap();
    let upload = sprag_wire::decode_upload(&upload).unwrap();
    let mut directory = upload.keys.verify().unwrap();
    let bundles = [(); 2].map(|()| encoded(directory.next_bundle()));
    let firsts = firsts(&mut pair, &bundles);
    // The batches of a directory that says that it has none are of 100.
    let places = MAX_UPLOADED_ONE_TIME_PREKEYS as usize;
    while pair.bob.one_time_prekeys().uploaded_ec < places {
        pair.bob.replenish_from(none_left, &mut pair.rng).unwrap();
    }
    let whole = &firsts[0][0];
    reloaded(&pair.bob).accept(whole).unwrap();
    let one = Stock { ec: 99, kem: 99 };
    pair.bob.replenish_from(one, &mut pair.rng).unwrap();
    let remaining = pair.bob.one_time_prekeys();
    assert_eq!(remaining.uploaded_ec, places);
    assert_eq!(remaining.uploaded_kem, places);
    assert_eq!(remaining.ec, places + 1);
    first_left(&mut pair, firsts, [5, 105]);
    pair.bob.accept(&handed_over).unwrap();
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
    // What is left is an account that never published, but for the next number, the numbers of keys that were
    // published, and the session's id.
    let mut expected = with_next_id(&fresh, 5).snapshot().expose().to_vec();
    expected[COUNTS_AT] = 1;
    expected[COUNTS_AT + 16] = 1;
    expected[ACCEPTED_AT] = 1;
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
