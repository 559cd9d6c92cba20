//! The steps of a story as data. They hold everything that a renderer shows.

use alloc::format;
use alloc::string::String;
use core::fmt;

#[cfg(feature = "scene")]
use serde::{Deserialize, Serialize};
use sprag::Status;

use crate::frame::Frame;

/// One of the two parties.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(
    feature = "scene",
    derive(Deserialize, Serialize),
    serde(rename_all = "lowercase")
)]
#[expect(clippy::exhaustive_enums, reason = "a conversation has two parties")]
pub enum Name {
    /// The party that begins the session.
    Alice,
    /// The party that published a bundle.
    Bob,
}

impl Name {
    /// Both parties, Alice first.
    pub const BOTH: [Self; 2] = [Self::Alice, Self::Bob];

    /// The party that this one talks to.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Alice => Self::Bob,
            Self::Bob => Self::Alice,
        }
    }

    /// The place of the party in arrays of two.
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Alice => 0,
            Self::Bob => 1,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Alice => "Alice",
            Self::Bob => "Bob",
        })
    }
}

/// The name of a message: its sender, and its number among the messages of that sender. As text it is `A2` or
/// `B5`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Label {
    /// The sender.
    pub from: Name,
    /// The number of the message, from 1.
    pub number: u64,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let initial = match self.from {
            Name::Alice => 'A',
            Name::Bob => 'B',
        };
        f.pad(&format!("{initial}{}", self.number))
    }
}

/// A part of the whole story.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a renderer needs a heading for each"
)]
pub enum Act {
    /// Alice begins a session with Bob, who is offline, and sends him the contents.
    Meeting,
    /// A thief copies Alice's session and tries to read messages.
    Theft,
    /// Bob sends the contents back, and the thief listens.
    WayBack,
    /// Both sessions are compared.
    End,
}

/// An event with its place in the story.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// The number of the step, from 1.
    pub number: u64,
    /// The act that the step belongs to.
    pub act: Act,
    /// The event.
    pub event: Event,
}

/// One thing that happens.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Bob publishes a bundle and goes offline.
    Published {
        /// The length of the bundle in bytes.
        bytes: usize,
    },
    /// Alice verified the bundle and began the session.
    Began {
        /// The state of Alice's session.
        status: Status,
    },
    /// Bob is online again.
    Returned {
        /// The number of messages that wait for Bob.
        waiting: usize,
    },
    /// A party encrypted a message.
    Sent {
        /// The message.
        message: Label,
        /// The plaintext.
        frame: Frame,
        /// The length of the encrypted message in bytes.
        bytes: usize,
        /// The state of the sender's session.
        status: Status,
    },
    /// The channel loses a message.
    Lost {
        /// The message.
        message: Label,
    },
    /// The channel delivers a message twice.
    Doubled {
        /// The message.
        message: Label,
    },
    /// The channel holds a message back.
    Delayed {
        /// The message.
        message: Label,
    },
    /// The receiver read a message.
    Delivered {
        /// The message.
        message: Label,
        /// The plaintext.
        frame: Frame,
        /// The relation of the message to those before it.
        news: News,
        /// The state of the receiver's session.
        status: Status,
    },
    /// The receiver refused a copy of a message that was read before.
    Refused {
        /// The message.
        message: Label,
        /// The reason that the session gives.
        error: sprag::Error,
        /// The state of the receiver's session, which the copy did not change.
        status: Status,
    },
    /// A party took a step of the DH ratchet.
    Ratcheted {
        /// The party.
        who: Name,
        /// The owner of the new key.
        key: NewKey,
        /// The state of the party's session.
        status: Status,
    },
    /// A party got no answer.
    Silence {
        /// The party.
        who: Name,
    },
    /// A thief copied a session.
    Stolen {
        /// The owner of the session.
        victim: Name,
        /// The state of the session.
        status: Status,
    },
    /// The thief tried to read a message.
    Tried {
        /// The message.
        message: Label,
        /// The text of the message, whether the thief read it or not.
        words: String,
        /// The part that the thief read.
        loot: Loot,
        /// The reason for it.
        why: Reason,
    },
    /// The thief listened from the end of the act of the theft on.
    Aftermath {
        /// The number of messages that the thief tried to read.
        tried: u64,
        /// The number of messages whose text the thief read.
        read: u64,
    },
    /// The story is over: both parties received the contents, and the sessions agree.
    Done {
        /// Both sessions, and the fates of all messages.
        summary: Summary,
    },
}

