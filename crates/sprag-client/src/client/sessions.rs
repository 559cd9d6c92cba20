//! The sessions that an operation has loaded, and their order: which of them is used to send, and which
//! leave.

use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};

use sprag::{IdentityKey, SessionId};
use sprag_primitives::snapshot::Snapshot;

use super::{Client, Result};
use crate::error::ClientError;
use crate::limits::MAX_SESSIONS_PER_PEER;
use crate::records::StoredSession;
use crate::store::Store;
use crate::vault::{Record, RecordKind};

/// Sessions with their records, the most recently used first.
pub(super) struct Sessions(Vec<(Record, StoredSession)>);

impl<S: Store> Client<S> {
    /// Loads the sessions with one peer.
    pub(super) fn sessions(&self, peer: &IdentityKey) -> Result<Sessions, S> {
        self.sessions_under(&self.vault.name(RecordKind::Session, &[peer.as_bytes()]))
    }

    /// Finds the peer that began the session of this id, if the session is kept.
    pub(super) fn peer_of_session(&self, id: &SessionId) -> Result<Option<IdentityKey>, S> {
        let parts = [id.as_bytes().as_slice()];
        let Some(record) = self.read(self.vault.name(RecordKind::SessionPeer, &parts))? else {
            return Ok(None);
        };
        let identity = record.content.expose().try_into();
        let identity = identity.map_err(|_| ClientError::Damaged)?;
        let identity = IdentityKey::from_bytes(&identity).map_err(|_| ClientError::Damaged)?;
        Ok(Some(identity))
    }

    /// Loads the sessions with all peers.
    pub(super) fn all_sessions(&self) -> Result<Sessions, S> {
        self.sessions_under(&self.vault.name(RecordKind::Session, &[]))
    }

    fn sessions_under(&self, prefix: &[u8]) -> Result<Sessions, S> {
        let mut sessions = Vec::new();
        for record in self.scan(prefix)? {
            let stored = StoredSession::from_snapshot(record.content.expose())?;
            sessions.push((record, stored));
        }
        sessions.sort_by_key(|(_, stored)| Reverse(stored.activity));
        Ok(Sessions(sessions))
    }
}

impl Sessions {
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Record, StoredSession)> {
        self.0.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut StoredSession> {
        self.0.iter_mut().map(|(_, stored)| stored)
    }

    pub(super) fn stored(&self) -> impl Iterator<Item = &StoredSession> {
        self.0.iter().map(|(_, stored)| stored)
    }

    pub(super) fn get(&self, index: usize) -> Option<&(Record, StoredSession)> {
        self.0.get(index)
    }

    /// The session of this id.
    pub(super) fn find_mut(&mut self, id: &SessionId) -> Option<(usize, &mut StoredSession)> {
        let mut indexed = self.iter_mut().enumerate();
        indexed.find(|(_, stored)| stored.session.id() == id)
    }

    /// Takes one session out. The others are not in order any more.
    pub(super) fn take(&mut self, index: usize) -> (Record, StoredSession) {
        self.0.swap_remove(index)
    }

    /// The index of the session to send in, of all with one peer: of the highest ordinal and, where both
    /// began one at once, of the smaller id. So both parties come to the same session once each knows both. A
    /// peer that forgot its own session answers in the other, which counts for more than the ids.
    ///
    /// A party begins two sessions of one ordinal only if it lost the first: of these the later one counts.
    pub(super) fn sending(&self) -> Option<usize> {
        let highest = self.highest_ordinal();
        // The latest of the highest ordinal that each of the two began.
        let latest_of = |initiator: bool| {
            let indexed = self.stored().enumerate();
            indexed
                .filter(|(_, stored)| stored.session.ordinal() == highest)
                .filter(|(_, stored)| stored.session.is_initiator() == initiator)
                .max_by_key(|(_, stored)| stored.begun)
        };
        [latest_of(true), latest_of(false)]
            .into_iter()
            .flatten()
            .max_by(|(_, one), (_, other)| {
                if one.session.is_preferred_to(&other.session) {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            })
            .map(|(index, _)| index)
    }

    /// The highest ordinal, 0 if there is no session.
    pub(super) fn highest_ordinal(&self) -> u32 {
        let ordinals = self.stored().map(|stored| stored.session.ordinal());
        ordinals.max().unwrap_or(0)
    }

    /// The place of a session that begins now.
    pub(super) fn next_begun(&self) -> u64 {
        let begun = self.stored().map(|stored| stored.begun);
        begun.max().unwrap_or(0).saturating_add(1)
    }

    /// The place of a session that is used now.
    pub(super) fn next_activity(&self) -> u64 {
        let activity = self.stored().map(|stored| stored.activity);
        activity.max().unwrap_or(0).saturating_add(1)
    }

    /// The sessions that must leave for one session more: those that were not used for the longest time, but not the
    /// one to send in.
    pub(super) fn leaving(&self) -> impl Iterator<Item = &(Record, StoredSession)> {
        let sending = self.sending();
        let indexed = self.0.iter().enumerate();
        let others = indexed.filter(move |(index, _)| Some(*index) != sending);
        // One place is the new session's, and one that of the session to send in.
        let places = MAX_SESSIONS_PER_PEER - 2;
        others.skip(places).map(|(_, session)| session)
    }
}
