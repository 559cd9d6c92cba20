//! The key of a client's store, and its wrapping under a passphrase.

use alloc::vec::Vec;
use core::fmt;

use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::{Error as PrimitiveError, SecretBytes};

use crate::passphrase::{self, OpenError};

/// The random key of one client's store, 32 bytes. It lives as long as the account, while the passphrase
/// that wraps it may change.
#[derive(Debug)]
pub struct StoreKey(SecretBytes<32>);

/// The reason for which a wrapped store key could not be unwrapped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum UnwrapError {
    /// The passphrase is wrong, or the bytes were changed: the two cannot be told apart.
    WrongPassphrase,
    /// The bytes are no wrapped key of a version that is known, or ask for more memory or time than
    /// is allowed.
    NotAKey,
}

impl fmt::Display for UnwrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongPassphrase => "passphrase is wrong",
            Self::NotAKey => "key is damaged or of a version that is not known",
        })
    }
}

impl core::error::Error for UnwrapError {}

impl StoreKey {
    /// A new key.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(SecretBytes::random(rng))
    }

    /// The key that [`expose`](Self::expose) gave out.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(SecretBytes::copy_from(bytes))
    }

    /// The key itself, for a place that keeps secrets, such as a keyring of the operating system. Whoever has it opens the
    /// store without a passphrase.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// Wraps the key under a passphrase, 105 bytes. This takes 19 MiB of memory and some 30 ms, as does each
    /// guess of a passphrase.
    ///
    /// A passphrase is taken as bytes. One that people type can arrive as different bytes from another keyboard: give it
    /// in the form of RFC 8265 §4.2 (`OpaqueString`), as the command `sprag` does.
    ///
    /// # Errors
    ///
    /// [`PrimitiveError::PassphraseParameters`] for a passphrase of 4 GiB or more.
    pub fn wrap(
        &self,
        passphrase: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, PrimitiveError> {
        let key = SecretBuffer::copy_from(self.0.expose());
        passphrase::seal(MAGIC, passphrase, &key, rng)
    }

    /// Unwraps a key that [`wrap`](Self::wrap) wrote. The memory and time that the bytes ask for are
    /// bounded: 256 MiB and 16 passes.
    ///
    /// # Errors
    ///
    /// [`UnwrapError`]
    pub fn unwrap(wrapped: &[u8], passphrase: &[u8]) -> Result<Self, UnwrapError> {
        if wrapped.len() != passphrase::sealed_length(MAGIC, 32) {
            return Err(UnwrapError::NotAKey);
        }
        let key = passphrase::open(MAGIC, wrapped, passphrase).map_err(|fault| match fault {
            OpenError::WrongPassphrase => UnwrapError::WrongPassphrase,
            OpenError::NotSealed => UnwrapError::NotAKey,
        })?;
        let key = key.expose().try_into().map_err(|_| UnwrapError::NotAKey)?;
        Ok(Self(SecretBytes::copy_from(key)))
    }

    /// The key for one purpose.
    pub(crate) fn derive(&self, label: &[u8]) -> SecretBytes<32> {
        Hkdf::from_pseudorandom_key(&self.0).expand(label)
    }
}

const MAGIC: &[u8; 9] = b"sprag-k\x01\n";
