//! The peers that a device of the user hands over to a new one.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use sprag::{Error, IdentityKey, SecretBuffer};
use sprag_devices::{DeviceList, How, SafetyNumberHalf, UserId, Verification, Verified};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;
use sprag_wire::limits::MAX_WELCOME_PEERS;
use sprag_wire::{PeerState, Welcome, WelcomePeer, encode_welcome};

use super::lists::{ListChange, Taking};
use super::users::{LoadedPeer, Owner, Party};
use super::{Client, Result};
use crate::error::ClientError;
use crate::limits::MAX_TEXT_LENGTH;
use crate::name::Name;
use crate::records::{Devices, Peer, PeerUser};
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::RecordKind;

/// The peers that were handed over.
#[derive(Default)]
pub(super) struct HandedOver {
    /// The peers with their lists, to be staged.
    taken: Vec<(Party, ListChange)>,
    pub(super) names: Vec<String>,
    /// The names of those that contradict what is known here.
    pub(super) left_out: Vec<String>,
}

impl HandedOver {
    pub(super) fn stage<R: CryptoRng>(&self, transaction: &mut Transaction<'_, R>) {
        for (party, change) in &self.taken {
            change.stage(party, transaction);
        }
    }
}

impl<S: Store> Client<S> {
    /// The payload of a welcome with the peers of the user, and the names of those that are left out.
    pub(super) fn peers_to_hand_over(&self) -> Result<(SecretBuffer, Vec<String>), S> {
        let mut peers = Vec::new();
        for record in self.records_under(&self.vault.name(RecordKind::Peer, &[]))? {
            peers.push(Peer::from_snapshot(record.content.expose())?);
        }
        peers.sort_by(|one, other| one.name.as_bytes().cmp(other.name.as_bytes()));
        let names: Vec<String> = peers.iter().map(|peer| peer.name.to_string()).collect();
        // Take as many as there is room for, beside the list that is attached.
        let mut welcome = Welcome {
            key: None,
            peers: Vec::new(),
        };
        let mut left_out = Vec::new();
        let mut room = MAX_TEXT_LENGTH;
        for (peer, name) in peers.iter().zip(&names) {
            let list = peer.list().filter(|_| !peer.equivocated);
            let handed = list.map(|list| WelcomePeer {
                name,
                list: list.list().as_bytes(),
                state: state_of(peer.verification),
            });
            let fits = |peer: &WelcomePeer<'_>| peer.encoded_length() <= room;
            match handed.filter(fits) {
                Some(peer) if welcome.peers.len() < MAX_WELCOME_PEERS => {
                    room -= peer.encoded_length();
                    welcome.peers.push(peer);
                }
                _ => left_out.push(name.clone()),
            }
        }
        let payload = encode_welcome(&welcome).map_err(Error::from)?;
        Ok((payload, left_out))
    }

    /// Takes the peers in a welcome, by the rules for names and lists. One that contradicts what is known here is left out;
    /// one that is malformed makes the whole welcome refused. `own` is the list of the user that the device joins.
    pub(super) fn take_handed_over(
        &self,
        peers: &[WelcomePeer<'_>],
        own: &DeviceList,
    ) -> Result<HandedOver, S> {
        let mut handed_over = HandedOver::default();
        // Each name, user and device belongs to one peer.
        let mut names = BTreeSet::new();
        let mut users = BTreeSet::from([own.user_id()]);
        let mut identities: BTreeSet<_> = identities_in(own).collect();
        for handed in peers {
            let name = Name::new(handed.name)?;
            let list = DeviceList::decode(handed.list)?;
            let is_new = !names.contains(name.as_bytes())
                && !users.contains(&list.user_id())
                && !identities_in(&list).any(|identity| identities.contains(&identity));
            let taken = if is_new {
                self.take_peer(&name, &list, handed.state)?
            } else {
                None
            };
            let called = name.to_string();
            match taken {
                Some(taken) => {
                    handed_over.taken.push(taken);
                    handed_over.names.push(called);
                }
                None => handed_over.left_out.push(called),
            }
            names.insert(name.as_bytes().to_vec());
            users.insert(list.user_id());
            identities.extend(identities_in(&list));
        }
        Ok(handed_over)
    }

    /// Takes one peer, or leaves it out if the name or the user is known otherwise.
    fn take_peer(
        &self,
        name: &Name,
        list: &DeviceList,
        state: PeerState,
    ) -> Result<Option<(Party, ListChange)>, S> {
        let user = list.user_id();
        let known = self.peer(name)?;
        let owner = self.owner_of_user(&user)?;
        let mut party = match (known, owner) {
            (None, None) => Party::Peer(LoadedPeer {
                record: None,
                peer: new_peer(name, list)?,
            }),
            (Some((record, peer)), Some(Owner::Peer(called))) if called == *name => {
                Party::Peer(LoadedPeer {
                    record: Some(record),
                    peer,
                })
            }
            _ => return Ok(None),
        };
        let change = match self.take_list(&mut party, list, None) {
            Ok(Taking::Taken(change)) => *change,
            Ok(Taking::Contradicts(_))
            | Err(
                ClientError::KnownAs(_)
                | ClientError::OldList(_)
                | ClientError::Equivocation(_)
                | ClientError::OtherIdentity(_),
            ) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        if let Party::Peer(loaded) = &mut party {
            let known = loaded.peer.verification;
            loaded.peer.verification = verification_after(known, state, &user);
        }
        Ok(Some((party, change)))
    }
}

fn identities_in(list: &DeviceList) -> impl Iterator<Item = IdentityKey> {
    list.devices().iter().map(|device| device.identity)
}

/// A peer of which nothing is known but that this list is to be taken.
fn new_peer<E>(name: &Name, list: &DeviceList) -> core::result::Result<Peer, ClientError<E>> {
    let first = list.devices().first().ok_or(ClientError::Damaged)?;
    Ok(Peer {
        name: name.clone(),
        user: PeerUser::Unlisted(first.identity),
        devices: Devices::default(),
        verification: Verification::default(),
        equivocated: false,
        unknown_contents: 0,
        unreadable: 0,
    })
}

/// The state of a verification as it is handed over.
const fn state_of(verification: Verification) -> PeerState {
    match verification {
        Verification::Unverified => PeerState::Unverified,
        Verification::Verified(verified) => match verified.how {
            How::Scanned => PeerState::Scanned,
            How::Compared => PeerState::Compared,
        },
        Verification::Changed(_) => PeerState::Changed,
    }
}

/// A verification after another device of the user has handed over its own. It leads towards verified from unverified alone,
/// and never away from changed.
fn verification_after(known: Verification, state: PeerState, user: &UserId) -> Verification {
    let by = |how| Verified {
        how,
        half: SafetyNumberHalf::of(user),
    };
    match state {
        PeerState::Unverified => known,
        PeerState::Scanned => known.synced(by(How::Scanned), user),
        PeerState::Compared => known.synced(by(How::Compared), user),
        PeerState::Changed => Verification::Changed(by(How::Compared)),
    }
}
