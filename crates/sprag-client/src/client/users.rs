//! The users whose devices this device exchanges messages with: peers, and the own user.

use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use sprag::{Error, HandshakeError, IdentityKey};
use sprag_devices::{DeviceList, DeviceNumber, KnownList, Status, UserId, Verification};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::{Client, Result};
use crate::error::ClientError;
use crate::name::Name;
use crate::records::{Device, Devices, OwnUser, Peer, PeerUser};
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind};

/// The own user as it was read.
pub(super) struct LoadedOwn {
    pub(super) record: Record,
    pub(super) own: OwnUser,
}

/// A peer as it was read, or as it is to be.
pub(super) struct LoadedPeer {
    /// `None` if the peer is new.
    pub(super) record: Option<Record>,
    pub(super) peer: Peer,
}

/// A user with devices other than this one.
pub(super) enum Party {
    Peer(LoadedPeer),
    Own(Box<LoadedOwn>),
}

/// The owner of an identity key or of a user key.
pub(super) enum Owner {
    /// The own user.
    Own,
    /// The peer of this name.
    Peer(Name),
}

impl Party {
    pub(super) fn list(&self) -> Option<&KnownList> {
        match self {
            Self::Peer(loaded) => loaded.peer.list(),
            Self::Own(loaded) => Some(&loaded.own.list),
        }
    }

    pub(super) const fn devices(&self) -> &Devices {
        match self {
            Self::Peer(loaded) => &loaded.peer.devices,
            Self::Own(loaded) => &loaded.own.devices,
        }
    }

    pub(super) const fn devices_mut(&mut self) -> &mut Devices {
        match self {
            Self::Peer(loaded) => &mut loaded.peer.devices,
            Self::Own(loaded) => &mut loaded.own.devices,
        }
    }

    /// The state towards a device that its list lists or has listed.
    pub(super) fn device<E>(
        &mut self,
        identity: &IdentityKey,
    ) -> core::result::Result<&mut Device, ClientError<E>> {
        self.devices_mut()
            .get_mut(identity)
            .ok_or(ClientError::Damaged)
    }

    /// The name, which the own user does not have.
    pub(super) const fn name(&self) -> Option<&Name> {
        match self {
            Self::Peer(loaded) => Some(&loaded.peer.name),
            Self::Own(_) => None,
        }
    }

    pub(super) fn user_id(&self) -> Option<UserId> {
        self.list().map(KnownList::user_id)
    }

    /// Tells whether the peer becomes known by this operation.
    pub(super) const fn is_new(&self) -> bool {
        matches!(self, Self::Peer(LoadedPeer { record: None, .. }))
    }

    /// The number of a device that the newest list lists, or has retired; `None` if no list is known and this is the
    /// device that the peer was known by. Tells as well whether it was retired.
    pub(super) fn standing<E>(
        &self,
        identity: &IdentityKey,
    ) -> core::result::Result<(Option<DeviceNumber>, bool), ClientError<E>> {
        let Some(list) = self.list() else {
            return if self.devices().get(identity).is_some() {
                Ok((None, false))
            } else {
                Err(ClientError::NotListed(*identity))
            };
        };
        let number = list.identify(identity).map(|device| device.number);
        let gone = || list.gone_device(identity).map(|device| device.number);
        match list.status_of(identity) {
            Status::Listed => Ok((number, false)),
            Status::Retired => Ok((gone(), true)),
            Status::Lost => Err(ClientError::LostDevice(*identity)),
            // A device that left so long ago that the list names it no more.
            Status::Unknown if list.gone_device(identity).is_some() => {
                Err(ClientError::LostDevice(*identity))
            }
            Status::Unknown => Err(ClientError::NotListed(*identity)),
        }
    }

    /// Stages the record of the user, if it was there before: it must stay as it was read, or changes.
    pub(super) fn stage<R: CryptoRng>(&self, transaction: &mut Transaction<'_, R>) {
        match self {
            Self::Peer(LoadedPeer { record: None, peer }) => transaction.add_peer(peer),
            Self::Peer(LoadedPeer {
                record: Some(record),
                peer,
            }) => transaction.update(record, peer.to_snapshot().expose()),
            Self::Own(loaded) => {
                transaction.update(&loaded.record, loaded.own.to_snapshot().expose());
            }
        }
    }

