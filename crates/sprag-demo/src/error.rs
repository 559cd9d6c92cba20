use core::fmt;

use crate::event::{Label, Loot, Name};

/// The reason for which a story ended early. `E` is the error of its report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error<E> {
    /// The report failed.
    Report(E),
    /// The contents have more bytes than
    /// [`MAX_CONTENTS_LENGTH`](crate::limits::MAX_CONTENTS_LENGTH).
    ContentsTooLong,
    /// The party has no session yet. Alice has one after the meeting, and Bob after he read a message.
    NoSession(Name),
    /// Alice has a session with Bob already.
    HaveMet,
    /// An account or a session refused, for example because a message was altered on its way.
    Session(sprag::Error),
    /// A promise of sprag did not hold.
    Defect(Defect),
}

/// A promise of sprag that did not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Defect {
    /// A message could be read a second time.
    ReadTwice(Label),
    /// A message that was read is not a [`Frame`](crate::Frame).
    NotAFrame(Label),
    /// The contents that this party received are not those that were sent.
    Altered(Name),
    /// The root keys differ, although no message is in flight.
    RootKeysDiffer,
    /// The thief read messages that were sent after both had ratcheted.
    ThiefRead {
        /// The number of these messages.
        messages: u64,
    },
    /// The thief read more or less of a message than the theory says, or another text.
    Theory {
        /// The message.
        message: Label,
        /// The part that the thief read.
        loot: Loot,
        /// The part that the theory gives the thief.
        expected: Loot,
    },
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report(fault) => fault.fmt(f),
            Self::ContentsTooLong => f.write_str("contents are longer than 64 MiB"),
            Self::NoSession(name) => write!(f, "{name} has no session yet"),
            Self::HaveMet => f.write_str("Alice has a session with Bob already"),
            Self::Session(fault) => fault.fmt(f),
            Self::Defect(defect) => defect.fmt(f),
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadTwice(message) => write!(f, "message {message} could be read twice"),
            Self::NotAFrame(message) => {
                write!(f, "message {message} is not in the demo's language")
            }
            Self::Altered(name) => write!(f, "{name} received other contents than were sent"),
            Self::RootKeysDiffer => f.write_str("the two root keys differ"),
            Self::ThiefRead { messages } => {
                write!(f, "the thief read {messages} messages that it cannot")
            }
            Self::Theory {
                message: Label { from, number },
                loot,
                expected,
            } => write!(
                f,
                "of message {number} of {from} the thief has {loot:?}, and should have {expected:?}"
            ),
        }
    }
}

impl<E: core::error::Error> core::error::Error for Error<E> {}

impl<E> From<sprag::Error> for Error<E> {
    fn from(fault: sprag::Error) -> Self {
        Self::Session(fault)
    }
}

impl<E> From<Defect> for Error<E> {
    fn from(defect: Defect) -> Self {
        Self::Defect(defect)
    }
}
