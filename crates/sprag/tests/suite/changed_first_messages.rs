use rand::RngExt;
use sprag::{Account, Error, HandshakeError, PrimitiveError, Slot};
use sprag_x3dh::Bundle;

use crate::sealed_by_hand::{Claim, first_message};
use crate::support::{Pair, X3DH, identity_key, not_accepted_under, plaintext, refused, rng};

const HANDSHAKE_LENGTH: usize = 1_659;

/// The place of the sealed initiator in a message with one-time prekeys, and in one of X3DH with a one-time prekey.
const SEALED_AT: usize = HANDSHAKE_LENGTH - 52;
const SEALED_IN_X3DH_AT: usize = 38;

/// The length of the ciphertext of a short text.
const PADDED_LENGTH: usize = 32;

/// All positions in a message; of those in the KEM's ciphertext, one in `step`.
fn some_positions(message: &[u8], step: usize) -> impl Iterator<Item = usize> + use<> {
    (0..message.len()).filter(move |at| !(80..1_600).contains(at) || at % step == 0)
}

/// The handshake opens, and the message behind it does not.
const NOT_AUTHENTIC: Error = Error::Ratchet(sprag_ratchet::Error::NotAuthentic);

/// The seal in the handshake does not open.
const HANDSHAKE_NOT_AUTHENTIC: Error = Error::Handshake(HandshakeError::NotAuthentic);

#[test]
fn every_changed_byte_of_a_first_message_is_refused_and_changes_nothing() {
    // The ciphertext of the KEM is long, and one of them is changed byte by byte.
    for (mut pair, step) in [
        (Pair::new(3), 1),
        (Pair::without_one_time_prekey(3), 20),
        (Pair::x3dh(3), 1),
    ] {
        let first = pair.send(b"hello");
        for position in some_positions(&first, step) {
            let mut damaged = first.clone();
            damaged[position] ^= 1 << pair.rng.random_range(0..8);
            not_accepted_under(&X3DH, &mut pair.bob, &damaged);
        }
        for length in some_positions(&first, 20) {
            let error = not_accepted_under(&X3DH, &mut pair.bob, &first[..length]);
            let cut_in_ciphertext = length >= first.len() - PADDED_LENGTH;
            assert!(
                cut_in_ciphertext || error == Error::Wire(sprag_wire::Error::Truncated),
                "{length}: {error:?}"
            );
        }
        let (_, opened) = pair.bob.accept_under(&X3DH, &first, b"").unwrap();
        assert_eq!(opened.plaintext, b"hello");
    }
}

#[test]
fn every_changed_byte_of_a_repeated_first_message_is_refused_and_changes_nothing() {
    for (mut pair, step) in [
        (Pair::new(4), 1),
        (Pair::without_one_time_prekey(4), 20),
        (Pair::x3dh(4), 1),
    ] {
        let first = pair.send(b"first");
        let second = pair.send(b"second");
        let (mut bobs, _) = pair.bob.accept_under(&X3DH, &first, b"").unwrap();
        for position in some_positions(&second, step) {
            let mut damaged = second.clone();
            damaged[position] ^= 1 << pair.rng.random_range(0..8);
            refused(&mut bobs, &damaged);
        }
        for position in some_positions(&second, 20) {
            let mut damaged = second.clone();
            damaged[position] ^= 0xff;
            not_accepted_under(&X3DH, &mut pair.bob, &damaged);
        }
        assert_eq!(plaintext(bobs.decrypt(&second)), b"second");
    }
}

#[test]
fn a_changed_ciphertext_of_the_kem_is_refused_like_any_other_damage() {
    let mut pair = Pair::new(300);
    let first = pair.send(b"first");
    let second = pair.send(b"second");
    let mut other = Pair::new(301);
    let foreign = other.send(b"first");
    let mut replaced = first.clone();
    replaced[39..SEALED_AT].copy_from_slice(&foreign[39..SEALED_AT]);
    let mut zeroed = first.clone();
    zeroed[39..SEALED_AT].fill(0);
    for changed in [replaced, zeroed] {
        let error = not_accepted_under(&X3DH, &mut pair.bob, &changed);
        assert_eq!(error, HANDSHAKE_NOT_AUTHENTIC);
    }
    let (mut bobs, _) = pair.bob.accept(&first).unwrap();
    let mut changed = second.clone();
    changed[1_000] ^= 1;
    assert!(matches!(
        refused(&mut bobs, &changed),
        Error::OtherSession(_)
    ));
    assert_eq!(plaintext(bobs.decrypt(&second)), b"second");
}

