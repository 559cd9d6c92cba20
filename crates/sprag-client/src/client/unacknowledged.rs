//! The messages that were decrypted and not yet acknowledged.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use sprag::IdentityKey;
use sprag_devices::UserId;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::received::{SentBy, Unreleased};
use super::users::Owner;
use super::{Client, Receipt, Received, Result};
use crate::error::ClientError;
use crate::limits::{MAX_UNACKNOWLEDGED, MAX_UNACKNOWLEDGED_BYTES};
use crate::records::{Totals, Unacknowledged};
use crate::store::{Batch, Store};
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind};

/// The description of a message that was decrypted and not yet acknowledged.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct UnacknowledgedMessage {
    /// The name of the sender; of a copy, that of the peer it was sent to.
    pub peer: String,
    /// The length of the plaintext in bytes.
    pub length: u64,
    /// The receipt, for [`Client::read_again`] and [`Client::acknowledge`].
    pub receipt: Receipt,
}

/// The room for one message more.
pub(super) struct Room {
    /// The record of the totals, if there is one.
    record: Option<Record>,
    /// The totals without the messages that leave.
    pub(super) totals: Totals,
    /// The messages that leave.
    pub(super) leaving: Vec<(Record, Unacknowledged)>,
}

impl Room {
    /// Stages that the messages leave, and `totals`.
    pub(super) fn stage<R: CryptoRng>(&self, totals: Totals, transaction: &mut Transaction<'_, R>) {
        for (record, message) in &self.leaving {
            transaction.delete_unacknowledged(record, message);
        }
        transaction.set_totals(self.record.as_ref(), totals);
    }
}

impl<S: Store> Client<S> {
    /// Says that the plaintext of a message is safe: the client forgets it, and the message cannot be
    /// decrypted again.
    ///
    /// # Errors
    ///
    /// [`ClientError::Conflict`], [`ClientError::Store`]
    pub fn acknowledge(&mut self, receipt: &Receipt) -> Result<(), S> {
        let mut batch = Batch::new();
        for kind in [RecordKind::Unacknowledged, RecordKind::Plaintext] {
            batch.delete(self.vault.name(kind, &[receipt.as_bytes()]));
        }
        self.commit(&batch)
    }

    /// The messages that were decrypted and not acknowledged, in the order of arrival: at most
    /// [`MAX_UNACKNOWLEDGED`].
    ///
    /// After a crash a program finds here what it was given and may not have made safe.
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`], [`ClientError::Store`]
    pub fn unacknowledged(&self) -> Result<Vec<UnacknowledgedMessage>, S> {
        let mut names: BTreeMap<_, String> = BTreeMap::new();
        let mut messages = Vec::new();
        for (_, message) in self.held_messages()? {
            let key = (message.sender, message.copied_to);
            let name = match (names.get(&key), message.copied_to) {
                (Some(name), _) => name.clone(),
                (None, Some(user)) => self.name_of_user(Some(&UserId::from_bytes(user)))?,
                (None, None) => self.known_name(&message.sender)?,
            };
            names.insert(key, name.clone());
            messages.push(UnacknowledgedMessage {
                peer: name,
                length: message.length,
                receipt: message.receipt,
            });
        }
        Ok(messages)
    }

    /// Reads a message that was decrypted and not acknowledged, without its ciphertext.
    ///
    /// The plaintext of a file's header is the key of the file.
    ///
    /// # Errors
    ///
    /// [`ClientError::NotHeld`] if the message was acknowledged, or had to leave for others;
    /// [`ClientError::Damaged`]; [`ClientError::Store`].
    pub fn read_again(&self, receipt: &Receipt) -> Result<Received, S> {
        let mut held = self.held(receipt)?.ok_or(ClientError::NotHeld)?;
        held.0.peer = match held.0.sent_by {
            SentBy::Peer => self.known_name(&held.0.opened.sender)?,
            SentBy::OwnDevice => self.name_of_user(held.0.user.as_ref())?,
        };
        Ok(held.release())
    }

    /// The name of a peer that must be known, because there is a message of it; "" for a device of the own user.
    fn known_name(&self, identity: &IdentityKey) -> Result<String, S> {
        match self.owner_of(identity)? {
            Some(Owner::Peer(name)) => Ok(name.into()),
            Some(Owner::Own) => Ok(String::new()),
            None => Err(ClientError::Damaged),
        }
    }

    /// Loads a message that was decrypted before and not acknowledged. Its sender has the name that it had then.
    pub(super) fn held(&self, receipt: &Receipt) -> Result<Option<Unreleased>, S> {
        let parts = [receipt.as_bytes().as_slice()];
        let Some(record) = self.read(self.vault.name(RecordKind::Plaintext, &parts))? else {
            return Ok(None);
        };
        let received = Received::from_snapshot(record.content.expose())?;
        Ok(Some(Unreleased(received)))
    }

    /// Makes room for one message more. The messages are counted again only when their totals reach a limit, or
    /// are not known yet.
    pub(super) fn room(&self) -> Result<Room, S> {
        let mut room = self.read_totals()?;
        if !room.totals.have_room() {
            let mut held = self.held_messages()?;
            room.leaving = surplus(&mut held);
            room.totals = Totals::of(held.iter().map(|(_, message)| message));
        }
        Ok(room)
    }

    /// Forgets the keys of files that were held long enough at `now`, and tells whether there were any. The messages are
    /// looked at only if the oldest key may be that old.
    pub(super) fn forget_old_file_keys(
        &mut self,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<bool, S> {
        let Some(room) = self.without_old_file_keys(now)? else {
            return Ok(false);
        };
        let mut transaction = Transaction::new(&self.vault, rng);
        room.stage(room.totals, &mut transaction);
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(!room.leaving.is_empty())
    }

    /// Finds the keys of files that were held long enough at `now`; `None` if the totals say that there is none. They
    /// may be wrong about that, because the oldest key may have been acknowledged: then no message leaves, and the new
    /// totals know the oldest key that is left.
    pub(super) fn without_old_file_keys(&self, now: u64) -> Result<Option<Room>, S> {
        let mut room = self.read_totals()?;
        if !room.totals.may_have_old_file_key(now) {
            return Ok(None);
        }
        let held = self.held_messages()?.into_iter();
        let (leaving, kept): (_, Vec<_>) =
            held.partition(|(_, message)| message.is_old_file_key(now));
        room.leaving = leaving;
        room.totals = Totals::of(kept.iter().map(|(_, message)| message));
        Ok(Some(room))
    }

    fn read_totals(&self) -> Result<Room, S> {
        let record = self.read(self.vault.name(RecordKind::Totals, &[]))?;
        Ok(Room {
            totals: match &record {
                Some(record) => Totals::from_snapshot(record.content.expose())?,
                None => Totals::FULL,
            },
            record,
            leaving: Vec::new(),
        })
    }

    /// Loads the descriptions of all messages, in the order of arrival.
    pub(super) fn held_messages(&self) -> Result<Vec<(Record, Unacknowledged)>, S> {
        let mut held = Vec::new();
        for record in self.records_under(&self.vault.name(RecordKind::Unacknowledged, &[]))? {
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
