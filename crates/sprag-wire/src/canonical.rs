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
