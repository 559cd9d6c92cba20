//! Messages that nobody sent, with every header that a forger can think of.

use sprag_primitives::SecretBytes;
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_ratchet::Error;
use sprag_ratchet::limits::MAX_SKIP;

use crate::hash_stream::HashStream;
use crate::image::{Image, SendingImage};
use crate::party::alice_and_bob;
use crate::situations::{Situation, all};

fn foreign_key() -> PublicKey {
    *KeyPair::generate(&mut HashStream::new("a forger")).public()
}

#[test]
fn a_forged_ratchet_key_is_refused_without_a_trace() {
    for Situation {
        name,
        mut receiver,
        message,
        ..
    } in all()
    {
        for (previous_length, number) in [(0, 0), (0, 7), (50, 0), (50, 50)] {
            let forged = message.with_header(|header| {
                header.ratchet_key = foreign_key();
                header.previous_length = previous_length;
                header.number = number;
            });
            receiver.refuses(&forged, Error::NotAuthentic);
        }
        receiver.accepts(&message);
        assert!(receiver.ratchet.skipped_keys() < 20, "{name}");
    }
}

#[test]
fn numbers_within_the_limit_and_beyond_are_refused_without_a_trace() {
    for Situation {
        mut receiver,
        message,
        ..
    } in all()
    {
        for (key, number, error) in [
            (foreign_key(), MAX_SKIP, Error::NotAuthentic),
            (foreign_key(), MAX_SKIP + 1, Error::TooManySkipped),
            (foreign_key(), u32::MAX - 1, Error::TooManySkipped),
            (foreign_key(), u32::MAX, Error::TooManySkipped),
        ] {
            let forged = message.with_header(|header| {
                header.ratchet_key = key;
                header.number = number;
            });
            receiver.refuses(&forged, error);
        }
        receiver.accepts(&message);
    }
}

#[test]
fn numbers_far_ahead_in_a_known_chain_are_refused_without_a_trace() {
    let (mut alice, mut bob) = alice_and_bob("far ahead");
    bob.accepts(&alice.send());
    let message = alice.send();
    for (number, error) in [
        (2, Error::NotAuthentic),
        (MAX_SKIP + 1, Error::NotAuthentic),
        (MAX_SKIP + 2, Error::TooManySkipped),
        (u32::MAX - 1, Error::TooManySkipped),
        (u32::MAX, Error::TooManySkipped),
    ] {
        bob.refuses(&message.with_header(|header| header.number = number), error);
    }
    bob.accepts(&message);
}

#[test]
fn numbers_beyond_the_end_of_a_finished_chain_are_not_authentic() {
    let (mut alice, mut bob) = alice_and_bob("beyond the end");
    let messages = alice.send_many(3);
    bob.accepts(&messages[1]);
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
    for number in [3, 4, MAX_SKIP + 10, u32::MAX] {
        let forged = messages[2].with_header(|header| header.number = number);
        bob.refuses(&forged, Error::NotAuthentic);
    }
    bob.accepts(&messages[2]);
}

#[test]
fn previous_lengths_within_the_limit_and_beyond_are_refused_without_a_trace() {
    let (mut alice, mut bob) = alice_and_bob("big pn");
    bob.accepts_all(&alice.send_many(2));
    alice.accepts(&bob.send());
    let message = alice.send();
    for (previous_length, error) in [
        (0, Error::NotAuthentic),
        (1, Error::NotAuthentic),
        (3, Error::NotAuthentic),
        (MAX_SKIP + 2, Error::NotAuthentic),
        (MAX_SKIP + 3, Error::TooManySkipped),
        (u32::MAX, Error::TooManySkipped),
    ] {
        let forged = message.with_header(|header| header.previous_length = previous_length);
        bob.refuses(&forged, error);
    }
    bob.accepts(&message);
}

#[test]
fn a_message_sent_back_to_its_sender_is_refused() {
    let (mut alice, mut bob) = alice_and_bob("reflection");
    let message = alice.send();
    alice.refuses(&message, Error::NotAuthentic);
    bob.accepts(&message);
    let answer = bob.send();
    bob.refuses(&answer, Error::NotAuthentic);
    alice.accepts(&answer);
}

#[test]
fn the_responders_first_key_begins_no_chain() {
    let (mut alice, mut bob) = alice_and_bob("first key");
    let remote = Image::read(&alice.snapshot()).remote.expect("Bob's key");
    let message = alice.send();
    for number in [0, 3] {
        let mut forged = message.with_header(|header| header.number = number);
        forged.header[..32].copy_from_slice(&remote);
        alice.refuses(&forged, Error::NotAuthentic);
    }
    bob.accepts(&message);
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
}

/// In the specification `header.dh != state.DHr` is false for it, and `CKr` is absent; so not even
/// Bob, who can compute a chain from it, begins one.
#[test]
fn the_responder_himself_cannot_begin_a_chain_with_his_first_key() {
    let (mut alice, bob) = alice_and_bob("first key again");
    let SendingImage::Awaiting { secret } = Image::read(&bob.snapshot()).sending else {
        panic!("Bob has received nothing");
    };
    let mut honest = bob.copy();
    let message = alice.send();
    honest.accepts(&message);
    let mut image = Image::read(&honest.snapshot());
    let dh_out = KeyPair::from_secret(&SecretBytes::copy_from(&secret))
        .diffie_hellman(&message.header().ratchet_key)
        .unwrap();
    let (root, chain) =
        Hkdf::extract(&image.root, &[dh_out.expose()]).expand_pair(b"sprag-v1 ratchet root");
    image.root = *root.expose();
    image.sending = SendingImage::Active {
        secret,
        chain: *chain.expose(),
        next: 0,
    };
    let mut dishonest = honest.with_state(&image.write());
    alice.refuses(&dishonest.send(), Error::NotAuthentic);
    alice.accepts(&honest.send());
}
