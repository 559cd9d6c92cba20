//! The sessions that an operation has loaded, and their order: which of them is used to send, and which
//! leave.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Reverse;

use sprag::{IdentityKey, PrekeyId, Session, SessionId};
use sprag_primitives::snapshot::Snapshot;

use super::{Client, Result};
use crate::error::ClientError;
use crate::limits::{MAX_RANK_STEP, MAX_SESSIONS_PER_PEER, MESSAGES_BEFORE_OLD_SESSIONS_END};
use crate::records::{Device, RecentMessages, Repair, StoredSession, UsedKeys};
use crate::store::Store;
use crate::vault::{Record, RecordKind};

/// Sessions with their records, the most recently used first.
#[derive(Default)]
pub(super) struct Sessions(Vec<(Record, StoredSession)>);

impl<S: Store> Client<S> {
    /// Loads the sessions with one peer.
    pub(super) fn sessions(&self, peer: &IdentityKey) -> Result<Sessions, S> {
        self.sessions_under(&self.vault.name(RecordKind::Session, &[peer.as_bytes()]))
    }

    /// Finds the peer of the session of this id, if the session is kept.
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
        for record in self.records_under(prefix)? {
            let stored = StoredSession::from_snapshot(record.content.expose())?;
            sessions.push((record, stored));
        }
        sessions.sort_by_key(|(_, stored)| Reverse(stored.activity));
        Ok(Sessions(sessions))
    }
}

