use sprag::IdentityKey;
use sprag_devices::{KnownList, UserId, Verification};
use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::snapshot_fields;

use super::{Devices, Mark, get_name};
use crate::name::Name;

/// A peer with all its devices, in the record of its name. One record for all of them, because its expectation then stands
/// for the state of each.
pub(crate) struct Peer {
    pub(crate) name: Name,
    pub(crate) user: PeerUser,
    pub(crate) devices: Devices,
    pub(crate) verification: Verification,
    /// Set while there are two lists of the user that contradict each other and nobody has decided.
    pub(crate) equivocated: bool,
    /// The number of contents from the peer whose kind is not known.
    pub(crate) unknown_contents: u32,
    /// The messages in a row that were said to be from the peer and that nothing could read. It is counted to a few and no
    /// further, because anybody can send junk.
    pub(crate) unreadable: u8,
}

snapshot_fields!(Peer {
    name,
    user,
    devices,
    verification,
    equivocated,
    unknown_contents,
    unreadable,
});

/// The user behind a name.
pub(crate) enum PeerUser {
    /// The user with this device list.
    Listed(KnownList),
    /// The device that was known by the name when users had one device and no list. The first list that lists it says
    /// whose it is.
    Unlisted(IdentityKey),
}

impl Peer {
    /// The newest list of the peer's devices, if there is one.
    pub(crate) const fn list(&self) -> Option<&KnownList> {
        match &self.user {
            PeerUser::Listed(list) => Some(list),
            PeerUser::Unlisted(_) => None,
        }
    }

    /// The user id, once a list has told it.
    pub(crate) fn user_id(&self) -> Option<UserId> {
        self.list().map(KnownList::user_id)
    }
}

/// The remainder of a device that was forgotten with its peer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Remainder {
    /// The highest rank of the sessions with it, 0 if there were none.
    pub(crate) rank: u64,
    pub(crate) mark: Mark,
}

snapshot_fields!(Remainder { rank, mark });

impl Snapshot for Name {
    fn put(&self, writer: &mut Writer) {
        writer.block(self.as_bytes());
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        get_name(reader)
    }
}

impl Snapshot for PeerUser {
    fn put(&self, writer: &mut Writer) {
        match self {
            Self::Listed(list) => {
                writer.put(&LISTED);
                writer.put(list);
            }
            Self::Unlisted(identity) => {
                writer.put(&UNLISTED);
                writer.put(identity);
            }
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        match reader.get()? {
            LISTED => Ok(Self::Listed(reader.get()?)),
            UNLISTED => Ok(Self::Unlisted(reader.get()?)),
            _ => Err(PrimitiveError::SnapshotInvalid),
        }
    }
}

const LISTED: u8 = 0;
const UNLISTED: u8 = 1;
