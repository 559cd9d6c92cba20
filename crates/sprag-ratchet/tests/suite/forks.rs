//! Genuine headers that fit no chain. A receiver can tell that they are genuine only if headers are
//! encrypted.

use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_ratchet::{DoubleRatchetHE, Error};

use crate::hash_stream::HashStream;
use crate::header_keys::root_step;
use crate::image::{Image, Key, SendingChainImage, SendingImage};
use crate::party::{Party, alice_and_bob, open_header};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![which_key_opened_a_header_begins_a_chain_and_not_its_ratchet_key];

fn stranger() -> PublicKey {
    *KeyPair::generate(&mut HashStream::new("a stranger")).public()
}

/// Begins the next sending chain in the `image`, with a private key that was used before.
fn begin_chain(image: &mut Image, secret: Key) {
    let remote = image.current().id.ratchet_key;
    let [root, chain, next_sending] = root_step(image, &secret, &remote);
    image.root = root;
    image.sending = SendingImage::Active(SendingChainImage {
        secret,
        chain,
        next: 0,
        header_key: image.next_sending,
    });
    image.next_sending = image.next_sending.map(|_| next_sending);
}

/// With encrypted headers, the header key tells whether a chain is new. With clear headers, the ratchet key
/// does.
fn which_key_opened_a_header_begins_a_chain_and_not_its_ratchet_key<R: TestRatchet>() {
    // Bob begins a chain with the key pair of his last chain.
    let (mut alice, mut bob) = alice_and_bob::<R>("old ratchet key");
    bob.accepts(&alice.send());
    let first = bob.send();
    alice.accepts(&first);
    let secret = Image::read(&bob.snapshot()).sending_chain().secret;
    bob.accepts(&alice.send());
    let mut image = Image::read(&bob.snapshot());
    begin_chain(&mut image, secret);
    let mut bob = bob.with_state(&image.write());

    // With clear headers the message looks like one of the old chain. With encrypted headers it begins a
    // chain.
    let again = bob.send();
    assert_eq!(again.header().ratchet_key, first.header().ratchet_key);
    if R::by_variant(true, false) {
        alice.refuses(&again, Error::Duplicate);
        return;
    }
    let steps = alice.ratchet.counts().dh_steps;
    alice.accepts(&again);
    assert_eq!(alice.ratchet.counts().dh_steps, steps + 1);
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
}

#[test]
fn another_ratchet_key_under_the_current_header_key_is_a_fork_whatever_the_number() {
    let (mut alice, mut bob) = alice_and_bob::<DoubleRatchetHE>("another ratchet key");
    let messages = alice.send_many(3);
    bob.accepts_all([&messages[0], &messages[2]]);
    let mut may_begin_chains = bob.copy();
    may_begin_chains.send();
    for mut receiver in [bob, may_begin_chains] {
        for message in &messages {
            for number in [message.number(), 0, 1, 7, u32::MAX] {
                let forged = message.with_header(|header| {
                    header.ratchet_key = stranger();
                    header.number = number;
                });
                receiver.refuses(&forged, Error::Forked);
            }
        }
        receiver.accepts(&messages[1]);
    }
}

#[test]
fn another_ratchet_key_under_the_header_key_of_a_finished_chain_is_a_fork() {
    let (mut alice, mut bob) = alice_and_bob::<DoubleRatchetHE>("finished chain");
    let messages = alice.send_many(3);
    bob.accepts(&messages[1]);
    alice.accepts(&bob.send());
    let newest = alice.send();
    bob.accepts(&newest);
    for key in [stranger(), newest.header().ratchet_key] {
        let forged = messages[0].with_header(|header| header.ratchet_key = key);
        bob.refuses(&forged, Error::Forked);
    }
    bob.accepts_all([&messages[0], &messages[2]]);
}

#[test]
fn a_header_under_the_next_key_is_a_fork_until_the_party_has_sent() {
    let (mut alice, mut bob) = alice_and_bob::<DoubleRatchetHE>("next key");
    let messages = alice.send_many(2);
    bob.accepts(&messages[0]);
    let next = Image::read(&alice.snapshot()).next_sending;
    let early = messages[1].with_header_under(next.expect("headers are encrypted"));
    bob.refuses(&early, Error::Forked);
    bob.refuses(
        &early.with_header(|header| header.ratchet_key = stranger()),
        Error::Forked,
    );
    let answer = bob.send();
    bob.refuses(&early, Error::NotAuthentic);
    bob.accepts(&messages[1]);
    alice.accepts(&answer);
    bob.accepts(&alice.send());
}

/// A conversation with lost and late messages. Alice takes a backup before everything that she does.
fn backups(seed: &str) -> (Party<DoubleRatchetHE>, Party<DoubleRatchetHE>, Vec<Vec<u8>>) {
    let (mut alice, mut bob) = alice_and_bob(seed);
    let mut backups = Vec::new();
    for turn in 0..8 {
        let mut late = Vec::new();
        for number in 0..4 {
            backups.push(alice.snapshot());
            let message = alice.send();
            match (turn + number) % 4 {
                0 => late.push(message),
                1 => {}
                _ => bob.accepts(&message),
            }
        }
        bob.accepts_all(&late[..late.len() / 2]);
        backups.push(alice.snapshot());
        alice.accepts(&bob.send());
    }
    (alice, bob, backups)
}

/// Tells whether one of the header keys that `party` tries opens `header`.
fn opens_header(party: &Party<DoubleRatchetHE>, header: &[u8]) -> bool {
    let image = Image::read(&party.snapshot());
    let finished = image.finished.iter().map(|chain| chain.id.header_key);
    let current = image.current.iter().map(|chain| chain.id.header_key);
    let mut keys = finished.chain(current).chain([image.next_receiving]);
    keys.any(|key| open_header(&key.expect("headers are encrypted"), header).is_some())
}

#[test]
fn what_a_restored_sender_sends_is_a_duplicate_or_a_fork_or_what_it_says() {
    let (alice, bob, backups) = backups("restored");
    let (mut duplicates, mut forks, mut opened, mut unreadable) = (0, 0, 0, 0);
    for backup in backups {
        let mut restored = alice.with_state(&backup);
        let mut bob = bob.copy();
        for _ in 0..8 {
            let message = restored.send();
            let before = bob.snapshot();
            let known = opens_header(&bob, &message.header);
            match bob.decrypt(&message) {
                // A message opens if the message with the same key never arrived.
                Ok(plaintext) => {
                    assert_eq!(plaintext, message.plaintext);
                    opened += 1;
                    continue;
                }
                Err(Error::Duplicate) => duplicates += 1,
                Err(Error::Forked) => forks += 1,
                Err(error) => {
                    assert_eq!((error, known), (Error::NotAuthentic, false));
                    unreadable += 1;
                }
            }
            assert!(bob.snapshot() == before, "the state changed");
        }
    }
    for seen in [duplicates, forks, opened, unreadable] {
        assert!(seen >= 10, "{duplicates} {forks} {opened} {unreadable}");
    }
}
