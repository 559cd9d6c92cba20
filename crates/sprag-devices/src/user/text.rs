//! The text form of a user id: 64 hexadecimal digits, two for each byte.

use core::fmt;
use core::str::FromStr;

use super::{USER_ID_LENGTH, UserId};

/// 64 lower-case hexadecimal digits, two for each byte.
///
/// ```
/// use sprag_devices::UserId;
///
/// let text = "0a".repeat(32);
/// let id: UserId = text.parse()?;
/// assert_eq!(id.as_bytes(), &[10; 32]);
/// assert_eq!(id.to_string(), text);
/// # Ok::<(), sprag_devices::ParseUserIdError>(())
/// ```
impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserId({self})")
    }
}

/// The reason for which a text is no user id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ParseUserIdError {
    /// The text does not have 64 digits: it was cut, or is something else.
    Length,
    /// The character at this place, counted from 1, is no hexadecimal digit.
    Digit(usize),
}

impl fmt::Display for ParseUserIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => write!(f, "a user id has {DIGITS} hexadecimal digits"),
            Self::Digit(place) => write!(f, "character {place} is not a hexadecimal digit"),
        }
    }
}

impl core::error::Error for ParseUserIdError {}

/// 64 hexadecimal digits, in either case.
impl FromStr for UserId {
    type Err = ParseUserIdError;

    fn from_str(text: &str) -> Result<Self, ParseUserIdError> {
        // Look for a character that is none of the digits, before the length, because it says more.
        let is_digit = |character: char| character.is_ascii_hexdigit();
        if let Some(place) = text.chars().take(DIGITS).position(|digit| !is_digit(digit)) {
            return Err(ParseUserIdError::Digit(place + 1));
        }
        if text.len() != DIGITS {
            return Err(ParseUserIdError::Length);
        }
        // Read two digits for each byte.
        let mut bytes = [0; USER_ID_LENGTH];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = digits
                .iter()
                .fold(0, |byte, digit| byte << 4 | value(*digit));
        }
        Ok(Self(bytes))
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

const DIGITS: usize = 2 * USER_ID_LENGTH;
