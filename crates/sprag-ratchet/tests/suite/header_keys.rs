//! Encrypted headers: the bytes that they show, and the chains that their keys belong to.

use alloc::collections::BTreeSet;

use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_ratchet::{DoubleRatchetHE, Error};

use crate::hash_stream::HashStream;
use crate::image::{Image, Key};
use crate::party::{Envelope, Handshake, Party, alice_and_bob, open_header};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    messages_show_no_bytes_twice_if_headers_are_encrypted,
    the_nonce_is_the_end_of_the_headers_nonce_or_zero_and_the_header_as_it_travels_is_bound,
];

type EncryptedParty = Party<DoubleRatchetHE>;

fn image(party: &EncryptedParty) -> Image {
    Image::read(&party.snapshot())
}

/// Some hundreds of messages, sent in turns, with disorder and loss.
fn conversation<R: TestRatchet>(seed: &str) -> Vec<Envelope> {
    let (mut alice, mut bob) = alice_and_bob::<R>(seed);
    let mut sent = Vec::new();
    for turn in 0..80 {
        let messages = alice.send_many(1 + turn % 8);
        bob.accepts_all(messages.iter().rev().step_by(1 + turn % 2));
        sent.extend(messages);
        (alice, bob) = (bob, alice);
    }
    sent
}

fn messages_show_no_bytes_twice_if_headers_are_encrypted<R: TestRatchet>() {
    let sent = conversation::<R>("no bytes twice");
    assert!(sent.len() > 300);
    let mut windows = BTreeSet::new();
    let mut repeated = 0;
    for message in &sent {
        assert_eq!(message.header.len(), R::HEADER_LENGTH);
        let parts = [&message.header[..], &message.body, &message.tag];
        for window in parts.iter().flat_map(|part| part.windows(8)) {
            repeated += usize::from(!windows.insert(window));
        }
    }
    assert_eq!(repeated == 0, R::by_variant(false, true));
}

/// The test opens a message without the ratchet, with the skipped key that the receiver keeps.
fn the_nonce_is_the_end_of_the_headers_nonce_or_zero_and_the_header_as_it_travels_is_bound<
    R: TestRatchet,
>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("nonce");
    let messages = alice.send_many(2);
    bob.accepts(&messages[1]);
    let message = &messages[0];
    let key = Image::read(&bob.snapshot()).current().skipped.stretches[0].keys[0];
    let nonce = R::by_variant(&[0; 12][..], &message.header[12..24]);
    let associated_data = bob.associated_data();
    let length = (associated_data.len() as u64).to_le_bytes();
    let bound = [&length[..], &associated_data, &message.header].concat();
    let (mut body, tag) = (message.body.clone(), &message.tag);
    let buffer = &mut body;
    let ciphertext = Ciphertext { buffer, tag };
    let nonce = nonce.try_into().expect("a nonce has one length");
    let key = SecretBytes::copy_from(&key);
    let opened = ChaCha20Poly1305::open(&key, nonce, &bound, ciphertext);
    assert_eq!((opened, body), (Ok(()), message.plaintext.clone()));
}

#[test]
fn encrypted_headers_are_80_bytes_and_show_nothing_of_what_they_say() {
    for message in conversation::<DoubleRatchetHE>("80 bytes") {
        assert_eq!(message.header.len(), 80);
        let encoded = message.encoded_header();
        let said: BTreeSet<&[u8]> = encoded.windows(4).collect();
        assert!(!message.header.windows(4).any(|shown| said.contains(shown)));
    }
}

#[test]
fn equal_headers_look_different() {
    let (mut alice, mut bob) = alice_and_bob::<DoubleRatchetHE>("equal headers");
    let mut copy = alice.copy();
    let [one, other] = [alice.send(), copy.send()];
    assert_eq!(one.encoded_header(), other.encoded_header());
    assert!(
        one.header
            .iter()
            .zip(&other.header)
            .filter(|(a, b)| a == b)
            .count()
            < 8
    );
    bob.accepts(&one);
    bob.refuses(&other, Error::Duplicate);
}

#[test]
fn the_first_keys_are_where_the_other_party_expects_them() {
    let handshake = Handshake::new(&mut HashStream::new("first keys"));
    let (mut alice, mut bob) = handshake.parties::<DoubleRatchetHE>(["alice", "bob"]);
    let (mut alices, bobs) = (image(&alice), image(&bob));
    assert_eq!(alices.sending_chain().header_key, bobs.next_receiving);
    assert_eq!(alices.next_receiving, bobs.next_sending);
    assert_eq!(bobs.next_receiving, Some(handshake.shared_hka));
    assert_eq!(bobs.next_sending, Some(handshake.shared_nhkb));
    let next_sending = alices.next_sending;
    assert!(![bobs.next_receiving, bobs.next_sending].contains(&next_sending));

    bob.accepts(&alice.send());
    let mut bobs = image(&bob);
    assert_eq!(bobs.current().id.header_key, Some(handshake.shared_hka));
    assert_eq!(bobs.next_receiving, next_sending);
    alice.accepts(&bob.send());
    assert_eq!(
        image(&alice).current().id.header_key,
        Some(handshake.shared_nhkb)
    );
    assert_eq!(image(&alice).next_receiving, image(&bob).next_sending);
}

