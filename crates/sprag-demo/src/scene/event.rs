use alloc::string::String;

use serde::Serialize;

use super::step::{EnvelopeId, SuiteName};
use crate::event::{Name, NewKey};

/// One thing that happened in a step.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// Bob published a bundle.
    Published,
    /// Alice verified the bundle and began a session.
    Began {
        /// The handshake.
        suite: SuiteName,
    },
    /// A party took a step of the DH ratchet.
    Ratcheted {
        /// The party.
        who: Name,
        /// The owner of the new ratchet key.
        key: NewKey,
    },
    /// A party encrypted a message.
    Sent {
        /// The envelope.
        envelope: EnvelopeId,
    },
    /// The receiver read a message.
    Delivered {
        /// The envelope.
        envelope: EnvelopeId,
        /// The receiver.
        who: Name,
        /// The message is the first that was read of its chain.
        new_chain: bool,
        /// The number of messages before it whose keys were skipped, because they are missing.
        skipped: u32,
        /// A later message of the sender was read before.
        late: bool,
    },
    /// The receiver refused a message, and nothing changed.
    Refused {
        /// The envelope.
        envelope: EnvelopeId,
        /// The receiver.
        who: Name,
        /// The name of the reason, which does not change.
        code: &'static str,
        /// The reason in the words of the library: a lower-case phrase without a full stop.
        words: String,
    },
    /// There is a copy of an envelope on the wire.
    Doubled {
        /// The envelope.
        envelope: EnvelopeId,
        /// The copy.
        copy: EnvelopeId,
    },
    /// An envelope was altered on its way.
    Damaged {
        /// The envelope.
        envelope: EnvelopeId,
    },
    /// An envelope was lost.
    Dropped {
        /// The envelope.
        envelope: EnvelopeId,
    },
    /// A thief copied a session.
    Stolen {
        /// The victim.
        who: Name,
    },
    /// Both parties have ratcheted since the theft: the thief reads nothing of what they write from then on.
    Healed,
}
