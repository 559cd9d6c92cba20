use sprag::limits::MAX_MESSAGE_LENGTH;
use sprag::{Error, HandshakeError, RatchetError};
use sprag_primitives::operations::{Bytes, Counts, bytes, counted};
use sprag_x3dh::Bundle;

use crate::sealed_by_hand::{Claim, first_message};
use crate::support::{Pair, X3DH, decoded, not_accepted};

/// Agreements and decapsulations: what costs an account most.
const fn expensive(counts: Counts) -> (u64, u64) {
    (counts.diffie_hellman, counts.decapsulation)
}

#[test]
fn a_first_contact_costs_one_agreement_for_each_pair_of_keys_and_one_decapsulation() {
    for (mut pair, expected) in [
        (Pair::new(400), (4, 1)),
        (Pair::without_one_time_prekey(400), (3, 1)),
        (Pair::x3dh(400), (4, 0)),
    ] {
        let first = pair.send(b"first");
        let (accepted, counts) = counted(|| pair.bob.accept_under(&X3DH, &first, b""));
        assert_eq!(accepted.unwrap().1.plaintext, b"first");
        // DH1 to DH4, and one of the ratchet, which begins to receive.
        let (agreements, decapsulations) = expected;
        assert_eq!(expensive(counts), (agreements + 1, decapsulations));
    }
}

#[test]
fn a_repeat_is_recognised_without_a_private_key() {
    for mut pair in [
        Pair::new(401),
        Pair::without_one_time_prekey(401),
        Pair::x3dh(401),
    ] {
        let first = pair.send(b"first");
        let second = pair.send(b"second");
        let (session, _) = pair.bob.accept_under(&X3DH, &first, b"").unwrap();
        for repeat in [&first, &second] {
            let (refusal, counts) = counted(|| pair.bob.accept_under(&X3DH, repeat, b""));
            let refusal = refusal.map(|_| ());
            assert_eq!(refusal, Err(Error::RepeatOf(*session.id())));
            assert_eq!(counts, Counts::NONE);
        }
    }
}

#[test]
fn a_seal_that_does_not_open_costs_no_agreement_with_the_identity_inside() {
    for (mut pair, expected) in [
        (Pair::new(402), (3, 1)),
        (Pair::without_one_time_prekey(402), (2, 1)),
    ] {
        let mut first = pair.send(b"first");
        // In the ephemeral key, in the ciphertext of the KEM, in the seal.
        for place in [10, 1_000, 1_630] {
            first[place] ^= 1;
            let (refusal, counts) = counted(|| not_accepted(&mut pair.bob, &first));
            assert_eq!(refusal, Error::Handshake(HandshakeError::NotAuthentic));
            assert_eq!(expensive(counts), expected);
            first[place] ^= 1;
        }
    }
}

#[test]
fn a_forger_of_a_first_message_makes_the_account_work_no_more_than_a_genuine_one() {
    let mut pair = Pair::without_one_time_prekey(403);
    let bundle = Bundle::Pqxdh(decoded(&pair.bob.publish(&mut pair.rng)));
    let claim = Claim {
        identity: pair.alice.identity().as_bytes(),
        dh1: &[],
    };
    let forged = first_message(&bundle, &claim, &mut pair.rng);
    let (refusal, counts) = counted(|| not_accepted(&mut pair.bob, &forged));
    assert_eq!(refusal, Error::Ratchet(RatchetError::NotAuthentic));
    assert_eq!(expensive(counts), (4, 1));
}

/// A message of 16 MiB whose start is that of `message`.
fn lengthened(message: &[u8]) -> Vec<u8> {
    let mut long = message.to_vec();
    long.resize(MAX_MESSAGE_LENGTH, 0x55);
    long
}

#[test]
fn a_forged_message_costs_the_openings_of_its_header_however_long_it_is() {
    let mut pair = Pair::new(404);
    let first = pair.send(b"first");
    let (mut session, _) = pair.bob.accept(&first).unwrap();
    let genuine = session.encrypt(b"genuine", &mut pair.rng).unwrap();
    let mut work_of = |message: &[u8], associated_data: &[u8]| {
        let work = || pair.session.decrypt_with_ad(message, associated_data);
        let (refusal, bytes) = bytes(work);
        let refusal = refusal.map(|_| ());
        assert_eq!(refusal, Err(Error::Ratchet(RatchetError::NotAuthentic)));
        bytes
    };
    // Alice has received nothing, so she holds one header key.
    let mut forged = genuine.clone();
    forged[10] ^= 1;
    let one_header = Bytes {
        opened: 40,
        ..Bytes::NONE
    };
    assert_eq!(work_of(&forged, b""), one_header);
    assert_eq!(work_of(&lengthened(&forged), &[7; 1 << 20]), one_header);
    // A genuine header before another body is worth one look at it.
    let long = work_of(&lengthened(&genuine), b"");
    let ciphertext = (MAX_MESSAGE_LENGTH - 98) as u64;
    assert_eq!(long.buffered, ciphertext);
    assert_eq!(long.hashed, 2, "the labels of a chain step");
}

#[test]
fn a_forged_first_message_costs_the_same_however_long_it_is() {
    let mut pair = Pair::new(405);
    let mut first = pair.send(b"first");
    let length = first.len();
    // In the seal, and in the header behind it.
    for place in [1_630, length - 60] {
        first[place] ^= 1;
        let [short, long] = [first.clone(), lengthened(&first)].map(|message| {
            let (_, bytes) = bytes(|| not_accepted(&mut pair.bob, &message));
            bytes
        });
        assert_eq!(long, short, "place {place}");
        first[place] ^= 1;
    }
}

#[test]
fn a_genuine_message_is_copied_once() {
    let mut pair = Pair::new(406);
    let first = pair.send(b"first");
    let (mut session, _) = pair.bob.accept(&first).unwrap();
    let plaintext = vec![1; 1 << 20];
    let message = session.encrypt(&plaintext, &mut pair.rng).unwrap();
    let (opened, bytes) = bytes(|| pair.session.decrypt(&message).unwrap());
    assert_eq!(opened.plaintext, plaintext);
    assert_eq!(bytes.buffered, message.len() as u64 - 98);
}
