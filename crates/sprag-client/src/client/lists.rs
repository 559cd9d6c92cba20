//! Device lists that arrive: what each changes.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use sprag::IdentityKey;
use sprag_devices::{DeviceList, Evidence, GoneDevice, KnownList, Reason, Replacing, Status};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::late::retired;
use super::peers::Forgotten;
use super::sessions::Sessions;
use super::users::{LoadedPeer, Owner, Party};
use super::{Client, Result};
use crate::error::ClientError;
use crate::records::{Device, OpenClaim, PeerUser, Signing, StoredSession, UserRemainder};
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind};

/// The changes that a list brings beside those in the record of its user.
#[derive(Default)]
pub(super) struct ListChange {
    pub(super) new_devices: Vec<sprag_devices::Device>,
    pub(super) gone_devices: Vec<GoneDevice>,
    /// The new devices that have no name yet, with what is left of each.
    arriving: Vec<(Vec<u8>, IdentityKey, Forgotten)>,
    /// The sessions with lost devices, and with those that part.
    ending: Vec<(Record, StoredSession)>,
    /// The devices that left long ago, and for which there is no room any more.
    parting: Vec<IdentityKey>,
    /// Set if another device of the own user signs from then on, so that the key is deleted here.
    drops_key: bool,
    /// The remainder of the user if it was forgotten, set if this is the first list of the user.
    first: Option<(Vec<u8>, Option<Record>)>,
    /// Set if a bundle is kept with the list. The record of the user is then written even if its content stays the same,
    /// because it stands for the bundle, which another writer may be about to use.
    pub(super) keeps_bundle: bool,
}

/// The outcome of a list that arrived.
pub(super) enum Taking {
    Taken(Box<ListChange>),
    /// It contradicts one that is known, and nothing was changed.
    Contradicts(Box<Evidence>),
}

impl ListChange {
    /// Ends sessions.
    pub(super) fn end(&mut self, sessions: Sessions) {
        self.ending.extend(sessions.into_stored());
    }

    /// The remainder of a device that is new.
    pub(super) fn forgotten(&self, identity: &IdentityKey) -> Option<&Forgotten> {
        let arriving = self.arriving.iter().find(|(_, new, _)| new == identity);
        arriving.map(|(_, _, forgotten)| forgotten)
    }

    /// Stages the changes, with those of the user.
    pub(super) fn stage<R: CryptoRng>(&self, party: &Party, transaction: &mut Transaction<'_, R>) {
        let name = party.name().map_or(&[][..], |name| name.as_bytes());
        for (record, _, forgotten) in &self.arriving {
            forgotten.expect(transaction);
            transaction.create(record.clone(), name);
        }
        for gone in &self.gone_devices {
            let identity = &gone.device.identity;
            transaction.delete_bundle(identity);
            if matches!(party, Party::Own(_)) {
                transaction.delete_linked_device(identity);
                transaction.forget_told_prekeys(identity);
            }
        }
        for (record, stored) in &self.ending {
            transaction.delete_session(record, stored);
        }
        if self.drops_key {
            transaction.delete_unread(transaction.vault().name(RecordKind::UserKey, &[]));
        }
        for identity in &self.parting {
            transaction.delete_device_name(identity);
            if matches!(party, Party::Own(_)) {
                transaction.delete_notice(identity);
            }
        }
        if let Some((name, record)) = &self.first {
            match record {
                Some(record) => transaction.expect(record),
                None => transaction.expect_absent(name.clone()),
            }
            // A new peer is added with its user id.
            if let Party::Peer(LoadedPeer {
                record: Some(_),
                peer,
            }) = party
            {
                transaction.add_user_name(peer);
            }
        }
        if self.keeps_bundle {
            party.stage_anew(transaction);
        } else {
            party.stage(transaction);
        }
    }
}

impl<S: Store> Client<S> {
    /// Verifies the list in a bundle, which must list the owner of the bundle.
    pub(super) fn verified_list(bytes: &[u8], identity: &IdentityKey) -> Result<DeviceList, S> {
        if bytes.is_empty() {
            return Err(ClientError::NoDeviceList);
        }
        let list = DeviceList::decode(bytes)?;
        if list.identify(identity).is_none() {
            return Err(ClientError::NotListed(*identity));
        }
        Ok(list)
    }

