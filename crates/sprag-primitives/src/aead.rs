//! ChaCha20-Poly1305 (RFC 8439) and XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), in place and
//! with the tag apart.

use core::hint::black_box;

use crate::backend::{self, Cipher};
use crate::{Error, SecretBytes};

/// The size of a key of either cipher in bytes.
pub const KEY_LENGTH: usize = 32;

/// The size of a tag of either cipher in bytes.
pub const TAG_LENGTH: usize = 16;

/// A key of either cipher.
pub type Key = SecretBytes<KEY_LENGTH>;

/// An authentication tag, 16 bytes.
pub type Tag = [u8; TAG_LENGTH];

macro_rules! cipher {
    ($(#[$doc:meta])* $name:ident, $nonce_length:literal) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[expect(clippy::exhaustive_structs, reason = "a namespace")]
        pub struct $name;

        impl $name {
            /// The size of a nonce in bytes.
            pub const NONCE_LENGTH: usize = $nonce_length;

            /// Encrypts `buffer` in place and returns the tag over it and `associated_data`.
            ///
            /// # Errors
            ///
            /// [`Error::TooLong`] from 2^38 − 64 bytes on; the buffer is then unchanged.
            pub fn seal(
                key: &Key,
                nonce: &[u8; $nonce_length],
                associated_data: &[u8],
                buffer: &mut [u8],
            ) -> Result<Tag, Error> {
                count!(seal);
                count_bytes!(sealed, associated_data.len() + buffer.len());
                #[cfg(feature = "operation-counts")]
                crate::operations::record_seal(key.expose(), nonce);
                backend::seal(Cipher::$name(key, nonce), associated_data, buffer)
            }

            /// Decrypts `buffer` in place if it and `associated_data` are authentic.
            ///
            /// # Errors
            ///
            /// [`Error::NotAuthentic`] if they are not; the buffer is then unchanged.
            pub fn open(
                key: &Key,
                nonce: &[u8; $nonce_length],
                associated_data: &[u8],
                ciphertext: Ciphertext<'_>,
            ) -> Result<(), Error> {
                count!(open);
                count_bytes!(opened, associated_data.len() + ciphertext.buffer.len());
                let cipher = Cipher::$name(key, nonce);
                // The verdict is public, and the comparison of the tags ends with it: the compiler must not carry the
                // secret tag on to the branches of the callers.
                if backend::open(cipher, associated_data, ciphertext) {
                    black_box(Ok(()))
                } else {
                    black_box(Err(Error::NotAuthentic))
                }
            }
        }
    };
}

cipher! {
    /// ChaCha20-Poly1305 with its nonce of 12 bytes (RFC 8439).
    ChaCha20Poly1305, 12
}

cipher! {
    /// XChaCha20-Poly1305 with its nonce of 24 bytes, long enough to be drawn at random
    /// (draft-irtf-cfrg-xchacha-03).
    XChaCha20Poly1305, 24
}

/// A ciphertext to be opened in place, with the tag that came with it.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Ciphertext<'a> {
    /// The ciphertext on entry, the plaintext on success.
    pub buffer: &'a mut [u8],
    /// The tag, 16 bytes.
    pub tag: &'a Tag,
}