    /// [`stage`](Self::stage) for a record that is written again even if it stays the same, so that another writer who has
    /// read it does not commit.
    pub(super) fn stage_anew<R: CryptoRng>(&self, transaction: &mut Transaction<'_, R>) {
        match self {
            Self::Peer(LoadedPeer { record: None, peer }) => transaction.add_peer(peer),
            Self::Peer(LoadedPeer {
                record: Some(record),
                peer,
            }) => transaction.replace(record, peer.to_snapshot().expose()),
            Self::Own(loaded) => {
                transaction.replace(&loaded.record, loaded.own.to_snapshot().expose());
            }
        }
    }
}

impl<S: Store> Client<S> {
    /// The name of the user of this id, in hexadecimal digits if it has none here; nothing without a user id.
    pub(super) fn name_of_user(&self, user: Option<&UserId>) -> Result<String, S> {
        let Some(user) = user else {
            return Ok(String::new());
        };
        Ok(match self.owner_of_user(user)? {
            Some(Owner::Peer(name)) => name.into(),
            _ => user.to_string(),
        })
    }

    /// Loads the user that this account is a device of.
    pub(super) fn own_user(&self) -> Result<LoadedOwn, S> {
        let record = self.read(self.vault.name(RecordKind::OwnUser, &[]))?;
        let Some(record) = record else {
            return Err(self.unless_removed(ClientError::NoUser)?);
        };
        let own = OwnUser::from_snapshot(record.content.expose())?;
        Ok(LoadedOwn { record, own })
    }

    /// [`own_user`](Self::own_user), whose list must list this device.
    pub(super) fn own_listed(&self) -> Result<LoadedOwn, S> {
        let loaded = self.own_user()?;
        if loaded.own.list.identify(&loaded.own.identity).is_none() {
            return Err(ClientError::NotListed(loaded.own.identity));
        }
        Ok(loaded)
    }

    /// Loads the peer `name`, which must be known.
    pub(super) fn known_peer(&self, name: &Name) -> Result<(Record, Peer), S> {
        self.peer(name)?
            .ok_or_else(|| ClientError::UnknownPeer(name.to_string()))
    }

    /// [`known_peer`](Self::known_peer) as a party.
    pub(super) fn known_party(&self, name: &Name) -> Result<Party, S> {
        let (record, peer) = self.known_peer(name)?;
        Ok(Party::Peer(LoadedPeer {
            record: Some(record),
            peer,
        }))
    }

    pub(super) fn peer(&self, name: &Name) -> Result<Option<(Record, Peer)>, S> {
        let parts = [name.as_bytes()];
        let record_name = self.vault.name(RecordKind::Peer, &parts);
        let Some(record) = self.read(record_name)? else {
            return Ok(None);
        };
        let peer = Peer::from_snapshot(record.content.expose())?;
        Ok(Some((record, peer)))
    }

    /// The owner of this identity key, if it is known.
    pub(super) fn owner_of(&self, identity: &IdentityKey) -> Result<Option<Owner>, S> {
        self.owner(self.peer_name(identity))
    }

    /// The owner of this user id, if it is known.
    pub(super) fn owner_of_user(&self, user: &UserId) -> Result<Option<Owner>, S> {
        let parts = [user.as_bytes().as_slice()];
        self.owner(self.vault.name(RecordKind::UserName, &parts))
    }

    fn owner(&self, record: Vec<u8>) -> Result<Option<Owner>, S> {
        let Some(record) = self.read(record)? else {
            return Ok(None);
        };
        let content = record.content.expose();
        if content.is_empty() {
            return Ok(Some(Owner::Own));
        }
        let name = Name::stored(content).ok_or(ClientError::Damaged)?;
        Ok(Some(Owner::Peer(name)))
    }

