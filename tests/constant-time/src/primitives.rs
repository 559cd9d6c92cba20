//! Paths of the primitives, one by one.

use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, Key, XChaCha20Poly1305};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::hmac::HmacKey;
use sprag_primitives::ml_kem_1024::{self, DecapsulationKey, EncapsulationKey};
use sprag_primitives::x25519::KeyPair;
use sprag_primitives::xeddsa::{SigningKey, verify};
use sprag_primitives::{Error, SecretBytes};

use crate::Path;
use crate::memcheck::{Random, public, public_bytes, secret, secret_buffer};

/// The paths that differ by the backend.
pub(crate) const WITH_BACKENDS: &[Path] = &[
    ("XChaCha20-Poly1305, header sealed and opened", header),
    ("XChaCha20-Poly1305, forged header", forged_header),
    ("ChaCha20-Poly1305, sealed and opened", message),
    ("ChaCha20-Poly1305, forged", forged_message),
    ("X25519, key generation", key_generation),
    ("X25519, Diffie-Hellman", diffie_hellman),
];

pub(crate) const PATHS: &[Path] = &[
    ("comparison of secrets", compare),
    ("HKDF, root step", root_step),
    ("HMAC, chain steps", chain_steps),
    ("XEdDSA, signing", sign),
    ("ML-KEM-1024, key generation", kem_key_generation),
    ("ML-KEM-1024, encapsulation", encapsulate),
    ("ML-KEM-1024, decapsulation", decapsulate),
    ("ML-KEM-1024, implicit rejection", reject),
];

/// The size of a ratchet header, the plaintext of an encrypted one.
const HEADER_LENGTH: usize = 40;

/// Compares secrets of two lengths. If the optimiser were let, it would compare the short ones in place and
/// the long ones by a call.
fn compare() {
    compare_length::<32>();
    compare_length::<1000>();
}

fn compare_length<const N: usize>() {
    let one = secret::<N>(&mut Random::default());
    for place in [0, N - 1] {
        let mut other = one.duplicate();
        other.expose_mut()[place] ^= 1;
        // Public, because the caller acts on the result.
        assert!(!public(one == other));
    }
    assert!(public(one == one.duplicate()));
}

fn header() {
    let rng = &mut Random::default();
    let key: Key = secret(rng);
    let plaintext = secret::<HEADER_LENGTH>(rng);
    let nonce = public(*secret::<24>(rng).expose());
    let mut buffer = *plaintext.expose();
    let tag = XChaCha20Poly1305::seal(&key, &nonce, b"data", &mut buffer);
    // Public: both travel.
    let tag = public(tag).expect("it is short");
    let mut buffer = public(buffer);
    let ciphertext = Ciphertext {
        buffer: &mut buffer,
        tag: &tag,
    };
    let opened = XChaCha20Poly1305::open(&key, &nonce, b"data", ciphertext);
    assert_eq!(public(opened), Ok(()));
    assert!(public(SecretBytes::copy_from(&buffer) == plaintext));
}

fn forged_header() {
    let rng = &mut Random::default();
    let key: Key = secret(rng);
    let mut buffer = [1; HEADER_LENGTH];
    for tag in [[0; 16], [0xff; 16]] {
        let ciphertext = Ciphertext {
            buffer: &mut buffer,
            tag: &tag,
        };
        let opened = XChaCha20Poly1305::open(&key, &[2; 24], b"data", ciphertext);
        assert_eq!(public(opened), Err(Error::NotAuthentic));
    }
}

/// Lengths around one block of the cipher, around several, and beyond those at which a backend takes another path.
const MESSAGE_LENGTHS: [usize; 8] = [0, 1, 63, 64, 65, 1000, 4096, 10_000];

fn message() {
    let rng = &mut Random::default();
    for length in MESSAGE_LENGTHS {
        let key: Key = secret(rng);
        let mut buffer = secret_buffer(rng, length).expose().to_vec();
        let tag = ChaCha20Poly1305::seal(&key, &[0; 12], b"data", &mut buffer);
        // Public: both travel.
        let tag = public(tag).expect("it is short");
        let mut buffer = public_bytes(buffer);
        let ciphertext = Ciphertext {
            buffer: &mut buffer,
            tag: &tag,
        };
        let opened = ChaCha20Poly1305::open(&key, &[0; 12], b"data", ciphertext);
        assert_eq!(public(opened), Ok(()));
    }
}

