//! What a client reads from its store.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use sprag_primitives::snapshot::Reader;
use sprag_x3dh::IdentityKey;

use super::choosing::sending;
use super::records::{Peer, StoredSession};
use super::{Client, ClientError, PeerStatus, Result, Sender};
use crate::account::Account;
use crate::limits::MAX_NAME_LENGTH;
use crate::store::{Batch, Committed, Store};
use crate::vault::{Record, RecordKind};

/// Whether the name of an identity is known.
pub(super) enum Resolved {
    /// It is a peer's, of this record.
    Known(Record),
    /// It is to become a peer's.
    New,
}

/// What is left of a peer that was forgotten: the highest ordinal of its sessions, 0 if there were none.
pub(super) struct Forgotten {
    pub(super) record: Option<Record>,
    pub(super) ordinal: u32,
}

impl<S: Store> Client<S> {
    /// The peers with the state of their sessions, in the order of names.
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`], [`ClientError::Store`]
    pub fn peers(&self) -> Result<Vec<PeerStatus>, S> {
        let mut peers = Vec::new();
        for record in self.scan(&self.vault.name(RecordKind::Peer, &[]))? {
            peers.push(self.status_of(Peer::read(record.content.expose())?)?);
        }
        peers.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(peers)
    }

    /// The peer `name` with the state of its session.
    ///
    /// # Errors
    ///
    /// [`ClientError::UnknownPeer`], [`ClientError::Damaged`], [`ClientError::Store`]
    pub fn status(&self, name: &str) -> Result<PeerStatus, S> {
        let (_, peer) = self
            .peer(name)?
            .ok_or_else(|| ClientError::UnknownPeer(name.to_owned()))?;
        self.status_of(peer)
    }

    fn status_of(&self, peer: Peer) -> Result<PeerStatus, S> {
        let sessions = self.sessions(&peer.identity)?;
        let session = sending(&sessions)
            .and_then(|index| sessions.get(index))
            .map(|(_, stored)| stored.session.status());
        Ok(PeerStatus {
            name: peer.name,
            identity: peer.identity,
            session,
        })
    }

    /// The peer that `identity` is, according to what `sender` says and what is known.
    pub(super) fn resolve(
        &self,
        sender: Sender<'_>,
        identity: &IdentityKey,
    ) -> Result<(String, Resolved), S> {
        let known_as = self.name_of(identity)?;
        let name = match (sender, known_as) {
            (Sender::AnyPeer, None) => return Err(ClientError::UnknownSender(*identity)),
            (Sender::Named(name), Some(known)) if known != name => {
                return Err(match self.peer(name)? {
                    Some(_) => ClientError::OtherIdentity(name.to_owned()),
                    None => ClientError::KnownAs(known),
                });
            }
            (_, Some(known)) => known,
            (Sender::Named(name), None) => name.to_owned(),
        };
        match self.peer(&name)? {
            Some((record, peer)) if peer.identity == *identity => {
                Ok((name, Resolved::Known(record)))
            }
            Some(_) => Err(ClientError::OtherIdentity(name)),
            None => Ok((name, Resolved::New)),
        }
    }

    pub(super) fn account_name(&self) -> Vec<u8> {
        self.vault.name(RecordKind::Account, &[])
    }

    pub(super) fn account(&self) -> Result<(Record, Account), S> {
        let record = self
            .read(self.account_name())?
            .ok_or(ClientError::NoAccount)?;
        let account =
            Account::from_snapshot(record.content.expose()).map_err(|_| ClientError::Damaged)?;
        Ok((record, account))
    }

    pub(super) fn peer(&self, name: &str) -> Result<Option<(Record, Peer)>, S> {
        let valid = !name.is_empty()
            && name.len() <= MAX_NAME_LENGTH
            && !name.chars().any(char::is_control);
        if !valid {
            return Err(ClientError::InvalidName);
        }
        let record_name = self.vault.name(RecordKind::Peer, &[name.as_bytes()]);
        let Some(record) = self.read(record_name)? else {
            return Ok(None);
        };
        let peer = Peer::read(record.content.expose())?;
        Ok(Some((record, peer)))
    }

    pub(super) fn sessions(&self, peer: &IdentityKey) -> Result<Vec<(Record, StoredSession)>, S> {
        self.sessions_under(&self.vault.name(RecordKind::Session, &[peer.as_bytes()]))
    }

    pub(super) fn all_sessions(&self) -> Result<Vec<(Record, StoredSession)>, S> {
        self.sessions_under(&self.vault.name(RecordKind::Session, &[]))
    }

    fn sessions_under(&self, prefix: &[u8]) -> Result<Vec<(Record, StoredSession)>, S> {
        let mut sessions = Vec::new();
        for record in self.scan(prefix)? {
            let stored = StoredSession::read(record.content.expose())?;
            sessions.push((record, stored));
        }
        sessions.sort_by_key(|(_, stored)| core::cmp::Reverse(stored.activity));
        Ok(sessions)
    }

    fn name_of(&self, identity: &IdentityKey) -> Result<Option<String>, S> {
        let name = self
            .vault
            .name(RecordKind::PeerName, &[identity.as_bytes()]);
        let Some(record) = self.read(name)? else {
            return Ok(None);
        };
        core::str::from_utf8(record.content.expose())
            .map(|name| Some(name.to_owned()))
            .map_err(|_| ClientError::Damaged)
    }

    pub(super) fn peer_name_record(&self, identity: &IdentityKey) -> Result<Option<Record>, S> {
        self.read(
            self.vault
                .name(RecordKind::PeerName, &[identity.as_bytes()]),
        )
    }

    pub(super) fn forgotten(&self, identity: &IdentityKey) -> Result<Forgotten, S> {
        let parts = [identity.as_bytes().as_slice()];
        let record = self.read(self.vault.name(RecordKind::Forgotten, &parts))?;
        let ordinal = match &record {
            None => 0,
            Some(record) => Reader::new(record.content.expose()).u32()?,
        };
        Ok(Forgotten { record, ordinal })
    }

    pub(super) fn read(&self, name: Vec<u8>) -> Result<Option<Record>, S> {
        let Some(sealed) = self.store.get(&name).map_err(ClientError::Store)? else {
            return Ok(None);
        };
        let record = self.vault.open(name, sealed);
        record.map(Some).ok_or(ClientError::Damaged)
    }

    pub(super) fn scan(&self, prefix: &[u8]) -> Result<Vec<Record>, S> {
        self.store
            .scan(prefix)
            .map_err(ClientError::Store)?
            .into_iter()
            .map(|(name, sealed)| self.vault.open(name, sealed).ok_or(ClientError::Damaged))
            .collect()
    }

    pub(super) fn commit(&mut self, batch: &Batch) -> Result<(), S> {
        match self.store.commit(batch).map_err(ClientError::Store)? {
            Committed::Done => Ok(()),
            Committed::Conflict => Err(ClientError::Conflict),
        }
    }
}
