use core::fmt;
use core::str::FromStr;

use data_encoding::BASE32_NOPAD;
use sprag_primitives::SecretBytes;
use sprag_primitives::hash::sha256;
use sprag_primitives::rand_core::CryptoRng;
use sprag_x3dh::{IdentityKey, SessionId};

use crate::labels;

/// The size in bytes of the hash by which a link code names its invitation.
pub const INVITATION_HASH_LENGTH: usize = 20;

/// The size in bytes of the secret of a link code.
pub const LINK_SECRET_LENGTH: usize = 16;

/// The characters that every link code begins with.
const PREFIX: &str = "SPRAG-LINK:";

/// The bytes in a code: the hash of the invitation and the secret.
const LENGTH: usize = INVITATION_HASH_LENGTH + LINK_SECRET_LENGTH;

/// The characters behind the prefix: 58, without padding.
const CHARACTERS: usize = (LENGTH * 8).div_ceil(5);

/// The most characters of a text that are looked at.
const MAX_CHARACTERS: usize = 1024;

/// The number of different digits.
const DIGITS: u64 = 1_000_000;

/// The code that a device of a user shows, and that a new device scans or its user types: 69 characters of those that a QR
/// code stores best.
///
/// It names the invitation by its hash, so that nobody can put another one in its place. The secret is in the code alone: who
/// carries the invitation cannot accept it. Whoever sees the screen can, until the user compares the digits.
#[derive(Debug, Eq, PartialEq)]
pub struct LinkCode {
    invitation: [u8; INVITATION_HASH_LENGTH],
    secret: SecretBytes<LINK_SECRET_LENGTH>,
}

impl LinkCode {
    /// A new code for the invitation of these bytes, with 16 bytes of `rng` as its secret.
    #[must_use]
    pub fn generate(invitation: &[u8], rng: &mut impl CryptoRng) -> Self {
        Self::new(invitation, SecretBytes::random(rng))
    }

    /// The code for the invitation of these bytes with this secret.
    #[must_use]
    pub fn new(invitation: &[u8], secret: SecretBytes<LINK_SECRET_LENGTH>) -> Self {
        Self {
            invitation: hash(invitation),
            secret,
        }
    }

    /// Tells whether the code is for the invitation of these bytes.
    #[must_use]
    pub fn names(&self, invitation: &[u8]) -> bool {
        self.invitation == hash(invitation)
    }

    /// The secret.
    #[must_use]
    pub const fn secret(&self) -> &SecretBytes<LINK_SECRET_LENGTH> {
        &self.secret
    }

    /// The text of the code, to be shown on a screen and nowhere else: `"SPRAG-LINK:" ‖ base32(hash ‖ secret)`, with the
    /// alphabet of RFC 4648 §6 and without padding.
    #[must_use]
    pub const fn expose(&self) -> LinkCodeText<'_> {
        LinkCodeText(self)
    }
}

/// The text of a link code, which is displayed.
#[derive(Clone, Copy, Debug)]
pub struct LinkCodeText<'a>(&'a LinkCode);

impl fmt::Display for LinkCodeText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(LinkCode { invitation, secret }) = self;
        let mut bytes = SecretBytes::<LENGTH>::zeroed();
        let (first, second) = bytes.expose_mut().split_at_mut(INVITATION_HASH_LENGTH);
        first.copy_from_slice(invitation);
        second.copy_from_slice(secret.expose());
        let mut encoded = SecretBytes::<CHARACTERS>::zeroed();
        BASE32_NOPAD.encode_mut(bytes.expose(), encoded.expose_mut());
        f.write_str(PREFIX)?;
        f.write_str(core::str::from_utf8(encoded.expose()).map_err(|_| fmt::Error)?)
    }
}

/// The reason for which a text is no link code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ParseLinkCodeError {
    /// The text does not begin as a code does: it is something else.
    Prefix,
    /// The text does not have 69 characters: it was cut, or something follows.
    Length,
    /// A character is none of the alphabet, or the last one cannot be.
    Character,
}

impl fmt::Display for ParseLinkCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix => write!(f, "a link code begins with {PREFIX}"),
            Self::Length => write!(
                f,
                "a link code has {} characters",
                PREFIX.len() + CHARACTERS
            ),
            Self::Character => f.write_str(
                "a character of the link code is not one of A to Z and 2 to 7, or mistyped",
            ),
        }
    }
}

impl core::error::Error for ParseLinkCodeError {}

