//! Tests that the primitives that wipe their stack leave no secret there. They hold in release builds alone: others keep
//! more copies, and ML-KEM uses more of the stack than it wipes.
#![cfg(not(debug_assertions))]

use core::convert::Infallible;
use core::hint::black_box;

use rand::rand_core::{TryCryptoRng, TryRng};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, Key, Tag, XChaCha20Poly1305};
use sprag_primitives::backend_choice::{Backend, with};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::hmac::HmacKey;
use sprag_primitives::ml_kem_1024::DecapsulationKey;
use sprag_primitives::x25519::KeyPair;
use sprag_primitives::xeddsa::SigningKey;
use sprag_primitives::{Error, SecretBytes};
use wiping_tests::stack::{left_by, on_a_large_stack, pieces};

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

/// The number of pieces of each secret that `call` leaves.
fn left<const N: usize>(secrets: [&[u8]; N], call: impl FnOnce()) -> [usize; N] {
    let bytes = left_by(call);
    secrets.map(|secret| pieces(&bytes, secret))
}

#[test]
fn a_copy_that_is_left_on_purpose_is_found() {
    #[inline(never)]
    fn leave(secret: &[u8; 32]) {
        let mut copies = black_box([[0_u8; 32]; 100]);
        copies[50] = *secret;
        black_box(&copies);
    }
    let found = on_a_large_stack(|| {
        let secret = SecretBytes::<32>::random(&mut rng());
        let secret = secret.expose();
        left([secret, &[7; 32]], || leave(secret))
    });
    assert_eq!(found, [17, 0]);
}

#[test]
fn the_generation_of_a_kem_key_leaves_no_seed() {
    let found = on_a_large_stack(|| {
        let key = DecapsulationKey::generate(&mut rng());
        left([key.seed().expose()], || {
            black_box(key.encapsulation_key());
        })
    });
    assert_eq!(found, [0]);
}

#[test]
fn an_encapsulation_leaves_no_secret() {
    let found = on_a_large_stack(|| {
        let public = DecapsulationKey::generate(&mut rng()).encapsulation_key();
        let randomness = SecretBytes::<32>::random(&mut rng());
        let (_, secret) = public.encapsulate(&mut rng());
        left([randomness.expose(), secret.expose()], || {
            let encapsulated = public.encapsulate(&mut rng());
            black_box(&encapsulated);
        })
    });
    assert_eq!(found, [0; 2]);
}

#[test]
fn a_decapsulation_leaves_neither_the_seed_nor_the_secret() {
    let found = on_a_large_stack(|| {
        let key = DecapsulationKey::generate(&mut rng());
        let (ciphertext, secret) = key.encapsulation_key().encapsulate(&mut rng());
        left([key.seed().expose(), secret.expose()], || {
            let secret = key.decapsulate(&ciphertext);
            black_box(&secret);
        })
    });
    assert_eq!(found, [0; 2]);
}

#[test]
fn an_extraction_leaves_no_pseudorandom_key() {
    let found = on_a_large_stack(|| {
        let secret = SecretBytes::<32>::random(&mut rng());
        let pseudorandom_key = HmacKey::new(b"salt").authenticate(secret.expose());
        left([pseudorandom_key.expose()], || {
            let hkdf = Hkdf::extract(b"salt", &[secret.expose()]);
            black_box(&hkdf);
        })
    });
    assert_eq!(found, [0]);
}

#[test]
fn the_conversion_of_a_key_pair_leaves_no_scalar() {
    let found = on_a_large_stack(|| {
        let pair = KeyPair::generate(&mut rng());
        let scalars = scalars(&pair);
        left(scalars.each_ref().map(<[u8; 32]>::as_slice), || {
            let key = SigningKey::calculate_key_pair(&pair);
            black_box(&key);
        })
    });
    assert_eq!(found, [0; 3]);
}

#[test]
fn x25519_leaves_neither_the_secret_nor_the_output() {
    for backend in Backend::ALL {
        let found = on_a_large_stack(move || {
            with(backend, || {
                let pair = KeyPair::generate(&mut rng());
                let remote = *KeyPair::from_secret(&SecretBytes::copy_from(&[0x17; 32])).public();
                let output = pair
                    .diffie_hellman(&remote)
                    .expect("the key is of large order");
                let (secret, clamped) = (pair.secret(), scalars(&pair)[0]);
                let secrets: [&[u8]; 3] = [secret.expose(), &clamped, output.expose()];
                let agreement = left(secrets, || {
                    black_box(&pair.diffie_hellman(&remote));
                });
                let public_key = left(secrets, || {
                    black_box(&pair.secret_key().public());
                });
                (agreement, public_key)
            })
        });
        assert!(
            found.is_none_or(|found| found == ([0; 3], [0; 3])),
            "{backend:?}: {found:?}"
        );
    }
}

#[test]
fn the_aeads_leave_neither_the_key_nor_the_plaintext() {
    // One length for each of the three ways in which a message can be encrypted.
    for (backend, length) in Backend::ALL
        .into_iter()
        .flat_map(|backend| [(backend, 40), (backend, 4_000), (backend, 10_000)])
    {
        let found = on_a_large_stack(move || {
            let short = with(backend, || left_by_cipher(length, [1; 12], CHACHA20));
            let long = with(backend, || left_by_cipher(length, [1; 24], XCHACHA20));
            [short, long]
        });
        for found in found.into_iter().flatten() {
            assert_eq!(found, ([0; 3], [0; 3]), "{backend:?}, {length} bytes");
        }
    }
}

