//! The randomness that a message draws: all that it needs at once, and nothing for later.

use core::convert::Infallible;

use sprag_primitives::SecretBytes;
use sprag_primitives::rand_core::{TryCryptoRng, TryRng};
use sprag_primitives::x25519::KeyPair;
use sprag_ratchet::{DoubleRatchet, DoubleRatchetHE, HeaderKey, RootKey, SharedSecrets};

use crate::hash_stream::HashStream;

/// A stream that remembers the length of each draw.
struct Draws {
    stream: HashStream,
    lengths: Vec<usize>,
}

impl Draws {
    fn new() -> Self {
        Self {
            stream: HashStream::new("draws"),
            lengths: Vec::new(),
        }
    }

    /// The lengths of the draws since the last call.
    fn taken(&mut self) -> Vec<usize> {
        core::mem::take(&mut self.lengths)
    }
}

impl TryRng for Draws {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("bytes are drawn")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("bytes are drawn")
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        self.lengths.push(destination.len());
        self.stream.try_fill_bytes(destination)
    }
}

impl TryCryptoRng for Draws {}

/// Lets each party encrypt twice in each of three turns and returns the lengths of the draws of each message.
macro_rules! turns {
    ($alice:ident, $bob:ident, $rng:ident) => {{
        $rng.taken();
        let mut lengths = Vec::new();
        for _ in 0..3 {
            for _ in 0..2 {
                let mut buffer = [1; 10];
                let sealed = $alice.encrypt(b"", &mut buffer, &mut $rng).unwrap();
                let ciphertext = sprag_primitives::aead::Ciphertext {
                    buffer: &mut buffer,
                    tag: &sealed.tag,
                };
                let header = &sealed.header;
                let message = sprag_ratchet::Message { header, ciphertext };
                $bob.decrypt(b"", message).unwrap();
                lengths.push($rng.taken());
            }
            core::mem::swap(&mut $alice, &mut $bob);
        }
        lengths
    }};
}

#[test]
fn a_message_with_an_encrypted_header_draws_once() {
    let mut rng = Draws::new();
    let pair = KeyPair::generate(&mut rng);
    let secrets = || SharedSecrets {
        root: RootKey::new(SecretBytes::copy_from(&[1; 32])),
        shared_hka: HeaderKey::new(SecretBytes::copy_from(&[2; 32])),
        shared_nhkb: HeaderKey::new(SecretBytes::copy_from(&[3; 32])),
    };
    let mut alice = DoubleRatchetHE::initiator(secrets(), *pair.public(), &mut rng).unwrap();
    let mut bob = DoubleRatchetHE::responder(secrets(), &pair);
    // The initiator's first ratchet key was drawn with its state.
    let expected = [[24], [24], [56], [24], [56], [24]];
    assert_eq!(turns!(alice, bob, rng), expected);
}

#[test]
fn a_message_with_a_clear_header_draws_for_a_new_chain_alone() {
    let mut rng = Draws::new();
    let pair = KeyPair::generate(&mut rng);
    let root = || RootKey::new(SecretBytes::copy_from(&[1; 32]));
    let mut alice = DoubleRatchet::initiator(root(), *pair.public(), &mut rng).unwrap();
    let mut bob = DoubleRatchet::responder(root(), &pair);
    let expected = [vec![], vec![], vec![32], vec![], vec![32], vec![]];
    assert_eq!(turns!(alice, bob, rng), expected);
}
