//! The records of stores of format 1, in which a peer was one device and had no list. They are read once, when the store is
//! carried over.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sprag::limits::MAX_BUNDLE_LENGTH;
use sprag::{IdentityKey, Opened, PrekeyId, Session};
use sprag_devices::Verification;
use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::snapshot_fields;
use sprag_wire::ContentKind;

use super::{
    Device, Devices, Mark, Peer, PeerUser, RecentMessages, StoredSession, Unacknowledged, UsedKeys,
};
use crate::client::{Digest, Receipt, Received, SentBy};
use crate::name::Name;

/// A peer.
pub(crate) struct PeerBefore {
    name: Name,
    identity: IdentityKey,
    bundle: WaitingBundle,
    renew: bool,
    mark: Mark,
}

snapshot_fields!(PeerBefore {
    name,
    identity,
    bundle,
    renew,
    mark
});

impl PeerBefore {
    /// The peer, to whom nothing is sent before a new bundle of it comes: its sessions are only read, and a bundle that waits
    /// has no list.
    pub(crate) fn carried_over(self) -> Peer {
        let Self {
            name,
            identity,
            bundle: _,
            renew: _,
            mark,
        } = self;
        let mut device = Device::new(identity, mark);
        device.put_back();
        Peer {
            name,
            user: PeerUser::Unlisted(identity),
            devices: Devices::one(device),
            verification: Verification::Unverified,
            equivocated: false,
            unknown_contents: 0,
            unreadable: 0,
        }
    }
}

/// The bundle in a peer's record.
struct WaitingBundle(Option<Vec<u8>>);

impl Snapshot for WaitingBundle {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.0.is_some());
        if let Some(bundle) = &self.0 {
            writer.block(bundle);
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let has_bundle: bool = reader.get()?;
        let bundle = has_bundle.then(|| reader.block(MAX_BUNDLE_LENGTH));
        Ok(Self(bundle.transpose()?.map(<[u8]>::to_vec)))
    }
}

/// A session.
pub(crate) struct SessionBefore {
    begun: u64,
    activity: u64,
    rank: u64,
    next_prekey: PrekeyId,
    accepted: u32,
    settled: bool,
    used: UsedKeys,
    sent: RecentMessages,
    read: RecentMessages,
    session: Box<Session>,
}

snapshot_fields!(SessionBefore {
    begun,
    activity,
    rank,
    next_prekey,
    accepted,
    settled,
    used,
    sent,
    read,
    session,
});

impl SessionBefore {
    /// The session, which only reads from then on.
    pub(crate) fn carried_over(self) -> StoredSession {
        let Self {
            begun,
            activity,
            rank,
            next_prekey,
            accepted,
            settled,
            used,
            sent,
            read,
            session,
        } = self;
        StoredSession {
            begun,
            activity,
            rank,
            next_prekey,
            accepted,
            settled,
            used,
            sent,
            read,
            bare: true,
            session,
        }
    }
}

/// The description of a message that was not acknowledged.
pub(crate) struct UnacknowledgedBefore {
    arrival: u64,
    sender: IdentityKey,
    receipt: Receipt,
    length: u64,
    key_since: u64,
}

snapshot_fields!(UnacknowledgedBefore {
    arrival,
    sender,
    receipt,
    length,
    key_since,
});

impl UnacknowledgedBefore {
    pub(crate) fn carried_over(self) -> Unacknowledged {
        let Self {
            arrival,
            sender,
            receipt,
            length,
            key_since,
        } = self;
        Unacknowledged {
            arrival,
            sender,
            receipt,
            length,
            key_since,
            copied_to: None,
        }
    }
}

/// A message that was not acknowledged.
pub(crate) struct HeldBefore {
    peer: Name,
    receipt: Receipt,
    digest: Digest,
    new_peer: bool,
    new_session: bool,
    unexpected_session: bool,
    old_session: bool,
    opened: Opened,
}

snapshot_fields!(HeldBefore {
    peer,
    receipt,
    digest,
    new_peer,
    new_session,
    unexpected_session,
    old_session,
    opened,
});

impl HeldBefore {
    /// The message, whose plaintext is the key of a file or a text.
    pub(crate) fn carried_over(self) -> Received {
        let Self {
            peer,
            receipt,
            digest,
            new_peer,
            new_session,
            unexpected_session,
            old_session,
            opened,
        } = self;
        Received {
            peer: peer.into(),
            user: None,
            opened,
            content: ContentKind::Text,
            sent_by: SentBy::Peer,
            device: None,
            retired_device: false,
            new_peer,
            new_session,
            unexpected_session,
            old_session,
            new_devices: Vec::new(),
            gone_devices: Vec::new(),
            answer_due: false,
            renewed: None,
            requested: None,
            unread: Vec::new(),
            receipt,
            digest,
        }
    }
}
