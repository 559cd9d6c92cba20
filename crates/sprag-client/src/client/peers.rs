use alloc::string::String;
use alloc::vec::Vec;

use sprag::records::Rotation;
use sprag::{IdentityKey, Status};
use sprag_devices::{DeviceList, DeviceNumber, UserId, Verification};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;
use sprag_wire::RenewReason;

use super::{Client, Result};
use crate::error::ClientError;
use crate::name::Name;
use crate::records::{Device, OwnUser, Peer, Remainder, Totals, UserRemainder};
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind};

/// A peer with its devices.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PeerStatus {
    /// The peer's name.
    pub name: String,
    /// The identity of the first device in the peer's list.
    pub identity: IdentityKey,
    /// The session that the next message to this device is encrypted in, if there is one.
    pub session: Option<Status>,
    /// The user id that the name is bound to. It is missing as long as no device list of the peer was seen, because the store
    /// is from before there were lists.
    pub user: Option<UserId>,
    /// The version of the newest device list.
    pub list_version: Option<u64>,
    /// The time at which that list was made, in seconds since 1970-01-01 UTC; 0 if it does not say.
    pub list_created: Option<u64>,
    /// The state of the comparison of the user id.
    pub verification: Verification,
    /// Set while there is evidence against the peer and nothing is sent to it.
    pub equivocated: bool,
    /// The number of contents from the peer that were not of a known kind.
    pub unknown_contents: u32,
    /// The messages in a row that were said to be from the peer and that nothing could read, counted to
    /// [`MAX_UNREADABLE`](crate::limits::MAX_UNREADABLE). At that number it is worth telling the user, who can
    /// [repair](Client::repair) the sessions: one party may have lost them, or somebody else sends junk.
    pub unreadable: u8,
    /// Set if a new session was begun with a device or asked for, and nothing has come since.
    pub waiting: bool,
    /// The devices in the newest list.
    pub devices: Vec<DeviceStatus>,
}

/// A device of a peer.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeviceStatus {
    /// The number in the list.
    pub number: Option<DeviceNumber>,
    /// The identity key.
    pub identity: IdentityKey,
    /// Tells whether there is a session to send in, or a bundle to begin one.
    pub can_be_reached: bool,
    /// Set if the device spoke of a newer list of its user, which has not come yet.
    pub awaits_list: bool,
    /// Set if a new session was begun or asked for, and nothing has come since.
    pub waiting: bool,
    /// The reason for which a new session is due.
    pub due: Option<RenewReason>,
    /// The requests for a new session that were ignored: there were too many, or they came in a session that was followed by
    /// another or is from before this store was put back to an older state. A thief of a session may have sent them.
    pub ignored_requests: u32,
    /// The session that the next message is encrypted in, if there is one.
    pub session: Option<Status>,
}

/// The remainder of a peer that was forgotten.
pub(super) struct Forgotten {
    name: Vec<u8>,
    pub(super) record: Option<Record>,
    pub(super) remainder: Remainder,
}

impl Forgotten {
    /// Demands that it stays as it was read. Where the peer has a name, the name's record stands for it.
    pub(super) fn expect<R: CryptoRng>(&self, transaction: &mut Transaction<'_, R>) {
        match &self.record {
            Some(record) => transaction.expect(record),
            None => transaction.expect_absent(self.name.clone()),
        }
    }
}

