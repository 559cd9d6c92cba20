use core::fmt;

use super::step::EnvelopeId;
use super::{MAX_COUNT, MAX_ENVELOPES, MAX_MESSAGES, MAX_STEPS, MAX_TEXT_LENGTH, MAX_TRIALS};
use crate::event::Name;

/// The reason for which a step was not taken. The scene is then as it was before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The scene has as many steps as a scene may have.
    TooManySteps,
    /// The scene would have more messages or envelopes than it may have.
    TooManyMessages,
    /// The thieves of the scene would try more envelopes than they may.
    TooManyThefts,
    /// The text has more characters than it may have.
    TextTooLong,
    /// The number of messages is not within the limits.
    Count,
    /// There is no bundle.
    NoBundle,
    /// The party has no session yet.
    NoSession(Name),
    /// There is no envelope with this number.
    NoEnvelope(EnvelopeId),
    /// The envelope is not on the wire any more.
    NotInFlight(EnvelopeId),
    /// The envelope is damaged already.
    AlreadyDamaged(EnvelopeId),
    /// The envelope stands for many messages, which are gone.
    Many(EnvelopeId),
    /// The account or the session refused.
    Session(sprag::Error),
}

impl Error {
    /// The name of the error, which does not change.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooManySteps => "too-many-steps",
            Self::TooManyMessages => "too-many-messages",
            Self::TooManyThefts => "too-many-thefts",
            Self::TextTooLong => "text-too-long",
            Self::Count => "bad-count",
            Self::NoBundle => "no-bundle",
            Self::NoSession(_) => "no-session",
            Self::NoEnvelope(_) => "no-envelope",
            Self::NotInFlight(_) => "not-in-flight",
            Self::AlreadyDamaged(_) => "already-damaged",
            Self::Many(_) => "many",
            Self::Session(error) => code(error),
        }
    }
}

/// The name of a refusal of the library.
pub(crate) const fn code(error: &sprag::Error) -> &'static str {
    use sprag::{Error, RatchetError};
    match error {
        Error::Wire(_) => "wire",
        Error::Handshake(_) => "handshake",
        Error::Ratchet(error) => match error {
            RatchetError::NotAuthentic => "not-authentic",
            RatchetError::Duplicate => "duplicate",
            RatchetError::KeyGivenUp => "key-given-up",
            RatchetError::TooManySkipped => "too-many-skipped",
            RatchetError::Forked => "forked",
            _ => "ratchet",
        },
        Error::RepeatOf(_) => "repeat-of",
        Error::OtherSession(_) => "other-session",
        Error::UnknownPrekey(..) => "unknown-prekey",
        Error::PrekeyGone(..) => "prekey-gone",
        _ => "session",
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManySteps => write!(f, "a scene has at most {MAX_STEPS} steps"),
            Self::TooManyMessages => write!(
                f,
                "a scene has at most {MAX_ENVELOPES} envelopes and {MAX_MESSAGES} messages"
            ),
            Self::TooManyThefts => write!(
                f,
                "the thieves of a scene try at most {MAX_TRIALS} envelopes"
            ),
            Self::TextTooLong => write!(f, "a text has at most {MAX_TEXT_LENGTH} characters"),
            Self::Count => write!(f, "one step sends 1 to {MAX_COUNT} messages"),
            Self::NoBundle => f.write_str("Bob has published no bundle yet"),
            Self::NoSession(Name::Alice) => {
                f.write_str("Alice has no session yet: let her begin one")
            }
            Self::NoSession(Name::Bob) => {
                f.write_str("Bob has no session yet: deliver a message to him first")
            }
            Self::NoEnvelope(id) => write!(f, "there is no envelope {id}"),
            Self::NotInFlight(id) => write!(f, "envelope {id} is not on the wire any more"),
            Self::AlreadyDamaged(id) => write!(f, "envelope {id} is damaged already"),
            Self::Many(id) => write!(f, "envelope {id} stands for many messages, which are gone"),
            Self::Session(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

impl From<sprag::Error> for Error {
    fn from(error: sprag::Error) -> Self {
        Self::Session(error)
    }
}