impl Event {
    /// A short lower-case name of the kind of the event, for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Published { .. } => "published",
            Self::Began { .. } => "began",
            Self::Returned { .. } => "returned",
            Self::Sent { .. } => "sent",
            Self::Lost { .. } => "lost",
            Self::Doubled { .. } => "doubled",
            Self::Delayed { .. } => "delayed",
            Self::Delivered { .. } => "delivered",
            Self::Refused { .. } => "refused",
            Self::Ratcheted { .. } => "ratchet",
            Self::Silence { .. } => "silence",
            Self::Stolen { .. } => "stolen",
            Self::Tried { .. } => "thief",
            Self::Aftermath { .. } => "aftermath",
            Self::Done { .. } => "done",
        }
    }

    /// The state of the acting party's session after the event, if one session takes part in the event.
    #[must_use]
    pub const fn status(&self) -> Option<&Status> {
        match self {
            Self::Began { status }
            | Self::Sent { status, .. }
            | Self::Delivered { status, .. }
            | Self::Refused { status, .. }
            | Self::Ratcheted { status, .. }
            | Self::Stolen { status, .. } => Some(status),
            _ => None,
        }
    }
}

/// The relation of a message that was read to the messages before it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct News {
    /// A later message of the same sender was read before.
    pub late: bool,
    /// The message began the session.
    pub accepted: bool,
    /// The message carries the handshake of a session that was accepted before.
    pub repeat: bool,
    /// The receiver already had the piece that the message carries.
    pub known: bool,
}

/// The owner of the new ratchet key that a step mixes in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "scene", derive(Serialize), serde(rename_all = "lowercase"))]
#[expect(clippy::exhaustive_enums, reason = "either side makes it")]
pub enum NewKey {
    /// The party that ratchets.
    Own,
    /// The peer.
    Peer,
    /// The peer, whose key is the first of the session.
    First,
}

/// The part of a message that the thief can read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "scene", derive(Serialize), serde(rename_all = "lowercase"))]
#[expect(clippy::exhaustive_enums, reason = "a message has these two parts")]
pub enum Loot {
    /// The header and the text.
    Text,
    /// The header, which tells the message's place in its chain, but not the text.
    Header,
    /// Neither.
    Nothing,
}

/// The reason for which the thief of a session can read a part of a message. The victim is the owner of the session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// The victim read the message before the theft.
    ReadBefore,
    /// The victim sent the message before the theft.
    SentBefore,
    /// The victim held a skipped key for the message.
    SkippedKey,
    /// The victim had given up the key of the message, because it held too many.
    KeyGivenUp,
    /// The message is of a chain of which the victim held nothing any more, not even the header key.
    ChainForgotten,
    /// The message is of the peer's chain at the time of the theft.
    PeersChain,
    /// The message is of the victim's chain at the time of the theft.
    VictimsChain,
    /// The message is of the chain that the peer began towards the victim's stolen ratchet key.
    PeersNextChain,
    /// The victim ratcheted with a key made after the theft.
    VictimRatcheted,
    /// Both ratcheted with keys made after the theft.
    BothRatcheted,
    /// The header keys, too, were made after the theft.
    Hidden,
    /// The message is of another session than the stolen one.
    OtherSession,
}

impl Reason {
    /// The part of the message that the theory gives the thief.
    #[must_use]
    pub const fn loot(self) -> Loot {
        match self {
            Self::SkippedKey | Self::PeersChain | Self::VictimsChain | Self::PeersNextChain => {
                Loot::Text
            }
            Self::ReadBefore
            | Self::SentBefore
            | Self::KeyGivenUp
            | Self::VictimRatcheted
            | Self::BothRatcheted => Loot::Header,
            Self::ChainForgotten | Self::Hidden | Self::OtherSession => Loot::Nothing,
        }
    }

    /// The reason in a few words of printable ASCII, for the theft of a session of Alice.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadBefore => "read before: its key is wiped",
            Self::SentBefore => "sent before: its key is wiped",
            Self::SkippedKey => "its skipped key was copied",
            Self::KeyGivenUp => "its skipped key was given up",
            Self::ChainForgotten => "of a chain whose keys are all wiped",
            Self::PeersChain => "Bob's chain key was copied",
            Self::VictimsChain => "Alice's chain key was copied",
            Self::PeersNextChain => "Alice's ratchet key was copied",
            Self::VictimRatcheted => "Alice ratcheted since",
            Self::BothRatcheted => "both ratcheted since",
            Self::Hidden => "header keys are new, too",
            Self::OtherSession => "of another session",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The end of the story for both parties.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// Alice's end.
    pub alice: Ending,
    /// Bob's end.
    pub bob: Ending,
}

impl Summary {
    /// The end of the story for one party.
    #[must_use]
    pub const fn of(&self, name: Name) -> &Ending {
        match name {
            Name::Alice => &self.alice,
            Name::Bob => &self.bob,
        }
    }
}

/// The end of the story for one party.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Ending {
    /// The state of the party's session.
    pub status: Status,
    /// The fates of the messages that the party sent.
    pub tally: Tally,
}

/// The numbers of messages of one sender that had these fates.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Tally {
    /// The channel lost the message.
    pub lost: u64,
    /// The channel delivered the message twice.
    pub doubled: u64,
    /// The channel held the message back.
    pub delayed: u64,
    /// The message was read after a later one.
    pub late: u64,
    /// The receiver refused a copy of the message.
    pub refused: u64,
}
