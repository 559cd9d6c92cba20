use core::fmt;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};

/// The version of the protocol, which stands in everything that is signed or hashed.
pub const PROTOCOL_VERSION: u8 = 1;

/// The handshake and its primitives.
///
/// The suite stands in everything that is signed or hashed, so that a signature or a session of one
/// suite is worth nothing in another.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a program that handles one suite must decide about each"
)]
pub enum Suite {
    /// X3DH over Curve25519 with SHA-256; the ratchet with ChaCha20-Poly1305. Encoded as 1.
    ///
    /// It is secure as long as discrete logarithms on Curve25519 are hard.
    X3dh,
    /// PQXDH over Curve25519 and ML-KEM-1024 with SHA-256; the ratchet as in the other. Encoded as 2.
    ///
    /// Messages that were recorded stay secret even when discrete logarithms are not hard, as long as
    /// ML-KEM-1024 is secure.
    Pqxdh,
}

impl Suite {
    /// The suite that `byte` names, if there is one.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::X3dh),
            2 => Some(Self::Pqxdh),
            _ => None,
        }
    }

    /// The byte that names this suite.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::X3dh => 1,
            Self::Pqxdh => 2,
        }
    }
}

/// The byte that names the suite.
impl Snapshot for Suite {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.to_byte());
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Self::from_byte(reader.get()?).ok_or(PrimitiveError::SnapshotInvalid)
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
