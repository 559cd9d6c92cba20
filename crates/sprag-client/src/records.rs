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

use alloc::borrow::ToOwned;
use alloc::string::String;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::Reader;

use crate::limits::MAX_NAME_LENGTH;

/// Gets the name of a peer.
pub(crate) fn get_name(reader: &mut Reader<'_>) -> Result<String, PrimitiveError> {
    let name = reader.block(MAX_NAME_LENGTH)?;
    core::str::from_utf8(name)
        .map(ToOwned::to_owned)
        .map_err(|_| PrimitiveError::SnapshotInvalid)
}
