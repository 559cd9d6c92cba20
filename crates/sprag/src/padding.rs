//! The padding of messages and files, which hides their lengths: few lengths remain, and many texts share each
//! of them.

use core::ops::Range;

use sprag_primitives::secret::SecretBuffer;

use crate::Error;
use crate::limits::MAX_PLAINTEXT_LENGTH;

/// The length to which `length` bytes are padded: 32 bytes at least, and above that Padmé (Nikitin et al.,
/// "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", algorithm 1), which adds
/// less than 12 %. `None` if the result does not fit into 64 bits.
pub(crate) fn padded(length: u64) -> Option<u64> {
    if length <= MIN_LENGTH {
        return Some(MIN_LENGTH);
    }
    let exponent = length.ilog2();
    let significant = exponent.ilog2() + 1;
    length.checked_next_multiple_of(1 << (exponent - significant))
}

/// Pads a text for encryption: `u32 length of the text ‖ text ‖ zeros`; `None` if the text is longer than
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

/// Finds the text in a plaintext that [`pad`] made. Each text has one such plaintext, and any other is refused.
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

/// Tells whether all bytes are zero, without stopping at the first that is not.
pub(crate) fn all_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |all, byte| all | byte) == 0
}

/// The size of the text's length in bytes.
const PREFIX_LENGTH: usize = 4;

const MIN_LENGTH: u64 = 32;
