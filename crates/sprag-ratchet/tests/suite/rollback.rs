//! Parties that are put back to an older state, for example from a backup.

use alloc::collections::BTreeSet;

use sprag_primitives::operations::seals;
use sprag_ratchet::Error;

use crate::party::alice_and_bob;
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    a_restored_senders_first_message_is_a_duplicate_and_the_session_goes_on,
    a_key_that_is_used_twice_shows_how_plaintexts_differ_with_clear_headers_only,
    pairs_of_key_and_nonce_repeat_after_a_restore_with_clear_headers_only,
    a_sender_restored_to_before_its_turn_begins_a_chain_that_the_peer_refuses,
    a_restored_receiver_opens_again_what_it_opened_since,
    two_copies_of_a_sender_take_each_others_numbers,
];

fn exclusive_or(left: &[u8], right: &[u8]) -> Vec<u8> {
    left.iter()
        .zip(right)
        .map(|(left, right)| left ^ right)
        .collect()
}

fn a_restored_senders_first_message_is_a_duplicate_and_the_session_goes_on<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("restored sender");
    bob.accepts(&alice.send());
    let backup = alice.snapshot();
    bob.accepts(&alice.say(b"before the crash"));

    let mut alice = alice.with_state(&backup);
    bob.refuses(&alice.say(b"after the crash"), Error::Duplicate);
    bob.accepts(&alice.send());
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
}

/// With clear headers the nonce is constant. A message key that is used twice then shows how the plaintexts
/// differ.
fn a_key_that_is_used_twice_shows_how_plaintexts_differ_with_clear_headers_only<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("key used twice");
    bob.accepts(&alice.send());
    let backup = alice.snapshot();
    let before = alice.say(b"before the crash");
    let after = alice.with_state(&backup).say(b"after the crash!");
    assert_eq!(before.encoded_header(), after.encoded_header());
    let shows = R::by_variant(true, false);
    assert_eq!(before.header == after.header, shows);
    let bodies = exclusive_or(&before.body, &after.body);
    let plaintexts = exclusive_or(&before.plaintext, &after.plaintext);
    assert_eq!(bodies == plaintexts, shows);
}

/// The test puts Alice back to every state that she has been in, and lets her send from there.
fn pairs_of_key_and_nonce_repeat_after_a_restore_with_clear_headers_only<R: TestRatchet>() {
    let ((), seals) = seals(|| {
        let (mut alice, mut bob) = alice_and_bob::<R>("pairs");
        let mut backups = vec![alice.snapshot()];
        for turn in 0..12 {
            bob.accepts(&alice.send());
            backups.push(alice.snapshot());
            if turn % 3 == 2 {
                alice.accepts(&bob.send());
                backups.push(alice.snapshot());
            }
        }
        for backup in backups {
            let mut restored = alice.with_state(&backup);
            restored.send_many(5);
        }
    });
    let sealed = seals.len();
    let distinct = seals.into_iter().collect::<BTreeSet<_>>().len();
    assert_eq!(sealed == distinct, R::by_variant(false, true));
}

fn a_sender_restored_to_before_its_turn_begins_a_chain_that_the_peer_refuses<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("before its turn");
    bob.accepts(&alice.send());
    alice.accepts(&bob.send());
    let backup = alice.snapshot();
    bob.accepts(&alice.send());
    let answer = bob.send();

    let mut alice = alice.with_state(&backup);
    // Alice has no private key in this state, so that she cannot follow Bob to the chain that he begins.
    alice.refuses(&answer, R::by_variant(Error::NotAuthentic, Error::Forked));
    let forked = alice.send();
    bob.refuses(&forked, R::by_variant(Error::NotAuthentic, Error::Forked));
    alice.refuses(&answer, Error::NotAuthentic);
}

fn a_restored_receiver_opens_again_what_it_opened_since<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("restored receiver");
    let messages = alice.send_many(3);
    bob.accepts(&messages[0]);
    let backup = bob.snapshot();
    bob.accepts_all(&messages[1..]);
    let mut bob = bob.with_state(&backup);
    bob.accepts_all(&messages[1..]);
    alice.accepts(&bob.send());
}

fn two_copies_of_a_sender_take_each_others_numbers<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("two copies");
    bob.accepts(&alice.send());
    let mut copy = alice.copy();
    let (one, other) = (alice.send(), copy.send());
    bob.accepts(&other);
    bob.refuses(&one, Error::Duplicate);
}
