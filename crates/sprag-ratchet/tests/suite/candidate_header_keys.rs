//! The header keys that a receiver tries, and their order. The tests count the openings to tell them.

use sprag_primitives::operations::{Counts, counted};
use sprag_primitives::rand_core::Rng;
use sprag_ratchet::limits::{MAX_SKIP, MAX_SKIPPED_KEYS};
use sprag_ratchet::{DoubleRatchetHE, ENCRYPTED_HEADER_LENGTH, Error};

use crate::hash_stream::HashStream;
use crate::image::Image;
use crate::party::{Envelope, Party, alice_and_bob, seal_header};
use crate::snapshots::states;
#[cfg(feature = "hazmat")]
use crate::variants::encrypted_header;

type EncryptedParty = Party<DoubleRatchetHE>;

fn openings(open: u64) -> Counts {
    Counts {
        open,
        ..Counts::NONE
    }
}

/// Lets `party` decrypt a message that it cannot open. Returns the work, and asserts that nothing changed.
#[track_caller]
fn work_of_junk(party: &mut EncryptedParty, junk: &Envelope) -> Counts {
    let before = party.snapshot();
    let (result, counts) = counted(|| party.decrypt(junk));
    assert_eq!(result, Err(Error::NotAuthentic));
    assert!(party.snapshot() == before, "the state changed");
    counts
}

/// Messages that cannot be opened: one with a random header, one of another session with the largest numbers
/// in its header, and copies of `genuine` with a damaged byte in the header.
fn junk(genuine: &Envelope) -> Vec<Envelope> {
    let mut rng = HashStream::new("junk");
    let mut random = genuine.clone();
    rng.fill_bytes(&mut random.header);
    let (mut other_session, _) = alice_and_bob::<DoubleRatchetHE>("other session");
    let claims_the_most = other_session.send().with_header(|header| {
        header.previous_length = MAX_SKIP;
        header.number = MAX_SKIP;
    });
    let damaged = [0, 23, 24, 63, 64, ENCRYPTED_HEADER_LENGTH - 1];
    let damaged = damaged.map(|position| genuine.damaged(position, 0x10));
    [&[random, claims_the_most][..], &damaged].concat()
}

#[test]
fn junk_costs_one_opening_for_each_candidate_and_nothing_else_in_every_state() {
    let (mut sender, _) = alice_and_bob::<DoubleRatchetHE>("junk");
    let genuine = sender.send();
    let mut seen = Vec::new();
    for mut party in states::<DoubleRatchetHE>() {
        let image = Image::read(&party.snapshot());
        let candidates = image.current.iter().len() + 1 + image.finished.len();
        for junk in junk(&genuine) {
            let counts = work_of_junk(&mut party, &junk);
            assert_eq!(counts, openings(candidates as u64));
        }
        seen.push(candidates);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [1, 2, 3, 34]);
}

#[test]
fn a_responder_that_has_received_nothing_tries_one_key() {
    let (mut alice, mut bob) = alice_and_bob::<DoubleRatchetHE>("one key");
    let message = alice.send();
    for junk in junk(&message) {
        assert_eq!(work_of_junk(&mut bob, &junk), openings(1));
    }
    bob.accepts(&message);
}

/// Bob, who holds as many skipped keys as he can, after `chains` chains of Alice's. Of each, 61 messages are missing.
/// Also returns a message of each of these chains that Bob has not received, the newest chain first, and a message of
/// her next chain.
fn everything_held(chains: usize) -> (EncryptedParty, Vec<Envelope>, Envelope) {
    let (mut alice, mut bob) = alice_and_bob::<DoubleRatchetHE>("everything held");
    let mut late = Vec::new();
    for _ in 0..chains {
        late.insert(0, alice.send_many(61).swap_remove(60));
        bob.accepts(&alice.send());
        alice.accepts(&bob.send());
    }
    assert_eq!(bob.ratchet.skipped_keys(), MAX_SKIPPED_KEYS);
    (bob, late, alice.send())
}

#[test]
fn as_many_keys_as_can_be_held_make_34_candidates_at_most() {
    for chains in [33, 34, 50] {
        let (mut bob, late, next) = everything_held(chains);
        for junk in junk(&next) {
            assert_eq!(work_of_junk(&mut bob, &junk), openings(34));
        }
        for forgotten in &late[33..] {
            assert_eq!(work_of_junk(&mut bob, forgotten), openings(34));
        }
        bob.accepts(&late[32]);
        bob.accepts(&next);
    }
}

