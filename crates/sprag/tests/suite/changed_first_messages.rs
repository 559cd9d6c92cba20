use rand::RngExt;
use sprag::{Account, Error};

use crate::support::{Pair, X3DH, not_accepted_under, plaintext, refused, rng};

const HANDSHAKE_LENGTH: usize = 1_640;

/// The length of the ciphertext of a short text.
const PADDED_LENGTH: usize = 32;

/// All positions in a message; of those in the KEM's ciphertext, one in `step`.
fn some_positions(message: &[u8], step: usize) -> impl Iterator<Item = usize> + use<> {
    (0..message.len()).filter(move |at| !(80..1_600).contains(at) || at % step == 0)
}

fn not_authentic() -> Error {
    Error::Ratchet(sprag_ratchet::Error::NotAuthentic)
}

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
    replaced[72..HANDSHAKE_LENGTH].copy_from_slice(&foreign[72..HANDSHAKE_LENGTH]);
    let mut zeroed = first.clone();
    zeroed[72..HANDSHAKE_LENGTH].fill(0);
    for changed in [replaced, zeroed] {
        let error = not_accepted_under(&X3DH, &mut pair.bob, &changed);
        assert_eq!(error, not_authentic());
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
    for mut pair in [Pair::new(302), Pair::x3dh(302)] {
        let first = pair.send(b"first");
        let second = pair.send(b"second");
        assert_eq!(first[67], 1);
        for ordinal in [0, 2, 0x7f] {
            let mut changed = first.clone();
            changed[67] = ordinal;
            let error = not_accepted_under(&X3DH, &mut pair.bob, &changed);
            assert_eq!(error, not_authentic());
        }
        let (mut bobs, _) = pair.bob.accept_under(&X3DH, &first, b"").unwrap();
        assert_eq!((bobs.ordinal(), pair.session.ordinal()), (1, 1));
        let mut changed = second.clone();
        changed[67] = 2;
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
    assert_eq!(first[68..72], [1, 1, 3, 4]);
    let mut last_resort = first.clone();
    last_resort[71] = 2;
    let error = not_accepted_under(&X3DH, &mut pair.bob, &last_resort);
    assert_eq!(error, not_authentic());
    let mut without_ec = first.clone();
    without_ec[69] = 0;
    without_ec.remove(70);
    let error = not_accepted_under(&X3DH, &mut pair.bob, &without_ec);
    assert_eq!(error, not_authentic());
    pair.bob.accept(&first).unwrap();

    let mut pair = Pair::without_one_time_prekey(304);
    let first = pair.send(b"first");
    pair.bob.publish(&mut pair.rng);
    assert_eq!(first[68..71], [1, 0, 2]);
    let mut one_time = first.clone();
    one_time[70] = 4;
    let error = not_accepted_under(&X3DH, &mut pair.bob, &one_time);
    assert_eq!(error, not_authentic());
    let remaining = pair.bob.one_time_prekeys();
    assert_eq!((remaining.ec, remaining.kem), (1, 1));
    pair.bob.accept(&first).unwrap();
}

#[test]
fn a_message_that_claims_to_be_from_its_recipient_is_refused() {
    for mut pair in [Pair::without_one_time_prekey(305), Pair::new(305)] {
        let mut first = pair.send(b"first");
        first[3..35].copy_from_slice(pair.bob.identity().as_bytes());
        assert_eq!(
            not_accepted_under(&X3DH, &mut pair.bob, &first),
            Error::Handshake(sprag_x3dh::Error::OwnMessage)
        );
    }
}

#[test]
fn the_handshake_can_be_neither_stripped_nor_added() {
    let mut pair = Pair::new(5);
    let first = pair.send(b"first");
    let second = pair.send(b"second");
    let (mut bobs, _) = pair.bob.accept(&first).unwrap();
    let stripped = [&[1, 3], &second[HANDSHAKE_LENGTH..]].concat();
    assert_eq!(refused(&mut bobs, &stripped), not_authentic());
    assert_eq!(plaintext(bobs.decrypt(&second)), b"second");

    let answer = bobs.encrypt(b"answer", &mut pair.rng).unwrap();
    pair.session.decrypt(&answer).unwrap();
    let third = pair.send(b"third");
    let added = [&second[..HANDSHAKE_LENGTH], &third[2..]].concat();
    assert_eq!(refused(&mut bobs, &added), not_authentic());
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
    assert_eq!(error, not_authentic());
    let (mut bobs, _) = pair.bob.accept(&first).unwrap();
    assert_eq!(refused(&mut bobs, &crossed), not_authentic());
    assert!(matches!(refused(&mut bobs, &other), Error::OtherSession(_)));
    // An initiator has no use for handshakes, not even its own.
    assert_eq!(
        refused(&mut pair.session, &first),
        Error::OtherSession(*bobs.id())
    );
}

#[test]
fn a_session_is_of_the_identities_that_began_it() {
    let mut pair = Pair::without_one_time_prekey(10);
    let first = pair.send(b"from Alice");
    let mallory = Account::generate(&mut rng(100));
    let mut forged = first;
    assert_eq!(forged[3..35], *pair.alice.identity().as_bytes());
    forged[3..35].copy_from_slice(mallory.identity().as_bytes());
    let error = not_accepted_under(&X3DH, &mut pair.bob, &forged);
    assert_eq!(error, not_authentic());
}
