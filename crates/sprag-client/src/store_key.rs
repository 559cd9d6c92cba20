//! The key of a client's store, and its wrapping under a passphrase.

use alloc::vec::Vec;
use core::fmt;

use sprag_primitives::aead::{Ciphertext, TAG_LENGTH, XChaCha20Poly1305};
use sprag_primitives::argon2::{Parameters, SALT_LENGTH, argon2id};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::{Error as PrimitiveError, SecretBytes};

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
        // Draw salt and nonce.
        let Parameters { memory, passes } = Parameters::DEFAULT;
        let mut salt = [0; SALT_LENGTH];
        rng.fill_bytes(&mut salt);
        let mut nonce = [0; NONCE_LENGTH];
        rng.fill_bytes(&mut nonce);
        // Write the head, which is authenticated with the key.
        let mut wrapped = Vec::with_capacity(WRAPPED_LENGTH);
        wrapped.extend_from_slice(MAGIC);
        wrapped.extend_from_slice(&memory.to_le_bytes());
        wrapped.extend_from_slice(&passes.to_le_bytes());
        wrapped.extend_from_slice(&salt);
        // Seal the key under the passphrase's.
        let passphrase_key = argon2id(passphrase, &salt, Parameters::DEFAULT)?;
        let mut key = self.0.duplicate();
        let tag = XChaCha20Poly1305::seal(&passphrase_key, &nonce, &wrapped, key.expose_mut())?;
        wrapped.extend_from_slice(&nonce);
        wrapped.extend_from_slice(key.expose());
        wrapped.extend_from_slice(&tag);
        Ok(wrapped)
    }

    /// Unwraps a key that [`wrap`](Self::wrap) wrote. The memory and time that the bytes ask for are
    /// bounded: 256 MiB and 16 passes.
    ///
    /// # Errors
    ///
    /// [`UnwrapError`]
    pub fn unwrap(wrapped: &[u8], passphrase: &[u8]) -> Result<Self, UnwrapError> {
        let wrapped: &[u8; WRAPPED_LENGTH] =
            wrapped.try_into().map_err(|_| UnwrapError::NotAKey)?;
        // Bound the parameters before any memory is allocated for them.
        let (head, rest) = wrapped.split_at(HEAD_LENGTH);
        let parameters = Parameters {
            memory: u32_at(head, MAGIC.len()),
            passes: u32_at(head, MAGIC.len() + 4),
        };
        let allowed = head.starts_with(MAGIC)
            && parameters.memory <= MAX_MEMORY
            && parameters.passes <= MAX_PASSES;
        if !allowed {
            return Err(UnwrapError::NotAKey);
        }
        // Derive the passphrase's key, and open the store's.
        let salt = array(&head[MAGIC.len() + 8..]);
        let (nonce, sealed) = rest.split_at(NONCE_LENGTH);
        let (ciphertext, tag) = sealed.split_at(32);
        let passphrase_key =
            argon2id(passphrase, &salt, parameters).map_err(|_| UnwrapError::NotAKey)?;
        let mut key = SecretBytes::copy_from(&array(ciphertext));
        let ciphertext = Ciphertext {
            buffer: key.expose_mut(),
            tag: &array(tag),
        };
        XChaCha20Poly1305::open(&passphrase_key, &array(nonce), head, ciphertext)
            .map_err(|_| UnwrapError::WrongPassphrase)?;
        Ok(Self(key))
    }

    /// The key for one purpose.
    pub(crate) fn derive(&self, label: &[u8]) -> SecretBytes<32> {
        Hkdf::from_pseudorandom_key(&self.0).expand(label)
    }
}

const MAGIC: &[u8; 9] = b"sprag-k\x01\n";
const HEAD_LENGTH: usize = MAGIC.len() + 4 + 4 + SALT_LENGTH;
const NONCE_LENGTH: usize = XChaCha20Poly1305::NONCE_LENGTH;
const WRAPPED_LENGTH: usize = HEAD_LENGTH + NONCE_LENGTH + 32 + TAG_LENGTH;

/// 256 MiB, in KiB.
const MAX_MEMORY: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(&bytes[at..at + 4]))
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}