#[test]
fn the_ordinal_is_authenticated() {
    for (mut pair, sealed) in [
        (Pair::new(302), SEALED_AT),
        (Pair::x3dh(302), SEALED_IN_X3DH_AT),
    ] {
        let first = pair.send(b"first");
        let second = pair.send(b"second");
        // In a stream cipher, a changed bit of the ciphertext is the same change of the number.
        let ordinal = sealed + 32;
        for difference in [1, 3, 0x7e] {
            let mut changed = first.clone();
            changed[ordinal] ^= difference;
            let error = not_accepted_under(&X3DH, &mut pair.bob, &changed);
            assert_eq!(error, HANDSHAKE_NOT_AUTHENTIC);
        }
        let (mut bobs, _) = pair.bob.accept_under(&X3DH, &first, b"").unwrap();
        assert_eq!((bobs.ordinal(), pair.session.ordinal()), (1, 1));
        let mut changed = second.clone();
        changed[ordinal] ^= 3;
        assert!(matches!(
            refused(&mut bobs, &changed),
            Error::OtherSession(_)
        ));
        assert_eq!(plaintext(bobs.decrypt(&second)), b"second");
    }
}

#[test]
fn the_last_resort_key_cannot_be_exchanged_for_a_one_time_key_nor_back() {
    let mut pair = Pair::new(303);
    let first = pair.send(b"first");
    assert_eq!(first[35..39], [1, 1, 3, 4]);
    let mut last_resort = first.clone();
    last_resort[38] = 2;
    let error = not_accepted_under(&X3DH, &mut pair.bob, &last_resort);
    assert_eq!(error, HANDSHAKE_NOT_AUTHENTIC);
    let mut without_ec = first.clone();
    without_ec.splice(36..38, [0]);
    let error = not_accepted_under(&X3DH, &mut pair.bob, &without_ec);
    assert_eq!(error, HANDSHAKE_NOT_AUTHENTIC);
    pair.bob.accept(&first).unwrap();

    let mut pair = Pair::without_one_time_prekey(304);
    let first = pair.send(b"first");
    pair.bob.publish(&mut pair.rng);
    assert_eq!(first[35..38], [1, 0, 2]);
    let mut one_time = first.clone();
    one_time[37] = 4;
    let error = not_accepted_under(&X3DH, &mut pair.bob, &one_time);
    assert_eq!(error, HANDSHAKE_NOT_AUTHENTIC);
    let remaining = pair.bob.one_time_prekeys();
    assert_eq!((remaining.ec, remaining.kem), (1, 1));
    pair.bob.accept(&first).unwrap();
}

#[test]
fn a_message_that_claims_to_be_from_its_recipient_is_refused() {
    for (mut pair, bundle) in with_every_kind_of_bundle(305) {
        let own = *pair.bob.identity().as_bytes();
        let first = first_message(&bundle, &claim(&own, &[]), &mut pair.rng);
        let error = not_accepted_under(&X3DH, &mut pair.bob, &first);
        assert_eq!(error, Error::Handshake(HandshakeError::OwnMessage));
    }
}

/// Everybody can seal Alice's name for Bob, because DH1 is not in the seal's key. It is in that of the session.
#[test]
fn whoever_seals_the_name_of_another_cannot_send_as_that_one() {
    for (mut pair, bundle) in with_every_kind_of_bundle(307) {
        let alice = *pair.alice.identity().as_bytes();
        let curve = match &bundle {
            Bundle::Pqxdh(bundle) => &bundle.curve,
            Bundle::X3dh(bundle) => &bundle.curve,
        };
        let mallory = Account::generate(&mut pair.rng);
        let [genuine, own] = [&pair.alice, &mallory].map(|account| {
            let identity = identity_key(account);
            identity.diffie_hellman(&curve.signed_prekey.key).unwrap()
        });
        for guess in [&[][..], &[0; 32], own.expose()] {
            let forged = first_message(&bundle, &claim(&alice, guess), &mut pair.rng);
            let error = not_accepted_under(&X3DH, &mut pair.bob, &forged);
            assert_eq!(error, NOT_AUTHENTIC);
        }
        // Nothing but DH1 was wrong.
        let first = first_message(&bundle, &claim(&alice, genuine.expose()), &mut pair.rng);
        let (session, opened) = pair.bob.accept_under(&X3DH, &first, b"").unwrap();
        assert_eq!(opened.plaintext, b"");
        assert_eq!(
            (session.peer(), session.ordinal()),
            (pair.alice.identity(), 1)
        );
    }
}

#[test]
fn a_sealed_identity_must_be_a_valid_key() {
    for (mut pair, bundle) in with_every_kind_of_bundle(308) {
        for (invalid, fault) in [
            ([0; 32], PrimitiveError::LowOrderPublicKey),
            ([0xff; 32], PrimitiveError::NonCanonicalPublicKey),
        ] {
            let first = first_message(&bundle, &claim(&invalid, &[0; 32]), &mut pair.rng);
            let error = not_accepted_under(&X3DH, &mut pair.bob, &first);
            let invalid_key = HandshakeError::InvalidKey(Slot::Identity, fault);
            assert_eq!(error, Error::Handshake(invalid_key));
        }
    }
}

