//! The text form of an identity key: 64 hexadecimal digits, two for each byte.

use core::fmt;
use core::str::FromStr;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::hex::{self, Hex, HexError};

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
        Hex(self.as_bytes()).fmt(f)
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

impl ParseIdentityKeyError {
    const fn of_digits(fault: HexError) -> Self {
        match fault {
            HexError::Length => Self::Length,
            HexError::Digit(place) => Self::Digit(place),
        }
    }
}

/// 64 hexadecimal digits, in either case.
impl FromStr for IdentityKey {
    type Err = ParseIdentityKeyError;

    fn from_str(text: &str) -> Result<Self, ParseIdentityKeyError> {
        let bytes = hex::decode(text).map_err(ParseIdentityKeyError::of_digits)?;
        Self::from_bytes(&bytes).map_err(ParseIdentityKeyError::Key)
    }
}

const DIGITS: usize = 64;
