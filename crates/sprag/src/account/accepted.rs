//! The sessions that were begun with a one-time prekey, remembered so that a repeat can be named.

use alloc::collections::VecDeque;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_x3dh::SessionId;

use crate::limits::MAX_REMEMBERED_SESSIONS;

/// The latest sessions, the oldest first. One can be forgotten because its one-time prekey is deleted.
#[derive(Debug, Default)]
pub(crate) struct Accepted(VecDeque<SessionId>);

impl Accepted {
    pub(crate) fn is_remembered(&self, id: &SessionId) -> bool {
        self.0.contains(id)
    }

    pub(crate) fn remember(&mut self, id: SessionId) {
        if self.0.len() == MAX_REMEMBERED_SESSIONS {
            self.0.pop_front();
        }
        self.0.push_back(id);
    }
}

impl Snapshot for Accepted {
    fn put(&self, writer: &mut Writer) {
        writer.length(self.0.len());
        for id in &self.0 {
            writer.put(id);
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let mut accepted = Self::default();
        for _ in 0..reader.length(MAX_REMEMBERED_SESSIONS)? {
            accepted.0.push_back(reader.get()?);
        }
        Ok(accepted)
    }
}
