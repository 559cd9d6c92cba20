use core::fmt;

use sprag_primitives::Error as PrimitiveError;
use sprag_x3dh::{PrekeyId, SessionId, Slot};

/// The reason for which an account or a session refused. Its state is then as it was before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The bytes cannot be decoded.
    Wire(sprag_wire::Error),
    /// The bundle or the handshake is refused.
    Handshake(sprag_x3dh::Error),
    /// The message is refused: for example, because it is not authentic or a duplicate.
    Ratchet(sprag_ratchet::Error),
    /// The message is genuine, but its text is not padded as it must be.
    InvalidPadding,
    /// The snapshot is damaged, of something else, or of a version that is not known.
    Snapshot(PrimitiveError),
    /// The message begins a session that was accepted before. That session can decrypt it.
    RepeatOf(SessionId),
    /// The message's handshake is another session's than the one asked to decrypt it.
    OtherSession(SessionId),
    /// The handshake names a prekey that this account never had for this use. It is for another account, for example an earlier one
    /// of the same user; or for a later state of this account, which was put back since; or it is damaged.
    UnknownPrekey(Slot, PrekeyId),
    /// The handshake names a prekey that this account does not have any more. A signed or a last-resort prekey was
    /// replaced, and its time is up. A one-time prekey was used by another handshake, for example because two parties
    /// had the same bundle or because this is a damaged copy; or it had to leave for newer ones.
    PrekeyGone(Slot, PrekeyId),
    /// Too many sessions were begun without a one-time prekey. A further one could not be told from a replay
    /// until the prekeys are replaced.
    TooManyReusableSessions,
    /// As many replaced prekeys as there is room for are kept, and the time for which they were to be kept is not up. The
    /// oldest are to be kept until this time, in seconds since 1970-01-01 UTC.
    PrekeysStillKept(u64),
    /// No number is left for a further prekey.
    PrekeysExhausted,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(fault) => fault.fmt(f),
            Self::Handshake(fault) => fault.fmt(f),
            Self::Ratchet(fault) => fault.fmt(f),
            Self::InvalidPadding => f.write_str("message is padded otherwise than it must be"),
            Self::Snapshot(fault) => fault.fmt(f),
            Self::RepeatOf(id) => write!(f, "message repeats the beginning of session {id}"),
            Self::OtherSession(id) => write!(f, "message belongs to session {id}"),
            Self::UnknownPrekey(slot, id) => write!(f, "{slot} {id} is not of this account"),
            Self::PrekeyGone(slot @ Slot::SignedPrekey, id) => {
                write!(f, "{slot} {id} was replaced, and its time is up")
            }
            Self::PrekeyGone(slot @ Slot::KemPrekey, id) => {
                write!(f, "{slot} {id} was used before, or was replaced")
            }
            Self::PrekeyGone(slot, id) => write!(f, "{slot} {id} was used before"),
            Self::TooManyReusableSessions => {
                f.write_str("too many sessions were begun without a one-time prekey")
            }
            Self::PrekeysStillKept(until) => write!(
                f,
                "no room to keep the replaced prekeys: the oldest are to be kept until {until}"
            ),
            Self::PrekeysExhausted => f.write_str("no number is left for a further prekey"),
        }
    }
}

impl core::error::Error for Error {}

impl From<sprag_wire::Error> for Error {
    fn from(fault: sprag_wire::Error) -> Self {
        Self::Wire(fault)
    }
}

impl From<sprag_x3dh::Error> for Error {
    fn from(fault: sprag_x3dh::Error) -> Self {
        Self::Handshake(fault)
    }
}

impl From<sprag_ratchet::Error> for Error {
    fn from(fault: sprag_ratchet::Error) -> Self {
        Self::Ratchet(fault)
    }
}
