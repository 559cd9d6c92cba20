//! The secret content of a recovery file, which is sealed under a passphrase elsewhere.

use core::fmt;

use sprag_primitives::secret::SecretBuffer;

use crate::content::joined;
use crate::limits::MAX_LIST_LENGTH;
use crate::{Error, canonical};

/// The size in bytes of the seed of a user key.
pub const USER_SEED_LENGTH: usize = 32;

/// The content of a recovery file.
#[derive(Clone, Copy, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Recovered<'a> {
    /// The seed of the user key.
    pub seed: &'a [u8; USER_SEED_LENGTH],
    /// The newest device list of the user, at most [`MAX_LIST_LENGTH`] bytes, neither decoded nor verified.
    pub list: &'a [u8],
}

/// Shows nothing, because the seed is secret.
impl fmt::Debug for Recovered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed: _, list: _ } = self;
        f.debug_struct("Recovered").finish_non_exhaustive()
    }
}

/// Encodes the content of a recovery file: `seed ‖ block(list)`.
///
/// # Errors
///
/// [`Error::Oversized`] if the list is longer than [`MAX_LIST_LENGTH`].
pub fn encode_recovered(recovered: &Recovered<'_>) -> Result<SecretBuffer, Error> {
    let list = [].to_vec();
    let list = canonical::write_block(recovered.list, MAX_LIST_LENGTH, list)?;
    Ok(joined(recovered.seed, &list))
}

/// Reads the content of a recovery file. The list is borrowed, not decoded.
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::Malformed`], [`Error::NotCanonical`], [`Error::Oversized`], [`Error::Trailing`]
pub fn decode_recovered(bytes: &[u8]) -> Result<Recovered<'_>, Error> {
    let (seed, rest) = bytes.split_first_chunk().ok_or(Error::Truncated)?;
    let (list, rest) = canonical::read_block(rest, MAX_LIST_LENGTH)?;
    if !rest.is_empty() {
        return Err(Error::Trailing);
    }
    Ok(Recovered { seed, list })
}
