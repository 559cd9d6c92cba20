//! Messages that arrive, and the counts, headers and fingerprints that result.

use sprag_ratchet::{Counts, Error};

use crate::party::{Party, alice_and_bob};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    messages_of_every_length_arrive,
    associated_data_of_every_length_is_bound_whole_and_the_header_with_it,
    counts_tell_messages_and_root_steps,
    headers_carry_number_previous_length_and_a_key_per_turn,
    header_bytes_are_key_previous_length_and_number,
    root_fingerprints_agree_when_nothing_is_in_flight,
    parties_with_different_roots_refuse_each_other,
];

fn counts<R: TestRatchet>(party: &Party<R>) -> [u64; 3] {
    let Counts {
        sent,
        received,
        dh_steps,
        ..
    } = party.ratchet.counts();
    [sent, received, dh_steps]
}

fn messages_of_every_length_arrive<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("every length");
    for length in [0, 1, 15, 16, 17, 63, 64, 65, 1_000, 100_000] {
        let message = alice.say(&vec![0x61; length]);
        assert_eq!(message.body.len(), length);
        bob.accepts(&message);
        alice.accepts(&bob.say(&vec![0x62; length]));
    }
}

fn associated_data_of_every_length_is_bound_whole_and_the_header_with_it<R: TestRatchet>() {
    for length in [0, 1, 423, 424, 425, 463, 464, 465, 10_000] {
        let (mut alice, mut bob) = alice_and_bob::<R>("associated data");
        let associated_data = vec![0x61; length];
        let message = alice
            .encrypt_with(&associated_data, b"hello")
            .expect("Alice may send");
        let longer = vec![0x61; length + 1];
        let shorter = &associated_data[..length.saturating_sub(1)];
        for other in [&longer, shorter]
            .into_iter()
            .filter(|ad| ad.len() != length)
        {
            assert_eq!(bob.fails(other, &message), Error::NotAuthentic);
        }
        for position in (0..length).step_by(97).chain(length.checked_sub(1)) {
            let mut other = associated_data.clone();
            other[position] ^= 1;
            assert_eq!(bob.fails(&other, &message), Error::NotAuthentic);
        }
        // Change `pn`, because it is the only field of the header that only the tag protects here.
        let other = message.with_header(|header| header.previous_length = 1);
        assert_eq!(bob.fails(&associated_data, &other), Error::NotAuthentic);
        assert_eq!(
            bob.decrypt_with(&associated_data, &message).as_deref(),
            Ok(&b"hello"[..])
        );
    }
}

fn counts_tell_messages_and_root_steps<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("counts");
    assert_eq!((counts(&alice), counts(&bob)), ([0, 0, 1], [0, 0, 0]));
    let first = alice.send();
    let second = alice.send();
    bob.accepts_all([&second, &first]);
    assert_eq!((counts(&alice), counts(&bob)), ([2, 0, 1], [0, 2, 1]));
    alice.accepts_all(&bob.send_many(3));
    assert_eq!((counts(&alice), counts(&bob)), ([2, 3, 2], [3, 2, 2]));
    bob.accepts(&alice.send());
    assert_eq!((counts(&alice), counts(&bob)), ([3, 3, 3], [3, 3, 3]));
}

fn headers_carry_number_previous_length_and_a_key_per_turn<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("headers");
    let mut keys = Vec::new();
    for (turn, previous_length) in [(1, 0), (3, 1), (2, 3)] {
        for number in 0..turn {
            let message = alice.send();
            let header = message.header();
            assert_eq!(
                (header.number, header.previous_length),
                (number, previous_length)
            );
            keys.push(header.ratchet_key);
            bob.accepts(&message);
        }
        keys.dedup();
        alice.accepts(&bob.send());
    }
    assert_eq!(keys.len(), 3);
    assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
}

fn header_bytes_are_key_previous_length_and_number<R: TestRatchet>() {
    let (mut alice, _) = alice_and_bob::<R>("header bytes");
    let message = alice.send().with_header(|header| {
        header.previous_length = 0x0403_0201;
        header.number = 0x0807_0605;
    });
    let key = message.header().ratchet_key;
    let encoded = message.encoded_header();
    assert_eq!(encoded[..32], *key.as_bytes());
    assert_eq!(encoded[32..], [1, 2, 3, 4, 5, 6, 7, 8]);
}

fn root_fingerprints_agree_when_nothing_is_in_flight<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("fingerprints");
    let mut seen = Vec::new();
    for _ in 0..3 {
        for _ in 0..2 {
            let message = alice.send();
            bob.accepts(&message);
            assert_eq!(
                alice.ratchet.root_fingerprint(),
                bob.ratchet.root_fingerprint()
            );
            (alice, bob) = (bob, alice);
            seen.push(alice.ratchet.root_fingerprint());
        }
    }
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), count, "each root step changes the fingerprint");
}

fn parties_with_different_roots_refuse_each_other<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("one root");
    let (_, mut other) = alice_and_bob::<R>("other root");
    let message = alice.send();
    other.refuses(&message, Error::NotAuthentic);
    bob.accepts(&message);
}
