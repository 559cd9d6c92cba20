use sprag::{Error, HandshakeError, RatchetError};
use sprag_primitives::operations::{Counts, counted};
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