fn forged_message() {
    let rng = &mut Random::default();
    for length in MESSAGE_LENGTHS {
        let key: Key = secret(rng);
        let ciphertext = Ciphertext {
            buffer: &mut vec![1; length],
            tag: &[0; 16],
        };
        let opened = ChaCha20Poly1305::open(&key, &[0; 12], b"data", ciphertext);
        assert_eq!(public(opened), Err(Error::NotAuthentic));
    }
}

fn root_step() {
    let rng = &mut Random::default();
    let (root, dh_out) = (secret::<32>(rng), secret::<32>(rng));
    let extracted = Hkdf::extract(root.expose(), &[dh_out.expose()]);
    let [root, chain, header] = extracted.expand_keys(b"root");
    assert!(!public(root == chain) && !public(chain == header));
    let fingerprint: SecretBytes<8> = Hkdf::from_pseudorandom_key(&root).expand(b"fingerprint");
    assert_ne!(public(*fingerprint.expose()), [0; 8]);
}

fn chain_steps() {
    let mut chain = secret::<32>(&mut Random::default());
    for _ in 0..3 {
        let hmac = HmacKey::new(chain.expose());
        let message_key = hmac.authenticate(&[1]);
        chain = hmac.authenticate(&[2]);
        assert!(!public(message_key == chain));
    }
}

fn key_generation() {
    let pair = KeyPair::generate(&mut Random::default());
    assert_ne!(public(*pair.public().as_bytes()), [0; 32]);
}

fn diffie_hellman() {
    let rng = &mut Random::default();
    let (alice, bob) = (KeyPair::generate(rng), KeyPair::generate(rng));
    let (a, b) = (public(*alice.public()), public(*bob.public()));
    let (left, right) = (alice.diffie_hellman(&b), bob.diffie_hellman(&a));
    let both = left.and_then(|left| Ok(left == right?));
    assert_eq!(public(both), Ok(true));
}

fn sign() {
    let rng = &mut Random::default();
    let pair = KeyPair::generate(rng);
    let key = SigningKey::calculate_key_pair(&pair);
    // Public: the key and the signature travel.
    let (own, signature) = (public(*pair.public()), public(key.sign(b"message", rng)));
    assert_eq!(verify(&own, b"message", &signature), Ok(()));
}

/// A key, and its public half as a peer received it.
fn decapsulation_key(rng: &mut Random) -> (DecapsulationKey, EncapsulationKey) {
    let key = DecapsulationKey::from_seed(secret(rng));
    // Public: it travels.
    let encoded = public(*key.encapsulation_key().as_bytes());
    let received = EncapsulationKey::from_bytes(&encoded);
    (key, received.expect("it was generated"))
}

fn kem_key_generation() {
    decapsulation_key(&mut Random::default());
}

fn encapsulate() {
    let rng = &mut Random::default();
    let (_, key) = decapsulation_key(rng);
    let (ciphertext, _) = key.encapsulate(rng);
    assert_ne!(
        public(*ciphertext.as_bytes()),
        [0; ml_kem_1024::CIPHERTEXT_LENGTH]
    );
}

fn decapsulate() {
    let rng = &mut Random::default();
    let (key, received) = decapsulation_key(rng);
    let (ciphertext, secret) = received.encapsulate(rng);
    // Public: it travels.
    let ciphertext = ml_kem_1024::Ciphertext::from_bytes(&public(*ciphertext.as_bytes()));
    assert!(public(key.decapsulate(&ciphertext) == secret));
}

fn reject() {
    let rng = &mut Random::default();
    let (key, received) = decapsulation_key(rng);
    let (ciphertext, secret) = received.encapsulate(rng);
    let mut damaged = public(*ciphertext.as_bytes());
    damaged[0] ^= 1;
    let damaged = ml_kem_1024::Ciphertext::from_bytes(&damaged);
    assert!(!public(key.decapsulate(&damaged) == secret));
}
