use core::fmt;
use core::str::{self, FromStr};

use data_encoding::BASE64URL_NOPAD;
use sprag_primitives::SecretBytes;
use sprag_primitives::secret::SecretBuffer;

use crate::Error;
use crate::bytes::{Output as _, Reader};
use crate::limits::MAX_REGISTRATION_LENGTH;
use crate::secrets::from_base64url;

/// The size of an invitation in bytes.
pub const INVITATION_LENGTH: usize = 60;

/// The characters of an invitation: a whole number of base64url's groups.
const CHARACTERS: usize = INVITATION_LENGTH / 3 * 4;

/// An invitation to a relay, with which its operator lets somebody make a mailbox: 60 bytes, which the relay alone understands.
///
/// Whoever has it can use it, so it is wiped and not shown.
#[derive(Debug, Eq, PartialEq)]
pub struct Invitation(SecretBytes<INVITATION_LENGTH>);

impl Invitation {
    /// The invitation of these bytes; the caller wipes the original.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; INVITATION_LENGTH]) -> Self {
        Self(SecretBytes::copy_from(bytes))
    }

    /// The bytes themselves.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; INVITATION_LENGTH] {
        self.0.expose()
    }

    /// The text, 80 characters of base64url, which is displayed where an operator or a user wants to see it.
    #[must_use]
    pub const fn expose(&self) -> InvitationText<'_> {
        InvitationText(self)
    }
}

/// The text of an invitation, which is displayed.
#[derive(Clone, Copy, Debug)]
pub struct InvitationText<'a>(&'a Invitation);

impl fmt::Display for InvitationText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = SecretBytes::<CHARACTERS>::zeroed();
        BASE64URL_NOPAD.encode_mut(self.0.as_bytes(), characters.expose_mut());
        f.write_str(str::from_utf8(characters.expose()).map_err(|_| fmt::Error)?)
    }
}

/// The text that is displayed. The error is [`Error::Truncated`] or [`Error::Trailing`] if it does not have 80 characters, and
/// [`Error::Malformed`] if one is not of base64url.
impl FromStr for Invitation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() < CHARACTERS {
            return Err(Error::Truncated);
        }
        if text.len() > CHARACTERS {
            return Err(Error::Trailing);
        }
        let bytes = from_base64url(text.as_bytes());
        bytes.map(Self).ok_or(Error::Malformed)
    }
}

/// Encodes the body of [`Request::Register`](crate::Request::Register): `option(60 bytes)`.
#[must_use]
pub fn encode_registration(invitation: Option<&Invitation>) -> SecretBuffer {
    let mut output = SecretBuffer::new();
    output.put(&[u8::from(invitation.is_some())]);
    if let Some(invitation) = invitation {
        output.put(invitation.as_bytes());
    }
    output
}

/// Reads the body of [`Request::Register`](crate::Request::Register).
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::Oversized`], [`Error::Trailing`], [`Error::Malformed`]
pub fn decode_registration(bytes: &[u8]) -> Result<Option<Invitation>, Error> {
    let mut reader = Reader::new(bytes, MAX_REGISTRATION_LENGTH)?;
    let invitation = if reader.flag()? {
        Some(Invitation::from_bytes(reader.array()?))
    } else {
        None
    };
    reader.end()?;
    Ok(invitation)
}
