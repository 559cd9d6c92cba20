//! The text form of a user id: 64 hexadecimal digits, two for each byte.

use core::fmt;
use core::str::FromStr;

use sprag_primitives::hex::{self, Hex, HexError};

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
        Hex(&self.0).fmt(f)
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

impl ParseUserIdError {
    const fn of_digits(fault: HexError) -> Self {
        match fault {
            HexError::Length => Self::Length,
            HexError::Digit(place) => Self::Digit(place),
        }
    }
}

/// 64 hexadecimal digits, in either case.
impl FromStr for UserId {
    type Err = ParseUserIdError;

    fn from_str(text: &str) -> Result<Self, ParseUserIdError> {
        hex::decode(text)
            .map(Self)
            .map_err(ParseUserIdError::of_digits)
    }
}

const DIGITS: usize = 2 * USER_ID_LENGTH;
