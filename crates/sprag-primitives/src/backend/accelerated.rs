extern crate std;

use graviola::key_agreement::x25519::{PublicKey, StaticPrivateKey};
use graviola::util::is_cpu_supported;

use super::Backend;
use crate::SecretBytes;

/// The backend of graviola: formally verified assembly of s2n-bignum for x86-64 and `AArch64`.
pub(super) struct Accelerated;

impl Accelerated {
    /// Tells whether the processor has the instructions. graviola asserts those that it knows of, and panics without.
    ///
    /// The standard library asks the processor once and remembers the answer.
    pub(super) fn is_supported() -> bool {
        is_cpu_supported() && has_mulx()
    }
}

/// Tells whether the processor has BMI2. X25519 multiplies with its `mulx`, but graviola 0.4 asks for BMI1 instead.
#[cfg(target_arch = "x86_64")]
fn has_mulx() -> bool {
    std::is_x86_feature_detected!("bmi2")
}

#[cfg(target_arch = "aarch64")]
const fn has_mulx() -> bool {
    true
}

impl Backend for Accelerated {
    fn x25519_public_key(secret: &[u8; 32]) -> [u8; 32] {
        StaticPrivateKey::from_array(secret).public_key().as_bytes()
    }

    fn x25519(secret: &[u8; 32], public: &[u8; 32]) -> SecretBytes<32> {
        let public = PublicKey::from_array(public);
        // The one error is an output that is all zero.
        match StaticPrivateKey::from_array(secret).diffie_hellman(&public) {
            Ok(shared) => SecretBytes::copy_from(&shared.0),
            Err(_) => SecretBytes::zeroed(),
        }
    }
}