/// Computes a root step without the ratchet, from the state before it and the private key that it uses.
/// Returns the root key, the chain key and, if headers are encrypted, the next header key.
pub(crate) fn root_step(before: &Image, secret: &Key, remote: &Key) -> [Key; 3] {
    let info: &[u8] = match before.variant {
        0 => b"sprag-v1 ratchet root",
        _ => b"sprag-v1 ratchet root, header encryption",
    };
    let remote = PublicKey::from_bytes(remote).expect("it is a public key");
    let dh_out = KeyPair::from_secret(&SecretBytes::copy_from(secret))
        .diffie_hellman(&remote)
        .expect("the key contributes");
    let keys: SecretBytes<96> = Hkdf::extract(&before.root, &[dh_out.expose()]).expand(info);
    let (keys, _) = keys.expose().as_chunks();
    [keys[0], keys[1], keys[2]]
}

#[test]
fn a_next_header_key_is_used_with_the_next_chain_of_its_direction() {
    let (mut sender, mut receiver) = alice_and_bob::<DoubleRatchetHE>("key flow");
    let mut seen = BTreeSet::new();
    let mut begun = sender.send();
    for turn in 0..12 {
        // The receiver expects the chain that begins, and learns the header key of the chain after it.
        let key = begun.header_key;
        assert!(seen.insert(key), "a header key has one chain only");
        let (before, next) = (image(&receiver), image(&sender).next_sending);
        assert_eq!(before.next_receiving, key, "turn {turn}");
        receiver.accepts(&begun);
        let mut after = image(&receiver);
        assert_eq!(after.current().id.header_key, key);
        assert_eq!(after.next_receiving, next);
        assert_eq!(after.next_sending, before.next_sending);
        let secret = before.sending.secret().expect("the receiver has sent");
        let remote = after.current().id.ratchet_key;
        let [root, _, next_receiving] = root_step(&before, secret, &remote);
        assert_eq!(
            (after.root, after.next_receiving),
            (root, Some(next_receiving))
        );

        // The receiver answers, in a new chain under its next header key.
        begun = receiver.send();
        let mut sending = image(&receiver);
        let chain = sending.sending_chain().clone();
        assert_eq!(chain.header_key, after.next_sending);
        let [root, first, next_sending] = root_step(&after, &chain.secret, &remote);
        assert_eq!(
            (sending.root, sending.next_sending),
            (root, Some(next_sending))
        );
        assert_ne!(first, chain.chain, "the chain has moved on");
        assert_eq!(sending.next_receiving, after.next_receiving);
        (sender, receiver) = (receiver, sender);
    }
}

#[test]
fn all_headers_of_a_chain_are_under_its_key_and_no_other_header_is() {
    let sent = conversation::<DoubleRatchetHE>("one key per chain");
    let chains: BTreeSet<_> = sent.iter().map(|message| message.header_key).collect();
    assert_eq!(chains.len(), 80);
    for key in chains.into_iter().flatten().step_by(7) {
        let opened = sent
            .iter()
            .filter_map(|message| open_header(&key, &message.header))
            .map(|encoded| encoded[..32].to_vec());
        assert_eq!(opened.collect::<BTreeSet<_>>().len(), 1);
        let own = sent
            .iter()
            .filter(|message| message.header_key == Some(key));
        let opening = |message: &&Envelope| open_header(&key, &message.header).is_some();
        assert_eq!(own.count(), sent.iter().filter(opening).count());
    }
}

#[test]
fn each_of_the_handshakes_secrets_must_be_the_same_on_both_sides() {
    let handshake = || Handshake::new(&mut HashStream::new("three secrets"));
    let others: [fn(&mut Handshake); 2] =
        [|other| other.root[0] ^= 1, |other| other.shared_hka[0] ^= 1];
    for change in others {
        let mut other = handshake();
        change(&mut other);
        let (mut alice, _) = handshake().parties::<DoubleRatchetHE>(["alice", "bob"]);
        let (_, mut bob) = other.parties::<DoubleRatchetHE>(["alice", "bob"]);
        bob.refuses(&alice.send(), Error::NotAuthentic);
    }
    let mut other = handshake();
    other.shared_nhkb[0] ^= 1;
    let (mut alice, _) = handshake().parties::<DoubleRatchetHE>(["alice", "bob"]);
    let (_, mut bob) = other.parties::<DoubleRatchetHE>(["alice", "bob"]);
    bob.accepts(&alice.send());
    alice.refuses(&bob.send(), Error::NotAuthentic);
}
