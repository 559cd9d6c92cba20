//! Secrets that are sealed under a passphrase, with Argon2id and XChaCha20-Poly1305.

use alloc::vec::Vec;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::aead::{Ciphertext, TAG_LENGTH, XChaCha20Poly1305};
use sprag_primitives::argon2::{Parameters, SALT_LENGTH, argon2id};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;

/// The reason for which nothing was opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OpenError {
    /// The passphrase is wrong, or the bytes were changed.
    WrongPassphrase,
    /// The bytes are something else, or ask for more memory or time than is allowed.
    NotSealed,
}

/// Seals a secret: `magic ‖ u32 memory ‖ u32 passes ‖ salt 16 ‖ nonce 24 ‖ sealed secret ‖ tag 16`. What is before the nonce
/// is authenticated.
///
/// # Errors
///
/// [`PrimitiveError::PassphraseParameters`] for a passphrase of 4 GiB or more.
pub(crate) fn seal(
    magic: &[u8],
    passphrase: &[u8],
    secret: &SecretBuffer,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, PrimitiveError> {
    // Draw salt and nonce.
    let Parameters { memory, passes } = Parameters::DEFAULT;
    let mut salt = [0; SALT_LENGTH];
    rng.fill_bytes(&mut salt);
    let mut nonce = [0; NONCE_LENGTH];
    rng.fill_bytes(&mut nonce);
    // Write the head.
    let mut sealed = Vec::with_capacity(sealed_length(magic, secret.expose().len()));
    sealed.extend_from_slice(magic);
    sealed.extend_from_slice(&memory.to_le_bytes());
    sealed.extend_from_slice(&passes.to_le_bytes());
    sealed.extend_from_slice(&salt);
    // Seal the secret under the passphrase's key.
    let key = argon2id(passphrase, &salt, Parameters::DEFAULT)?;
    let mut buffer = SecretBuffer::copy_from(secret.expose());
    let tag = XChaCha20Poly1305::seal(&key, &nonce, &sealed, buffer.expose_mut())?;
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(buffer.expose());
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Opens a secret that [`seal`] sealed. The memory and time that the bytes ask for are bounded: 256 MiB and 16 passes.
pub(crate) fn open(
    magic: &[u8],
    sealed: &[u8],
    passphrase: &[u8],
) -> Result<SecretBuffer, OpenError> {
    let head_length = magic.len() + 4 + 4 + SALT_LENGTH;
    let parts = sealed.split_at_checked(head_length);
    let (head, rest) = parts.ok_or(OpenError::NotSealed)?;
    // Bound the parameters before any memory is allocated for them.
    let parameters = head.strip_prefix(magic).ok_or(OpenError::NotSealed)?;
    let (memory, parameters) = split::<4>(parameters)?;
    let (passes, salt) = split::<4>(parameters)?;
    let (salt, _) = split::<SALT_LENGTH>(salt)?;
    let parameters = Parameters {
        memory: u32::from_le_bytes(*memory),
        passes: u32::from_le_bytes(*passes),
    };
    if parameters.memory > MAX_MEMORY || parameters.passes > MAX_PASSES {
        return Err(OpenError::NotSealed);
    }
    let (nonce, rest) = split::<NONCE_LENGTH>(rest)?;
    let parts = rest.split_last_chunk::<TAG_LENGTH>();
    let (ciphertext, tag) = parts.ok_or(OpenError::NotSealed)?;
    // Derive the passphrase's key, and open the secret.
    let key = argon2id(passphrase, salt, parameters).map_err(|_| OpenError::NotSealed)?;
    let mut secret = SecretBuffer::copy_from(ciphertext);
    let ciphertext = Ciphertext {
        buffer: secret.expose_mut(),
        tag,
    };
    XChaCha20Poly1305::open(&key, nonce, head, ciphertext)
        .map_err(|_| OpenError::WrongPassphrase)?;
    Ok(secret)
}

/// The length of a sealed secret in bytes.
pub(crate) const fn sealed_length(magic: &[u8], secret: usize) -> usize {
    magic.len() + 4 + 4 + SALT_LENGTH + NONCE_LENGTH + secret + TAG_LENGTH
}

fn split<const N: usize>(bytes: &[u8]) -> Result<(&[u8; N], &[u8]), OpenError> {
    bytes.split_first_chunk().ok_or(OpenError::NotSealed)
}

const NONCE_LENGTH: usize = XChaCha20Poly1305::NONCE_LENGTH;

/// 256 MiB, in KiB.
const MAX_MEMORY: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;
