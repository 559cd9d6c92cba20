//! The text form of an identity key: 64 hexadecimal digits, two for each byte.

use core::fmt;
use core::str::FromStr;

use sprag_primitives::Error as PrimitiveError;

use super::IdentityKey;

/// 64 lower-case hexadecimal digits, two for each byte.
///
/// ```
/// use sprag_x3dh::IdentityKey;
///
/// let text = "09".repeat(32);
/// let key: IdentityKey = text.parse()?;
/// assert_eq!(key.as_bytes(), &[9; 32]);
/// assert_eq!(key.to_string(), text);
/// # Ok::<(), sprag_x3dh::ParseIdentityKeyError>(())
/// ```
impl fmt::Display for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.as_bytes().iter();
        bytes.try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The reason for which a text is no identity key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ParseIdentityKeyError {
    /// The text does not have 64 digits: it was cut, or is something else.
    Length,
    /// The character at this place, counted from 1, is no hexadecimal digit.
    Digit(usize),
    /// The digits are no public key.
    Key(PrimitiveError),
}

impl fmt::Display for ParseIdentityKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => write!(f, "an identity key has {DIGITS} hexadecimal digits"),
            Self::Digit(place) => {
                write!(f, "character {place} is not a hexadecimal digit")
            }
            Self::Key(fault) => write!(f, "identity key: {fault}"),
        }
    }
}

impl core::error::Error for ParseIdentityKeyError {}

/// 64 hexadecimal digits, in either case.
impl FromStr for IdentityKey {
    type Err = ParseIdentityKeyError;

    fn from_str(text: &str) -> Result<Self, ParseIdentityKeyError> {
        // Look for a character that is none of the digits, before the length, because it says more.
        let is_digit = |character: char| character.is_ascii_hexdigit();
        if let Some(place) = text.chars().take(DIGITS).position(|digit| !is_digit(digit)) {
            return Err(ParseIdentityKeyError::Digit(place + 1));
        }
        if text.len() != DIGITS {
            return Err(ParseIdentityKeyError::Length);
        }
        // Read two digits for each byte.
        let mut bytes = [0; DIGITS / 2];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = digits
                .iter()
                .fold(0, |byte, digit| byte << 4 | value(*digit));
        }
        Self::from_bytes(&bytes).map_err(ParseIdentityKeyError::Key)
    }
}

/// The number that a hexadecimal digit stands for.
const fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        // The letters of both cases differ in the bit 0x20 alone.
        _ => (digit | 0x20) - b'a' + 10,
    }
}

const DIGITS: usize = 64;
