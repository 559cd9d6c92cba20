//! How snapshots of state are framed: what they are of, and in which version.

use sprag_primitives::Error;
use sprag_primitives::snapshot::{Reader, Writer};

/// What a snapshot is of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// An account, 1.
    Account,
    /// A session, 2.
    Session,
}

impl Kind {
    const fn to_byte(self) -> u8 {
        match self {
            Self::Account => 1,
            Self::Session => 2,
        }
    }
}

/// Begins a snapshot: `"sprag" ‖ kind ‖ version`, 7 bytes.
#[must_use]
pub fn begin(kind: Kind) -> Writer {
    let mut writer = Writer::new();
    writer.bytes(MAGIC);
    writer.u8(kind.to_byte());
    writer.u8(VERSION);
    writer
}

/// Reads what [`begin`] wrote and returns the reader of what follows.
///
/// # Errors
///
/// [`Error::SnapshotTruncated`]; [`Error::SnapshotInvalid`] if the bytes are no snapshot of this kind
/// and version.
pub fn open(kind: Kind, bytes: &[u8]) -> Result<Reader<'_>, Error> {
    let mut reader = Reader::new(bytes);
    let genuine = reader.array::<{ MAGIC.len() }>()? == MAGIC
        && reader.u8()? == kind.to_byte()
        && reader.u8()? == VERSION;
    if genuine {
        Ok(reader)
    } else {
        Err(Error::SnapshotInvalid)
    }
}

const MAGIC: &[u8; 5] = b"sprag";
const VERSION: u8 = 1;
