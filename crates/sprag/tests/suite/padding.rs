use std::collections::BTreeSet;

use sprag::limits::{MAX_MESSAGE_LENGTH, MAX_PLAINTEXT_LENGTH};

use crate::support::{Pair, padded};

/// The bytes of envelope, header and tag.
const AROUND: usize = 2 + 80 + 16;

#[test]
fn a_text_of_any_length_comes_back_and_shows_a_padded_one() {
    let (mut alice, mut bob, mut rng) = Pair::new(350).established();
    let around = |n: usize| n - 6..n + 6;
    let lengths = (0..80).chain(
        [128, 256, 1_000, 1_024, 4_096, 65_536]
            .into_iter()
            .flat_map(around),
    );
    for length in lengths {
        let text: Vec<u8> = (0..length).map(|place| place as u8).collect();
        let message = alice.encrypt(&text, &mut rng).unwrap();
        assert_eq!(message.len(), AROUND + padded(4 + length), "{length}");
        assert_eq!(bob.decrypt(&message).unwrap().plaintext, text);
    }
}

#[test]
fn lengths_are_few_and_waste_little() {
    let (mut alice, _, mut rng) = Pair::new(351).established();
    let mut lengths = BTreeSet::new();
    for length in 0..2_000 {
        let message = alice.encrypt(&vec![0; length], &mut rng).unwrap();
        let padded = message.len() - AROUND;
        assert!(padded >= 32);
        assert!(padded <= 32 || (padded - 4 - length) * 100 < 12 * (4 + length));
        lengths.insert(padded);
    }
    assert!(lengths.len() < 80, "{}", lengths.len());
}

#[test]
fn the_longest_text_fits_into_a_message_with_the_handshake_in_front() {
    let mut pair = Pair::new(352);
    let longest = vec![7; MAX_PLAINTEXT_LENGTH];
    let message = pair.send(&longest);
    let step = 1 << 18;
    assert!(message.len() > MAX_MESSAGE_LENGTH - step);
    assert!(message.len() <= MAX_MESSAGE_LENGTH);
    assert!(padded(4 + longest.len() + 1) > MAX_MESSAGE_LENGTH - step);
    let (_, opened) = pair.bob.accept(&message).unwrap();
    assert_eq!(opened.plaintext, longest);
}
