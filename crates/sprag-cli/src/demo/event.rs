//! The steps of the demo, for a report to print.

use core::fmt;

use sprag::Status;

use super::cksum::cksum;
use super::contents::{Contents, Pieces, Unit, count_lines};
use super::frame::Frame;

/// One of the two parties.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Name {
    Alice,
    Bob,
}

impl Name {
    pub(super) const BOTH: [Self; 2] = [Self::Alice, Self::Bob];

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Alice => Self::Bob,
            Self::Bob => Self::Alice,
        }
    }

    pub(super) const fn index(self) -> usize {
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

/// The name of a message: its sender, and its number among the messages of that sender.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Label {
    pub(super) from: Name,
    pub(super) number: u64,
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

/// The facts that are known before the first step.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub(super) name: Option<String>,
    pub(super) seed: Option<u64>,
    pub(super) lines: usize,
    pub(super) bytes: usize,
    pub(super) cksum: u32,
    pub(super) pieces: usize,
    pub(super) unit: Unit,
}

impl Opening {
    pub(super) fn new(contents: &Contents, pieces: &Pieces<'_>, seed: Option<u64>) -> Self {
        Self {
            name: contents.name.clone(),
            seed,
            lines: count_lines(&contents.bytes),
            bytes: contents.bytes.len(),
            cksum: cksum(&contents.bytes),
            pieces: pieces.all.len(),
            unit: pieces.unit,
        }
    }
}

/// The parts of the demo.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Act {
    Meeting,
    Theft,
    WayBack,
    End,
}

/// A step of the demo.
#[derive(Debug)]
pub(super) enum Event<'a> {
    /// Bob publishes a bundle and goes offline.
    Published {
        bytes: usize,
    },
    /// Alice verified the bundle and began the session.
    Began(Status),
    /// Bob is online again.
    Returned {
        waiting: usize,
    },
    Sent {
        message: Label,
        frame: &'a Frame,
        bytes: usize,
        status: Status,
    },
    Lost(Label),
    Doubled(Label),
    Delayed(Label),
    Delivered {
        message: Label,
        frame: &'a Frame,
        news: News,
        status: Status,
    },
    Refused {
        message: Label,
        error: sprag::Error,
        status: Status,
    },
    Ratcheted {
        who: Name,
        key: NewKey,
        status: Status,
    },
    /// This party got no answer.
    Silence(Name),
    /// The thief copied Alice's session.
    Stolen(Status),
    Tried {
        message: Label,
        words: &'a str,
        loot: Loot,
        why: &'static str,
    },
    /// The numbers of messages after the scene of the theft that the thief tried and could read.
    Aftermath {
        tried: u64,
        read: u64,
    },
    Done(&'a Summary<'a>),
}

impl Event<'_> {
    /// The state of the acting party's session after the step, if a session takes part in the step.
    pub(super) const fn status(&self) -> Option<&Status> {
        match self {
            Self::Began(status)
            | Self::Sent { status, .. }
            | Self::Delivered { status, .. }
            | Self::Refused { status, .. }
            | Self::Ratcheted { status, .. }
            | Self::Stolen(status) => Some(status),
            _ => None,
        }
    }
}

/// The relation of a message that was read to the messages before it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct News {
    /// A later message of the same sender was read before.
    pub(super) late: bool,
    /// The message began the session.
    pub(super) accepted: bool,
    /// The message carries the handshake of a session that was accepted before.
    pub(super) repeat: bool,
    /// The receiver already had the piece that the message carries.
    pub(super) known: bool,
}

/// The owner of the new ratchet key that a step mixes in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NewKey {
    Own,
    Peer,
    /// The peer, whose key is the first of the session.
    First,
}

/// The numbers of messages of one sender that had these fates.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) lost: u64,
    pub(super) doubled: u64,
    pub(super) delayed: u64,
    pub(super) late: u64,
    pub(super) refused: u64,
}

/// The end of the demo: both sessions, and the fates of all messages.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    pub(super) opening: &'a Opening,
    pub(super) statuses: [Status; 2],
    pub(super) tallies: [Tally; 2],
}

/// The part of a message that the thief can read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Loot {
    /// The header and the text.
    Text,
    /// The header, which tells the message's place in its chain, but not the text.
    Header,
    Nothing,
}
