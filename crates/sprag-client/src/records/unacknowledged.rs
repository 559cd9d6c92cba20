//! The messages that were decrypted and not yet acknowledged.

use sprag::IdentityKey;
use sprag_primitives::snapshot_fields;

use crate::client::Receipt;
use crate::limits::{MAX_UNACKNOWLEDGED, MAX_UNACKNOWLEDGED_BYTES};

/// The description of one message, in a record of its own, so that the plaintext need not be opened to
/// decide which message leaves.
pub(crate) struct Unacknowledged {
    /// The place in the order of arrival.
    pub(crate) arrival: u64,
    pub(crate) sender: IdentityKey,
    pub(crate) receipt: Receipt,
    /// The length of the plaintext in bytes.
    pub(crate) length: u64,
}

snapshot_fields!(Unacknowledged {
    arrival,
    sender,
    receipt,
    length,
});

/// The totals of all messages that are not acknowledged.
///
/// Number and bytes are upper bounds: acknowledging a message does not lower them. Only when they reach a
/// limit are the messages counted again. So a receipt costs the same however many messages are held, as long as
/// they are few compared with the limit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Totals {
    /// The place of the latest message in the order of arrival.
    pub(crate) latest: u64,
    /// The number of messages, at most.
    pub(crate) messages: u64,
    /// The bytes of their plaintexts, at most.
    pub(crate) bytes: u64,
}

snapshot_fields!(Totals {
    latest,
    messages,
    bytes,
});

impl Totals {
    /// The totals that leave no room, so that the messages are counted.
    pub(crate) const FULL: Self = Self {
        latest: 0,
        messages: u64::MAX,
        bytes: u64::MAX,
    };

    /// Counts messages anew.
    pub(crate) fn of<'a>(messages: impl IntoIterator<Item = &'a Unacknowledged>) -> Self {
        let mut totals = Self::default();
        for message in messages {
            totals.latest = totals.latest.max(message.arrival);
            totals.messages = totals.messages.saturating_add(1);
            totals.bytes = totals.bytes.saturating_add(message.length);
        }
        totals
    }

    /// Tells whether one message more may be held.
    pub(crate) const fn have_room(&self) -> bool {
        self.messages < MAX_UNACKNOWLEDGED as u64 && self.bytes <= MAX_UNACKNOWLEDGED_BYTES
    }

    /// The totals with one message more, which has a plaintext of `length` bytes and arrives after the others.
    #[must_use]
    pub(crate) const fn with(self, length: u64) -> Self {
        Self {
            latest: self.latest.saturating_add(1),
            messages: self.messages.saturating_add(1),
            bytes: self.bytes.saturating_add(length),
        }
    }
}
