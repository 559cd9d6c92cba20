//! The messages that a session saw last, so that a copy of one is told from a message that cannot be read.

use alloc::vec::Vec;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};

use crate::client::{RECEIPT_BEGINNING_LENGTH, Receipt};
use crate::limits::REMEMBERED_MESSAGES;

/// The last messages in one direction, by the beginnings of their receipts: at most [`REMEMBERED_MESSAGES`], the oldest
/// first.
///
/// They decide nothing but the words of a refusal, so a few bytes of each are enough.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct RecentMessages(Vec<[u8; RECEIPT_BEGINNING_LENGTH]>);

impl RecentMessages {
    /// Remembers a message, in the place of the oldest if there is no room.
    pub(crate) fn add(&mut self, receipt: &Receipt) {
        if self.0.len() >= REMEMBERED_MESSAGES {
            self.0.remove(0);
        }
        self.0.push(receipt.beginning());
    }

    /// Tells whether there was none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether the message is among them.
    pub(crate) fn contain(&self, receipt: &Receipt) -> bool {
        self.0.contains(&receipt.beginning())
    }
}

impl Snapshot for RecentMessages {
    fn put(&self, writer: &mut Writer) {
        writer.length(self.0.len());
        for beginning in &self.0 {
            writer.put(beginning);
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let mut messages = Self::default();
        for _ in 0..reader.length(REMEMBERED_MESSAGES)? {
            messages.0.push(reader.get()?);
        }
        Ok(messages)
    }
}
