//! Which of the sessions with one peer is used to send, and which leave.

use alloc::vec::Vec;
use core::cmp::Reverse;

use super::records::StoredSession;
use crate::limits::MAX_SESSIONS_PER_PEER;
use crate::vault::Record;

/// The session to send in, of all with one peer: of the highest ordinal and, where both began one at
/// once, of the smaller id. So both parties come to the same session once each knows both. A peer that
/// forgot its own session answers in the other: that says more than the ids.
///
/// A party never begins two sessions of one ordinal unless it lost the first: the later one counts.
pub(super) fn sending(sessions: &[(Record, StoredSession)]) -> Option<usize> {
    let highest = highest_ordinal(sessions);
    let latest_of = |initiator: bool| {
        let indexed = sessions.iter().enumerate();
        indexed
            .filter(|(_, (_, stored))| stored.session.ordinal() == highest)
            .filter(|(_, (_, stored))| stored.session.is_initiator() == initiator)
            .max_by_key(|(_, (_, stored))| stored.begun)
    };
    [latest_of(true), latest_of(false)]
        .into_iter()
        .flatten()
        .max_by_key(|(_, (_, stored))| stored.session.rank())
        .map(|(index, _)| index)
}

pub(super) fn highest_ordinal(sessions: &[(Record, StoredSession)]) -> u32 {
    let ordinals = sessions.iter().map(|(_, stored)| stored.session.ordinal());
    ordinals.max().unwrap_or(0)
}

/// What a session that begins now counts as among `sessions`.
pub(super) fn next_begun(sessions: &[(Record, StoredSession)]) -> u64 {
    let begun = sessions.iter().map(|(_, stored)| stored.begun);
    begun.max().unwrap_or(0).saturating_add(1)
}

/// What a message that is sent or received now counts as among `sessions`.
pub(super) fn next_activity(sessions: &[(Record, StoredSession)]) -> u64 {
    let activity = sessions.iter().map(|(_, stored)| stored.activity);
    activity.max().unwrap_or(0).saturating_add(1)
}

/// What must leave for one session more: those that were quiet longest, but not the one to send in.
pub(super) fn leaving(sessions: &[(Record, StoredSession)]) -> impl Iterator<Item = &Record> {
    let sending = sending(sessions);
    let mut others: Vec<_> = (0..sessions.len())
        .filter(|index| Some(*index) != sending)
        .filter_map(|index| sessions.get(index))
        .collect();
    others.sort_by_key(|(_, stored)| Reverse(stored.activity));
    // One place is the new session's, and one that of the session to send in.
    let places = MAX_SESSIONS_PER_PEER - 2;
    others.into_iter().skip(places).map(|(record, _)| record)
}
