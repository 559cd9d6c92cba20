use std::collections::BTreeSet;

use rand::rngs::StdRng;
use rand::{Rng, RngExt};
use sprag::file::{FileKey, PIECE_LENGTH, Sealer};
use sprag::{Error, RatchetError, decode_file_header};
use sprag_client::{Client, ClientError, IncomingFile, Sender};
use sprag_primitives::operations::{KeyAndNonce, seals};

use crate::two_clients::{MemoryClient, Refusal, Two};

/// A file of several chunks, under a key that nobody else has.
fn seal_file(key: &FileKey, rng: &mut StdRng) {
    let mut sealer = Sealer::new(key);
    sealer.seal(&mut vec![7; PIECE_LENGTH]).unwrap();
    let mut last = vec![0; rng.random_range(1..1_000)];
    rng.fill_bytes(&mut last);
    assert!(sealer.seal_last(&mut last).unwrap().count() <= 1);
}

fn read_file(client: &mut MemoryClient, header: &[u8], rng: &mut StdRng) -> Result<(), Refusal> {
    let (header, _) = decode_file_header(header).unwrap();
    let file = IncomingFile {
        now: 0,
        commitment: &header.commitment,
        messages: &[header.messages[0]],
    };
    let received = client.decrypt_file(Sender::AnyPeer, file, rng)?;
    client.acknowledge(&received.receipt)
}

/// Plays Alice as one who keeps old copies of her store and goes on with one of them now and then. Returns
/// the keys and nonces that were used, in order, and the number of refusals.
fn household(seed: u64) -> (Vec<KeyAndNonce>, usize) {
    let mut two = Two::established(seed);
    let mut copies = vec![two.alice.store().clone()];
    let mut refusals = 0;
    let ((), used) = seals(|| {
        for round in 0..150 {
            match two.rng.random_range(0..10) {
                0 => copies.push(two.alice.store().clone()),
                1 => {
                    let copy = two.rng.random_range(0..copies.len());
                    let copy = copies[copy].clone();
                    two.alice = Client::open(copy, &two.alice_key).unwrap();
                }
                2 => drop(two.alice.publish(&mut two.rng).unwrap()),
                3 => two.alice.rotate(round, 1, &mut two.rng).unwrap(),
                4..=6 => {
                    let file = two.bob.encrypt_file("alice", &mut two.rng).unwrap();
                    seal_file(&file.key, &mut two.rng);
                    let read = read_file(&mut two.alice, &file.header, &mut two.rng);
                    refusals += usize::from(read.is_err());
                }
                _ => {
                    let file = two.alice.encrypt_file("bob", &mut two.rng).unwrap();
                    seal_file(&file.key, &mut two.rng);
                    let read = read_file(&mut two.bob, &file.header, &mut two.rng);
                    refusals += usize::from(read.is_err());
                }
            }
        }
    });
    (used, refusals)
}

#[test]
fn no_pair_of_key_and_nonce_appears_twice_whatever_copy_goes_on() {
    let mut refusals = 0;
    for seed in 360..366 {
        let (used, refused) = household(seed);
        assert!(used.len() > 400, "{}", used.len());
        let distinct: BTreeSet<_> = used.iter().collect();
        assert_eq!(distinct.len(), used.len());
        refusals += refused;
    }
    assert!(refusals > 100, "the copies do not repeat what was sent");
}

/// Bob refuses a message that Alice sends from an old copy, with the reason.
#[test]
fn what_comes_from_an_old_copy_is_a_duplicate_or_of_a_fork() {
    let mut two = Two::established(370);
    let before_chain = two.alice.store().clone();
    let first = two.alice_sends(b"first of a chain");
    let within_chain = two.alice.store().clone();
    let second = two.alice_sends(b"second");
    for message in [&first, &second] {
        two.bob_reads(message).unwrap();
    }
    for (copy, expected) in [
        (within_chain, RatchetError::Duplicate),
        (before_chain, RatchetError::Forked),
    ] {
        two.alice = Client::open(copy, &two.alice_key).unwrap();
        let message = two.alice_sends(b"again");
        let refused = two.bob_reads(&message).map(|_| ());
        let expected = ClientError::Protocol(Error::Ratchet(expected));
        assert_eq!(refused, Err(expected));
    }
    // With a new bundle of Bob's they go on.
    two.alice_renews();
    let message = two.alice_sends(b"in a new session");
    let received = two.bob_reads(&message).unwrap();
    assert_eq!(received.opened.plaintext, b"in a new session");
}
