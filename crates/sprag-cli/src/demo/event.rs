//! What happens, step by step, for a report to print.

use core::fmt;

use sprag::Status;

use super::cksum::cksum;
use super::contents::{Contents, Pieces, Unit, count_lines};
use super::frame::Frame;

/// One of the two who talk.
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

/// What a message is called: its sender, and how many messages that sender has sent.
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

/// What is known before the first step.
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

/// One step.
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
    /// No answer came.
    Silence(Name),
    /// The thief copied Alice's session.
    Stolen(Status),
    Tried {
        message: Label,
        words: &'a str,
        loot: Loot,
        why: &'static str,
    },
    /// What the thief had of all messages after the scene of the theft.
    Aftermath {
        tried: u64,
        read: u64,
    },
    Done(&'a Summary<'a>),
}

impl Event<'_> {
    /// The state of the acting party's session after the step, where it has a part in it.
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

/// How a message that was read stands to those before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct News {
    /// A later one was there first.
    pub(super) late: bool,
    /// It began the session.
    pub(super) accepted: bool,
    /// It carries the handshake of a session that was accepted before.
    pub(super) repeat: bool,
    /// What it says was known.
    pub(super) known: bool,
}

/// Whose new ratchet key a step mixes in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NewKey {
    Own,
    Peer,
    /// The peer's, and the first.
    First,
}

/// What happened to the messages of one sender on their way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) lost: u64,
    pub(super) doubled: u64,
    pub(super) delayed: u64,
    pub(super) late: u64,
    pub(super) refused: u64,
}

/// How it ended.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    pub(super) opening: &'a Opening,
    pub(super) statuses: [Status; 2],
    pub(super) tallies: [Tally; 2],
}

/// What a thief has of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Loot {
    /// All of it.
    Text,
    /// Which it is, but not what it says.
    Header,
    Nothing,
}
