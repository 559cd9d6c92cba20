use core::fmt;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};

/// The handshake and its primitives, in one version of the protocol.
///
/// Version and suite stand in everything that is signed or hashed, so that a signature or a session of one
/// suite is worth nothing in another. A session keeps the suite with which it began, and a later version of the
/// protocol brings suites of its own: so a library that knows both goes on with old sessions as they are.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a program that handles one suite must decide about each"
)]
pub enum Suite {
    /// X3DH over Curve25519 with SHA-256; the ratchet with ChaCha20-Poly1305. Version 1, suite 1.
    ///
    /// It is secure as long as discrete logarithms on Curve25519 are hard.
    X3dh,
    /// PQXDH over Curve25519 and ML-KEM-1024 with SHA-256; the ratchet as in the other. Version 1, suite 2.
    ///
    /// Messages that were recorded stay secret even when discrete logarithms are not hard, as long as
    /// ML-KEM-1024 is secure.
    Pqxdh,
}

impl Suite {
    /// The suite that `byte` names in a version of the protocol, if there is one.
    #[must_use]
    pub const fn from_bytes(version: u8, byte: u8) -> Option<Self> {
        match (version, byte) {
            (1, 1) => Some(Self::X3dh),
            (1, 2) => Some(Self::Pqxdh),
            _ => None,
        }
    }

    /// The version of the protocol that this suite is of.
    #[must_use]
    pub const fn version(self) -> u8 {
        match self {
            Self::X3dh | Self::Pqxdh => 1,
        }
    }

    /// The byte that names this suite in its version.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::X3dh => 1,
            Self::Pqxdh => 2,
        }
    }
}

/// The version, and the byte that names the suite in it.
impl Snapshot for Suite {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.version());
        writer.put(&self.to_byte());
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let version = reader.get()?;
        Self::from_bytes(version, reader.get()?).ok_or(PrimitiveError::SnapshotInvalid)
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X3dh => "X3DH",
            Self::Pqxdh => "PQXDH",
        })
    }
}
