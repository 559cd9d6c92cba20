use core::fmt;

use sprag_primitives::Error as PrimitiveError;
use sprag_x3dh::{Slot, Suite};

use crate::envelope::Kind;

/// The reason for which bytes were refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The bytes end too early.
    Truncated,
    /// There are more bytes than the limit for their kind.
    Oversized,
    /// Bytes follow the end.
    Trailing,
    /// The bytes can be read as a value, but are not the one encoding of that value.
    NotCanonical,
    /// The bytes are not the encoding of any value.
    Malformed,
    /// The checksum at the end is not that of the bytes before: something was altered or lost on the way.
    Damaged,
    /// The first byte names a version of the protocol that is not known.
    UnknownVersion(u8),
    /// The bundle or the upload was written before users had device lists. It has none, and is whole apart from that.
    Earlier,
    /// The message is of another version of the protocol than the session that was to read it.
    OtherVersion(u8),
    /// The second byte names a kind that is not known.
    UnknownKind(u8),
    /// The bytes are of another kind than was asked for.
    OtherKind(Kind),
    /// The suite is not known.
    UnknownSuite(u8),
    /// The suite has no uploads: they are for PQXDH.
    OtherSuite(Suite),
    /// The content is of a kind that is not known, perhaps one of a later version.
    UnknownContent(u8),
    /// The key in this slot is not a valid key.
    InvalidKey(Slot, PrimitiveError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("input is truncated"),
            Self::Oversized => f.write_str("input is larger than allowed"),
            Self::Trailing => f.write_str("bytes follow the end of the input"),
            Self::NotCanonical => f.write_str("input is not canonically encoded"),
            Self::Malformed => f.write_str("input is malformed"),
            Self::Damaged => f.write_str("input was damaged on the way"),
            Self::UnknownVersion(version) => {
                write!(f, "version {version} of the protocol is not known")
            }
            Self::Earlier => f.write_str("input was written by an earlier version"),
            Self::OtherVersion(version) => {
                write!(f, "message is of version {version} of the protocol")
            }
            Self::UnknownKind(kind) => write!(f, "kind {kind} is not known"),
            Self::OtherKind(kind @ (Kind::Upload | Kind::Invitation)) => {
                write!(f, "input is an {kind}")
            }
            Self::OtherKind(kind) => write!(f, "input is a {kind}"),
            Self::UnknownSuite(suite) => write!(f, "suite {suite} is not known"),
            Self::OtherSuite(suite) => write!(f, "input is for {suite}"),
            Self::UnknownContent(kind) => write!(f, "content of kind {kind} is not known"),
            Self::InvalidKey(slot, fault) => write!(f, "{slot}: {fault}"),
        }
    }
}

impl core::error::Error for Error {}
