extern crate std;

use core::ops::RangeInclusive;

use graviola::aead::{ChaCha20Poly1305, XChaCha20Poly1305};
use graviola::key_agreement::x25519::{PublicKey, StaticPrivateKey};
use graviola::util::is_cpu_supported;

use super::{Backend, Cipher, portable};
use crate::aead::{Ciphertext, TAG_LENGTH, Tag};
use crate::stack::wiped;
use crate::{Error, SecretBytes};

/// The backend of graviola: formally verified assembly of s2n-bignum for x86-64 and 64-bit Arm.
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

// graviola wipes its keys, but neither its stack nor what it moved.
impl Backend for Accelerated {
    fn x25519_public_key(secret: &[u8; 32]) -> [u8; 32] {
        wiped::<STACK, _>(|| StaticPrivateKey::from_array(secret).public_key().as_bytes())
    }

    fn x25519(secret: &[u8; 32], public: &[u8; 32]) -> SecretBytes<32> {
        let mut output = SecretBytes::zeroed();
        wiped::<STACK, _>(|| {
            let public = PublicKey::from_array(public);
            // The one error is an output that is all zero.
            if let Ok(shared) = StaticPrivateKey::from_array(secret).diffie_hellman(&public) {
                *output.expose_mut() = shared.0;
            }
        });
        output.duplicate()
    }

    fn seal(cipher: Cipher<'_>, associated_data: &[u8], buffer: &mut [u8]) -> Result<Tag, Error> {
        if !LENGTHS.contains(&(associated_data.len() + buffer.len())) {
            return portable::seal(cipher, associated_data, buffer);
        }
        let mut tag = [0; TAG_LENGTH];
        wiped::<STACK, _>(|| match cipher {
            Cipher::ChaCha20Poly1305(key, nonce) => {
                ChaCha20Poly1305::new(*key).encrypt(nonce, associated_data, buffer, &mut tag);
            }
            Cipher::XChaCha20Poly1305(key, nonce) => {
                XChaCha20Poly1305::new(*key).encrypt(nonce, associated_data, buffer, &mut tag);
            }
        });
        Ok(tag)
    }

    fn open(cipher: Cipher<'_>, associated_data: &[u8], ciphertext: Ciphertext<'_>) -> bool {
        let Ciphertext { buffer, tag } = ciphertext;
        if !LENGTHS.contains(&(associated_data.len() + buffer.len())) {
            return portable::open(cipher, associated_data, Ciphertext { buffer, tag });
        }
        // A failure clears the buffer.
        wiped::<STACK, _>(|| match cipher {
            Cipher::ChaCha20Poly1305(key, nonce) => {
                ChaCha20Poly1305::new(*key).decrypt(nonce, associated_data, buffer, tag)
            }
            Cipher::XChaCha20Poly1305(key, nonce) => {
                XChaCha20Poly1305::new(*key).decrypt(nonce, associated_data, buffer, tag)
            }
        })
        .is_ok()
    }
}

/// The lengths of associated data and message together, in bytes, at which graviola was measured to be the fastest.
/// Shorter messages take the composition of the portable backend, longer ones its library.
const LENGTHS: RangeInclusive<usize> = 1024..=8192;

/// The bytes of stack that are wiped after each operation.
const STACK: usize = 2 * 1024;
