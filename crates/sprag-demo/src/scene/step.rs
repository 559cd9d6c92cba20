use alloc::string::String;

use serde::{Deserialize, Serialize};
use sprag::Suite;

use crate::event::Name;

/// The number of an envelope in a scene, from 1.
pub type EnvelopeId = u32;

/// One step of the viewer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Step {
    /// Bob publishes a bundle, which lies at a server from then on.
    Publish,
    /// Alice takes the bundle and agrees on a first secret. If the two have a session already, Bob publishes a fresh bundle
    /// first, and the new session takes the place of the old one.
    Begin {
        /// The handshake.
        suite: SuiteName,
    },
    /// A party encrypts a message, whose envelope is on the wire from then on.
    Send {
        /// The sender.
        who: Name,
        /// The text, at most [`MAX_TEXT_LENGTH`](super::MAX_TEXT_LENGTH) characters.
        text: String,
    },
    /// A party encrypts many messages. Those after the first [`MAX_LISTED`](super::MAX_LISTED) share one envelope, which is
    /// dropped at once.
    SendMany {
        /// The sender.
        who: Name,
        /// The number of messages, from 1 to [`MAX_COUNT`](super::MAX_COUNT).
        count: u32,
    },
    /// An envelope on the wire reaches its receiver.
    Deliver {
        /// The envelope.
        envelope: EnvelopeId,
    },
    /// Somebody on the wire makes a copy of an envelope, which may have been delivered before.
    Double {
        /// The envelope.
        envelope: EnvelopeId,
    },
    /// Somebody on the wire changes a bit of an envelope.
    Damage {
        /// The envelope.
        envelope: EnvelopeId,
    },
    /// The wire loses an envelope.
    Drop {
        /// The envelope.
        envelope: EnvelopeId,
    },
    /// A thief copies the session of a party. It takes the place of an earlier thief.
    Steal {
        /// The victim.
        who: Name,
    },
}

/// The name of a suite.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "there is one for each suite")]
pub enum SuiteName {
    /// [`X3dh`](sprag::Suite::X3dh)
    X3dh,
    /// [`Pqxdh`](sprag::Suite::Pqxdh)
    Pqxdh,
}

impl SuiteName {
    pub(crate) const fn of(suite: Suite) -> Self {
        match suite {
            Suite::X3dh => Self::X3dh,
            Suite::Pqxdh => Self::Pqxdh,
        }
    }
}