impl Sessions {
    /// Adds the sessions with another device.
    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
        self.0.sort_by_key(|(_, stored)| Reverse(stored.activity));
    }

    /// Takes out the sessions that were followed by one that is confirmed.
    pub(super) fn into_old(self) -> Vec<(Record, StoredSession)> {
        let is_old: Vec<bool> = (0..self.0.len()).map(|index| self.is_old(index)).collect();
        let stored = self.0.into_iter().zip(is_old);
        stored
            .filter_map(|(stored, is_old)| is_old.then_some(stored))
            .collect()
    }

    /// Takes out all of them.
    pub(super) fn into_stored(self) -> Vec<(Record, StoredSession)> {
        self.0
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

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

    /// The index of the session to send in, of all with one peer: of the highest rank and, where both began one at
    /// once, of the smaller id. So both parties come to the same session once each knows both. A peer that forgot its
    /// own session answers in the other, which counts for more than the ids, until one of the two was
    /// [confirmed](Self::confirmed).
    ///
    /// A party begins two sessions of one rank only if it lost the first: of these the later one counts. So the best of
    /// three of one rank need not be better than each of the others, and old ones are left out for themselves.
    pub(super) fn sending(&self) -> Option<usize> {
        let confirmed = self.confirmed();
        self.preferred(|index| !self.is_older(index, confirmed))
            .filter(|index| !self.0[*index].1.bare)
    }

    /// The index of the session in which both parties have shown that they have it, of all with one peer: the one to
    /// send in, or the one before as long as the peer has not answered in the latest.
    pub(super) fn confirmed(&self) -> Option<usize> {
        self.preferred(|index| self.0[index].1.session.is_confirmed())
    }

    /// Tells whether the session at this index was followed by one that is confirmed. Nothing is sent in it any more.
    pub(super) fn is_old(&self, index: usize) -> bool {
        self.is_older(index, self.confirmed())
    }

    /// Tells whether the session at `index` is another than the confirmed one, which is preferred to it.
    fn is_older(&self, index: usize, confirmed: Option<usize>) -> bool {
        confirmed.is_some_and(|confirmed| {
            let two = [confirmed, index];
            index != confirmed && self.preferred(|one| two.contains(&one)) == Some(confirmed)
        })
    }

    /// Tells whether a session of this rank is old if the peer begins it now.
    pub(super) fn begins_old(&self, rank: u64) -> bool {
        let confirmed = self.confirmed().and_then(|index| self.get(index));
        confirmed.is_some_and(|(_, confirmed)| {
            // A new session is preferred to one that only reads.
            if confirmed.bare {
                return false;
            }
            // Of the same rank, one that this party began and the peer has answered in is preferred to the new one, and
            // one that the peer began before is not.
            let place = (confirmed.rank, confirmed.session.is_initiator());
            place > (rank, false)
        })
    }

    /// The index of the session that is preferred of those whose indices `filter` takes.
    fn preferred(&self, filter: impl Fn(usize) -> bool) -> Option<usize> {
        let taken = || {
            self.stored()
                .enumerate()
                .filter(|(index, _)| filter(*index))
        };
        // A session that only reads is never preferred to another.
        let is_content = taken().any(|(_, stored)| !stored.bare);
        let taken = || taken().filter(move |(_, stored)| !(is_content && stored.bare));
        let highest = taken().map(|(_, stored)| stored.rank).max()?;
        // The latest of the highest rank that each of the two began.
        let of = |initiator: bool| {
            taken()
                .filter(move |(_, stored)| stored.rank == highest)
                .filter(move |(_, stored)| stored.session.is_initiator() == initiator)
        };
        let latest_of = |initiator| of(initiator).max_by_key(|(_, stored)| stored.begun);
        let candidates = [latest_of(true), latest_of(false)].into_iter().flatten();
        let best = candidates.max_by_key(|(_, stored)| {
            let session = &stored.session;
            let is_settled = of(session.is_initiator()).any(|(_, stored)| stored.settled);
            let is_answered = session.is_initiator() && session.is_confirmed();
            (is_settled, is_answered, Reverse(*session.id()))
        });
        best.map(|(index, _)| index)
    }

    /// Tells whether the peer is known to have the session to send in, because it began it or has answered in it.
    pub(super) fn peer_has_sending_session(&self) -> bool {
        let sending = self.sending().and_then(|index| self.get(index));
        sending.is_some_and(|(_, stored)| !stored.session.is_unanswered())
    }

    /// Tells whether a session began with one of these one-time prekeys. The bundle of one that was never answered may
    /// have been altered, and does not use up the genuine one.
    pub(super) fn have_used(&self, keys: &UsedKeys) -> bool {
        self.stored().any(|stored| {
            let altered = !stored.session.is_confirmed() && stored.used.contradict(keys);
            stored.used.meet(keys) && !altered
        })
    }

    /// Tells whether a new session that this party began or asked for is outstanding: whether the device has shown no session
    /// of the rank that was asked for, or of a higher one. A bundle that came since ends the waiting for one that was asked for.
    pub(super) fn wait_for(&self, device: &Device) -> bool {
        let repair = &device.repair;
        let shown = |rank| {
            let shown = self
                .stored()
                .filter(|stored| !stored.session.is_unanswered());
            shown.map(|stored| stored.rank).any(|known| known >= rank)
        };
        let is_outstanding = repair.requested.is_some_and(|rank| !shown(rank));
        is_outstanding && (device.bundle.is_none() || self.have_own_renewal(repair))
    }

    /// Tells whether a session that this party began as a renewal is unanswered.
    pub(super) fn have_own_renewal(&self, repair: &Repair) -> bool {
        self.stored()
            .any(|stored| stored.session.is_unanswered() && is_asked_for(stored, repair))
    }

    /// The rank of a session with which the peer renews those before: one above all. `by_ordinal` is the rank that it has by
    /// its ordinal, and `remainder` the highest rank of sessions that were forgotten.
    ///
    /// A renewal of this party is no session before if the peer may not have known it: if it is unanswered, or ranks no higher
    /// than the new one by its ordinal. Both parties renewed at once then, so that they must come to one order of the two
    /// sessions: that of the ordinals, or else of the ids.
    pub(super) fn rank_of_renewal(
        &self,
        repair: &Repair,
        (by_ordinal, remainder): (u64, u64),
    ) -> u64 {
        let is_at_once = |stored: &StoredSession| {
            let is_own = stored.session.is_initiator() && is_asked_for(stored, repair);
            is_own && (stored.session.is_unanswered() || stored.rank <= by_ordinal)
        };
        let highest = |at_once: bool| {
            let stored = self.stored();
            let stored = stored.filter(|stored| is_at_once(stored) == at_once);
            stored.map(|stored| stored.rank).max().unwrap_or(0)
        };
        let above = highest(false).max(remainder).saturating_add(1);
        above.max(highest(true)).max(by_ordinal)
    }

    /// The highest rank, 0 if there is no session.
    pub(super) fn highest_rank(&self) -> u64 {
        self.stored().map(|stored| stored.rank).max().unwrap_or(0)
    }

    /// The rank of a session that a peer began with `ordinal` and with prekeys of this party, of which `newest` is the
    /// one that was made last. `known` is the highest rank that was known with the peer.
    ///
    /// An initiator cannot claim more than a step above what is known. And a session that begins with a prekey that
    /// was made after another session had begun ranks above that one, because it began later for certain.
    pub(super) fn rank_of(&self, ordinal: u32, newest: PrekeyId, known: u64) -> u64 {
        let earlier = self.stored().filter(|stored| newest >= stored.next_prekey);
        let earlier = earlier.map(|stored| stored.rank).max();
        let at_least = earlier.map_or(1, |rank| rank.saturating_add(1));
        let at_most = known.saturating_add(MAX_RANK_STEP);
        u64::from(ordinal).min(at_most).max(at_least)
    }

    /// Leaves only the sessions with one peer.
    pub(super) fn retain_peer(&mut self, peer: &IdentityKey) {
        self.0.retain(|(_, stored)| stored.session.peer() == peer);
    }

    /// The index of the session of this id.
    pub(super) fn position(&self, id: &SessionId) -> Option<usize> {
        self.stored().position(|stored| stored.session.id() == id)
    }

    /// Notes a message that was accepted in the session at this index: if that is the confirmed one, the message is
    /// counted. Tells whether the old sessions end by it.
    pub(super) fn settle(&mut self, index: usize) -> bool {
        if self.confirmed() != Some(index) {
            return false;
        }
        let (_, stored) = &mut self.0[index];
        stored.settled = true;
        stored.accepted = stored.accepted.saturating_add(1);
        stored.accepted >= MESSAGES_BEFORE_OLD_SESSIONS_END
    }

    /// The sessions that were followed by one that is confirmed.
    pub(super) fn old(&self) -> impl Iterator<Item = &(Record, StoredSession)> {
        let indexed = self.0.iter().enumerate();
        indexed
            .filter(|(index, _)| self.is_old(*index))
            .map(|(_, session)| session)
    }

    /// A session that begins now among these, with this rank, at an account whose next prekey has the number `next_prekey`.
    pub(super) fn beginning(
        &self,
        session: Box<Session>,
        rank: u64,
        next_prekey: PrekeyId,
    ) -> StoredSession {
        StoredSession {
            begun: self.next_begun(),
            activity: self.next_activity(),
            rank,
            next_prekey,
            accepted: 0,
            settled: false,
            used: UsedKeys::default(),
            sent: RecentMessages::default(),
            read: RecentMessages::default(),
            bare: false,
            session,
        }
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

    /// The sessions that must leave for one session more: those that were not used for the longest time, but neither
    /// the one to send in nor the one before it: the confirmed one or, if there is none, the first that this party sent
    /// in, because an impostor can begin any number of others.
    pub(super) fn leaving(&self) -> impl Iterator<Item = &(Record, StoredSession)> {
        let indexed = self.stored().enumerate();
        let sent_in = indexed.filter(|(_, stored)| !stored.sent.is_empty());
        let first_sent_in = sent_in.min_by_key(|(_, stored)| stored.begun);
        let before = self.confirmed().or(first_sent_in.map(|(index, _)| index));
        let kept = [self.sending(), before];
        let others = || {
            let indexed = self.0.iter().enumerate();
            indexed.filter(move |(index, _)| !kept.contains(&Some(*index)))
        };
        // One place is the new session's, and one each that of a session that is kept.
        let places = MAX_SESSIONS_PER_PEER - 1 - (self.0.len() - others().count());
        others().skip(places).map(|(_, session)| session)
    }
}

/// Tells whether the session ranks as high as one that this party began as a renewal or asked for.
fn is_asked_for(stored: &StoredSession, repair: &Repair) -> bool {
    repair.requested.is_some_and(|rank| stored.rank >= rank)
}
