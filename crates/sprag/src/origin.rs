use core::fmt;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_x3dh::{IdentityKey, KemPrekeyHash, PrekeyId, SessionId, Suite};

/// How a session began: nothing secret, and the same on both sides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Origin {
    pub(crate) id: SessionId,
    pub(crate) suite: Suite,
    pub(crate) initiator: IdentityKey,
    pub(crate) responder: IdentityKey,
    pub(crate) ordinal: u32,
    pub(crate) one_time_keys: OneTimeKeys,
    /// From each party's own records; X3DH has none.
    pub(crate) kem_prekey_hash: Option<KemPrekeyHash>,
}

impl Origin {
    pub(crate) const fn established_by(&self) -> EstablishedBy {
        EstablishedBy::of(self.suite)
    }

    pub(crate) fn write_snapshot(&self, writer: &mut Writer) {
        writer.bytes(self.id.as_bytes());
        writer.u8(self.suite.to_byte());
        writer.bytes(self.initiator.as_bytes());
        writer.bytes(self.responder.as_bytes());
        writer.u32(self.ordinal);
        self.one_time_keys.write_snapshot(writer);
        writer.option(self.kem_prekey_hash.as_ref(), |writer, hash| {
            writer.bytes(hash);
        });
    }

    pub(crate) fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            id: SessionId::from_bytes(*reader.array()?),
            suite: Suite::from_byte(reader.u8()?).ok_or(PrimitiveError::SnapshotInvalid)?,
            initiator: IdentityKey::from_bytes(reader.array()?)?,
            responder: IdentityKey::from_bytes(reader.array()?)?,
            ordinal: reader.u32()?,
            one_time_keys: OneTimeKeys::read_snapshot(reader)?,
            kem_prekey_hash: reader.option(|reader| reader.array().copied())?,
        })
    }
}

/// The one-time keys of the responder with which a session began. Without any, its first messages are
/// protected less well against a later theft of the responder's keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct OneTimeKeys {
    /// The curve one-time prekey.
    pub ec: Option<PrekeyId>,
    /// The KEM one-time prekey.
    pub kem: Option<PrekeyId>,
}

impl OneTimeKeys {
    /// Whether the session began with keys alone that serve many sessions.
    #[must_use]
    pub const fn are_none(self) -> bool {
        self.ec.is_none() && self.kem.is_none()
    }

    pub(crate) fn write_snapshot(self, writer: &mut Writer) {
        writer.option(self.ec, Writer::u32);
        writer.option(self.kem, Writer::u32);
    }

    pub(crate) fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            ec: reader.option(|reader| reader.u32())?,
            kem: reader.option(|reader| reader.u32())?,
        })
    }
}

/// A handshake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum EstablishedBy {
    /// X3DH: secure as long as discrete logarithms on Curve25519 are hard.
    X3dh,
    /// PQXDH: what was sent stays secret even when they are not, as long as ML-KEM-1024 is secure.
    Pqxdh,
}

impl EstablishedBy {
    const fn of(suite: Suite) -> Self {
        match suite {
            Suite::X3dh => Self::X3dh,
            Suite::Pqxdh => Self::Pqxdh,
        }
    }

    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        Suite::from_byte(byte).map(Self::of)
    }

    /// The byte that names the suite.
    pub(crate) const fn to_byte(self) -> u8 {
        match self {
            Self::X3dh => Suite::X3dh.to_byte(),
            Self::Pqxdh => Suite::Pqxdh.to_byte(),
        }
    }
}

impl fmt::Display for EstablishedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X3dh => "x3dh",
            Self::Pqxdh => "pqxdh",
        })
    }
}
