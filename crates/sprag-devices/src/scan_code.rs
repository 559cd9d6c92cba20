use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use data_encoding::BASE32_NOPAD;

use crate::user::{USER_ID_LENGTH, UserId, VERSION};

/// The characters that every code begins with.
const PREFIX: &str = "SPRAG:";

/// The bytes in a code: version and two user ids.
const LENGTH: usize = 1 + 2 * USER_ID_LENGTH;

/// The characters behind the prefix: 104, without padding, since the bytes are a multiple of five.
const CHARACTERS: usize = LENGTH / 5 * 8;

/// The most characters of a code of any version that are looked at.
const MAX_CHARACTERS: usize = 1024;

/// The code that a device shows and another scans: 110 characters of those that a QR code stores best.
///
/// It carries both ids whole. So the scanner compares hashes of keys rather than a short number, and learns in one step
/// whether both know each other rightly.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct ScanCode {
    /// The user that shows the code.
    pub own: UserId,
    /// The peer, as the user that shows the code knows it.
    pub peer: UserId,
}

/// The result of a scan.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the cases of two comparisons")]
pub enum Scanned {
    /// Both know each other rightly. The peer is verified.
    Match,
    /// The code is by somebody who knows us rightly, and is another user than the peer that we know: an alarm.
    PeerDiffers,
    /// The code is by the peer that we know, and names another user in our place: the peer has another key for us.
    SelfDiffers,
    /// The code is by another user, for another user.
    Unrelated,
}

impl ScanCode {
    /// Compares a code that was scanned with one's own id and the peer's as it is known here.
    #[must_use]
    pub fn compare(&self, own: &UserId, peer: &UserId) -> Scanned {
        match (self.own == *peer, self.peer == *own) {
            (true, true) => Scanned::Match,
            (false, true) => Scanned::PeerDiffers,
            (true, false) => Scanned::SelfDiffers,
            (false, false) => Scanned::Unrelated,
        }
    }
}

/// Reads a code that was scanned and compares it; see [`ScanCode::compare`].
///
/// # Errors
///
/// Those of the code's [`FromStr`].
pub fn scan(text: &str, own: &UserId, peer: &UserId) -> Result<Scanned, ParseScanCodeError> {
    let code: ScanCode = text.parse()?;
    Ok(code.compare(own, peer))
}

/// `"SPRAG:" ‖ base32(1 ‖ own ‖ peer)`, with the alphabet of RFC 4648 §6 and without padding.
impl fmt::Display for ScanCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { own, peer } = self;
        let bytes = [&[VERSION], own.as_bytes().as_slice(), peer.as_bytes()].concat();
        let encoded: String = BASE32_NOPAD.encode(&bytes);
        write!(f, "{PREFIX}{encoded}")
    }
}

/// The reason for which a text is no code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ParseScanCodeError {
    /// The text does not begin as a code does: it is something else.
    Prefix,
    /// The text does not have 110 characters: it was cut, or something follows.
    Length,
    /// A character is none of the alphabet.
    Character,
    /// The code is of this version, which is not known.
    UnknownVersion(u8),
}

impl fmt::Display for ParseScanCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix => write!(f, "a code begins with {PREFIX}"),
            Self::Length => write!(f, "a code has {} characters", PREFIX.len() + CHARACTERS),
            Self::Character => {
                f.write_str("a character of the code is not one of A to Z and 2 to 7")
            }
            Self::UnknownVersion(version) => write!(f, "version {version} of codes is not known"),
        }
    }
}

impl core::error::Error for ParseScanCodeError {}

/// The text that is displayed, in capitals as there.
impl FromStr for ScanCode {
    type Err = ParseScanCodeError;

    fn from_str(text: &str) -> Result<Self, ParseScanCodeError> {
        let characters = text
            .strip_prefix(PREFIX)
            .ok_or(ParseScanCodeError::Prefix)?;
        if characters.len() > MAX_CHARACTERS {
            return Err(ParseScanCodeError::Length);
        }
        let bytes = BASE32_NOPAD
            .decode(characters.as_bytes())
            .map_err(|error| match error.kind {
                data_encoding::DecodeKind::Symbol => ParseScanCodeError::Character,
                _ => ParseScanCodeError::Length,
            })?;
        // The version comes first, because the length of another may differ.
        let (version, ids) = bytes.split_first().ok_or(ParseScanCodeError::Length)?;
        if *version != VERSION {
            return Err(ParseScanCodeError::UnknownVersion(*version));
        }
        let (ids, []) = ids.as_chunks::<USER_ID_LENGTH>() else {
            return Err(ParseScanCodeError::Length);
        };
        let [own, peer] = ids else {
            return Err(ParseScanCodeError::Length);
        };
        Ok(Self {
            own: UserId::from_bytes(*own),
            peer: UserId::from_bytes(*peer),
        })
    }
}
