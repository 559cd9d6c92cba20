//! The content by which two parties renew their session.

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

/// The size in bytes of the hash that names a message which could not be read.
pub const UNREAD_HASH_LENGTH: usize = 32;
