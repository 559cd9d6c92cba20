//! The messages that were decrypted and not yet acknowledged.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use sprag::IdentityKey;
use sprag_primitives::snapshot::Snapshot;

use super::{Client, Receipt, Result};
use crate::limits::{MAX_UNACKNOWLEDGED, MAX_UNACKNOWLEDGED_BYTES};
use crate::records::{Totals, Unacknowledged};
use crate::store::{Batch, Store};
use crate::vault::{Record, RecordKind};

/// The room for one message more.
pub(super) struct Room {
    /// The record of the totals, if there is one.
    pub(super) record: Option<Record>,
    /// The totals without the messages that leave.
    pub(super) totals: Totals,
    /// The messages that leave.
    pub(super) leaving: Vec<(Record, Unacknowledged)>,
}

impl<S: Store> Client<S> {
    /// Says that the plaintext of a message is safe: the client forgets it, and the message cannot be
    /// decrypted again.
    ///
    /// # Errors
    ///
    /// [`ClientError::Conflict`](super::ClientError::Conflict),
    /// [`ClientError::Store`](super::ClientError::Store)
    pub fn acknowledge(&mut self, receipt: &Receipt) -> Result<(), S> {
        let mut batch = Batch::new();
        for kind in [RecordKind::Unacknowledged, RecordKind::Plaintext] {
            batch.delete(self.vault.name(kind, &[receipt.as_bytes()]));
        }
        self.commit(&batch)
    }

    /// Makes room for one message more. The messages are counted again only when their totals reach a limit, or
    /// are not known yet.
    pub(super) fn room(&self) -> Result<Room, S> {
        let record = self.read(self.vault.name(RecordKind::Totals, &[]))?;
        let mut room = Room {
            totals: match &record {
                Some(record) => Totals::from_snapshot(record.content.expose())?,
                None => Totals::FULL,
            },
            record,
            leaving: Vec::new(),
        };
        if !room.totals.have_room() {
            let mut held = self.unacknowledged()?;
            room.leaving = surplus(&mut held);
            room.totals = Totals::of(held.iter().map(|(_, message)| message));
        }
        Ok(room)
    }

    /// Loads the descriptions of all messages, in the order of arrival.
    pub(super) fn unacknowledged(&self) -> Result<Vec<(Record, Unacknowledged)>, S> {
        let mut held = Vec::new();
        for record in self.scan(&self.vault.name(RecordKind::Unacknowledged, &[]))? {
            let message = Unacknowledged::from_snapshot(record.content.expose())?;
            held.push((record, message));
        }
        held.sort_by_key(|(_, message)| message.arrival);
        Ok(held)
    }
}

/// Takes out the messages that must leave for one more: each time the oldest of the sender that has most.
fn surplus(held: &mut Vec<(Record, Unacknowledged)>) -> Vec<(Record, Unacknowledged)> {
    let mut leaving = Vec::new();
    loop {
        let bytes: u64 = held.iter().map(|(_, message)| message.length).sum();
        if held.len() < MAX_UNACKNOWLEDGED && bytes <= MAX_UNACKNOWLEDGED_BYTES {
            return leaving;
        }
        // Find the sender that has most, of messages or of bytes.
        let mut shares: BTreeMap<IdentityKey, (usize, u64)> = BTreeMap::new();
        for (_, message) in held.iter() {
            let share = shares.entry(message.sender).or_default();
            share.0 += 1;
            share.1 += message.length;
        }
        let by_count = held.len() >= MAX_UNACKNOWLEDGED;
        let most = shares
            .into_iter()
            .max_by_key(|(_, (count, bytes))| if by_count { *count as u64 } else { *bytes })
            .map(|(sender, _)| sender);
        // Its oldest message leaves.
        let oldest = held
            .iter()
            .position(|(_, message)| Some(message.sender) == most)
            .unwrap_or(0);
        leaving.push(held.remove(oldest));
    }
}
