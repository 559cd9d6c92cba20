//! The deferred generation of ratchet keys: a party generates its next key pair when it sends (Double Ratchet
//! §8.5).

use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::Error;

use crate::hash_stream::HashStream;
use crate::image::{Image, SendingImage};
use crate::party::{Party, alice_and_bob};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    a_responder_cannot_send_before_its_first_receipt,
    after_a_new_chain_there_is_no_private_key_and_no_sending_chain,
    further_messages_of_a_chain_need_no_private_key,
    each_turn_has_a_key_pair_and_each_message_of_a_turn_the_same,
    a_failed_receipt_keeps_the_private_key,
    a_second_new_key_is_refused_until_the_party_has_sent,
    decryption_is_the_same_whatever_the_randomness,
    #[cfg(feature = "hazmat")]
    there_is_no_sending_chain_to_steal_before_the_next_send,
];

fn sending<R: TestRatchet>(party: &Party<R>) -> SendingImage {
    Image::read(&party.snapshot()).sending
}

fn ratchet_secret<R: TestRatchet>(party: &Party<R>) -> [u8; 32] {
    *sending(party).secret().expect("the party has a key pair")
}

fn a_responder_cannot_send_before_its_first_receipt<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("responder first");
    let before = bob.snapshot();
    assert_eq!(bob.encrypt(b"too early").err(), Some(Error::NoSendingChain));
    assert!(bob.snapshot() == before);
    bob.accepts(&alice.send());
    alice.accepts(&bob.send());
}

fn after_a_new_chain_there_is_no_private_key_and_no_sending_chain<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("no key");
    let first_secret = ratchet_secret(&bob);
    bob.accepts(&alice.send());
    assert_eq!(sending(&bob), SendingImage::Deferred);
    assert!(!bob.holds(&first_secret));

    let mut alices = Image::read(&alice.snapshot());
    alice.accepts(&bob.send());
    assert_eq!(sending(&alice), SendingImage::Deferred);
    let root = alices.root;
    let chain = alices.sending_chain();
    let old = [chain.secret, chain.chain, root];
    for old in old.iter().chain(&chain.header_key) {
        assert!(!alice.holds(old));
    }
}

fn further_messages_of_a_chain_need_no_private_key<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("further messages");
    let messages = alice.send_many(4);
    bob.accepts_all([&messages[1], &messages[3], &messages[0]]);
    assert_eq!(sending(&bob), SendingImage::Deferred);
    bob.accepts(&messages[2]);
}

fn each_turn_has_a_key_pair_and_each_message_of_a_turn_the_same<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("each turn");
    let mut secrets = vec![ratchet_secret(&bob)];
    for _ in 0..4 {
        bob.accepts(&alice.send());
        alice.accepts(&bob.send());
        secrets.push(ratchet_secret(&bob));
        alice.accepts(&bob.send());
        assert_eq!(secrets.last(), Some(&ratchet_secret(&bob)));
    }
    secrets.sort_unstable();
    secrets.dedup();
    assert_eq!(secrets.len(), 5);
}

fn a_failed_receipt_keeps_the_private_key<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("failed receipt");
    let secret = ratchet_secret(&bob);
    let message = alice.send();
    bob.refuses(&message.damaged_body(1), Error::NotAuthentic);
    assert_eq!(ratchet_secret(&bob), secret);
    bob.accepts(&message);
}

fn a_second_new_key_is_refused_until_the_party_has_sent<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("second new key");
    let message = alice.send();
    bob.accepts(&message);
    let stranger = *KeyPair::generate(&mut HashStream::new("stranger")).public();
    let second = message.with_header(|header| header.ratchet_key = stranger);
    let error = R::by_variant(Error::NotAuthentic, Error::Forked);
    bob.refuses(&second, error);
    let answer = bob.send();
    bob.refuses(&second, error);
    alice.accepts(&answer);
    bob.accepts(&alice.send());
}

fn decryption_is_the_same_whatever_the_randomness<R: TestRatchet>() {
    let (mut alice, bob) = alice_and_bob::<R>("no randomness");
    let message = alice.send();
    let (mut one, mut other) = (bob.copy(), bob.copy());
    other.rng = HashStream::new("other randomness");
    one.accepts(&message);
    other.accepts(&message);
    assert!(one.snapshot() == other.snapshot());
    let (mut to_one, mut to_other) = (alice.copy(), alice.copy());
    to_one.accepts(&one.send());
    to_other.accepts(&other.send());
    assert!(to_one.snapshot() != to_other.snapshot());
}

#[cfg(feature = "hazmat")]
fn there_is_no_sending_chain_to_steal_before_the_next_send<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("none to steal");
    let first = alice.send();
    bob.accepts(&first);
    let mut thief = alice.copy();
    thief.ratchet = bob.ratchet.mirror_of_sending_chain();
    let begins = bob.send();
    thief
        .decrypt(&begins)
        .expect_err("it is not in the copied chain");
    thief.ratchet = bob.ratchet.mirror_of_sending_chain();
    let goes_on = bob.send();
    thief
        .decrypt(&begins)
        .expect_err("it is not in the copied chain");
    thief.accepts(&goes_on);
}