    /// Loads the party with this owner's name, which must be the one that the caller expects.
    pub(super) fn party_of(&self, owner: &Owner, expected: Option<&Name>) -> Result<Party, S> {
        let known = match (owner, expected) {
            (Owner::Own, None) => return self.own_user().map(|own| Party::Own(Box::new(own))),
            (Owner::Own, Some(_)) => return Err(ClientError::OwnDevice),
            (Owner::Peer(known), _) => known,
        };
        self.expect_name(known, expected)?;
        // Another writer may have forgotten the peer in the meantime.
        let (record, peer) = self.peer(known)?.ok_or(ClientError::Conflict)?;
        Ok(Party::Peer(LoadedPeer {
            record: Some(record),
            peer,
        }))
    }

    /// Compares the name that somebody is known by with the one that the caller expects.
    pub(super) fn expect_name(&self, known: &Name, expected: Option<&Name>) -> Result<(), S> {
        match expected {
            Some(name) if name != known => Err(match self.peer(name)? {
                Some(_) => ClientError::OtherIdentity(name.to_string()),
                None => ClientError::KnownAs(known.to_string()),
            }),
            _ => Ok(()),
        }
    }

    /// The party that a list is of: a user that is known by it, the peer of the expected name if that name is nobody's or was
    /// bound to `identity` alone, or else a refusal.
    pub(super) fn party_of_list(
        &self,
        expected: Option<&Name>,
        list: &DeviceList,
        identity: &IdentityKey,
    ) -> Result<Party, S> {
        if let Some(owner) = self.owner_of_user(&list.user_id())? {
            return self.party_of(&owner, expected);
        }
        self.party_of_new_user(expected, list, identity)
    }

    /// [`party_of_list`](Self::party_of_list) for a user that is known not to be known.
    pub(super) fn party_of_new_user(
        &self,
        expected: Option<&Name>,
        list: &DeviceList,
        identity: &IdentityKey,
    ) -> Result<Party, S> {
        let name = expected.ok_or_else(|| ClientError::UnknownSender(list.user_id()))?;
        match self.peer(name)? {
            Some((record, peer)) => {
                let known = match &peer.user {
                    PeerUser::Unlisted(known) => list.identify(known).is_some(),
                    // Another writer has just added the user.
                    PeerUser::Listed(known) if known.user_id() == list.user_id() => {
                        return Err(ClientError::Conflict);
                    }
                    PeerUser::Listed(_) => false,
                };
                if !known {
                    return Err(ClientError::OtherIdentity(name.to_string()));
                }
                Ok(Party::Peer(LoadedPeer {
                    record: Some(record),
                    peer,
                }))
            }
            None => Ok(Party::Peer(LoadedPeer {
                record: None,
                peer: Peer {
                    name: name.clone(),
                    user: PeerUser::Unlisted(*identity),
                    devices: Devices::default(),
                    verification: Verification::default(),
                    equivocated: false,
                    unknown_contents: 0,
                    unreadable: 0,
                },
            })),
        }
    }

    /// The refusal of a list or a bundle that is of the own user.
    pub(super) fn own_bundle() -> ClientError<S::Error> {
        Error::Handshake(HandshakeError::OwnBundle).into()
    }

    /// The name of a peer with which there was a session just now, "" for a device of the own user. Another writer may have
    /// forgotten both.
    pub(super) fn name_of_loaded(&self, identity: &IdentityKey) -> Result<String, S> {
        match self.owner_of(identity)? {
            Some(Owner::Peer(name)) => Ok(name.into()),
            Some(Owner::Own) => Ok(String::new()),
            None => Err(ClientError::Conflict),
        }
    }

    /// Tells whether an identity has a name, or a rank or a mark of it remained when it was forgotten.
    pub(super) fn is_known(&self, identity: &IdentityKey) -> Result<bool, S> {
        let known = self.owner_of(identity)?.is_some();
        Ok(known || self.forgotten(identity)?.record.is_some())
    }

    pub(super) fn peer_name(&self, identity: &IdentityKey) -> Vec<u8> {
        let parts = [identity.as_bytes().as_slice()];
        self.vault.name(RecordKind::PeerName, &parts)
    }
}
