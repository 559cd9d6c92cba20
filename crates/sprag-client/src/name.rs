//! The names of peers, in one form each.

use alloc::string::String;
use core::fmt;

use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use crate::limits::MAX_NAME_LENGTH;

/// The reason for which a text is not the name of a peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NameError {
    /// The text has nothing but spaces.
    Empty,
    /// The name would be longer than [`MAX_NAME_LENGTH`] bytes.
    TooLong,
    /// This character is not allowed. Nobody sees it, as a control character, a joiner or a change of the direction of
    /// writing; it only stretches or repeats its neighbour; or Unicode has not assigned it.
    Forbidden(char),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("name is empty"),
            Self::TooLong => write!(f, "name is longer than {MAX_NAME_LENGTH} bytes"),
            Self::Forbidden(character) => {
                let code = u32::from(*character);
                write!(f, "name has a character that is not allowed: U+{code:04X}")
            }
        }
    }
}

impl core::error::Error for NameError {}

/// The name of a peer, in the form in which names are stored and compared. Each operation takes names as text and makes
/// this of them first, so that no operation compares names as they were typed.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Name(String);

impl Name {
    /// Brings a name into its form, as RFC 8266 §2.3 does with nicknames.
    pub(crate) fn new(text: &str) -> Result<Self, NameError> {
        // Normalization takes work and memory in proportion to the text.
        if text.len() > MAX_TEXT_LENGTH {
            return Err(NameError::TooLong);
        }
        let mut name = String::new();
        for character in text.nfkc() {
            let category = character.general_category();
            if !is_allowed(character, category) {
                return Err(NameError::Forbidden(character));
            }
            if category != GeneralCategory::SpaceSeparator {
                name.push(character);
            } else if !name.is_empty() && !name.ends_with(' ') {
                // All spaces look the same, so one ASCII space stands for any number of them.
                name.push(' ');
            }
        }
        if name.ends_with(' ') {
            name.pop();
        }
        match name.len() {
            0 => Err(NameError::Empty),
            1..=MAX_NAME_LENGTH => Ok(Self(name)),
            _ => Err(NameError::TooLong),
        }
    }

    /// Reads a name that is in its form, as it was stored; `None` for any other bytes.
    pub(crate) fn stored(bytes: &[u8]) -> Option<Self> {
        let text = core::str::from_utf8(bytes).ok()?;
        Self::new(text).ok().filter(|name| name.0 == text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) const fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

/// Tells whether a name may have this character once it is normalized. The rule is that of RFC 8264's `FreeformClass`,
/// with three differences: joiners and blanks never are allowed, the letters of which Hangul syllables are made always
/// are, and no character depends on its neighbours.
fn is_allowed(character: char, category: GeneralCategory) -> bool {
    let has_no_look = matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            // The normal form of a character that a later Unicode assigns is not known.
            | GeneralCategory::Unassigned
    );
    let is_of = |range: &(char, char)| (range.0..=range.1).contains(&character);
    !has_no_look && !FORBIDDEN.iter().any(is_of)
}

/// The characters, from and to, that are not allowed although others of their categories are.
#[rustfmt::skip]
const FORBIDDEN: [(char, char); 15] = [
    // `Default_Ignorable_Code_Point`, beside those that are of the categories above or normalized to one of these
    ('\u{34f}', '\u{34f}'), ('\u{115f}', '\u{1160}'), ('\u{17b4}', '\u{17b5}'), ('\u{180b}', '\u{180f}'),
    ('\u{fe00}', '\u{fe0f}'), ('\u{e0100}', '\u{e01ef}'),
    // RFC 8264 §9.6: stretching, tone and repetition
    ('\u{640}', '\u{640}'), ('\u{7fa}', '\u{7fa}'), ('\u{302e}', '\u{302f}'), ('\u{3031}', '\u{3035}'),
    ('\u{303b}', '\u{303b}'),
    // Blanks that are no spaces: Braille, Egyptian, Khitan and musical
    ('\u{2800}', '\u{2800}'), ('\u{13441}', '\u{13442}'), ('\u{16fe4}', '\u{16fe4}'), ('\u{1d159}', '\u{1d159}'),
];

/// The longest text in bytes that is looked at. Normalization makes a character of four bytes one of a single byte.
const MAX_TEXT_LENGTH: usize = 4 * MAX_NAME_LENGTH;

#[cfg(test)]
mod tests;
