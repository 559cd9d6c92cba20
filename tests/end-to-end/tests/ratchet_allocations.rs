//! Tests that a message in order takes no memory from the heap, and that a new chain takes three blocks.

use allocation_counter::measure;
use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::Ciphertext;
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::{DoubleRatchet, DoubleRatchetHE, HeaderKey, Message, RootKey, SharedSecrets};

/// The blocks of a new chain: one of its sender, two of its receiver.
const CHAIN: u64 = 3;

/// Lets the parties take ten turns of ten messages each. No message may allocate but the first of its chain.
macro_rules! in_order {
    ($alice:ident, $bob:ident, $rng:ident) => {
        let associated_data = [7; 200];
        for round in 0..10 {
            for message in 0..10 {
                let mut buffer = [message; 256];
                let allocations = measure(|| {
                    let sealed = $alice
                        .encrypt(&associated_data, &mut buffer, &mut $rng)
                        .unwrap();
                    let (header, tag) = (&sealed.header, &sealed.tag);
                    let ciphertext = Ciphertext {
                        buffer: &mut buffer,
                        tag,
                    };
                    $bob.decrypt(&associated_data, Message { header, ciphertext })
                        .unwrap();
                });
                let begins = message == 0 && round > 0;
                let expected = if begins { CHAIN } else { 0 };
                if (round, message) != (0, 0) {
                    assert_eq!(allocations.count_total, expected, "round {round}");
                }
                assert_eq!(buffer, [message; 256]);
            }
            core::mem::swap(&mut $alice, &mut $bob);
        }
    };
}

#[test]
fn messages_in_order_allocate_in_a_new_chain_alone() {
    let mut rng = StdRng::seed_from_u64(1);
    let secret = SecretBytes::random(&mut rng);
    let pair = KeyPair::generate(&mut rng);
    let root = || RootKey::new(secret.duplicate());
    let mut alice = DoubleRatchet::initiator(root(), *pair.public(), &mut rng).unwrap();
    let mut bob = DoubleRatchet::responder(root(), &pair);
    in_order!(alice, bob, rng);
}

#[test]
fn messages_with_encrypted_headers_allocate_in_a_new_chain_alone() {
    let mut rng = StdRng::seed_from_u64(2);
    let secrets = [(); 3].map(|()| SecretBytes::random(&mut rng));
    let pair = KeyPair::generate(&mut rng);
    let secrets = || SharedSecrets {
        root: RootKey::new(secrets[0].duplicate()),
        shared_hka: HeaderKey::new(secrets[1].duplicate()),
        shared_nhkb: HeaderKey::new(secrets[2].duplicate()),
    };
    let mut alice = DoubleRatchetHE::initiator(secrets(), *pair.public(), &mut rng).unwrap();
    let mut bob = DoubleRatchetHE::responder(secrets(), &pair);
    in_order!(alice, bob, rng);
}
