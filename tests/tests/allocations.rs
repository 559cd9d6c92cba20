//! Tests that the ratchet encrypts and decrypts a message in order without touching the heap.

use allocation_counter::measure;
use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::Ciphertext;
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::{DoubleRatchet, DoubleRatchetHE, HeaderKey, Message, RootKey, SharedSecrets};

/// Lets the parties take ten turns of ten messages each. No message may allocate but the first of each party,
/// because the parties then take the memory for their chains.
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
                if round > 1 || message > 0 {
                    assert_eq!(allocations.count_total, 0, "round {round}");
                }
                assert_eq!(buffer, [message; 256]);
            }
            core::mem::swap(&mut $alice, &mut $bob);
        }
    };
}

#[test]
fn in_order_messages_allocate_nothing() {
    let mut rng = StdRng::seed_from_u64(1);
    let secret = SecretBytes::random(&mut rng);
    let pair = KeyPair::generate(&mut rng);
    let root = || RootKey::new(secret.duplicate());
    let mut alice = DoubleRatchet::initiator(root(), *pair.public(), &mut rng).unwrap();
    let mut bob = DoubleRatchet::responder(root(), &pair);
    in_order!(alice, bob, rng);
}

#[test]
fn in_order_messages_with_encrypted_headers_allocate_nothing() {
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
