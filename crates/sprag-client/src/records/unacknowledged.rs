//! The messages that were decrypted and not yet acknowledged.

use sprag::IdentityKey;
use sprag_primitives::snapshot_fields;
use sprag_wire::USER_ID_LENGTH;

use crate::client::Receipt;
use crate::limits::{MAX_FILE_KEY_AGE, MAX_UNACKNOWLEDGED, MAX_UNACKNOWLEDGED_BYTES};

/// The description of one message, in a record of its own, so that the plaintext need not be opened to
/// decide which message leaves.
pub(crate) struct Unacknowledged {
    /// The place in the order of arrival.
    pub(crate) arrival: u64,
    pub(crate) sender: IdentityKey,
    pub(crate) receipt: Receipt,
    /// The length of the plaintext in bytes.
    pub(crate) length: u64,
    /// The time from which the key of a file is held, in seconds since 1970-01-01 UTC; 0 if the message is no key of a
    /// file, or the time is not known.
    pub(crate) key_since: u64,
    /// The user id of the peer, if the message is a copy of one to that peer by another device of the own user.
    pub(crate) copied_to: Option<[u8; USER_ID_LENGTH]>,
}

snapshot_fields!(Unacknowledged {
    arrival,
    sender,
    receipt,
    length,
    key_since,
    copied_to,
});

impl Unacknowledged {
    /// Tells whether the message is the key of a file and was held long enough at `now`.
    pub(crate) const fn is_old_file_key(&self, now: u64) -> bool {
        is_old(self.key_since, now)
    }
}

/// Tells whether a key that is held since `since` was held long enough at `now`.
const fn is_old(since: u64, now: u64) -> bool {
    since != 0 && now.saturating_sub(since) >= MAX_FILE_KEY_AGE
}

/// The totals of all messages that are not acknowledged.
///
/// Number and bytes are upper bounds, and the time is a lower one, because acknowledging a message does not change
/// them. Only when they reach a limit are the messages counted again. So a receipt costs the same however many messages are held, as long as
/// they are few compared with the limit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Totals {
    /// The place of the latest message in the order of arrival.
    pub(crate) latest: u64,
    /// The number of messages, at most.
    pub(crate) messages: u64,
    /// The bytes of their plaintexts, at most.
    pub(crate) bytes: u64,
    /// The time from which the oldest key of a file is held, at the earliest; 0 if there is none.
    pub(crate) key_since: u64,
}

snapshot_fields!(Totals {
    latest,
    messages,
    bytes,
    key_since,
});

impl Totals {
    /// The totals that leave no room, so that the messages are counted.
    pub(crate) const FULL: Self = Self {
        latest: 0,
        messages: u64::MAX,
        bytes: u64::MAX,
        key_since: 0,
    };

    /// Counts messages anew.
    pub(crate) fn of<'a>(messages: impl IntoIterator<Item = &'a Unacknowledged>) -> Self {
        let mut totals = Self::default();
        for message in messages {
            totals.latest = totals.latest.max(message.arrival);
            totals.add(message.length, message.key_since);
        }
        totals
    }

    /// Tells whether one message more may be held.
    pub(crate) const fn have_room(&self) -> bool {
        self.messages < MAX_UNACKNOWLEDGED as u64 && self.bytes <= MAX_UNACKNOWLEDGED_BYTES
    }

    /// Tells whether a key of a file may have been held long enough at `now`.
    pub(crate) const fn may_have_old_file_key(&self, now: u64) -> bool {
        is_old(self.key_since, now)
    }

    /// The totals with one message more, which has a plaintext of `length` bytes and arrives after the others.
    #[must_use]
    pub(crate) fn with(self, length: u64, key_since: u64) -> Self {
        let mut totals = Self {
            latest: self.latest.saturating_add(1),
            ..self
        };
        totals.add(length, key_since);
        totals
    }

    fn add(&mut self, length: u64, key_since: u64) {
        self.messages = self.messages.saturating_add(1);
        self.bytes = self.bytes.saturating_add(length);
        // 0 is no time.
        self.key_since = match (self.key_since, key_since) {
            (0, other) | (other, 0) => other,
            (one, other) => one.min(other),
        };
    }
}
