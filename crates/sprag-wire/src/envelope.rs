//! The envelope: the two bytes that everything begins with.

use core::fmt;

use sprag_x3dh::Suite;

use crate::Error;
use crate::limits::{MAX_BUNDLE_LENGTH, MAX_MESSAGE_LENGTH, MAX_UPLOAD_LENGTH};

/// The version of the encoding, and of the protocol: the first byte of everything.
pub const VERSION: u8 = sprag_x3dh::PROTOCOL_VERSION;

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
}

impl Kind {
    /// The byte that names this kind.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Bundle => 1,
            Self::PrekeyMessage => 2,
            Self::Message => 3,
            Self::File => 4,
            Self::Upload => 5,
        }
    }

    const fn max_length(self) -> usize {
        match self {
            Self::Bundle => MAX_BUNDLE_LENGTH,
            Self::PrekeyMessage | Self::Message => MAX_MESSAGE_LENGTH,
            Self::File => usize::MAX,
            Self::Upload => MAX_UPLOAD_LENGTH,
        }
    }

    /// The envelope of this kind, 2 bytes.
    pub(crate) const fn envelope(self) -> [u8; 2] {
        [VERSION, self.to_byte()]
    }

    /// The envelope of this kind and the suite, 3 bytes.
    pub(crate) const fn envelope_with(self, suite: Suite) -> [u8; 3] {
        [VERSION, self.to_byte(), suite.to_byte()]
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
        })
    }
}

/// The kind that `bytes` claim to be.
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::UnknownVersion`], [`Error::UnknownKind`], [`Error::Oversized`]
pub fn kind(bytes: &[u8]) -> Result<Kind, Error> {
    open(bytes).map(|(kind, _)| kind)
}

/// The content of an envelope of the kind `expected`.
pub(crate) fn open_as(bytes: &[u8], expected: Kind) -> Result<&[u8], Error> {
    match open(bytes)? {
        (kind, content) if kind == expected => Ok(content),
        (kind, _) => Err(Error::OtherKind(kind)),
    }
}

/// The suite behind an envelope of the kind `expected`, and the content, whose form depends on the suite.
pub(crate) fn open_with_suite(bytes: &[u8], expected: Kind) -> Result<(Suite, &[u8]), Error> {
    let (suite, content) = open_as(bytes, expected)?
        .split_first()
        .ok_or(Error::Truncated)?;
    let suite = Suite::from_byte(*suite).ok_or(Error::UnknownSuite(*suite))?;
    Ok((suite, content))
}

fn open(bytes: &[u8]) -> Result<(Kind, &[u8]), Error> {
    // The version comes first, because the meaning of all other bytes depends on it.
    let (version, rest) = bytes.split_first().ok_or(Error::Truncated)?;
    if *version != VERSION {
        return Err(Error::UnknownVersion(*version));
    }
    let (kind, content) = rest.split_first().ok_or(Error::Truncated)?;
    let kind = match kind {
        1 => Kind::Bundle,
        2 => Kind::PrekeyMessage,
        3 => Kind::Message,
        4 => Kind::File,
        5 => Kind::Upload,
        other => return Err(Error::UnknownKind(*other)),
    };
    if bytes.len() > kind.max_length() {
        return Err(Error::Oversized);
    }
    Ok((kind, content))
}
