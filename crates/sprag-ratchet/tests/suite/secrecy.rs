//! The messages that a copied state does not open, because their keys are gone or not yet made.

use sprag_primitives::hmac::HmacKey;
use sprag_ratchet::Error;

use crate::image::{Image, Key};
use crate::party::{Envelope, Party, alice_and_bob};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    a_receiver_holds_the_keys_of_what_is_to_come_and_of_nothing_received,
    a_receiver_holds_a_skipped_key_until_it_is_used_or_given_up,
    finishing_a_chain_leaves_its_skipped_keys_and_not_its_chain_key,
    a_copied_receiver_set_back_by_hand_opens_nothing_received,
    a_sender_holds_no_key_of_what_it_sent,
    a_root_step_leaves_nothing_of_the_root_before,
    a_copied_receiver_opens_nothing_once_both_have_sent_again,
    #[cfg(feature = "hazmat")]
    a_copied_sending_chain_opens_what_is_to_come_in_it_and_nothing_else,
];

/// A message with the chain key that it is derived from, and its message key.
struct Traced {
    envelope: Envelope,
    keys: [Key; 2],
}

/// Sends `count` messages in a chain that has begun, and traces their keys.
fn send_traced<R: TestRatchet>(sender: &mut Party<R>, count: usize) -> Vec<Traced> {
    let trace = |_| {
        let chain = Image::read(&sender.snapshot()).sending_chain().chain;
        let message_key = HmacKey::new(&chain).authenticate(&[0x01]);
        Traced {
            envelope: sender.send(),
            keys: [chain, *message_key.expose()],
        }
    };
    (0..count).map(trace).collect()
}

fn a_receiver_holds_the_keys_of_what_is_to_come_and_of_nothing_received<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("received");
    bob.accepts(&alice.send());
    let traced = send_traced(&mut alice, 6);
    for received in 0..traced.len() {
        let states = |key: usize| traced.iter().map(move |message| message.keys[key]);
        for (number, chain_key) in states(0).enumerate() {
            assert_eq!(bob.holds(&chain_key), number == received);
        }
        assert!(states(1).all(|message_key| !bob.holds(&message_key)));
        bob.accepts(&traced[received].envelope);
    }
}

fn a_receiver_holds_a_skipped_key_until_it_is_used_or_given_up<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("skipped");
    bob.accepts(&alice.send());
    let traced = send_traced(&mut alice, 5);
    bob.accepts(&traced[4].envelope);
    let kept = |bob: &Party<R>| -> Vec<bool> {
        let message_keys = traced.iter().map(|message| &message.keys[1]);
        message_keys.map(|key| bob.holds(key)).collect()
    };
    assert_eq!(kept(&bob), [true, true, true, true, false]);
    bob.accepts(&traced[1].envelope);
    assert_eq!(kept(&bob), [true, false, true, true, false]);
    assert!(traced.iter().all(|message| !bob.holds(&message.keys[0])));

    alice.send_many(1_998);
    bob.accepts(&alice.send());
    assert_eq!(kept(&bob), [false, false, true, true, false]);
    alice.send_many(2_000);
    bob.accepts(&alice.send());
    assert_eq!(kept(&bob), [false; 5]);
}

fn finishing_a_chain_leaves_its_skipped_keys_and_not_its_chain_key<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("finished");
    bob.accepts(&alice.send());
    let mut traced = send_traced(&mut alice, 3);
    bob.accepts(&traced[0].envelope);
    let answer = bob.send();
    traced.extend(send_traced(&mut alice, 1));
    let after = Image::read(&alice.snapshot()).sending_chain().chain;
    alice.accepts(&answer);
    bob.accepts(&alice.send());
    for (number, message) in traced.iter().enumerate() {
        assert!(!bob.holds(&message.keys[0]));
        assert_eq!(bob.holds(&message.keys[1]), number > 0);
    }
    assert!(!bob.holds(&after));
}

/// The thief sets the numbers of the copied state back, because nothing binds a thief to the true numbers.
fn a_copied_receiver_set_back_by_hand_opens_nothing_received<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("set back");
    let messages = alice.send_many(5);
    bob.accepts_all(&messages);
    for (number, message) in (0..).zip(&messages) {
        bob.copy().refuses(message, Error::Duplicate);
        let mut image = Image::read(&bob.snapshot());
        image.current().next = number;
        let mut thief = bob.with_state(&image.write());
        thief.refuses(message, Error::NotAuthentic);
    }
}

fn a_sender_holds_no_key_of_what_it_sent<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("sent");
    bob.accepts(&alice.send());
    for message in send_traced(&mut alice, 5) {
        assert!(message.keys.iter().all(|key| !alice.holds(key)));
    }
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
}

fn a_root_step_leaves_nothing_of_the_root_before<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("root");
    for _ in 0..6 {
        let message = alice.send();
        let root = Image::read(&bob.snapshot()).root;
        bob.accepts(&message);
        assert!(!bob.holds(&root));
        let root = Image::read(&bob.snapshot()).root;
        let answer = bob.send();
        assert!(!bob.holds(&root));
        alice.accepts(&answer);
    }
}

fn a_copied_receiver_opens_nothing_once_both_have_sent_again<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("healed");
    bob.accepts(&alice.send());
    let mut thief = bob.copy();
    let message = alice.send();
    thief.accepts(&message);
    bob.accepts(&message);
    alice.accepts(&bob.send());
    let healed = alice.send();
    // The thief still knows the header key of this chain, but has no private key to begin the chain with.
    thief.refuses(&healed, R::by_variant(Error::NotAuthentic, Error::Forked));
    bob.accepts(&healed);
}

#[cfg(feature = "hazmat")]
fn a_copied_sending_chain_opens_what_is_to_come_in_it_and_nothing_else<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("mirror");
    let sent = alice.send_many(3);
    bob.accepts_all(&sent);
    let mut mirror = bob.copy();
    mirror.ratchet = alice.ratchet.mirror_of_sending_chain();
    // The copy opens later messages of the chain, in any order, but none that was sent before.
    let to_come = alice.send_many(2);
    mirror.copy().accepts_all(to_come.iter().rev());
    for (number, message) in (0..).zip(&sent) {
        mirror.refuses(message, Error::Duplicate);
        let mut image = Image::read(&mirror.snapshot());
        image.current().next = number;
        let mut thief = mirror.with_state(&image.write());
        thief.refuses(message, Error::NotAuthentic);
    }
    // The copy opens neither Bob's answer nor Alice's next chain.
    let answer = bob.send();
    mirror.refuses(&answer, Error::NotAuthentic);
    alice.accepts(&answer);
    let next_chain = alice.send();
    mirror.refuses(
        &next_chain,
        R::by_variant(Error::NotAuthentic, Error::Forked),
    );
    let image = Image::read(&mirror.snapshot());
    assert_eq!(image.root, [0; 32], "a mirror knows nothing of the root");
}
