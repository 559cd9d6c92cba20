use alloc::boxed::Box;

use sprag::Session;
use sprag_primitives::snapshot_fields;

use super::UsedKeys;

/// A session, and its places in the orders in which the sessions with its peer began and were used.
pub(crate) struct StoredSession {
    pub(crate) begun: u64,
    pub(crate) activity: u64,
    /// The peer's one-time prekeys with which this party began the session.
    pub(crate) used: UsedKeys,
    pub(crate) session: Box<Session>,
}

snapshot_fields!(StoredSession {
    begun,
    activity,
    used,
    session,
});
