//! The payload of a content by which two parties renew their session.

use alloc::vec::Vec;
use core::fmt;

use sprag_primitives::hash::{SHA256_LENGTH, sha256};

use crate::limits::{MAX_BUNDLE_LENGTH, MAX_UNREAD_MESSAGES};
use crate::{Error, canonical};

/// The part of a party in the renewal of a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RenewRole {
    /// The sender asks the receiver to begin a session by the bundle that comes along, 0.
    Request,
    /// The sender has begun this session in the place of those before, 1.
    Renewal,
}

impl RenewRole {
    /// The number of this role.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Request => 0,
            Self::Renewal => 1,
        }
    }

    const fn from_byte(byte: u8) -> Result<Self, Error> {
        match byte {
            0 => Ok(Self::Request),
            1 => Ok(Self::Renewal),
            _ => Err(Error::Malformed),
        }
    }
}

/// The reason for which a party renews a session. It is for the user of the other party, not for its logic.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RenewReason {
    /// More messages were missing than a session steps over, 1.
    Gap,
    /// A message was genuine but did not fit the session, because one of the parties was put back to an older state, 2.
    Fork,
    /// The session cannot be used or was lost, 3.
    Lost,
    /// The party was put back to an older state, 4.
    Restored,
}

impl RenewReason {
    /// The number of this reason.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Gap => 1,
            Self::Fork => 2,
            Self::Lost => 3,
            Self::Restored => 4,
        }
    }

    /// The reason of this number, if there is one.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Gap),
            2 => Some(Self::Fork),
            3 => Some(Self::Lost),
            4 => Some(Self::Restored),
            _ => None,
        }
    }
}

impl fmt::Display for RenewReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gap => "too many messages were missing",
            Self::Fork => "a message did not fit the session",
            Self::Lost => "the session was lost",
            Self::Restored => "the account was put back to an older state",
        })
    }
}

/// The size in bytes of the hash that names a message which could not be read.
pub const UNREAD_HASH_LENGTH: usize = SHA256_LENGTH;

/// The name of a message that could not be read: SHA-256 of a label and of the message as it was received.
#[must_use]
pub fn unread_hash(message: &[u8]) -> [u8; UNREAD_HASH_LENGTH] {
    sha256(&[b"sprag unread", message])
}

/// The payload of a content that renews a session, or asks for that.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Renew<'a> {
    /// The part that the sender takes.
    pub role: RenewRole,
    /// The reason.
    pub reason: RenewReason,
    /// The messages of the receiver that the sender could not read, by their [hashes](unread_hash): at most
    /// [`MAX_UNREAD_MESSAGES`].
    pub unread: Vec<[u8; UNREAD_HASH_LENGTH]>,
    /// The bundle in a request, which is not decoded: at most [`MAX_BUNDLE_LENGTH`] bytes. A renewal has none.
    pub bundle: &'a [u8],
}

/// Encodes the payload of a renewal: `u8 role ‖ u8 reason ‖ varint count ‖ hashes ‖ block(bundle)`.
///
/// # Errors
///
/// [`Error::Oversized`] if there are more hashes than [`MAX_UNREAD_MESSAGES`], or the bundle is longer than
/// [`MAX_BUNDLE_LENGTH`]; [`Error::Malformed`] if a renewal has a bundle.
pub fn encode_renew(renew: &Renew<'_>) -> Result<Vec<u8>, Error> {
    let Renew {
        role,
        reason,
        unread,
        bundle,
    } = renew;
    let count = u32::try_from(unread.len()).map_err(|_| Error::Oversized)?;
    expect_few(count)?;
    expect_fitting(*role, bundle)?;
    let head = [role.to_byte(), reason.to_byte()].to_vec();
    let mut output = canonical::write(&count, head);
    for hash in unread {
        output.extend_from_slice(hash);
    }
    canonical::write_block(bundle, MAX_BUNDLE_LENGTH, output)
}

/// Reads the payload of a renewal. The bundle is borrowed, not decoded.
///
/// # Errors
///
/// [`Error::Malformed`] if role or reason are not known, or a renewal has a bundle; [`Error::Truncated`],
/// [`Error::NotCanonical`], [`Error::Oversized`], [`Error::Trailing`].
pub fn decode_renew(bytes: &[u8]) -> Result<Renew<'_>, Error> {
    let ([role, reason], rest) = bytes.split_first_chunk().ok_or(Error::Truncated)?;
    let role = RenewRole::from_byte(*role)?;
    let reason = RenewReason::from_byte(*reason).ok_or(Error::Malformed)?;
    let (count, mut rest) = canonical::read(rest)?;
    expect_few(count)?;
    let mut unread = Vec::new();
    for _ in 0..count {
        let (hash, after) = rest.split_first_chunk().ok_or(Error::Truncated)?;
        unread.push(*hash);
        rest = after;
    }
    let (bundle, rest) = canonical::read_block(rest, MAX_BUNDLE_LENGTH)?;
    if !rest.is_empty() {
        return Err(Error::Trailing);
    }
    expect_fitting(role, bundle)?;
    Ok(Renew {
        role,
        reason,
        unread,
        bundle,
    })
}

/// Refuses more hashes than a renewal may have.
fn expect_few(count: u32) -> Result<(), Error> {
    match usize::try_from(count) {
        Ok(count) if count <= MAX_UNREAD_MESSAGES => Ok(()),
        _ => Err(Error::Oversized),
    }
}

/// Refuses a bundle in a renewal, whose session has begun.
const fn expect_fitting(role: RenewRole, bundle: &[u8]) -> Result<(), Error> {
    match role {
        RenewRole::Renewal if !bundle.is_empty() => Err(Error::Malformed),
        _ => Ok(()),
    }
}
