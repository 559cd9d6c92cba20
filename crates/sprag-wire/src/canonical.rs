//! Postcard, restricted to one encoding of each value.
//!
//! Postcard alone accepts integers with superfluous bytes and ignores bytes that follow a value.

use alloc::vec::Vec;

use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Appends the encoding of `value`.
pub(crate) fn write(value: &impl Serialize, output: Vec<u8>) -> Vec<u8> {
    postcard::to_extend(value, output).expect("records of fixed shape always encode")
}

/// Reads a value from the start of `bytes` and returns what follows it.
pub(crate) fn read<'a, T: Deserialize<'a> + Serialize>(
    bytes: &'a [u8],
) -> Result<(T, &'a [u8]), Error> {
    let (value, rest) = postcard::take_from_bytes::<T>(bytes).map_err(|fault| match fault {
        postcard::Error::DeserializeUnexpectedEnd => Error::Truncated,
        _ => Error::Malformed,
    })?;
    let consumed = bytes.strip_suffix(rest).ok_or(Error::Malformed)?;
    if postcard::serialize_with_flavor(&value, Comparison(Some(consumed))) == Ok(true) {
        Ok((value, rest))
    } else {
        Err(Error::NotCanonical)
    }
}

/// Appends a block: the length of `bytes` as a varint, and the bytes themselves.
///
/// # Errors
///
/// [`Error::Oversized`] if there are more than `limit` bytes. Nothing is appended then.
pub(crate) fn write_block(bytes: &[u8], limit: usize, output: Vec<u8>) -> Result<Vec<u8>, Error> {
    let mut output = write(&block_length(bytes, limit)?, output);
    output.extend_from_slice(bytes);
    Ok(output)
}

/// The length that stands in front of a block of at most `limit` bytes.
pub(crate) fn block_length(bytes: &[u8], limit: usize) -> Result<u32, Error> {
    u32::try_from(bytes.len())
        .ok()
        .filter(|_| bytes.len() <= limit)
        .ok_or(Error::Oversized)
}

/// Reads a block of at most `limit` bytes, and returns what follows it. The bytes are borrowed, not copied.
pub(crate) fn read_block(bytes: &[u8], limit: usize) -> Result<(&[u8], &[u8]), Error> {
    let (length, rest) = read::<u32>(bytes)?;
    // The limit comes first, because it says more of a length that is absurd than that the input ends before it.
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length <= limit)
        .ok_or(Error::Oversized)?;
    rest.split_at_checked(length).ok_or(Error::Truncated)
}

/// The bytes that are still expected of an encoding; `None` after the first difference.
struct Comparison<'a>(Option<&'a [u8]>);

impl Flavor for Comparison<'_> {
    /// True if the two were equal to the end.
    type Output = bool;

    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0 = self.0.and_then(|expected| expected.strip_prefix(data));
        Ok(())
    }

    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.try_extend(&[data])
    }

    fn finalize(self) -> postcard::Result<bool> {
        Ok(self.0 == Some(&[]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_sees_what_differs_what_is_missing_and_what_is_too_much() {
        for (expected, equal) in [
            (&[1, 2][..], true),
            (&[1, 3], false),
            (&[2, 2], false),
            (&[1], false),
            (&[1, 2, 0], false),
            (&[], false),
        ] {
            let result = postcard::serialize_with_flavor(&[1_u8, 2], Comparison(Some(expected)));
            assert_eq!(result, Ok(equal), "{expected:?}");
        }
    }
}