#[test]
fn the_current_key_is_tried_first_then_the_next_and_the_finished_chains_from_the_newest_on() {
    let (mut bob, late, next) = everything_held(34);
    let of_header = |party: &mut EncryptedParty, message: &Envelope| {
        let (result, counts) = counted(|| party.decrypt(message));
        assert_eq!(result.as_ref(), Ok(&message.plaintext));
        counts.open - 1
    };
    assert_eq!(of_header(&mut bob.copy(), &next), 2);
    for (message, tried) in late[..33].iter().zip([1].into_iter().chain(3..)) {
        assert_eq!(of_header(&mut bob, message), tried);
    }
    assert_eq!(work_of_junk(&mut bob, &late[33]), openings(34));
}

#[test]
fn a_genuine_header_that_is_refused_costs_no_more_than_its_opening() {
    let (mut bob, late, next) = everything_held(34);
    bob.accepts(&late[0]);
    let key = bob.ratchet.skipped_keys();
    let too_far = next.with_header(|header| header.number = MAX_SKIP + 1);
    for (message, tried, error) in [
        (&late[0], 1, Error::Duplicate),
        (&too_far, 2, Error::TooManySkipped),
        (
            &late[1].with_header(|header| header.number = 62),
            3,
            Error::Forked,
        ),
    ] {
        let (result, counts) = counted(|| bob.decrypt(message));
        assert_eq!((result, counts), (Err(error), openings(tried)));
    }
    assert_eq!(bob.ratchet.skipped_keys(), key);
}

#[test]
fn a_finished_chains_header_key_goes_with_its_last_skipped_key() {
    let (mut alice, mut bob) = alice_and_bob::<DoubleRatchetHE>("last skipped key");
    let messages = alice.send_many(3);
    bob.accepts(&messages[2]);
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
    let key = messages[0].header_key.expect("headers are encrypted");
    bob.accepts(&messages[0]);
    assert!(bob.holds(&key));
    bob.accepts(&messages[1]);
    assert!(!bob.holds(&key));
    for message in &messages {
        assert_eq!(work_of_junk(&mut bob, message), openings(2));
    }
}

#[test]
fn a_finished_chains_header_key_goes_at_the_32nd_step_after_the_one_that_finished_it() {
    let (mut alice, mut bob) = alice_and_bob::<DoubleRatchetHE>("32nd step");
    let messages = alice.send_many(2);
    bob.accepts(&messages[1]);
    let key = messages[0].header_key.expect("headers are encrypted");
    for step in 0..33 {
        assert!(bob.holds(&key), "step {step}");
        alice.accepts(&bob.send());
        bob.accepts(&alice.send());
    }
    assert!(!bob.holds(&key));
    assert_eq!(work_of_junk(&mut bob, &messages[0]), openings(2));
}

#[test]
fn a_finished_chain_without_skipped_keys_leaves_no_header_key() {
    let (mut alice, mut bob) = alice_and_bob::<DoubleRatchetHE>("none skipped");
    let message = alice.send();
    bob.accepts(&message);
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
    let key = message.header_key.expect("headers are encrypted");
    assert!(!bob.holds(&key));
    assert_eq!(work_of_junk(&mut bob, &message), openings(2));
}

#[cfg(feature = "hazmat")]
#[test]
fn a_thief_reads_the_headers_of_chains_whose_keys_are_held_and_of_one_chain_more() {
    let (bob, late, next) = everything_held(34);
    let before = bob.snapshot();
    let read = |message: &Envelope| {
        let header = encrypted_header(&message.header);
        bob.ratchet.open_header(&header)
    };
    for message in late[..33].iter().chain([&next]) {
        assert_eq!(read(message), Some(message.header()));
    }
    assert_eq!(read(&late[33]), None);
    assert_eq!(read(&bob.copy().send()), None);
    assert!(bob.snapshot() == before);
}

/// A copied nonce must not help a forger, because nonces are not secret.
#[test]
fn a_header_under_a_foreign_key_with_a_genuine_nonce_is_junk() {
    let (mut alice, mut bob) = alice_and_bob::<DoubleRatchetHE>("genuine nonce");
    let message = alice.send();
    let mut forged = message.clone();
    forged.header = seal_header(&[1; 32], &message.header[..24], &message.encoded_header());
    assert_eq!(work_of_junk(&mut bob, &forged), openings(1));
    bob.accepts(&message);
}
