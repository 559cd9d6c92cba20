//! Forged messages, with every kind of header that a forger can choose.

use sprag_primitives::SecretBytes;
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_ratchet::Error;
use sprag_ratchet::limits::MAX_SKIP;

use crate::hash_stream::HashStream;
use crate::image::{Image, SendingImage};
use crate::party::alice_and_bob;
use crate::situations::{Situation, all};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    a_forged_ratchet_key_is_refused_without_a_trace,
    numbers_within_the_limit_and_beyond_are_refused_without_a_trace,
    numbers_far_ahead_in_a_known_chain_are_refused_without_a_trace,
    numbers_beyond_the_end_of_a_finished_chain_fit_nothing,
    previous_lengths_of_every_size_are_refused_without_a_trace,
    a_message_sent_back_to_its_sender_is_refused,
    the_responders_first_key_begins_no_chain,
];

fn foreign_key() -> PublicKey {
    *KeyPair::generate(&mut HashStream::new("a forger")).public()
}

/// The error for a header with a foreign ratchet key.
///
/// A clear header with a foreign ratchet key would begin a chain. An encrypted header belongs to the chain
/// whose header key opens it, and all headers of a chain name the same ratchet key.
fn foreign_key_error<R: TestRatchet>(begins_chain: bool, in_new_chain: Error) -> Error {
    if begins_chain {
        in_new_chain
    } else {
        R::by_variant(in_new_chain, Error::Forked)
    }
}

fn a_forged_ratchet_key_is_refused_without_a_trace<R: TestRatchet>() {
    for Situation {
        name,
        mut receiver,
        message,
        begins_chain,
    } in all::<R>()
    {
        for (previous_length, number) in [(0, 0), (0, 7), (50, 0), (50, 50)] {
            let forged = message.with_header(|header| {
                header.ratchet_key = foreign_key();
                header.previous_length = previous_length;
                header.number = number;
            });
            receiver.refuses(
                &forged,
                foreign_key_error::<R>(begins_chain, Error::NotAuthentic),
            );
        }
        receiver.accepts(&message);
        assert!(receiver.ratchet.skipped_keys() < 20, "{name}");
    }
}

fn numbers_within_the_limit_and_beyond_are_refused_without_a_trace<R: TestRatchet>() {
    for Situation {
        mut receiver,
        message,
        begins_chain,
        ..
    } in all::<R>()
    {
        for (number, error) in [
            (MAX_SKIP, Error::NotAuthentic),
            (MAX_SKIP + 1, Error::TooManySkipped),
            (u32::MAX - 1, Error::TooManySkipped),
            (u32::MAX, Error::TooManySkipped),
        ] {
            let forged = message.with_header(|header| {
                header.ratchet_key = foreign_key();
                header.number = number;
            });
            receiver.refuses(&forged, foreign_key_error::<R>(begins_chain, error));
        }
        receiver.accepts(&message);
    }
}

fn numbers_far_ahead_in_a_known_chain_are_refused_without_a_trace<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("far ahead");
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

fn numbers_beyond_the_end_of_a_finished_chain_fit_nothing<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("beyond the end");
    let messages = alice.send_many(3);
    bob.accepts(&messages[1]);
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
    for number in [3, 4, MAX_SKIP + 10, u32::MAX] {
        let forged = messages[2].with_header(|header| header.number = number);
        bob.refuses(&forged, R::by_variant(Error::NotAuthentic, Error::Forked));
    }
    bob.accepts(&messages[2]);
}

fn previous_lengths_of_every_size_are_refused_without_a_trace<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("big pn");
    bob.accepts_all(&alice.send_many(2));
    alice.accepts(&bob.send());
    let message = alice.send();
    for previous_length in [0, 1, 3, MAX_SKIP + 2, MAX_SKIP + 3, u32::MAX] {
        let forged = message.with_header(|header| header.previous_length = previous_length);
        bob.refuses(&forged, Error::NotAuthentic);
    }
    bob.accepts(&message);
}

fn a_message_sent_back_to_its_sender_is_refused<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("reflection");
    let message = alice.send();
    alice.refuses(&message, Error::NotAuthentic);
    bob.accepts(&message);
    let answer = bob.send();
    bob.refuses(&answer, Error::NotAuthentic);
    alice.accepts(&answer);
}

fn the_responders_first_key_begins_no_chain<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("first key");
    let first = Image::read(&bob.snapshot());
    let message = alice.send();
    bob.accepts(&message);
    let answer = bob.send();
    for number in [0, 3] {
        let forged = answer.with_header(|header| {
            header.ratchet_key = public_key(&first);
            header.number = number;
        });
        alice.refuses(&forged, Error::NotAuthentic);
    }
    alice.accepts(&answer);
    bob.accepts(&alice.send());
}

/// The public key of a responder that has received nothing.
fn public_key(responder: &Image) -> PublicKey {
    let SendingImage::Awaiting { secret } = &responder.sending else {
        unreachable!("the responder has received nothing");
    };
    *KeyPair::from_secret(&SecretBytes::copy_from(secret)).public()
}
