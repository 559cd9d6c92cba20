use std::collections::BTreeSet;

use rand::RngExt;
use rand::rngs::StdRng;
use sprag::file::{FileKey, PIECE_LENGTH, Sealer};
use sprag::{IdentityKey, Session};

use crate::support::{Pair, X3DH, padded};

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

/// All that travels in a conversation of two parties, with files in both directions.
struct Conversation {
    alice: Session,
    bob: Session,
    rng: StdRng,
    /// The messages before Bob's first answer arrived.
    unanswered: Vec<Vec<u8>>,
    later: Vec<Vec<u8>>,
}

impl Conversation {
    /// Alice begins with several messages and a file, and Bob answers.
    fn begin(mut pair: Pair) -> Self {
        let mut unanswered: Vec<_> = (0..4).map(|n| pair.send(&[n; 40])).collect();
        unanswered.extend(file(&mut pair.session, &mut pair.rng));
        let accepted = pair.bob.accept_under(&X3DH, &unanswered[0], b"");
        let (mut bob, _) = accepted.expect("the first message is new");
        for message in &unanswered[1..4] {
            bob.decrypt(message).expect("the message is new");
        }
        let answer = bob.encrypt(b"answer", &mut pair.rng);
        let answer = answer.expect("a session encrypts");
        pair.session.decrypt(&answer).expect("the answer is new");
        Self {
            alice: pair.session,
            bob,
            rng: pair.rng,
            unanswered,
            later: vec![answer],
        }
    }

    /// Both go on in turns, with a file from time to time.
    fn go_on(&mut self) {
        for turn in 0..40 {
            let (sender, receiver) = if turn % 2 == 0 {
                (&mut self.alice, &mut self.bob)
            } else {
                (&mut self.bob, &mut self.alice)
            };
            let message = sender.encrypt(&vec![7; turn], &mut self.rng);
            let message = message.expect("a session encrypts");
            receiver.decrypt(&message).expect("the message is new");
            self.later.push(message);
            if turn % 10 < 2 {
                self.later.extend(file(sender, &mut self.rng));
            }
        }
    }

    fn everything(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.unanswered.iter().chain(&self.later)
    }
}

/// A file of two chunks: its header, with a message of the session inside, and the chunks.
fn file(session: &mut Session, rng: &mut StdRng) -> Vec<Vec<u8>> {
    let key = FileKey::generate(rng);
    let message = session.encrypt(key.as_plaintext(), rng);
    let message = message.expect("a session encrypts");
    let header = sprag_wire::encode_file_header(&key.commitment(), &[message]);
    let mut sealer = Sealer::new(&key);
    let mut chunks = [vec![7; PIECE_LENGTH], vec![7; 100]];
    sealer.seal(&mut chunks[0]).expect("a piece is whole");
    let padding = sealer.seal_last(&mut chunks[1]);
    let padding = padding.expect("the last piece is not too long");
    let header = vec![header.expect("the message is short enough")];
    header.into_iter().chain(chunks).chain(padding).collect()
}

fn shows(bytes: &[u8], key: &IdentityKey) -> bool {
    bytes.windows(32).any(|window| window == key.as_bytes())
}

#[test]
fn no_identity_is_in_anything_that_travels_after_the_bundle() {
    for pair in [
        Pair::new(342),
        Pair::without_one_time_prekey(342),
        Pair::x3dh(342),
    ] {
        let (alice, bob) = (*pair.alice.identity(), *pair.bob.identity());
        let bundle = pair.bob.publish_reusable();
        assert!(shows(&bundle, &bob), "the search finds what there is");
        let mut conversation = Conversation::begin(pair);
        conversation.go_on();
        let kinds: BTreeSet<u8> = conversation.everything().map(|bytes| bytes[1]).collect();
        assert!(kinds.is_superset(&[2, 3, 4].into()), "{kinds:?}");
        for bytes in conversation.everything() {
            assert!(!shows(bytes, &alice) && !shows(bytes, &bob));
        }
    }
}

/// Remains visible: kind and suite, the ephemeral key, which is the same in all messages before the answer, and the
/// numbers of the prekeys, by which whoever saw a bundle knows whose it is.
#[test]
fn unanswered_messages_show_the_same_handshake() {
    for (pair, suite, handshake, numbers) in [
        (Pair::new(343), 2, 1_659, &[1, 1, 3, 4][..]),
        (Pair::without_one_time_prekey(343), 2, 1_658, &[1, 0, 2]),
        (Pair::x3dh(343), 1, 90, &[3, 1, 4]),
    ] {
        let conversation = Conversation::begin(pair);
        let messages = &conversation.unanswered[..4];
        let first = &messages[0];
        assert_eq!(first[..3], [1, 2, suite]);
        assert_eq!(first[35..35 + numbers.len()], *numbers);
        for message in messages {
            assert_eq!(message[..handshake], first[..handshake]);
        }
        // Whatever follows the handshake differs from place to place.
        for [one, other] in [[0, 1], [1, 2], [2, 3]] {
            let [one, other] = [one, other].map(|index| &messages[index][handshake..]);
            let equal = one.iter().zip(other).filter(|(one, other)| one == other);
            assert!(equal.count() < 10);
        }
        // Another session with the same bundle has nothing of it but the numbers.
        assert_ne!(first[3..11], conversation.later[0][2..10]);
    }
}

#[test]
fn two_sessions_of_one_initiator_have_nothing_but_the_numbers_in_common() {
    let mut pair = Pair::without_one_time_prekey(344);
    let reusable = pair.publish_reusable();
    let x3dh = pair.publish_x3dh();
    for bundle in [reusable, x3dh] {
        let [one, other] = [(); 2].map(|()| pair.first_with(&bundle));
        let [one, other] = [one, other].map(|message| message[3..].to_vec());
        let numbers: Vec<_> = (0..one.len() - 3)
            .filter(|at| one[*at..*at + 3] == other[*at..*at + 3])
            .collect();
        // The three numbers follow the ephemeral key, and no other three bytes are equal.
        assert_eq!(numbers, [32]);
    }
}
