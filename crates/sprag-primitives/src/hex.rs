//! Public bytes in hexadecimal digits, as people read and type them.
//!
//! Secrets are neither written nor read so, because both take longer for some digits than for others.

use core::fmt;

/// Bytes as lower-case hexadecimal digits, two for each byte.
///
/// ```
/// use sprag_primitives::hex::Hex;
///
/// assert_eq!(Hex(&[10, 255]).to_string(), "0aff");
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a view of bytes")]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The reason for which a text is not the digits of so many bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "each caller has reasons of its own for these"
)]
pub enum HexError {
    /// The text has fewer digits, or more.
    Length,
    /// The character at this place, counted from 1, is no hexadecimal digit.
    Digit(usize),
}

impl fmt::Display for HexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => f.write_str("wrong number of hexadecimal digits"),
            Self::Digit(place) => write!(f, "character {place} is not a hexadecimal digit"),
        }
    }
}

impl core::error::Error for HexError {}

/// The `N` bytes that `2 * N` hexadecimal digits stand for, in either case.
///
/// # Errors
///
/// [`HexError`]. A character that is none of the digits is reported before a wrong length, because it says more.
pub fn decode<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let digits = 2 * N;
    let is_digit = |character: char| character.is_ascii_hexdigit();
    if let Some(place) = text.chars().take(digits).position(|digit| !is_digit(digit)) {
        return Err(HexError::Digit(place + 1));
    }
    if text.len() != digits {
        return Err(HexError::Length);
    }
    // Read two digits for each byte.
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digits
            .iter()
            .fold(0, |byte, digit| byte << 4 | value(*digit));
    }
    Ok(bytes)
}

/// The number that a hexadecimal digit stands for.
const fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        // The letters of both cases differ in the bit 0x20 alone.
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn every_byte_has_two_digits_which_are_read_in_either_case() {
        for byte in 0..=u8::MAX {
            let text = Hex(&[byte]).to_string();
            assert_eq!(u8::from_str_radix(&text, 16), Ok(byte));
            assert_eq!(text, text.to_lowercase());
            assert_eq!(decode(&text), Ok([byte]));
            assert_eq!(decode(&text.to_uppercase()), Ok([byte]));
        }
        assert_eq!(decode("0a0B"), Ok([10, 11]));
    }

    #[test]
    fn what_is_no_digit_is_refused_before_a_wrong_length() {
        for (text, error) in [
            ("", HexError::Length),
            ("0a0", HexError::Length),
            ("0a0b0", HexError::Length),
            ("0a0bxx", HexError::Length),
            ("g", HexError::Digit(1)),
            ("0a0:", HexError::Digit(4)),
            ("0a\u{e9}", HexError::Digit(3)),
            ("/@`a", HexError::Digit(1)),
        ] {
            assert_eq!(decode::<2>(text), Err(error), "{text}");
        }
    }
}
