use alloc::vec::Vec;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_wire::limits::MAX_UNREAD_MESSAGES;
use sprag_wire::{RenewReason, UNREAD_HASH_LENGTH};

/// The repair of the sessions with one device: what this party owes, what it waits for, and what the device asked for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Repair {
    /// The reason for which a new session is due.
    pub(crate) due: Option<RenewReason>,
    /// The lowest rank of the session that this party began or asked for. Until the device has shown that it has a session of
    /// that rank or a higher one, no other is begun or asked for.
    pub(crate) requested: Option<u64>,
    /// Set if the device renewed the session and has had no message of this party in it.
    pub(crate) owes_answer: bool,
    /// The requests of the device that were granted since its last text.
    pub(crate) requests: u8,
    /// The requests of the device that were ignored.
    pub(crate) ignored: u32,
    /// The messages of the device that could not be read and that the next renewal or request names.
    pub(crate) unread: UnreadMessages,
}

impl Repair {
    /// The state towards a device with which nothing has to be repaired.
    pub(crate) const fn new() -> Self {
        Self {
            due: None,
            requested: None,
            owes_answer: false,
            requests: 0,
            ignored: 0,
            unread: UnreadMessages::new(),
        }
    }
}

impl Repair {
    /// Notes that a new session of this rank was begun, or asked for.
    pub(crate) fn ask_for(&mut self, rank: u64) {
        self.requested = Some(rank);
        self.settle();
    }

    /// Notes that nothing is due any more, because a new session has begun.
    pub(crate) fn settle(&mut self) {
        self.due = None;
        self.unread.0.clear();
    }

    /// Notes that this party was put back to an older state, which knows nothing of what was asked for since.
    pub(crate) fn put_back(&mut self) {
        *self = Self {
            due: Some(RenewReason::Restored),
            ignored: self.ignored,
            ..Self::new()
        };
    }
}

impl Snapshot for Repair {
    fn put(&self, writer: &mut Writer) {
        let Self {
            due,
            requested,
            owes_answer,
            requests,
            ignored,
            unread,
        } = self;
        writer.put(&due.map(RenewReason::to_byte));
        writer.put(requested);
        writer.put(owes_answer);
        writer.put(requests);
        writer.put(ignored);
        writer.put(unread);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let due: Option<u8> = reader.get()?;
        let due = due.map(|due| RenewReason::from_byte(due).ok_or(PrimitiveError::SnapshotInvalid));
        Ok(Self {
            due: due.transpose()?,
            requested: reader.get()?,
            owes_answer: reader.get()?,
            requests: reader.get()?,
            ignored: reader.get()?,
            unread: reader.get()?,
        })
    }
}

/// The hashes of messages that could not be read, the oldest first: at most [`MAX_UNREAD_MESSAGES`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct UnreadMessages(Vec<[u8; UNREAD_HASH_LENGTH]>);

impl UnreadMessages {
    const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a message, unless it is there or there is no room.
    pub(crate) fn add(&mut self, hash: [u8; UNREAD_HASH_LENGTH]) {
        if self.0.len() < MAX_UNREAD_MESSAGES && !self.0.contains(&hash) {
            self.0.push(hash);
        }
    }

    pub(crate) fn as_slice(&self) -> &[[u8; UNREAD_HASH_LENGTH]] {
        &self.0
    }
}

impl Snapshot for UnreadMessages {
    fn put(&self, writer: &mut Writer) {
        writer.length(self.0.len());
        for hash in &self.0 {
            writer.put(hash);
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let mut messages = Self::default();
        for _ in 0..reader.length(MAX_UNREAD_MESSAGES)? {
            messages.0.push(reader.get()?);
        }
        Ok(messages)
    }
}
