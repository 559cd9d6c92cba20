//! The envelope: the two bytes that everything begins with.

use core::fmt;

use sprag_x3dh::{PREKEY_MESSAGE_KIND, Suite};

use crate::Error;
use crate::limits::{
    MAX_BUNDLE_LENGTH, MAX_INVITATION_LENGTH, MAX_MESSAGE_LENGTH, MAX_RECOVERY_LENGTH,
    MAX_UPLOAD_LENGTH,
};

/// The kind of the bytes after the envelope: the second byte of everything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// A bundle, 1.
    Bundle,
    /// A message with the handshake in front of it, 2.
    PrekeyMessage,
    /// A message, 3.
    Message,
    /// A file, 4: a message that carries its key, and chunks.
    File,
    /// An upload for a directory, 5.
    Upload,
    /// An invitation of a device to a user, 8.
    Invitation,
    /// A user key with a device list, sealed under a passphrase, 9.
    Recovery,
}

impl Kind {
    /// The byte that names this kind.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Bundle => 1,
            Self::PrekeyMessage => PREKEY_MESSAGE_KIND,
            Self::Message => 3,
            Self::File => 4,
            Self::Upload => 5,
            Self::Invitation => 8,
            Self::Recovery => 9,
        }
    }

    const fn max_length(self) -> usize {
        match self {
            Self::Bundle => MAX_BUNDLE_LENGTH,
            Self::PrekeyMessage | Self::Message => MAX_MESSAGE_LENGTH,
            Self::File => usize::MAX,
            Self::Upload => MAX_UPLOAD_LENGTH,
            Self::Invitation => MAX_INVITATION_LENGTH,
            Self::Recovery => MAX_RECOVERY_LENGTH,
        }
    }

    /// The envelope of this kind in the version of `suite`, 2 bytes.
    pub(crate) const fn envelope(self, suite: Suite) -> [u8; 2] {
        [suite.version(), self.to_byte()]
    }

    /// The envelope of this kind and the suite, 3 bytes.
    pub(crate) const fn envelope_with(self, suite: Suite) -> [u8; 3] {
        [suite.version(), self.to_byte(), suite.to_byte()]
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bundle => "bundle",
            Self::PrekeyMessage => "prekey message",
            Self::Message => "message",
            Self::File => "file",
            Self::Upload => "upload",
            Self::Invitation => "invitation",
            Self::Recovery => "recovery file",
        })
    }
}

/// The kind that `bytes` claim to be.
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::UnknownVersion`], [`Error::UnknownKind`], [`Error::Oversized`]
pub fn kind(bytes: &[u8]) -> Result<Kind, Error> {
    open(bytes).map(|opened| opened.kind)
}

/// An envelope that was read.
pub(crate) struct Opened<'a> {
    pub(crate) version: u8,
    pub(crate) kind: Kind,
    pub(crate) content: &'a [u8],
}

/// Reads an envelope of the kind `expected`.
pub(crate) fn open_as(bytes: &[u8], expected: Kind) -> Result<Opened<'_>, Error> {
    let opened = open(bytes)?;
    if opened.kind != expected {
        return Err(Error::OtherKind(opened.kind));
    }
    Ok(opened)
}

/// The suite behind an envelope of the kind `expected`, and the content, whose form depends on the suite.
pub(crate) fn open_with_suite(bytes: &[u8], expected: Kind) -> Result<(Suite, &[u8]), Error> {
    let Opened {
        version, content, ..
    } = open_as(bytes, expected)?;
    let (suite, content) = content.split_first().ok_or(Error::Truncated)?;
    let suite = Suite::from_bytes(version, *suite).ok_or(Error::UnknownSuite(*suite))?;
    Ok((suite, content))
}

/// The versions that have a suite which this crate knows.
const VERSIONS: [u8; 1] = [1];

/// Reads an envelope of any kind.
pub(crate) fn open(bytes: &[u8]) -> Result<Opened<'_>, Error> {
    // The version comes first, because the meaning of all other bytes depends on it.
    let (version, rest) = bytes.split_first().ok_or(Error::Truncated)?;
    if !VERSIONS.contains(version) {
        return Err(Error::UnknownVersion(*version));
    }
    let (kind, content) = rest.split_first().ok_or(Error::Truncated)?;
    let kind = match kind {
        1 => Kind::Bundle,
        &PREKEY_MESSAGE_KIND => Kind::PrekeyMessage,
        3 => Kind::Message,
        4 => Kind::File,
        5 => Kind::Upload,
        8 => Kind::Invitation,
        9 => Kind::Recovery,
        other => return Err(Error::UnknownKind(*other)),
    };
    if bytes.len() > kind.max_length() {
        return Err(Error::Oversized);
    }
    Ok(Opened {
        version: *version,
        kind,
        content,
    })
}
