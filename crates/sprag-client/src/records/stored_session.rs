use alloc::boxed::Box;

use sprag::{PrekeyId, Session};
use sprag_primitives::snapshot_fields;

use super::{RecentMessages, UsedKeys};

/// A session, and its places in the orders in which the sessions with its peer began and were used.
pub(crate) struct StoredSession {
    pub(crate) begun: u64,
    pub(crate) activity: u64,
    /// The place among the sessions with the peer: of the highest rank is the one to send in.
    pub(crate) rank: u64,
    /// The number of the account's next prekey when the session began here. A session that begins with a later prekey
    /// began later, whatever its initiator says.
    pub(crate) next_prekey: PrekeyId,
    /// The messages that were accepted in the session since it was confirmed.
    pub(crate) accepted: u32,
    /// Set once the session was the confirmed one. A session of the same rank that the other party began is old then, for
    /// good, whatever comes in it.
    pub(crate) settled: bool,
    /// The peer's one-time prekeys with which this party began the session.
    pub(crate) used: UsedKeys,
    /// The last messages that this party sent in the session.
    pub(crate) sent: RecentMessages,
    /// The last messages that this party read in the session.
    pub(crate) read: RecentMessages,
    /// Set if the session is from a store of format 1. Its messages have no content header and other associated data. It
    /// reads what is on its way, and nothing is sent in it.
    pub(crate) bare: bool,
    pub(crate) session: Box<Session>,
}

snapshot_fields!(StoredSession {
    begun,
    activity,
    rank,
    next_prekey,
    accepted,
    settled,
    used,
    sent,
    read,
    bare,
    session,
});
