//! The contents of a client's records.

mod clock;
mod device;
mod format;
mod format_1;
mod format_2;
mod own_user;
mod peer;
mod recent_messages;
mod repair;
mod signing;
mod stored_session;
mod unacknowledged;
mod used_keys;
mod user_remainder;

pub(crate) use clock::Clock;
pub(crate) use device::{Claim, Device, Devices, Mark};
pub(crate) use format::Format;
pub(crate) use format_1::{HeldBefore, PeerBefore, SessionBefore, UnacknowledgedBefore};
pub(crate) use format_2::{OwnUserBeforeSigning, PeerBeforeRepair};
pub(crate) use own_user::OwnUser;
pub(crate) use peer::{Peer, PeerUser, Remainder};
pub(crate) use recent_messages::RecentMessages;
pub(crate) use repair::{Repair, UnreadMessages};
pub(crate) use signing::Signing;
pub(crate) use stored_session::StoredSession;
pub(crate) use unacknowledged::{Totals, Unacknowledged};
pub(crate) use used_keys::UsedKeys;
pub(crate) use user_remainder::UserRemainder;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::Reader;

use crate::limits::MAX_NAME_LENGTH;
use crate::name::Name;

/// Gets the name of a peer.
pub(crate) fn get_name(reader: &mut Reader<'_>) -> Result<Name, PrimitiveError> {
    let name = reader.block(MAX_NAME_LENGTH)?;
    Name::stored(name).ok_or(PrimitiveError::SnapshotInvalid)
}