/// The text that is displayed. Capitals and small letters are the same, and white space does not count, because people type
/// it.
impl FromStr for LinkCode {
    type Err = ParseLinkCodeError;

    fn from_str(text: &str) -> Result<Self, ParseLinkCodeError> {
        if text.len() > MAX_CHARACTERS {
            return Err(ParseLinkCodeError::Length);
        }
        // Skip the prefix, and collect as many characters as there may be.
        let typed = text.chars().filter(|character| !character.is_whitespace());
        let mut typed = typed.map(|character| character.to_ascii_uppercase());
        if !typed.by_ref().take(PREFIX.len()).eq(PREFIX.chars()) {
            return Err(ParseLinkCodeError::Prefix);
        }
        let mut characters = SecretBytes::<CHARACTERS>::zeroed();
        for place in characters.expose_mut() {
            let character = typed.next().ok_or(ParseLinkCodeError::Length)?;
            *place = u8::try_from(character).map_err(|_| ParseLinkCodeError::Character)?;
        }
        if typed.next().is_some() {
            return Err(ParseLinkCodeError::Length);
        }
        // Decode them. The last character has bits that no byte takes, which must be zero.
        let mut bytes = SecretBytes::<LENGTH>::zeroed();
        let decoded = BASE32_NOPAD.decode_mut(characters.expose(), bytes.expose_mut());
        decoded.map_err(|_| ParseLinkCodeError::Character)?;
        let mut code = Self {
            invitation: [0; INVITATION_HASH_LENGTH],
            secret: SecretBytes::zeroed(),
        };
        let (first, second) = bytes.expose().split_at(INVITATION_HASH_LENGTH);
        code.invitation.copy_from_slice(first);
        code.secret.expose_mut().copy_from_slice(second);
        Ok(code)
    }
}

/// The six digits that a new device shows, and that its user types on the device that invited it.
///
/// They come from the session between the two, the secret and the identity key of the new device. So who took the code from
/// the screen links a device with other digits than those which the user sees.
///
/// They are for one pair of eyes: wiped on drop, compared in constant time, and not printed by `Debug`.
#[derive(Debug, Eq, PartialEq)]
pub struct LinkDigits(SecretBytes<6>);

impl LinkDigits {
    /// The digits as they are shown, with zeros in front.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.0.expose()).unwrap_or_default()
    }
}

/// The digits of the session with this id, which the device with this identity began, by the secret of the code:
/// `SHA-256("sprag link digits" ‖ session id ‖ secret ‖ identity)`, of which the first 8 bytes are taken as a big-endian
/// number, modulo 1,000,000. The identity is the 32 bytes of the key.
#[must_use]
pub fn link_digits(
    session: &SessionId,
    secret: &SecretBytes<LINK_SECRET_LENGTH>,
    identity: &IdentityKey,
) -> LinkDigits {
    let hash = sha256(&[
        labels::LINK_DIGITS,
        session.as_bytes(),
        secret.expose(),
        identity.as_bytes(),
    ]);
    let [a, b, c, d, e, f, g, h, ..] = hash;
    let mut rest = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % DIGITS;
    let mut digits = SecretBytes::zeroed();
    for digit in digits.expose_mut().iter_mut().rev() {
        *digit = b'0' + (rest % 10).to_le_bytes()[0];
        rest /= 10;
    }
    LinkDigits(digits)
}

/// The reason for which a text is not six digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "there is one")]
pub struct ParseLinkDigitsError;

impl fmt::Display for ParseLinkDigitsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the new device shows six digits")
    }
}

impl core::error::Error for ParseLinkDigitsError {}

/// Six digits. White space between them does not count.
impl FromStr for LinkDigits {
    type Err = ParseLinkDigitsError;

    fn from_str(text: &str) -> Result<Self, ParseLinkDigitsError> {
        let mut typed = text.chars().filter(|character| !character.is_whitespace());
        let mut digits = SecretBytes::zeroed();
        for place in digits.expose_mut() {
            let digit = typed.next().filter(char::is_ascii_digit);
            let digit = digit.and_then(|digit| u8::try_from(digit).ok());
            *place = digit.ok_or(ParseLinkDigitsError)?;
        }
        if typed.next().is_some() {
            return Err(ParseLinkDigitsError);
        }
        Ok(Self(digits))
    }
}

fn hash(invitation: &[u8]) -> [u8; INVITATION_HASH_LENGTH] {
    let hash = sha256(&[invitation]);
    core::array::from_fn(|index| hash[index])
}
