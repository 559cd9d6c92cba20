//! The backends: two implementations of the primitives that the accelerated one computes faster. Everything else in the
//! crate calls the functions here, each of which takes the backend that [`is_accelerated`] names.

// Where there is no accelerated backend, a stand-in takes its place.
#[cfg_attr(
    not(all(
        feature = "accelerated",
        any(target_arch = "x86_64", target_arch = "aarch64"),
        target_pointer_width = "64",
        target_endian = "little",
        any(unix, windows)
    )),
    path = "backend/absent.rs"
)]
mod accelerated;
mod portable;

use crate::aead::{Key, Tag};
use crate::{Error, SecretBytes};
use accelerated::Accelerated;
use portable::Portable;
// graviola's decryption clears a message that is not authentic, which the caller may want to try with another key.
pub(crate) use portable::open;

/// The interface of a backend, with the portable one as its default. Two backends yield the same for the same input,
/// whatever the input is.
trait Backend {
    /// `X25519(secret, 9)` (RFC 7748 §6.1).
    fn x25519_public_key(secret: &SecretBytes<32>) -> [u8; 32] {
        portable::x25519_public_key(secret)
    }

    /// `X25519(secret, public)` (RFC 7748 §5), which is all zero if `public` is of small order. The top bit of
    /// `public` is ignored, and a value of 2^255 − 19 or more is reduced.
    fn x25519(secret: &SecretBytes<32>, public: &[u8; 32]) -> SecretBytes<32> {
        portable::x25519(secret, public)
    }

    /// Encrypts in place (RFC 8439 §2.8), or fails and changes nothing.
    fn seal(cipher: Cipher<'_>, associated_data: &[u8], buffer: &mut [u8]) -> Result<Tag, Error> {
        portable::seal(cipher, associated_data, buffer)
    }
}

/// An AEAD with its key and nonce.
#[derive(Clone, Copy)]
pub(crate) enum Cipher<'a> {
    ChaCha20Poly1305(&'a Key, &'a [u8; 12]),
    XChaCha20Poly1305(&'a Key, &'a [u8; 24]),
}

/// The public key of an X25519 secret key.
pub(crate) fn x25519_public_key(secret: &SecretBytes<32>) -> [u8; 32] {
    if is_accelerated() {
        Accelerated::x25519_public_key(secret)
    } else {
        Portable::x25519_public_key(secret)
    }
}

/// The X25519 agreement, not checked for the output that is all zero.
pub(crate) fn x25519(secret: &SecretBytes<32>, public: &[u8; 32]) -> SecretBytes<32> {
    if is_accelerated() {
        Accelerated::x25519(secret, public)
    } else {
        Portable::x25519(secret, public)
    }
}

/// Encrypts in place, or fails and changes nothing.
pub(crate) fn seal(
    cipher: Cipher<'_>,
    associated_data: &[u8],
    buffer: &mut [u8],
) -> Result<Tag, Error> {
    if is_accelerated() {
        Accelerated::seal(cipher, associated_data, buffer)
    } else {
        Portable::seal(cipher, associated_data, buffer)
    }
}

/// Tells whether the accelerated backend is taken: the build has it, the processor has its instructions, and the thread
/// has not chosen the portable one.
pub(crate) fn is_accelerated() -> bool {
    #[cfg(feature = "backend-choice")]
    if crate::backend_choice::is_portable_chosen() {
        return false;
    }
    can_accelerate()
}

/// Tells whether this build has the accelerated backend and the processor the instructions.
pub(crate) fn can_accelerate() -> bool {
    Accelerated::is_supported()
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use curve25519_dalek::constants::EIGHT_TORSION;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    /// Public keys as no [`PublicKey`](crate::x25519::PublicKey) can be: of small order, not canonical, and with the
    /// top bit.
    #[test]
    fn agreements_are_equal_whatever_the_public_key() {
        if !can_accelerate() {
            return;
        }
        let mut rng = StdRng::seed_from_u64(1);
        for public in public_keys(&mut rng) {
            for bytes in secrets(&mut rng) {
                let secret = SecretBytes::copy_from(&bytes);
                assert_eq!(
                    Accelerated::x25519(&secret, &public).expose(),
                    Portable::x25519(&secret, &public).expose(),
                    "{bytes:02x?} and {public:02x?}"
                );
            }
        }
    }

    #[test]
    fn public_keys_are_equal_whatever_the_secret() {
        if !can_accelerate() {
            return;
        }
        let mut rng = StdRng::seed_from_u64(2);
        for bytes in (0..500).flat_map(|_| secrets(&mut rng)) {
            let secret = SecretBytes::copy_from(&bytes);
            let public = Portable::x25519_public_key(&secret);
            assert_eq!(
                Accelerated::x25519_public_key(&secret),
                public,
                "{bytes:02x?}"
            );
        }
    }

    #[test]
    fn an_agreement_with_a_point_of_small_order_is_zero() {
        for point in EIGHT_TORSION {
            let public = point.to_montgomery().to_bytes();
            let (secret, zero) = (SecretBytes::copy_from(&[7; 32]), SecretBytes::zeroed());
            assert_eq!(Portable::x25519(&secret, &public), zero);
            if can_accelerate() {
                assert_eq!(Accelerated::x25519(&secret, &public), zero);
            }
        }
    }

    /// Secrets at the edges of what clamping changes, and random ones.
    fn secrets(rng: &mut StdRng) -> Vec<[u8; 32]> {
        let mut secrets = Vec::from([[0; 32], [0xff; 32]]);
        for byte in [0, 31] {
            for bit in 0..8 {
                let mut secret = [0; 32];
                secret[byte] = 1 << bit;
                secrets.push(secret);
            }
        }
        secrets.extend(core::iter::repeat_with(|| random(rng)).take(4));
        secrets
    }

    fn public_keys(rng: &mut StdRng) -> Vec<[u8; 32]> {
        let mut keys: Vec<[u8; 32]> = EIGHT_TORSION
            .iter()
            .map(|point| point.to_montgomery().to_bytes())
            .collect();
        // Values around 0, p and 2^255, some of which are aliases: of small order, or of small numbers plus p.
        for (first, rest, last) in [(0, 0, 0), (0xe0, 0xff, 0x7f)] {
            for low in first..=first | 0x1f {
                let mut key = [rest; 32];
                (key[0], key[31]) = (low, last);
                keys.push(key);
            }
        }
        keys.extend(core::iter::repeat_with(|| random(rng)).take(100));
        // Each of them with the top bit, too.
        let with_top_bit = keys.clone().into_iter().map(|mut key| {
            key[31] |= 0x80;
            key
        });
        keys.extend(with_top_bit);
        keys
    }

    fn random(rng: &mut StdRng) -> [u8; 32] {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        bytes
    }
}
