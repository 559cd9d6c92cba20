use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};

/// The state of the comparison of a peer's user id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "all that a user can have done")]
pub enum Verification {
    /// Nobody has compared it.
    Unverified,
    /// It was compared, and was the peer's.
    Verified(Means),
    /// It was compared in this way before, and since then two device lists of the peer were seen that contradict each
    /// other. Only a new comparison makes the peer verified again.
    Changed(Means),
}

/// The means of a comparison.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "by a camera or by eye")]
pub enum Means {
    /// The peer's code was scanned.
    Scanned,
    /// The safety numbers were compared by eye or ear.
    Compared,
}

impl Verification {
    /// Tells whether the peer is verified.
    #[must_use]
    pub const fn is_verified(self) -> bool {
        matches!(self, Self::Verified(_))
    }

    /// The state once the peer's lists contradict each other.
    pub(crate) const fn doubted(self) -> Self {
        match self {
            Self::Unverified => Self::Unverified,
            Self::Verified(means) | Self::Changed(means) => Self::Changed(means),
        }
    }

    const fn to_byte(self) -> u8 {
        match self {
            Self::Unverified => 0,
            Self::Verified(Means::Scanned) => 1,
            Self::Verified(Means::Compared) => 2,
            Self::Changed(Means::Scanned) => 3,
            Self::Changed(Means::Compared) => 4,
        }
    }
}

impl Snapshot for Verification {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.to_byte());
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        match reader.get::<u8>()? {
            0 => Ok(Self::Unverified),
            1 => Ok(Self::Verified(Means::Scanned)),
            2 => Ok(Self::Verified(Means::Compared)),
            3 => Ok(Self::Changed(Means::Scanned)),
            4 => Ok(Self::Changed(Means::Compared)),
            _ => Err(PrimitiveError::SnapshotInvalid),
        }
    }
}
