//! The padding of messages and files, which hides their lengths: few lengths remain, and many texts share each
//! of them.

use core::ops::Range;

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

/// The padding of a text for encryption: `u32 length of the text ‖ text ‖ zeros`.
#[derive(Clone, Copy)]
pub(crate) struct Padding {
    /// The length of the text, little-endian.
    pub(crate) prefix: [u8; PREFIX_LENGTH],
    /// The number of zeros.
    pub(crate) zeros: usize,
}

impl Padding {
    /// The padding of a text of this length; `None` if it is longer than [`MAX_PLAINTEXT_LENGTH`].
    pub(crate) fn of(length: usize) -> Option<Self> {
        if length > MAX_PLAINTEXT_LENGTH {
            return None;
        }
        let with_prefix = PREFIX_LENGTH + length;
        let padded = usize::try_from(padded(with_prefix as u64)?).ok()?;
        Some(Self {
            prefix: u32::try_from(length).ok()?.to_le_bytes(),
            zeros: padded.checked_sub(with_prefix)?,
        })
    }
}

/// Finds the text in a plaintext that was padded. Each text has one such plaintext, and any other is refused.
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
