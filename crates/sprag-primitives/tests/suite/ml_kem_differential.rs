//! Tests of ML-KEM-1024 against another implementation: keys, ciphertexts, secrets and the modulus check.

use ml_kem::kem::{Decapsulate, Encapsulate};
use ml_kem::{KeyExport, MlKem1024};
use proptest::prelude::*;
use rand::Rng;
use sprag_primitives::ml_kem_1024::{
    CIPHERTEXT_LENGTH, Ciphertext, DecapsulationKey, ENCAPSULATION_KEY_LENGTH, EncapsulationKey,
    SEED_LENGTH,
};
use sprag_primitives::{Error, SecretBytes};

use crate::support::{FixedRng, properties, rng};

type PeerDecapsulationKey = ml_kem::DecapsulationKey<MlKem1024>;
type PeerEncapsulationKey = ml_kem::EncapsulationKey<MlKem1024>;

/// The modulus of the standard.
const Q: u16 = 3329;

const COEFFICIENTS: usize = 4 * 256;

#[test]
fn both_agree_on_keys_ciphertexts_and_secrets() {
    let mut rng = rng(1);
    for _ in 0..128 {
        let (seed, randomness) = (random::<SEED_LENGTH>(&mut rng), random::<32>(&mut rng));
        let (ours, theirs) = keys(seed);
        let (our_public, their_public) = (ours.encapsulation_key(), theirs.encapsulation_key());
        assert_eq!(our_public.as_bytes()[..], their_public.to_bytes()[..]);

        let (ciphertext, secret) = our_public.encapsulate(&mut FixedRng(&randomness));
        let (their_ciphertext, their_secret) =
            their_public.encapsulate_with_rng(&mut FixedRng(&randomness));
        assert_eq!(ciphertext.as_bytes()[..], their_ciphertext[..]);
        assert_eq!(secret.expose()[..], their_secret[..]);
        assert_eq!(
            decapsulated(&ours, &theirs, ciphertext.as_bytes()),
            *secret.expose()
        );
    }
}

#[test]
fn a_key_that_one_read_from_the_other_encapsulates_to_it() {
    let mut rng = rng(2);
    for _ in 0..32 {
        let (ours, theirs) = keys(random(&mut rng));
        let encoding = theirs.encapsulation_key().to_bytes();
        let read = EncapsulationKey::from_bytes(encoding[..].try_into().unwrap()).unwrap();
        let (ciphertext, secret) = read.encapsulate(&mut rng);
        let their_secret = theirs.decapsulate(&(*ciphertext.as_bytes()).into());
        assert_eq!(their_secret[..], secret.expose()[..]);

        let encoding = *ours.encapsulation_key().as_bytes();
        let read = PeerEncapsulationKey::new(&encoding.into()).unwrap();
        let (ciphertext, secret) = read.encapsulate_with_rng(&mut rng);
        let ciphertext = Ciphertext::from_bytes(ciphertext[..].try_into().unwrap());
        assert_eq!(ours.decapsulate(&ciphertext).expose()[..], secret[..]);
    }
}

#[test]
fn both_reject_a_damaged_ciphertext_with_the_same_secret() {
    let mut rng = rng(3);
    for round in 0..128 {
        let (ours, theirs) = keys(random(&mut rng));
        let (ciphertext, secret) = ours.encapsulation_key().encapsulate(&mut rng);
        let mut damaged = *ciphertext.as_bytes();
        damaged[round * CIPHERTEXT_LENGTH / 128] ^= 1 << (round % 8);
        assert_ne!(decapsulated(&ours, &theirs, &damaged), *secret.expose());
    }
}

#[test]
fn both_reject_any_bytes_with_the_same_secret() {
    let mut rng = rng(4);
    let (ours, theirs) = keys(random(&mut rng));
    let mut ciphertexts = vec![[0; CIPHERTEXT_LENGTH], [0xff; CIPHERTEXT_LENGTH]];
    ciphertexts.extend([(); 32].map(|()| random(&mut rng)));
    for ciphertext in ciphertexts {
        decapsulated(&ours, &theirs, &ciphertext);
    }
}