const fn claim<'a>(identity: &'a [u8; 32], dh1: &'a [u8]) -> Claim<'a> {
    Claim { identity, dh1 }
}

/// Two parties, and a bundle of Bob's of each kind.
fn with_every_kind_of_bundle(seed: u64) -> [(Pair, Bundle); 3] {
    [
        Pair::publish_reusable,
        |pair: &mut Pair| pair.bob.publish(&mut pair.rng),
        Pair::publish_x3dh,
    ]
    .map(|publish| {
        let mut pair = Pair::without_one_time_prekey(seed);
        let bundle = publish(&mut pair);
        let bundle = sprag_wire::decode_bundle(&bundle)
            .expect("a bundle is well formed")
            .keys;
        (pair, bundle)
    })
}

#[test]
fn a_sealed_initiator_is_of_its_message_alone() {
    let mut pair = Pair::without_one_time_prekey(309);
    let (reusable, x3dh) = (pair.publish_reusable(), pair.publish_x3dh());
    for (bundle, sealed_at) in [(reusable, SEALED_AT - 1), (x3dh, SEALED_IN_X3DH_AT)] {
        let [one, other] = [(); 2].map(|()| pair.first_with(&bundle));
        let sealed = sealed_at..sealed_at + 52;
        let mut crossed = one.clone();
        crossed[sealed.clone()].copy_from_slice(&other[sealed]);
        let error = not_accepted_under(&X3DH, &mut pair.bob, &crossed);
        assert_eq!(error, HANDSHAKE_NOT_AUTHENTIC);
        pair.bob.accept_under(&X3DH, &one, b"").unwrap();
    }
}

#[test]
fn the_handshake_can_be_neither_stripped_nor_added() {
    let mut pair = Pair::new(5);
    let first = pair.send(b"first");
    let second = pair.send(b"second");
    let (mut bobs, _) = pair.bob.accept(&first).unwrap();
    let stripped = [&[1, 3], &second[HANDSHAKE_LENGTH..]].concat();
    assert_eq!(refused(&mut bobs, &stripped), NOT_AUTHENTIC);
    assert_eq!(plaintext(bobs.decrypt(&second)), b"second");

    let answer = bobs.encrypt(b"answer", &mut pair.rng).unwrap();
    pair.session.decrypt(&answer).unwrap();
    let third = pair.send(b"third");
    let added = [&second[..HANDSHAKE_LENGTH], &third[2..]].concat();
    assert_eq!(refused(&mut bobs, &added), NOT_AUTHENTIC);
    assert_eq!(plaintext(bobs.decrypt(&third)), b"third");
}

#[test]
fn a_handshake_in_front_of_another_sessions_message_is_refused() {
    let mut pair = Pair::without_one_time_prekey(306);
    let first = pair.send(b"first");
    let bundle = pair.bob.publish_reusable();
    let other = pair.first_with(&bundle);
    let handshake = HANDSHAKE_LENGTH - 1;
    let crossed = [&first[..handshake], &other[handshake..]].concat();
    let error = not_accepted_under(&X3DH, &mut pair.bob, &crossed);
    assert_eq!(error, NOT_AUTHENTIC);
    let (mut bobs, _) = pair.bob.accept(&first).unwrap();
    assert_eq!(refused(&mut bobs, &crossed), NOT_AUTHENTIC);
    assert!(matches!(refused(&mut bobs, &other), Error::OtherSession(_)));
    // An initiator has no use for handshakes, not even its own.
    assert_eq!(
        refused(&mut pair.session, &first),
        Error::OtherSession(*bobs.id())
    );
}

#[test]
fn a_session_is_of_the_identities_that_began_it() {
    let mut pair = Pair::new(10);
    let first = pair.send(b"from Alice");
    let mallory = Account::generate(&mut rng(100));
    // The change that would make Mallory of Alice, if the seal were a cipher alone.
    let [alice, mallory] = [&pair.alice, &mallory].map(|account| *account.identity().as_bytes());
    let mut forged = first.clone();
    for (place, (alice, mallory)) in alice.iter().zip(mallory).enumerate() {
        forged[SEALED_AT + place] ^= alice ^ mallory;
    }
    let error = not_accepted_under(&X3DH, &mut pair.bob, &forged);
    assert_eq!(error, HANDSHAKE_NOT_AUTHENTIC);
    let (session, _) = pair.bob.accept(&first).unwrap();
    assert_eq!(session.peer(), pair.alice.identity());
}
