//! The accumulated test of ML-KEM-1024: 10,000 random cases, whose results are hashed into one value that other
//! implementations arrive at too.

use libcrux_ml_kem::mlkem1024;
use shake::{ExtendableOutput, Shake128, Shake128Reader, Update, XofReader};
use sprag_primitives::SecretBytes;
use sprag_primitives::ml_kem_1024::{
    CIPHERTEXT_LENGTH, Ciphertext, DecapsulationKey, SEED_LENGTH, SHARED_SECRET_LENGTH,
};

use crate::support::FixedRng;

/// The hash over all cases, in FIPS 203 as it was published. `tests/vectors/README.md` says where it is from.
const EXPECTED: &str = "e3bf82b013307b2e9d47dde791ff6dfc82e694e6382404abdb948b908b75bad5";

const CASES: u32 = 10_000;

#[test]
fn ten_thousand_random_cases() {
    let mut inputs = Shake128::default().finalize_xof();
    let mut results = Shake128::default();
    for case in 0..CASES {
        // Draw the inputs in the order of the test.
        let seed: [u8; SEED_LENGTH] = draw(&mut inputs);
        let m: [u8; 32] = draw(&mut inputs);
        let random: [u8; CIPHERTEXT_LENGTH] = draw(&mut inputs);
        // Generate the key. Only the library shows it in the expanded form, which is a result too.
        let key = DecapsulationKey::from_seed(SecretBytes::copy_from(&seed));
        let public = key.encapsulation_key();
        results.update(public.as_bytes());
        results.update(mlkem1024::generate_key_pair(seed).sk());
        // Encapsulate, and decapsulate.
        let (ciphertext, secret) = public.encapsulate(&mut FixedRng(&m));
        assert_eq!(key.decapsulate(&ciphertext), secret, "case {case}");
        results.update(ciphertext.as_bytes());
        results.update(secret.expose());
        // Reject the random ciphertext.
        let rejected = key.decapsulate(&Ciphertext::from_bytes(&random));
        results.update(rejected.expose());
    }
    let hash: [u8; SHARED_SECRET_LENGTH] = draw(&mut results.finalize_xof());
    assert_eq!(hex::encode(hash), EXPECTED);
}

fn draw<const N: usize>(stream: &mut Shake128Reader) -> [u8; N] {
    let mut bytes = [0; N];
    stream.read(&mut bytes);
    bytes
}