#[test]
fn a_coefficient_is_accepted_below_the_modulus_and_nowhere_else() {
    let key = *keys([5; SEED_LENGTH]).0.encapsulation_key().as_bytes();
    for position in 0..COEFFICIENTS {
        for value in [0, Q - 1] {
            let altered = with_coefficient(&key, position, value);
            let read = EncapsulationKey::from_bytes(&altered).unwrap();
            assert_eq!(read.as_bytes(), &altered, "it is kept as it came");
            assert!(PeerEncapsulationKey::new(&altered.into()).is_ok());
        }
        for value in [Q, Q + 1, 4095] {
            let altered = with_coefficient(&key, position, value);
            let context = format!("{value} at {position}");
            let refusal = Err(Error::InvalidEncapsulationKey);
            assert_eq!(EncapsulationKey::from_bytes(&altered), refusal, "{context}");
            assert!(PeerEncapsulationKey::new(&altered.into()).is_err());
        }
    }
}

#[test]
fn the_matrix_seed_is_not_checked_against_the_modulus() {
    let mut key = [0; ENCAPSULATION_KEY_LENGTH];
    for position in 0..COEFFICIENTS {
        key = with_coefficient(&key, position, Q - 1);
    }
    key[1536..].fill(0xff);
    let read = EncapsulationKey::from_bytes(&key).unwrap();
    assert_eq!(read.as_bytes(), &key);
    let (ciphertext, secret) = read.encapsulate(&mut FixedRng(&[7; 32]));
    let theirs = PeerEncapsulationKey::new(&key.into()).unwrap();
    let (their_ciphertext, their_secret) = theirs.encapsulate_with_rng(&mut FixedRng(&[7; 32]));
    assert_eq!(ciphertext.as_bytes()[..], their_ciphertext[..]);
    assert_eq!(secret.expose()[..], their_secret[..]);
}

proptest! {
    #![proptest_config(properties())]

    #[test]
    fn both_check_the_modulus_alike(
        seed in proptest::array::uniform32(any::<u8>()),
        position in 0..COEFFICIENTS,
        value in 0..4096_u16,
    ) {
        let seed = [seed, seed].concat().try_into().expect("the halves are of 32 bytes");
        let key = *keys(seed).0.encapsulation_key().as_bytes();
        let altered = with_coefficient(&key, position, value);
        prop_assert_eq!(EncapsulationKey::from_bytes(&altered).is_ok(), value < Q);
        prop_assert_eq!(PeerEncapsulationKey::new(&altered.into()).is_ok(), value < Q);
    }
}

/// The key of this seed, in both implementations.
fn keys(seed: [u8; SEED_LENGTH]) -> (DecapsulationKey, PeerDecapsulationKey) {
    (
        DecapsulationKey::from_seed(SecretBytes::copy_from(&seed)),
        PeerDecapsulationKey::from_seed(seed.into()),
    )
}

/// The secret for `ciphertext`, after asserting that both implementations agree on it.
fn decapsulated(
    ours: &DecapsulationKey,
    theirs: &PeerDecapsulationKey,
    ciphertext: &[u8; CIPHERTEXT_LENGTH],
) -> [u8; 32] {
    let secret = ours.decapsulate(&Ciphertext::from_bytes(ciphertext));
    let their_secret = theirs.decapsulate(&(*ciphertext).into());
    assert_eq!(secret.expose()[..], their_secret[..]);
    *secret.expose()
}

fn random<const N: usize>(rng: &mut impl Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// A copy of `key` with another coefficient at this position. Two coefficients of 12 bits share three
/// bytes, the low bits first.
fn with_coefficient(
    key: &[u8; ENCAPSULATION_KEY_LENGTH],
    position: usize,
    value: u16,
) -> [u8; ENCAPSULATION_KEY_LENGTH] {
    let mut key = *key;
    let start = position / 2 * 3;
    let [low, middle, high] = &mut key[start..start + 3] else {
        unreachable!("three bytes were taken");
    };
    if position.is_multiple_of(2) {
        let [first, second] = value.to_le_bytes();
        *low = first;
        *middle = *middle & 0xf0 | second;
    } else {
        let [first, second] = (value << 4).to_le_bytes();
        *middle = *middle & 0x0f | first;
        *high = second;
    }
    key
}
