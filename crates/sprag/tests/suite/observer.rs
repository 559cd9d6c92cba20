use std::collections::BTreeSet;

use rand::RngExt;

use crate::support::{Pair, padded};

/// A length of equal bytes that does not come about by chance among these messages.
const WINDOW: usize = 8;

#[test]
fn after_the_first_reply_nothing_but_the_envelope_repeats() {
    let (mut alice, mut bob, mut rng) = Pair::new(340).established();
    let mut seen = BTreeSet::new();
    for round in 0..300 {
        let length = rng.random_range(0..200);
        let (sender, receiver) = if rng.random() {
            (&mut alice, &mut bob)
        } else {
            (&mut bob, &mut alice)
        };
        // The same text again and again.
        let message = sender.encrypt(&vec![0x61; length], &mut rng).unwrap();
        let (envelope, rest) = message.split_at(2);
        assert_eq!(envelope, [1, 3]);
        assert_eq!(rest.len(), 80 + padded(4 + length) + 16);
        for window in rest.windows(WINDOW) {
            assert!(
                seen.insert(window.to_vec()),
                "message {round} repeats bytes"
            );
        }
        // Some are lost and some come late, so that every kind of header key is in use.
        if rng.random_range(0..4) > 0 {
            receiver.decrypt(&message).unwrap();
        }
    }
}

/// Every byte after the envelope takes many values, at its place from either end.
#[test]
fn no_place_of_a_message_is_constant() {
    let (mut alice, mut bob, mut rng) = Pair::new(341).established();
    let mut messages = Vec::new();
    for _ in 0..30 {
        for _ in 0..2 {
            let message = alice.encrypt(b"the same", &mut rng).unwrap();
            bob.decrypt(&message).unwrap();
            messages.push(message);
            core::mem::swap(&mut alice, &mut bob);
        }
    }
    for place in 2..messages[0].len() {
        let values: BTreeSet<u8> = messages.iter().map(|message| message[place]).collect();
        assert!(values.len() > 30, "place {place}: {values:?}");
    }
}
