//! Keys under a passphrase: the key of a store.

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sprag_client::{StoreKey, UnwrapError};

use crate::peer::{Peer, Refusal};

const PASSPHRASE: &str = "größer als ein Wort";

/// The most memory in KiB, and the most passes, of a passphrase's key.
const MAX_MEMORY: u32 = 262_144;
const MAX_PASSES: u32 = 16;

#[test]
fn a_store_key_that_one_side_wrapped_is_unwrapped_by_the_other() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(1);
    for passphrase in [PASSPHRASE, ""] {
        // Ours, with the cost that our library chooses.
        let key = StoreKey::generate(&mut rng);
        let wrapped = key.wrap(passphrase.as_bytes(), &mut rng).unwrap();
        let theirs = peer.answer("store_key_unwrap", opening("wrapped", &wrapped, passphrase));
        assert_eq!(theirs.array("key"), *key.expose());
        let other = peer.ask("store_key_unwrap", opening("wrapped", &wrapped, "other"));
        assert_eq!(other.err(), Some(Refusal::NotAuthentic));
        // Theirs, with other costs.
        for (memory, passes) in [(8, 1), (9, 2), (1_000, MAX_PASSES)] {
            let wrapped = theirs_wraps(&mut peer, passphrase, memory, passes);
            let ours = StoreKey::unwrap(&wrapped, passphrase.as_bytes()).unwrap();
            assert_eq!(*ours.expose(), [7; 32]);
            let other = StoreKey::unwrap(&wrapped, b"other").err();
            assert_eq!(other, Some(UnwrapError::WrongPassphrase));
        }
    }
}

/// Only the fields of the cost are altered, so that whoever pays the cost says that the passphrase is wrong.
#[test]
fn both_refuse_the_same_costs_before_they_are_paid() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let wrapped = theirs_wraps(&mut peer, PASSPHRASE, 8, 1);
    for (memory, passes) in [
        (MAX_MEMORY + 1, 1),
        (u32::MAX, 1),
        (8, MAX_PASSES + 1),
        (8, u32::MAX),
        (7, 1),
        (8, 0),
        (0, 0),
    ] {
        let mut altered = wrapped.clone();
        altered[9..13].copy_from_slice(&memory.to_le_bytes());
        altered[13..17].copy_from_slice(&passes.to_le_bytes());
        let ours = StoreKey::unwrap(&altered, PASSPHRASE.as_bytes()).err();
        assert_eq!(ours, Some(UnwrapError::NotAKey), "{memory}, {passes}");
        let theirs = peer.ask("store_key_unwrap", opening("wrapped", &altered, PASSPHRASE));
        let theirs = theirs.err().expect("the cost is not allowed");
        assert_ne!(theirs, Refusal::NotAuthentic, "{memory}, {passes}");
    }
}

#[test]
fn both_refuse_a_wrapped_key_with_any_byte_altered() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let wrapped = theirs_wraps(&mut peer, PASSPHRASE, 8, 1);
    assert_eq!(wrapped.len(), 105);
    for place in 0..wrapped.len() {
        let mut altered = wrapped.clone();
        altered[place] ^= 1;
        let ours = StoreKey::unwrap(&altered, PASSPHRASE.as_bytes());
        let theirs = peer.ask("store_key_unwrap", opening("wrapped", &altered, PASSPHRASE));
        assert!(ours.is_err() && theirs.is_err(), "byte {place}");
    }
}

fn theirs_wraps(peer: &mut Peer, passphrase: &str, memory: u32, passes: u32) -> Vec<u8> {
    let fields = json!({
        "key": hex::encode([7; 32]),
        "memory": memory,
        "passes": passes,
        "passphrase": hex::encode(passphrase),
    });
    peer.answer("store_key_wrap", fields).bytes("wrapped")
}

fn opening(name: &str, sealed: &[u8], passphrase: &str) -> Value {
    json!({ name: hex::encode(sealed), "passphrase": hex::encode(passphrase) })
}
