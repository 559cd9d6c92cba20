//! The memory of the sessions that an account accepted, by which it knows a repeat.

use alloc::collections::{BTreeSet, VecDeque};

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_x3dh::{InitialMessage, SessionId};

use crate::Error;
use crate::limits::{MAX_REMEMBERED_SESSIONS, MAX_REUSABLE_SESSIONS};

#[derive(Debug, Default)]
pub(crate) struct Accepted {
    /// The latest sessions begun with a one-time prekey, the oldest first. Forgetting one is safe:
    /// its key is deleted.
    one_time: VecDeque<SessionId>,
    /// All sessions begun without one under the current signed prekey. Forgetting one would let it be
    /// replayed.
    reusable: BTreeSet<SessionId>,
}

impl Accepted {
    /// Refuses what was accepted before, and what could not be remembered.
    pub(crate) fn check(&self, handshake: &InitialMessage) -> Result<(), Error> {
        let id = handshake.session_id();
        if self.one_time.contains(&id) || self.reusable.contains(&id) {
            return Err(Error::RepeatOf(id));
        }
        if handshake.one_time_prekey.is_none() && self.reusable.len() >= MAX_REUSABLE_SESSIONS {
            return Err(Error::TooManyReusableSessions);
        }
        Ok(())
    }

    /// Remembers a session that [`check`](Self::check) let pass.
    pub(crate) fn remember(&mut self, handshake: &InitialMessage) {
        let id = handshake.session_id();
        if handshake.one_time_prekey.is_none() {
            self.reusable.insert(id);
        } else {
            if self.one_time.len() == MAX_REMEMBERED_SESSIONS {
                self.one_time.pop_front();
            }
            self.one_time.push_back(id);
        }
    }

    pub(crate) fn write_snapshot(&self, writer: &mut Writer) {
        writer.length(self.one_time.len());
        for id in &self.one_time {
            writer.bytes(id.as_bytes());
        }
        writer.length(self.reusable.len());
        for id in &self.reusable {
            writer.bytes(id.as_bytes());
        }
    }

    pub(crate) fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let mut accepted = Self::default();
        for _ in 0..reader.length(MAX_REMEMBERED_SESSIONS)? {
            accepted.one_time.push_back(session_id(reader)?);
        }
        for _ in 0..reader.length(MAX_REUSABLE_SESSIONS)? {
            let id = session_id(reader)?;
            if accepted.reusable.last().is_some_and(|last| *last >= id) {
                return Err(PrimitiveError::SnapshotInvalid);
            }
            accepted.reusable.insert(id);
        }
        Ok(accepted)
    }
}

fn session_id(reader: &mut Reader<'_>) -> Result<SessionId, PrimitiveError> {
    reader.array().copied().map(SessionId::from_bytes)
}
