//! Tests of XEdDSA against known answers, against Ed25519, and against alterations of every verified input.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::montgomery::MontgomeryPoint;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use ed25519_dalek::VerifyingKey;
use rand::Rng;
use sha2::{Digest, Sha512};
use sprag_primitives::Error;
use sprag_primitives::x25519::{KeyPair, PublicKey};
use sprag_primitives::xeddsa::{self, Signature, SigningKey, verify};

use crate::support::{Case, FixedRng, cases, key_pair, on_each_backend, rng};

const KNOWN_ANSWERS: &str = include_str!("../vectors/xeddsa.json");

#[test]
fn known_answers() {
    on_each_backend(|| {
        let cases: [Case; 3] = cases(KNOWN_ANSWERS);
        for case in &cases {
            let pair = case.key_pair("secret");
            assert_eq!(pair.public(), &case.public_key("public"), "{}", case.name);
            assert_eq!([edwards_sign(&pair)], case.array("sign"), "{}", case.name);
            let (message, z) = (case.bytes("message"), case.bytes("z"));
            let mut rng = FixedRng(&z);
            let signature = SigningKey::calculate_key_pair(&pair).sign(&message, &mut rng);
            assert_eq!(
                signature.as_bytes(),
                &case.array("signature"),
                "{}",
                case.name
            );
            assert!(rng.0.is_empty(), "64 bytes are drawn");
            assert_eq!(verify(pair.public(), &message, &signature), Ok(()));
        }
        let signs = cases.map(|case| case.array("sign"));
        assert!(signs.contains(&[0]) && signs.contains(&[1]));
    });
}

#[test]
fn an_unclamped_secret_signs_as_its_clamped_form() {
    let [case, ..]: [Case; 3] = cases(KNOWN_ANSWERS);
    let mut secret: [u8; 32] = case.array("secret");
    secret[0] |= 0b111;
    secret[31] ^= 0b1100_0000;
    let signature = SigningKey::calculate_key_pair(&key_pair(secret))
        .sign(&case.bytes("message"), &mut FixedRng(&case.bytes("z")));
    assert_eq!(signature.as_bytes(), &case.array("signature"));
}

#[test]
fn signatures_are_ed25519_signatures_under_keys_of_either_sign() {
    let mut rng = rng(1);
    let mut of_sign = [0; 2];
    for length in 0..96 {
        let pair = KeyPair::generate(&mut rng);
        let mut message = vec![0; length];
        rng.fill_bytes(&mut message);
        let signature = SigningKey::calculate_key_pair(&pair).sign(&message, &mut rng);
        assert_eq!(verify(pair.public(), &message, &signature), Ok(()));

        let converted = MontgomeryPoint(*pair.public().as_bytes()).to_edwards(0);
        let encoding = converted.unwrap().compress().0;
        assert_eq!(encoding[31] >> 7, 0);
        VerifyingKey::from_bytes(&encoding)
            .unwrap()
            .verify_strict(&message, &signature.as_bytes().into())
            .unwrap();
        of_sign[usize::from(edwards_sign(&pair))] += 1;
    }
    assert!(of_sign[0] >= 32 && of_sign[1] >= 32, "{of_sign:?}");
}

/// The one difference between XEdDSA's equation and Ed25519's strict verification: the latter refuses a commitment
/// `R` of small order. Only the owner of a key can make such a signature, and it gives the key away, since
/// `a = s / h`. An honest signer would have to draw `r = 0`.
#[test]
fn a_commitment_of_small_order_is_admitted_where_strict_ed25519_refuses_it() {
    let a = Scalar::from_bytes_mod_order(clamp_integer([7; 32]));
    // A key in the subgroup has one such commitment, the neutral element. A key with a part of order eight has
    // all eight.
    for (torsion, commitments) in [
        (EIGHT_TORSION[0], &EIGHT_TORSION[..1]),
        (EIGHT_TORSION[1], &EIGHT_TORSION[..]),
    ] {
        let point = EdwardsPoint::mul_base(&a) + torsion;
        let public = PublicKey::from_bytes(&point.to_montgomery().0).unwrap();
        // The sign of the Edwards point is zero under XEdDSA.
        let negative = point.compress().0[31] >> 7 == 1;
        let (a, point) = if negative { (-a, -point) } else { (a, point) };
        let key = VerifyingKey::from_bytes(&point.compress().0).unwrap();
        for commitment in commitments {
            let (message, signature) = (0..=u8::MAX)
                .map(|byte| ([byte], with_commitment(commitment, &a, &point, &[byte])))
                .find(|(message, signature)| verify(&public, message, signature).is_ok())
                .expect("about each eighth message has a challenge that fits");
            let encoding = signature.as_bytes().into();
            assert!(key.verify_strict(&message, &encoding).is_err());
            assert!(ed25519_dalek::Verifier::verify(&key, &message, &encoding).is_ok());
        }
    }
}

