//! Argon2id (RFC 9106), for keys from passphrases.

use alloc::vec;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use crate::{Error, SecretBytes};

/// The size of a salt in bytes.
pub const SALT_LENGTH: usize = 16;

/// The cost of one guess of a passphrase.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Parameters {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl Parameters {
    /// 19 MiB and 2 passes.
    pub const DEFAULT: Self = Self {
        memory: 19 * 1024,
        passes: 2,
    };
}

/// Argon2id with one lane, 32 bytes.
///
/// # Errors
///
/// [`Error::PassphraseParameters`] if RFC 9106 does not allow the parameters. Parameters from outside must be
/// bounded by the caller, because as much memory is allocated as they say.
pub fn argon2id(
    passphrase: &[u8],
    salt: &[u8; SALT_LENGTH],
    parameters: Parameters,
) -> Result<SecretBytes<32>, Error> {
    let Parameters { memory, passes } = parameters;
    let params =
        Params::new(memory, passes, 1, Some(32)).map_err(|_| Error::PassphraseParameters)?;
    let mut key = SecretBytes::zeroed();
    // The memory is wiped, too, because its last block is worth as much as the key.
    let mut blocks = Zeroizing::new(vec![Block::default(); params.block_count()]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(passphrase, salt, key.expose_mut(), blocks.as_mut_slice())
        .map_err(|_| Error::PassphraseParameters)?;
    Ok(key)
}