impl<S: Store> Client<S> {
    /// Says that the store was put back to an older state, for example from a backup. Nothing is sent in any session that
    /// it has, because the peers have seen its next messages already: the next message to each peer needs a bundle that is
    /// added from now on, or a session that the peer begins. The account's prekeys are replaced at `now`, in seconds since
    /// 1970-01-01 UTC, and none are kept, so that first messages that were read before are not accepted again. An open invitation
    /// is void, and [nothing is signed](Self::signing) before the newest list of the own user is known again.
    ///
    /// # Errors
    ///
    /// [`ClientError::Protocol`] if no number is left for a prekey; [`ClientError::Damaged`];
    /// [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn mark_restored(&mut self, now: u64, rng: &mut impl CryptoRng) -> Result<(), S> {
        let mut account = self.account()?;
        let rotation = Rotation {
            now,
            keep: 0,
            drop_by: now,
            redate: false,
        };
        let changes = account.core.rotate(&rotation, rng)?;
        let account = self.account_change(account, changes)?;
        let next_prekey = account.next_prekey_id();
        let peers = self.records_under(&self.vault.name(RecordKind::Peer, &[]))?;
        let own = self.read(self.vault.name(RecordKind::OwnUser, &[]))?;
        let bundles = self.records_under(&self.vault.name(RecordKind::Bundle, &[]))?;
        let mut transaction = Transaction::new(&self.vault, rng);
        transaction.change_account(&account);
        for record in &peers {
            let mut peer = Peer::from_snapshot(record.content.expose())?;
            let devices = peer.devices.iter_mut();
            devices.for_each(|device| device.mark_restored(next_prekey));
            transaction.replace(record, peer.to_snapshot().expose());
        }
        if let Some(record) = &own {
            let mut own = OwnUser::from_snapshot(record.content.expose())?;
            let devices = own.devices.iter_mut();
            devices.for_each(|device| device.mark_restored(next_prekey));
            own.signing = own.signing.put_back();
            transaction.replace(record, own.to_snapshot().expose());
        }
        for record in &bundles {
            transaction.delete(record);
        }
        // An invitation may have been accepted in the state that is lost.
        transaction.delete_unread(self.invitation_name());
        let batch = transaction.finish();
        self.commit(&batch)
    }

    /// Deletes the sessions with a peer that were followed by one that both parties have used. Without this call they go
    /// after [`MESSAGES_BEFORE_OLD_SESSIONS_END`](crate::limits::MESSAGES_BEFORE_OLD_SESSIONS_END) messages in that one.
    /// The sessions with devices that the peer has retired go, too. Messages that are still on their way in these cannot be read
    /// any more.
    ///
    /// # Errors
    ///
    /// [`ClientError::InvalidName`], [`ClientError::UnknownPeer`], [`ClientError::Damaged`],
    /// [`ClientError::Conflict`], [`ClientError::Store`]
    pub fn expire_sessions(&mut self, name: &str, rng: &mut impl CryptoRng) -> Result<(), S> {
        let (record, mut peer) = self.known_peer(&Name::new(name)?)?;
        let identities = peer.devices.iter().map(|device| device.identity);
        let mut ending = Vec::new();
        for identity in identities.collect::<Vec<_>>() {
            let sessions = self.sessions(&identity)?;
            if !peer.has_retired(&identity) {
                ending.extend(sessions.into_old());
                continue;
            }
            ending.extend(sessions.into_stored());
            if let Some(device) = peer.devices.get_mut(&identity) {
                device.end_late();
            }
        }
        let mut transaction = Transaction::new(&self.vault, rng);
        transaction.update(&record, peer.to_snapshot().expose());
        for (record, stored) in &ending {
            transaction.delete_session(record, stored);
        }
        let batch = transaction.finish();
        self.commit(&batch)
    }

    /// Gives a peer another name. Sessions, and messages that are not acknowledged, stay the peer's.
    ///
    /// # Errors
    ///
    /// [`ClientError::UnknownPeer`]; [`ClientError::OtherIdentity`] if another peer has the new name;
    /// [`ClientError::InvalidName`]; [`ClientError::Damaged`]; [`ClientError::Conflict`];
    /// [`ClientError::Store`].
    pub fn rename(&mut self, name: &str, new: &str, rng: &mut impl CryptoRng) -> Result<(), S> {
        // Load the peer, and see that the new name is free.
        let (name, new) = (Name::new(name)?, Name::new(new)?);
        let (record, peer) = self.known_peer(&name)?;
        match self.peer(&new)? {
            Some(_) if new == name => return Ok(()),
            Some(_) => return Err(ClientError::OtherIdentity(new.into())),
            None => {}
        }
        let mut name_records = Vec::new();
        for device in peer.devices.iter() {
            let record = self.read(self.peer_name(&device.identity))?;
            name_records.push(record.ok_or(ClientError::Damaged)?);
        }
        if let Some(user) = peer.user_id() {
            let parts = [user.as_bytes().as_slice()];
            let record = self.read(self.vault.name(RecordKind::UserName, &parts))?;
            name_records.push(record.ok_or(ClientError::Damaged)?);
        }
        // Move its record, and enter the new name under its user id and its devices' identities.
        let peer = Peer { name: new, ..peer };
        let mut transaction = Transaction::new(&self.vault, rng);
        transaction.delete(&record);
        let new = peer.name.as_bytes();
        let moved = self.vault.name(RecordKind::Peer, &[new]);
        transaction.create(moved, peer.to_snapshot().expose());
        for record in &name_records {
            transaction.replace(record, new);
        }
        let batch = transaction.finish();
        self.commit(&batch)
    }

    /// Forgets a peer, with all sessions and with all messages of it that were not acknowledged.
    ///
    /// Three facts of each device remain: the highest rank of the sessions, so that one begun with the device later is seen
    /// to be later; the creation time of its newest signed prekey, so that an old bundle does not pass as a new one;
    /// and whether it was met with PQXDH. Of the user, version and hash of the newest device list remain, so that an older
    /// list does not pass as a new one. The names of their records cannot be told without the peer's keys and the store's.
    /// The verification of the peer is forgotten.
    ///
    /// # Errors
    ///
    /// [`ClientError::InvalidName`], [`ClientError::UnknownPeer`], [`ClientError::Damaged`],
    /// [`ClientError::Conflict`], [`ClientError::Store`]
    pub fn forget(&mut self, name: &str, rng: &mut impl CryptoRng) -> Result<(), S> {
        // Load all that there is of the peer. The totals come first and must stay as they are: another writer
        // that receives a message changes them, and would leave a session or a message that is not seen here.
        let totals_name = self.vault.name(RecordKind::Totals, &[]);
        let totals = self.read(totals_name.clone())?;
        let (record, peer) = self.known_peer(&Name::new(name)?)?;
        let held = self.held_messages()?;
        let mut transaction = Transaction::new(&self.vault, rng);
        for device in peer.devices.iter() {
            self.forget_device(device, &mut transaction)?;
        }
        // Keep what shows a step back of the user's list, and delete the rest of the user.
        if let Some(list) = peer.list() {
            let user = list.user_id();
            let parts = [user.as_bytes().as_slice()];
            let name = self.vault.name(RecordKind::ForgottenUser, &parts);
            let remainder = UserRemainder {
                version: list.list().version(),
                hash: list.list().hash(),
            };
            transaction.put_unread(name, remainder.to_snapshot().expose());
            for kind in [RecordKind::UserName, RecordKind::Evidence] {
                transaction.delete_unread(self.vault.name(kind, &parts));
            }
        }
        transaction.delete(&record);
        let user = peer.user_id().map(|user| *user.as_bytes());
        let (of_peer, others): (Vec<_>, Vec<_>) = held.iter().partition(|(_, message)| {
            let is_copy = message.copied_to.is_some() && message.copied_to == user;
            is_copy || peer.devices.get(&message.sender).is_some()
        });
        for (record, message) in of_peer {
            transaction.delete_unacknowledged(record, message);
        }
        // Count the other messages anew, so that the totals do not tell how much the peer sent.
        match &totals {
            Some(record) => {
                let counted = Totals::of(others.into_iter().map(|(_, message)| message));
                transaction.replace(record, counted.to_snapshot().expose());
            }
            None => transaction.expect_absent(totals_name),
        }
        let batch = transaction.finish();
        self.commit(&batch)
    }

    /// Stages that a device is forgotten with its peer, for whose record the peer's stands. The highest rank of its sessions
    /// remains, and what shows a step back of its keys.
    fn forget_device<R: CryptoRng>(
        &self,
        device: &Device,
        transaction: &mut Transaction<'_, R>,
    ) -> Result<(), S> {
        let identity = &device.identity;
        let sessions = self.sessions(identity)?;
        let forgotten = self.forgotten(identity)?;
        let remainder = Remainder {
            rank: sessions.highest_rank().max(forgotten.remainder.rank),
            mark: device.mark,
        };
        if remainder != forgotten.remainder {
            let content = remainder.to_snapshot();
            transaction.set(forgotten.record.as_ref(), forgotten.name, content.expose());
        }
        transaction.delete_device_name(identity);
        if device.bundle.is_some() {
            transaction.delete_bundle(identity);
        }
        for (record, stored) in sessions.iter() {
            transaction.delete_session(record, stored);
        }
        Ok(())
    }

    /// The peers with the state of their sessions, in the order of names.
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`], [`ClientError::Store`]
    pub fn peers(&self) -> Result<Vec<PeerStatus>, S> {
        let mut peers = Vec::new();
        for record in self.records_under(&self.vault.name(RecordKind::Peer, &[]))? {
            let peer = Peer::from_snapshot(record.content.expose())?;
            peers.push(self.status_of(peer)?);
        }
        peers.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(peers)
    }

    /// The peer `name` with the state of its session.
    ///
    /// # Errors
    ///
    /// [`ClientError::InvalidName`], [`ClientError::UnknownPeer`], [`ClientError::Damaged`],
    /// [`ClientError::Store`]
    pub fn status(&self, name: &str) -> Result<PeerStatus, S> {
        let (_, peer) = self.known_peer(&Name::new(name)?)?;
        self.status_of(peer)
    }

    /// The newest list of the devices of the peer `name`.
    ///
    /// # Errors
    ///
    /// [`ClientError::InvalidName`]; [`ClientError::UnknownPeer`]; [`ClientError::NoDeviceList`] if none was seen yet;
    /// [`ClientError::Damaged`]; [`ClientError::Store`].
    pub fn device_list_of(&self, name: &str) -> Result<DeviceList, S> {
        let (_, peer) = self.known_peer(&Name::new(name)?)?;
        let list = peer.list().ok_or(ClientError::NoDeviceList)?;
        Ok(list.list().clone())
    }

    fn status_of(&self, peer: Peer) -> Result<PeerStatus, S> {
        let mut devices = Vec::new();
        let listed = match peer.list() {
            Some(list) => {
                let devices = list.list().devices().iter();
                devices
                    .map(|device| (Some(device.number), device.identity))
                    .collect()
            }
            None => {
                let devices = peer.devices.iter();
                let unlisted: Vec<_> = devices.map(|device| (None, device.identity)).collect();
                unlisted
            }
        };
        for (number, identity) in listed {
            let sessions = self.sessions(&identity)?;
            let device = peer.devices.get(&identity);
            let sending = sessions.sending().and_then(|index| sessions.get(index));
            let session = sending.map(|(_, stored)| stored.session.status());
            let renews = device.is_some_and(|device| device.renew);
            let has_bundle = device.is_some_and(|device| device.bundle.is_some());
            devices.push(DeviceStatus {
                number,
                identity,
                can_be_reached: has_bundle || session.is_some() && !renews,
                awaits_list: device.is_some_and(|device| device.awaits(peer.list())),
                waiting: device.is_some_and(|device| sessions.wait_for(device)),
                due: device.and_then(|device| device.repair.due),
                ignored_requests: device.map_or(0, |device| device.repair.ignored),
                session,
            });
        }
        let first = devices.first().ok_or(ClientError::Damaged)?;
        Ok(PeerStatus {
            identity: first.identity,
            session: first.session,
            user: peer.user_id(),
            list_version: peer.list().map(|list| list.list().version()),
            list_created: peer.list().map(|list| list.list().created()),
            verification: peer.verification,
            equivocated: peer.equivocated,
            unknown_contents: peer.unknown_contents,
            unreadable: peer.unreadable,
            waiting: devices.iter().any(|device| device.waiting),
            name: peer.name.into(),
            devices,
        })
    }

    /// Loads what is left of a peer, if it was forgotten before.
    pub(super) fn forgotten(&self, identity: &IdentityKey) -> Result<Forgotten, S> {
        let name = self.forgotten_name(identity);
        let record = self.read(name.clone())?;
        let remainder = match &record {
            None => Remainder::default(),
            Some(record) => Snapshot::from_snapshot(record.content.expose())?,
        };
        Ok(Forgotten {
            name,
            record,
            remainder,
        })
    }

    fn forgotten_name(&self, identity: &IdentityKey) -> Vec<u8> {
        let parts = [identity.as_bytes().as_slice()];
        self.vault.name(RecordKind::Forgotten, &parts)
    }
}