#[test]
fn every_flipped_bit_of_a_signature_is_refused() {
    for Signed {
        pair,
        message,
        signature,
    } in one_of_each_sign()
    {
        for (byte, bit) in bits(64) {
            let mut flipped = *signature.as_bytes();
            flipped[byte] ^= 1 << bit;
            assert_eq!(
                verify(pair.public(), &message, &Signature::from_bytes(flipped)),
                Err(Error::InvalidSignature),
                "bit {bit} of byte {byte}"
            );
        }
    }
}

#[test]
fn every_flipped_bit_of_a_message_is_refused() {
    for Signed {
        pair,
        message,
        signature,
    } in one_of_each_sign()
    {
        for (byte, bit) in bits(message.len()) {
            let mut flipped = message.clone();
            flipped[byte] ^= 1 << bit;
            assert_eq!(
                verify(pair.public(), &flipped, &signature),
                Err(Error::InvalidSignature),
                "bit {bit} of byte {byte}"
            );
        }
    }
}

#[test]
fn a_message_of_another_length_is_refused() {
    for Signed {
        pair,
        message,
        signature,
    } in one_of_each_sign()
    {
        let mut longer = message.clone();
        longer.push(0);
        for other in [&[], &message[1..], &message[..message.len() - 1], &longer] {
            assert_eq!(
                verify(pair.public(), other, &signature),
                Err(Error::InvalidSignature)
            );
        }
    }
}

#[test]
fn every_flipped_bit_of_a_key_is_refused() {
    let (mut by_the_key, mut by_the_equation) = (0, 0);
    for Signed {
        pair,
        message,
        signature,
    } in one_of_each_sign()
    {
        for (byte, bit) in bits(32) {
            let mut flipped = *pair.public().as_bytes();
            flipped[byte] ^= 1 << bit;
            match PublicKey::from_bytes(&flipped) {
                Ok(key) => {
                    let result = verify(&key, &message, &signature);
                    assert_eq!(
                        result,
                        Err(Error::InvalidSignature),
                        "bit {bit} of byte {byte}"
                    );
                    by_the_equation += 1;
                }
                Err(error) => {
                    assert_eq!(error, Error::NonCanonicalPublicKey);
                    by_the_key += 1;
                }
            }
        }
    }
    assert_eq!((by_the_key, by_the_equation), (2, 510));
}

#[test]
fn another_key_is_refused() {
    let [first, second] = one_of_each_sign();
    assert_eq!(
        verify(second.pair.public(), &first.message, &first.signature),
        Err(Error::InvalidSignature)
    );
}

#[test]
fn a_signature_plus_multiples_of_the_order_is_refused() {
    let mut rng = rng(2);
    for _ in 0..16 {
        let pair = KeyPair::generate(&mut rng);
        let signature = SigningKey::calculate_key_pair(&pair).sign(b"message", &mut rng);
        let (commitment, s) = signature.as_bytes().split_at(32);
        let mut malleated: [u8; 32] = s.try_into().unwrap();
        for multiple in 1..=14 {
            malleated = plus_order(malleated);
            let reduced = Scalar::from_bytes_mod_order(malleated);
            assert_eq!(reduced.as_bytes(), s, "it is the same scalar");
            let altered = [commitment, &malleated].concat().try_into().unwrap();
            assert_eq!(
                verify(pair.public(), b"message", &Signature::from_bytes(altered)),
                Err(Error::InvalidSignature),
                "s + {multiple}q"
            );
        }
    }
}

#[test]
fn keys_on_the_twist_agree_but_do_not_verify() {
    let mut rng = rng(3);
    let pair = KeyPair::generate(&mut rng);
    let signature = SigningKey::calculate_key_pair(&pair).sign(b"message", &mut rng);
    let mut on_twist = 0;
    for first in 2..=u8::MAX {
        let mut u = [0; 32];
        u[0] = first;
        if MontgomeryPoint(u).to_edwards(0).is_none() {
            let key = PublicKey::from_bytes(&u).unwrap();
            assert!(pair.diffie_hellman(&key).is_ok());
            let result = verify(&key, b"message", &signature);
            assert_eq!(result, Err(Error::InvalidSignature), "u = {first}");
            on_twist += 1;
        }
    }
    assert!((64..192).contains(&on_twist), "{on_twist}");
}

