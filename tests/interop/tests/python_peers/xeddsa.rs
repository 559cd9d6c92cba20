//! Tests of signatures: ours and theirs are the same bytes, and each side judges as the other does.

use core::convert::Infallible;

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use serde_json::json;
use sprag_primitives::rand_core::{TryCryptoRng, TryRng};
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_primitives::xeddsa::{Signature, SigningKey, verify};
use sprag_primitives::{Error, SecretBytes};

use crate::peer::Peer;

const ROUNDS: usize = 256;

/// The order of the group, little-endian: `s` and `s` plus this are the same scalar.
const Q: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn both_make_the_same_signature_from_the_same_nonce() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(1);
    for round in 0..ROUNDS {
        let secret = SecretBytes::random(&mut rng);
        let message = random_message(&mut rng);
        let nonce: [u8; 64] = rng.random();
        let fields = json!({
            "secret": hex::encode(secret.expose()),
            "nonce": hex::encode(nonce),
            "message": hex::encode(&message),
        });
        let theirs = peer.answer("xeddsa_sign", fields);

        let pair = KeyPair::from_secret(&secret);
        let ours = SigningKey::calculate_key_pair(&pair).sign(&message, &mut Nonce(&nonce));
        assert_eq!(
            pair.public().as_bytes(),
            &theirs.array("public"),
            "round {round}"
        );
        let signature: [u8; 64] = theirs.array("signature");
        assert_eq!(ours.as_bytes(), &signature, "round {round}");
        assert_verdicts(
            &mut peer,
            &Signed {
                pair,
                message,
                signature,
            },
            true,
        );
    }
}

#[test]
fn both_accept_signatures_and_refuse_damaged_ones() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(2);
    for _ in 0..ROUNDS {
        let pair = KeyPair::generate(&mut rng);
        let message = random_message(&mut rng);
        let signature = SigningKey::calculate_key_pair(&pair).sign(&message, &mut rng);
        let mut signed = Signed {
            pair,
            message,
            signature: *signature.as_bytes(),
        };
        assert_verdicts(&mut peer, &signed, true);

        for half in [0..32, 32..64] {
            let (byte, bit) = (rng.random_range(half), 1 << rng.random_range(0..8));
            signed.signature[byte] ^= bit;
            assert_verdicts(&mut peer, &signed, false);
            signed.signature[byte] ^= bit;
        }

        let (byte, bit) = (
            rng.random_range(0..signed.message.len()),
            1 << rng.random_range(0..8),
        );
        signed.message[byte] ^= bit;
        assert_verdicts(&mut peer, &signed, false);
        signed.message[byte] ^= bit;

        let other = KeyPair::generate(&mut rng);
        let pair = core::mem::replace(&mut signed.pair, other);
        assert_verdicts(&mut peer, &signed, false);
        signed.pair = pair;

        assert_verdicts(&mut peer, &signed, true);
    }
}

#[test]
fn both_refuse_a_scalar_that_is_not_reduced() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(3);
    for _ in 0..16 {
        let pair = KeyPair::generate(&mut rng);
        let message = random_message(&mut rng);
        let signature = SigningKey::calculate_key_pair(&pair).sign(&message, &mut rng);
        let mut signature = *signature.as_bytes();
        let mut carry = 0;
        for (byte, order) in signature[32..].iter_mut().zip(Q) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            [*byte, _] = sum.to_le_bytes();
            carry = sum >> 8;
        }
        assert_verdicts(
            &mut peer,
            &Signed {
                pair,
                message,
                signature,
            },
            false,
        );
    }
}

struct Signed {
    pair: KeyPair,
    message: Vec<u8>,
    signature: [u8; 64],
}

/// Demands that both sides come to the verdict `valid`.
fn assert_verdicts(peer: &mut Peer, signed: &Signed, valid: bool) {
    let public: &PublicKey = signed.pair.public();
    let signature = Signature::from_bytes(signed.signature);
    let ours = verify(public, &signed.message, &signature);
    let expected = if valid {
        Ok(())
    } else {
        Err(Error::InvalidSignature)
    };
    assert_eq!(ours, expected, "ours");
    let fields = json!({
        "public": hex::encode(public.as_bytes()),
        "message": hex::encode(&signed.message),
        "signature": hex::encode(signed.signature),
    });
    let theirs = peer.answer("xeddsa_verify", fields);
    assert_eq!(theirs.flag("valid"), valid, "theirs");
}

/// A random message of 1 to 300 bytes.
fn random_message(rng: &mut StdRng) -> Vec<u8> {
    let mut message = vec![0; rng.random_range(1..=300)];
    rng.fill_bytes(&mut message);
    message
}

/// A generator that gives out the 64 bytes of a nonce at once, and nothing else.
struct Nonce<'a>(&'a [u8; 64]);

impl TryRng for Nonce<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("a nonce is drawn at once")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("a nonce is drawn at once")
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        destination.copy_from_slice(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Nonce<'_> {}
