mod short;

use chacha20::cipher::KeyIvInit;
use chacha20::{ChaCha20, XChaCha20};
use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit, XChaCha20Poly1305};
use x25519_dalek::{PublicKey, StaticSecret};

use super::{Backend, Cipher};
use crate::aead::{Ciphertext, Tag};
use crate::stack::wiped;
use crate::{Error, SecretBytes};

/// The backend for every processor, without the standard library.
pub(super) struct Portable;

impl Backend for Portable {}

pub(super) fn x25519_public_key(secret: &SecretBytes<32>) -> [u8; 32] {
    wiped::<X25519_STACK, _>(|| PublicKey::from(&StaticSecret::from(*secret.expose())).to_bytes())
}

pub(super) fn x25519(secret: &SecretBytes<32>, public: &[u8; 32]) -> SecretBytes<32> {
    let mut output = SecretBytes::zeroed();
    wiped::<X25519_STACK, _>(|| {
        let shared = StaticSecret::from(*secret.expose()).diffie_hellman(&PublicKey::from(*public));
        *output.expose_mut() = shared.to_bytes();
    });
    output.duplicate()
}

pub(super) fn seal(
    cipher: Cipher<'_>,
    associated_data: &[u8],
    buffer: &mut [u8],
) -> Result<Tag, Error> {
    wiped::<AEAD_STACK, _>(|| {
        if short::is_short(associated_data, buffer) {
            Ok(match cipher {
                Cipher::ChaCha20Poly1305(key, nonce) => short::seal(
                    ChaCha20::new(key.expose().into(), nonce.into()),
                    associated_data,
                    buffer,
                ),
                Cipher::XChaCha20Poly1305(key, nonce) => short::seal(
                    XChaCha20::new(key.expose().into(), nonce.into()),
                    associated_data,
                    buffer,
                ),
            })
        } else {
            let buffer = buffer.into();
            match cipher {
                Cipher::ChaCha20Poly1305(key, nonce) => ChaCha20Poly1305::new(key.expose().into())
                    .encrypt_inout_detached(nonce.into(), associated_data, buffer),
                Cipher::XChaCha20Poly1305(key, nonce) => XChaCha20Poly1305::new(
                    key.expose().into(),
                )
                .encrypt_inout_detached(nonce.into(), associated_data, buffer),
            }
            .map(Into::into)
            .map_err(|_| Error::TooLong)
        }
    })
}

/// Decrypts in place and returns true, or changes nothing and returns false.
pub(crate) fn open(cipher: Cipher<'_>, associated_data: &[u8], ciphertext: Ciphertext<'_>) -> bool {
    wiped::<AEAD_STACK, _>(|| {
        if short::is_short(associated_data, ciphertext.buffer) {
            match cipher {
                Cipher::ChaCha20Poly1305(key, nonce) => short::open(
                    ChaCha20::new(key.expose().into(), nonce.into()),
                    associated_data,
                    ciphertext,
                ),
                Cipher::XChaCha20Poly1305(key, nonce) => short::open(
                    XChaCha20::new(key.expose().into(), nonce.into()),
                    associated_data,
                    ciphertext,
                ),
            }
        } else {
            let (buffer, tag) = (ciphertext.buffer.into(), ciphertext.tag.into());
            match cipher {
                Cipher::ChaCha20Poly1305(key, nonce) => ChaCha20Poly1305::new(key.expose().into())
                    .decrypt_inout_detached(nonce.into(), associated_data, buffer, tag),
                Cipher::XChaCha20Poly1305(key, nonce) => XChaCha20Poly1305::new(
                    key.expose().into(),
                )
                .decrypt_inout_detached(nonce.into(), associated_data, buffer, tag),
            }
            .is_ok()
        }
    })
}

/// The bytes of stack that are wiped after each operation of X25519.
const X25519_STACK: usize = 8 * 1024;

/// The bytes of stack that are wiped after each operation of an AEAD.
const AEAD_STACK: usize = 4 * 1024;
