//! The contents of a client's records.

mod clock;
mod peer;
mod recent_messages;
mod stored_session;
mod unacknowledged;
mod used_keys;

pub(crate) use clock::Clock;
pub(crate) use peer::{Mark, Peer, Remainder};
pub(crate) use recent_messages::RecentMessages;
pub(crate) use stored_session::StoredSession;
pub(crate) use unacknowledged::{Totals, Unacknowledged};
pub(crate) use used_keys::UsedKeys;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::Reader;

use crate::limits::MAX_NAME_LENGTH;
use crate::name::Name;

/// Gets the name of a peer.
pub(crate) fn get_name(reader: &mut Reader<'_>) -> Result<Name, PrimitiveError> {
    let name = reader.block(MAX_NAME_LENGTH)?;
    Name::stored(name).ok_or(PrimitiveError::SnapshotInvalid)
}
