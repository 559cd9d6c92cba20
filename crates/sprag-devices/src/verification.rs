use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::snapshot_fields;

use crate::safety_number::SafetyNumberHalf;
use crate::scan_code::Scanned;
use crate::user::UserId;

/// The way in which a user verified a peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the two that exist")]
pub enum How {
    /// By scanning the peer's code, 0.
    Scanned,
    /// By comparing the digits of the safety number, 1.
    Compared,
}

/// A verification: the way, and the half that stood for the peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record")]
pub struct Verified {
    /// The way in which it was done.
    pub how: How,
    /// The peer's half of the safety number at that time.
    pub half: SafetyNumberHalf,
}

snapshot_fields!(Verified { how, half });

/// The state of a peer's verification.
///
/// Only acts of the user lead to `Verified`: a scan that matches, or the word that the digits are the same. Showing the
/// number does not, and neither does a change of the peer's devices change anything.
///
/// ```
/// use sprag_devices::{Scanned, UserId, Verification};
///
/// let peer = UserId::from_bytes([2; 32]);
/// let verification = Verification::Unverified.scanned(Scanned::Match, &peer);
/// assert!(verification.is_verified());
///
/// // Another key under the same name: whoever accepts it must compare again.
/// let other = UserId::from_bytes([3; 32]);
/// let verification = verification.changed();
/// assert!(!verification.is_verified());
/// assert!(verification.compared(&other).is_verified());
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a caller must show each")]
pub enum Verification {
    /// The user has not verified the peer, 0.
    #[default]
    Unverified,
    /// The user has verified the peer, 1.
    Verified(Verified),
    /// The peer was verified, and then its key changed or contradicted itself, 2. Only a new comparison ends this.
    Changed(Verified),
}

impl Verification {
    /// Tells whether the peer is verified.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        matches!(self, Self::Verified(_))
    }

    /// The state after the user scanned the code of `peer`. Only [`Scanned::Match`] verifies; everything else leaves the
    /// state as it is, because whoever shows a code could take a verification away otherwise.
    #[must_use]
    pub fn scanned(self, scanned: Scanned, peer: &UserId) -> Self {
        match scanned {
            Scanned::Match => Self::by(How::Scanned, peer),
            Scanned::PeerDiffers | Scanned::SelfDiffers | Scanned::Unrelated => self,
        }
    }

    /// The state after the user said that the digits which both have are the same. `peer` is the user that they were
    /// made for.
    #[must_use]
    pub fn compared(self, peer: &UserId) -> Self {
        Self::by(How::Compared, peer)
    }

    fn by(how: How, peer: &UserId) -> Self {
        Self::Verified(Verified {
            how,
            half: SafetyNumberHalf::of(peer),
        })
    }

    /// The state after another user key was accepted under the peer's name, or after evidence against the peer. Accepting
    /// never verifies.
    #[must_use]
    pub const fn changed(self) -> Self {
        match self {
            Self::Unverified => Self::Unverified,
            Self::Verified(was) | Self::Changed(was) => Self::Changed(was),
        }
    }

    /// The state after another device of one's own said that the user verified `peer` there. It leads from `Unverified`
    /// to `Verified` alone: never away from `Changed`, and only for the same half.
    #[must_use]
    pub fn synced(self, verified: Verified, peer: &UserId) -> Self {
        match self {
            Self::Unverified if verified.half == SafetyNumberHalf::of(peer) => {
                Self::Verified(verified)
            }
            state => state,
        }
    }
}

/// One byte.
impl Snapshot for How {
    fn put(&self, writer: &mut Writer) {
        writer.put(&match self {
            Self::Scanned => 0_u8,
            Self::Compared => 1,
        });
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        match reader.get::<u8>()? {
            0 => Ok(Self::Scanned),
            1 => Ok(Self::Compared),
            _ => Err(PrimitiveError::SnapshotInvalid),
        }
    }
}

/// One byte; then, unless it is 0, the way and the half.
impl Snapshot for Verification {
    fn put(&self, writer: &mut Writer) {
        let (state, verified) = match self {
            Self::Unverified => (0_u8, None),
            Self::Verified(verified) => (1, Some(verified)),
            Self::Changed(was) => (2, Some(was)),
        };
        writer.put(&state);
        if let Some(verified) = verified {
            writer.put(verified);
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        match reader.get::<u8>()? {
            0 => Ok(Self::Unverified),
            1 => reader.get().map(Self::Verified),
            2 => reader.get().map(Self::Changed),
            _ => Err(PrimitiveError::SnapshotInvalid),
        }
    }
}