/// The sealing and the opening of a cipher.
type Functions<const NONCE: usize> = (
    fn(&Key, &[u8; NONCE], &[u8], &mut [u8]) -> Result<Tag, Error>,
    fn(&Key, &[u8; NONCE], &[u8], Ciphertext<'_>) -> Result<(), Error>,
);

const CHACHA20: Functions<12> = (ChaCha20Poly1305::seal, ChaCha20Poly1305::open);
const XCHACHA20: Functions<24> = (XChaCha20Poly1305::seal, XChaCha20Poly1305::open);

/// The pieces of the key, of the key that XChaCha20 derives from it, and of the plaintext that each function leaves.
fn left_by_cipher<const NONCE: usize>(
    length: usize,
    nonce: [u8; NONCE],
    (seal, open): Functions<NONCE>,
) -> ([usize; 3], [usize; 3]) {
    let key = SecretBytes::<32>::random(&mut rng());
    let derived = chacha20::hchacha::<chacha20::R20>(key.expose().into(), &[1; 16].into());
    let mut plaintext = vec![0; length];
    StdRng::seed_from_u64(2).fill_bytes(&mut plaintext);
    let mut buffer = plaintext.clone();
    let mut tag = [0; 16];
    let secrets: [&[u8]; 3] = [key.expose(), &derived, &plaintext];
    let sealing = left(secrets, || {
        tag = seal(&key, &nonce, b"data", &mut buffer).expect("it is short");
    });
    let opening = left(secrets, || {
        let ciphertext = Ciphertext {
            buffer: &mut buffer,
            tag: &tag,
        };
        open(&key, &nonce, b"data", ciphertext).expect("it is genuine");
    });
    (sealing, opening)
}

/// From `r` and the signature anybody computes the private key. `r` was computed with other code, and the signature
/// shows that it is the one.
#[test]
fn a_signature_leaves_neither_its_scalar_nor_the_key() {
    let found = on_a_large_stack(|| {
        let pair = KeyPair::from_secret(&SecretBytes::copy_from(&[0x17; 32]));
        let [_, k, negated] = scalars(&pair);
        let key = SigningKey::calculate_key_pair(&pair);
        let mut s = [0; 32];
        let found = left([&R, &k, &negated], || {
            s.copy_from_slice(&key.sign(b"message", &mut Constant).as_bytes()[32..]);
        });
        assert_eq!(s, S, "this signature has this r");
        found
    });
    assert_eq!(found, [0; 3]);
}

/// The scalars of the signature of `message` by the key of 32 bytes 0x17 with 64 bytes 0x5a.
const R: [u8; 32] = [
    0xda, 0xa7, 0x30, 0xfe, 0xac, 0xe8, 0xfc, 0x4f, 0x82, 0x99, 0xbf, 0x29, 0x5d, 0xcc, 0x8c, 0x0c,
    0xfd, 0x6c, 0x28, 0x6c, 0x1e, 0xf4, 0xe5, 0xc3, 0xaf, 0xb8, 0x41, 0xf1, 0x97, 0xb4, 0x5c, 0x09,
];
const S: [u8; 32] = [
    0xa5, 0xc6, 0xbd, 0x9c, 0xee, 0xb1, 0x7f, 0x48, 0x64, 0x7e, 0x3b, 0x79, 0x13, 0x56, 0x5b, 0x83,
    0xc0, 0x94, 0x89, 0x18, 0x2b, 0x31, 0xf6, 0x67, 0xb9, 0x6f, 0xf4, 0x48, 0xd7, 0x3d, 0xd3, 0x0a,
];

/// A generator that yields the byte 0x5a alone.
struct Constant;

impl TryRng for Constant {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0x5a5a_5a5a)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0x5a5a_5a5a_5a5a_5a5a)
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        destination.fill(0x5a);
        Ok(())
    }
}

impl TryCryptoRng for Constant {}

/// The scalar of a key pair before its reduction and after it, and its negative. The last two are one secret, and one of
/// them is the signing key.
fn scalars(pair: &KeyPair) -> [[u8; 32]; 3] {
    let mut clamped = *pair.secret().expose();
    clamped[0] &= 248;
    clamped[31] = clamped[31] & 127 | 64;
    let k = (0..8).fold(clamped, |k, _| minus(&k, &ORDER).unwrap_or(k));
    let negated = minus(&ORDER, &k).expect("it is reduced");
    [clamped, k, negated]
}

/// The difference of two little-endian numbers, if it is not negative.
fn minus(one: &[u8; 32], other: &[u8; 32]) -> Option<[u8; 32]> {
    let mut difference = [0; 32];
    let mut borrow = false;
    for (byte, (one, other)) in difference.iter_mut().zip(one.iter().zip(other)) {
        let (without, first) = one.overflowing_sub(*other);
        let (with, second) = without.overflowing_sub(u8::from(borrow));
        (*byte, borrow) = (with, first || second);
    }
    (!borrow).then_some(difference)
}

/// The order of the group, 2^252 + 27742317777372353535851937790883648493, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
