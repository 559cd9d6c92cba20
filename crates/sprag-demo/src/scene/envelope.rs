use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use sprag::hazmat::public_fingerprint;
use sprag::{Kind, SessionId};

use super::history::ChainName;
use super::step::EnvelopeId;
use super::view::{
    EnvelopeKind, EnvelopeState, EnvelopeView, Fingerprint, HeaderView, Judgement, hex,
};
use crate::event::Name;

/// A message on the wire, or many messages that were lost at once, with what the world knows of it.
#[derive(Clone)]
pub(crate) struct Envelope {
    pub(crate) id: EnvelopeId,
    pub(crate) from: Name,
    pub(crate) text: Text,
    pub(crate) session: SessionId,
    pub(crate) chain: ChainName,
    pub(crate) previous_length: u32,
    /// The number of the first message in its chain.
    pub(crate) number: u32,
    /// The message as it was sent. Of many messages, some in the order in which they were sent: the first, the last, and
    /// enough between them that nobody who follows the chain has to skip too many.
    pub(crate) sent: Vec<Vec<u8>>,
    /// The number of messages, if they are many.
    pub(crate) many: Option<u32>,
    pub(crate) state: EnvelopeState,
    pub(crate) copy_of: Option<EnvelopeId>,
    pub(crate) damaged: bool,
    /// The receiver has read the message, from this envelope or a copy.
    pub(crate) read: bool,
    pub(crate) judgement: Option<Judgement>,
}

/// The text of an envelope.
#[derive(Clone)]
pub(crate) enum Text {
    /// One text.
    One(String),
    /// The texts with these numbers.
    Numbered { first: u32, last: u32 },
}

impl Text {
    /// The text of message `number` of many.
    pub(crate) fn numbered(number: u32) -> String {
        format!("message {number}")
    }

    pub(crate) fn shown(&self) -> String {
        match self {
            Self::One(text) => text.clone(),
            Self::Numbered { first, last } => format!("messages {first} to {last}"),
        }
    }
}

impl Envelope {
    /// The messages as they were sent.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &[u8]> {
        self.sent.iter().map(Vec::as_slice)
    }

    /// The last message as it was sent.
    pub(crate) fn last_message(&self) -> &[u8] {
        self.sent.last().map_or(&[], Vec::as_slice)
    }

    /// The text of the last message.
    pub(crate) fn last_text(&self) -> String {
        match &self.text {
            Text::One(text) => text.clone(),
            Text::Numbered { last, .. } => Text::numbered(*last),
        }
    }

    /// The number of the last message in its chain.
    pub(crate) fn last_number(&self) -> u32 {
        let more = self.many.unwrap_or(1).saturating_sub(1);
        self.number.saturating_add(more)
    }

    /// The first message as it arrives.
    pub(crate) fn arriving(&self) -> Vec<u8> {
        let mut bytes = self.sent.first().cloned().unwrap_or_default();
        if self.damaged
            && let Some(last) = bytes.last_mut()
        {
            *last ^= 1;
        }
        bytes
    }

    pub(crate) fn view(&self) -> EnvelopeView {
        let arriving = self.arriving();
        let first = matches!(sprag::kind(&arriving), Ok(Kind::PrekeyMessage));
        let shown = arriving.iter().copied().take(SHOWN_BYTES);
        let shown: Vec<u8> = shown.collect();
        EnvelopeView {
            id: self.id,
            from: self.from,
            to: self.from.other(),
            text: self.text.shown(),
            kind: if first {
                EnvelopeKind::First
            } else {
                EnvelopeKind::Later
            },
            bytes: arriving.len(),
            hex: hex(&shown),
            state: self.state,
            copy_of: self.copy_of,
            damaged: self.damaged,
            header: HeaderView {
                key: Fingerprint(public_fingerprint(&self.chain)),
                pn: self.previous_length,
                n: self.number,
            },
            thief: self.judgement.clone(),
            many: self.many,
        }
    }
}

/// The most bytes of a message that a view shows.
const SHOWN_BYTES: usize = 48;
