//! How messages and files hide how long they are: in few lengths that many share.

use core::ops::Range;

use sprag_primitives::secret::SecretBuffer;

use crate::Error;
use crate::limits::MAX_PLAINTEXT_LENGTH;

/// The length to which something of `length` bytes is padded: 32 bytes at least, and above that Padmé
/// (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs",
/// algorithm 1), which adds less than 12 % and leaves as many lengths as a floating-point number of that
/// size has. `None` if there is no such number.
pub(crate) fn padded(length: u64) -> Option<u64> {
    if length <= MIN_LENGTH {
        return Some(MIN_LENGTH);
    }
    let exponent = length.ilog2();
    let significant = exponent.ilog2() + 1;
    length.checked_next_multiple_of(1 << (exponent - significant))
}

/// What is encrypted of a message: `u32 length of the text ‖ text ‖ zeros`; `None` if the text is longer than
/// [`MAX_PLAINTEXT_LENGTH`].
pub(crate) fn pad(text: &[u8]) -> Option<SecretBuffer> {
    if text.len() > MAX_PLAINTEXT_LENGTH {
        return None;
    }
    let length = u32::try_from(text.len()).ok()?;
    let padded = usize::try_from(padded((PREFIX_LENGTH + text.len()) as u64)?).ok()?;
    let mut buffer = SecretBuffer::zeroed(padded);
    let (prefix, rest) = buffer.expose_mut().split_at_mut(PREFIX_LENGTH);
    prefix.copy_from_slice(&length.to_le_bytes());
    rest[..text.len()].copy_from_slice(text);
    Some(buffer)
}

/// Where the text is in what [`pad`] made, which is the only plaintext for that text.
pub(crate) fn text_in(plaintext: &[u8]) -> Result<Range<usize>, Error> {
    let (prefix, rest) = plaintext.split_first_chunk().ok_or(Error::InvalidPadding)?;
    let length = u32::from_le_bytes(*prefix);
    let end = usize::try_from(length).map_err(|_| Error::InvalidPadding)?;
    let padding = rest.get(end..).ok_or(Error::InvalidPadding)?;
    let expected = padded((PREFIX_LENGTH + end) as u64);
    if expected != Some(plaintext.len() as u64) || !all_zero(padding) {
        return Err(Error::InvalidPadding);
    }
    Ok(PREFIX_LENGTH..PREFIX_LENGTH + end)
}

/// Whether there is nothing but zeros, without stopping at the first that is none.
pub(crate) fn all_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |all, byte| all | byte) == 0
}

/// The size of the text's length in bytes.
const PREFIX_LENGTH: usize = 4;

const MIN_LENGTH: u64 = 32;