    /// Takes a list of a user by the rules for replacing. The identity `unnamed` is known to have no name yet.
    pub(super) fn take_list(
        &self,
        party: &mut Party,
        list: &DeviceList,
        unnamed: Option<&IdentityKey>,
    ) -> Result<Taking, S> {
        let first = match party {
            Party::Own(loaded) => {
                return self.replace(loaded.own.list.clone(), (party, unnamed), list);
            }
            Party::Peer(loaded) => match &loaded.peer.user {
                PeerUser::Listed(known) => {
                    let known = KnownList::clone(known);
                    return self.replace(known, (party, unnamed), list);
                }
                PeerUser::Unlisted(identity) => {
                    if list.identify(identity).is_none() {
                        let name = loaded.peer.name.clone().into();
                        return Err(ClientError::OtherIdentity(name));
                    }
                    *identity
                }
            },
        };
        // It is the first list of this user, unless the user was forgotten: then it must not be a step back.
        let user = list.user_id();
        let name = self
            .vault
            .name(RecordKind::ForgottenUser, &[user.as_bytes()]);
        let record = self.read(name.clone())?;
        let called = || party.name().cloned().map_or_else(String::new, Into::into);
        if let Some(record) = &record {
            let before = UserRemainder::from_snapshot(record.content.expose())?;
            if list.version() < before.version {
                return Err(ClientError::OldList(called()));
            }
            if list.version() == before.version && list.hash() != before.hash {
                return Err(ClientError::Equivocation(called()));
            }
        }
        let is_new = party.is_new();
        if let Party::Peer(loaded) = party {
            loaded.peer.user = PeerUser::Listed(Box::new(KnownList::new(list.clone())));
        }
        // A peer that was known by one device before gains the others.
        let devices = list.devices().iter();
        let gained = devices.filter(|device| is_new || device.identity != first);
        let change = ListChange {
            new_devices: gained.copied().collect(),
            first: Some((name, record)),
            ..ListChange::default()
        };
        self.welcome((party, unnamed), change)
            .map(|change| Taking::Taken(Box::new(change)))
    }

    fn replace(
        &self,
        mut known: KnownList,
        (party, unnamed): (&mut Party, Option<&IdentityKey>),
        list: &DeviceList,
    ) -> Result<Taking, S> {
        if known.user() != list.user() {
            return Err(match party.name() {
                Some(name) => ClientError::OtherIdentity(name.clone().into()),
                None => ClientError::List(sprag_devices::Error::OtherUser),
            });
        }
        let mut change = ListChange::default();
        let retired = retired(party);
        match known.replace(list.clone())? {
            Replacing::Same | Replacing::Old => return Ok(Taking::Taken(Box::new(change))),
            Replacing::Evidence(evidence) => return Ok(Taking::Contradicts(evidence)),
            Replacing::Newer(changes) => {
                change.new_devices = changes.new_devices;
                change.gone_devices = changes.gone_devices;
            }
        }
        // A retired device of which the user says that it is lost is not read any more.
        for identity in retired {
            if known.status_of(&identity) == Status::Lost {
                change.end(self.sessions(&identity)?);
            }
        }
        match party {
            Party::Own(loaded) => {
                loaded.own.list = known;
                // A device without the key never signed one.
                if self.user_key_record()?.is_some() {
                    change.drops_key = matches!(loaded.own.signing, Signing::Granted(_));
                    loaded.own.signing = loaded.own.signing.after_list_of_others();
                }
            }
            Party::Peer(loaded) => loaded.peer.user = PeerUser::Listed(Box::new(known)),
        }
        self.welcome((party, unnamed), change)
            .map(|change| Taking::Taken(Box::new(change)))
    }

    /// Enters the new devices of a list, and parts from those that are gone.
    fn welcome(
        &self,
        (party, unnamed): (&mut Party, Option<&IdentityKey>),
        mut change: ListChange,
    ) -> Result<ListChange, S> {
        let listed: Vec<_> = party.list().map_or_else(Vec::new, |known| {
            let devices = known.list().devices().iter();
            devices.map(|device| device.identity).collect()
        });
        for device in &change.new_devices {
            // A device of somebody else in the list would turn that one's messages into this user's.
            let identity = device.identity;
            let owner = if unnamed == Some(&identity) {
                None
            } else {
                self.owner_of(&identity)?
            };
            match (owner, party.name()) {
                (None, _) => {}
                (Some(Owner::Own), Some(_)) => return Err(Self::own_bundle()),
                (Some(Owner::Peer(known)), Some(name)) if known == *name => {
                    // Without its state, another writer has just added the device.
                    if party.devices().get(&identity).is_none() {
                        return Err(ClientError::Conflict);
                    }
                    continue;
                }
                (Some(Owner::Peer(known)), _) => return Err(ClientError::KnownAs(known.into())),
                (Some(Owner::Own), None) => continue,
            }
            let forgotten = self.forgotten(&identity)?;
            let device = Device::new(identity, forgotten.remainder.mark);
            if let Some(left) = party.devices_mut().add(device, &listed) {
                change.ending.extend(self.sessions(&left)?.into_stored());
                change.parting.push(left);
            }
            let name = self.peer_name(&identity);
            change.arriving.push((name, identity, forgotten));
        }
        for gone in &change.gone_devices {
            let identity = gone.device.identity;
            if let Some(device) = party.devices_mut().get_mut(&identity) {
                device.stop();
                device.claim = OpenClaim::NONE;
            }
            // A thief of a lost device must not be read. A retired one may have messages on their way.
            if gone.reason != Some(Reason::Retired) {
                let sessions = self.sessions(&identity)?;
                change.ending.extend(sessions.into_stored());
            }
        }
        Ok(change)
    }
}