#[test]
fn each_signature_has_fresh_randomness() {
    let mut rng = rng(4);
    let key = SigningKey::calculate_key_pair(&KeyPair::generate(&mut rng));
    let first = key.sign(b"message", &mut rng);
    let second = key.sign(b"message", &mut rng);
    assert_ne!(first.as_bytes()[..32], second.as_bytes()[..32]);
    assert_ne!(first.as_bytes()[32..], second.as_bytes()[32..]);
}

#[test]
fn every_byte_of_the_randomness_and_of_the_message_enters_the_nonce() {
    let key = SigningKey::calculate_key_pair(&key_pair([1; 32]));
    let commitment = |message: &[u8], z: &[u8]| {
        let signature = key.sign(message, &mut FixedRng(z));
        signature.as_bytes()[..32].to_vec()
    };
    let (message, z) = ([7; 5], [9; 64]);
    let original = commitment(&message, &z);
    assert_eq!(
        commitment(&message, &z),
        original,
        "with the same randomness"
    );
    for byte in 0..64 {
        let mut flipped = z;
        flipped[byte] ^= 1;
        assert_ne!(commitment(&message, &flipped), original, "byte {byte}");
    }
    for byte in 0..5 {
        let mut flipped = message;
        flipped[byte] ^= 1;
        assert_ne!(commitment(&flipped, &z), original, "byte {byte}");
    }
}

/// The signature `R ‖ ha`, as if the commitment `R` came from `r = 0`.
fn with_commitment(
    commitment: &EdwardsPoint,
    a: &Scalar,
    public: &EdwardsPoint,
    message: &[u8],
) -> Signature {
    let commitment = commitment.compress().0;
    let hash = Sha512::new().chain_update(commitment);
    let hash = hash.chain_update(public.compress().0).chain_update(message);
    let s = Scalar::from_hash(hash) * a;
    let signature = [commitment, s.to_bytes()].concat();
    Signature::from_bytes(signature.try_into().expect("each half is of 32 bytes"))
}

/// A key pair with a message that it signed.
struct Signed {
    pair: KeyPair,
    message: Vec<u8>,
    signature: Signature,
}

fn one_of_each_sign() -> [Signed; 2] {
    let mut rng = rng(5);
    [[1; 32], [3; 32]].map(key_pair).map(|pair| {
        let message = b"a message of some length".to_vec();
        let signature = SigningKey::calculate_key_pair(&pair).sign(&message, &mut rng);
        assert_eq!(verify(pair.public(), &message, &signature), Ok(()));
        Signed {
            pair,
            message,
            signature,
        }
    })
}

fn bits(bytes: usize) -> impl Iterator<Item = (usize, u32)> {
    (0..bytes).flat_map(|byte| (0..8).map(move |bit| (byte, bit)))
}

/// The sign of the Edwards point of `pair` before XEdDSA forces it to zero.
fn edwards_sign(pair: &KeyPair) -> u8 {
    EdwardsPoint::mul_base_clamped(*pair.secret().expose())
        .compress()
        .0[31]
        >> 7
}

/// Computes `s + q`, little-endian, where `q` is the order of the base point.
fn plus_order(s: [u8; 32]) -> [u8; 32] {
    let order = (Scalar::ZERO - Scalar::ONE).to_bytes();
    let mut carry = 1;
    let sum = core::array::from_fn(|index| {
        let [low, high] = (u16::from(s[index]) + u16::from(order[index]) + carry).to_le_bytes();
        carry = u16::from(high);
        low
    });
    assert_eq!(carry, 0, "the sum fits into 32 bytes");
    sum
}

#[test]
fn a_converted_key_verifies_what_the_key_itself_does() {
    let pair = key_pair([7; 32]);
    let signer = SigningKey::calculate_key_pair(&pair);
    let key = xeddsa::VerifyingKey::convert_mont(pair.public());
    let messages = [&b"one"[..], b"another", b""];
    let signatures = messages.map(|message| signer.sign(message, &mut rng(8)));
    for (signed, signature) in signatures.iter().enumerate() {
        for (place, message) in messages.iter().enumerate() {
            let alone = verify(pair.public(), message, signature);
            assert_eq!(key.verify(message, signature), alone);
            assert_eq!(alone.is_ok(), signed == place);
        }
    }
}
