use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use sprag::{Error, HandshakeError, IdentityKey, Status};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::{Client, Result, Sender};
use crate::error::ClientError;
use crate::limits::MAX_NAME_LENGTH;
use crate::records::{Peer, Totals, UsedKeys};
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind};

/// A peer, and the state of the session that the next message to it is encrypted in.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PeerStatus {
    /// The peer's name.
    pub name: String,
    /// The peer's identity.
    pub identity: IdentityKey,
    /// The session, if there is one.
    pub session: Option<Status>,
}

/// The outcome of adding a peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "known or not")]
pub enum Added {
    /// The name is new.
    New,
    /// The name was known, with the same identity, and there is nothing to renew: no session yet, or
    /// this very bundle began one.
    Known,
    /// The name was known, with the same identity, and the next message begins a new session.
    Renewed,
}

/// A peer by its name, as far as it is known.
pub(super) enum Resolved {
    /// A peer that is known, with its record.
    Known(Record, Peer),
    /// A name that is to become the peer's.
    New(String),
}

/// The remainder of a peer that was forgotten.
pub(super) struct Forgotten {
    record: Option<Record>,
    /// The highest ordinal of its sessions, 0 if there were none.
    pub(super) ordinal: u32,
}

impl Resolved {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Known(_, peer) => &peer.name,
            Self::New(name) => name,
        }
    }
}

impl<S: Store> Client<S> {
    /// Verifies a peer's bundle and remembers it under `name`.
    ///
    /// If there is a session with the peer already, the next message begins a new one, so that two parties
    /// who can no longer read each other begin anew without forgetting who they are. A bundle that began a
    /// session changes nothing, because its one-time prekey is gone.
    ///
    /// # Errors
    ///
    /// [`ClientError::OtherIdentity`] if the name is another identity's;
    /// [`ClientError::KnownAs`] if the identity has another name; [`ClientError::OldBundle`] if a newer
    /// one was added before: its keys may be gone; [`ClientError::InvalidName`];
    /// [`ClientError::Protocol`] if the bundle is refused.
    pub fn add(&mut self, name: &str, bundle: &[u8], rng: &mut impl CryptoRng) -> Result<Added, S> {
        // Verify the bundle.
        let verified = sprag_wire::decode_bundle(bundle).map_err(Error::from)?;
        let verified = verified.verify(&self.policy).map_err(Error::from)?;
        let identity = verified.curve().identity;
        if identity == self.identity()? {
            return Err(Error::Handshake(HandshakeError::OwnBundle).into());
        }
        // Compare it with what is known of the peer.
        let known = self.resolve(Sender::Named(name), &identity)?;
        let sessions = self.sessions(&identity)?;
        let used = UsedKeys::of(verified.curve(), verified.kem_prekey());
        if sessions.stored().any(|stored| stored.used.meet(&used)) {
            return Ok(Added::Known);
        }
        let created = verified.curve().signed_prekey.terms.created;
        let newest = match &known {
            Resolved::Known(_, peer) => peer.newest,
            Resolved::New(_) => 0,
        };
        if created != 0 && created < newest {
            return Err(ClientError::OldBundle(name.to_owned()));
        }
        // Remember it.
        let peer = Peer {
            name: name.to_owned(),
            identity,
            bundle: Some(bundle.to_vec()),
            renew: sessions.stored().next().is_some(),
            newest: newest.max(created),
        };
        let mut transaction = Transaction::new(&self.vault, rng);
        let added = match known {
            Resolved::Known(record, _) => {
                transaction.replace(&record, peer.to_snapshot().expose());
                if peer.renew {
                    Added::Renewed
                } else {
                    Added::Known
                }
            }
            Resolved::New(_) => {
                transaction.add_peer(&peer);
                Added::New
            }
        };
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(added)
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
        let (record, peer) = self.known_peer(name)?;
        match self.peer(new)? {
            Some(_) if new == name => return Ok(()),
            Some(_) => return Err(ClientError::OtherIdentity(new.to_owned())),
            None => {}
        }
        let name_record = self.read(self.peer_name(&peer.identity))?;
        let name_record = name_record.ok_or(ClientError::Damaged)?;
        // Move its record, and enter the new name under its identity.
        let peer = Peer {
            name: new.to_owned(),
            ..peer
        };
        let mut transaction = Transaction::new(&self.vault, rng);
        transaction.delete(&record);
        let moved = self.vault.name(RecordKind::Peer, &[new.as_bytes()]);
        transaction.create(moved, peer.to_snapshot().expose());
        transaction.replace(&name_record, new.as_bytes());
        let batch = transaction.finish();
        self.commit(&batch)
    }

    /// Forgets a peer, with all sessions and with all messages of it that were not acknowledged.
    ///
    /// One number of the peer remains: the highest ordinal of the sessions, so that one begun with the peer
    /// later is seen to be later. The name of its record cannot be told without the peer's identity and the
    /// store's key.
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
        let (record, peer) = self.known_peer(name)?;
        let sessions = self.sessions(&peer.identity)?;
        let held = self.held_messages()?;
        let name_record = self.read(self.peer_name(&peer.identity))?;
        let forgotten = self.forgotten(&peer.identity)?;
        // Keep the highest ordinal.
        let mut transaction = Transaction::new(&self.vault, rng);
        let highest = sessions.highest_ordinal();
        if highest > forgotten.ordinal {
            let name = self.forgotten_name(&peer.identity);
            let content = highest.to_snapshot();
            transaction.set(forgotten.record.as_ref(), name, content.expose());
        }
        // Delete the rest.
        transaction.delete(&record);
        if let Some(record) = &name_record {
            transaction.delete(record);
        }
        for (record, stored) in sessions.iter() {
            transaction.delete_session(record, stored);
        }
        let (of_peer, others): (Vec<_>, Vec<_>) = held
            .iter()
            .partition(|(_, message)| message.sender == peer.identity);
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

    /// The peers with the state of their sessions, in the order of names.
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`], [`ClientError::Store`]
    pub fn peers(&self) -> Result<Vec<PeerStatus>, S> {
        let mut peers = Vec::new();
        for record in self.scan(&self.vault.name(RecordKind::Peer, &[]))? {
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
        let (_, peer) = self.known_peer(name)?;
        self.status_of(peer)
    }

    fn status_of(&self, peer: Peer) -> Result<PeerStatus, S> {
        let sessions = self.sessions(&peer.identity)?;
        let session = sessions
            .sending()
            .and_then(|index| sessions.get(index))
            .map(|(_, stored)| stored.session.status());
        Ok(PeerStatus {
            name: peer.name,
            identity: peer.identity,
            session,
        })
    }

    /// Finds the peer of this identity, and compares it with the name that `sender` says.
    pub(super) fn resolve(
        &self,
        sender: Sender<'_>,
        identity: &IdentityKey,
    ) -> Result<Resolved, S> {
        // Look for the name that the identity is known by.
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
        // Look for the identity that the name is known by.
        match self.peer(&name)? {
            Some((record, peer)) if peer.identity == *identity => Ok(Resolved::Known(record, peer)),
            Some(_) => Err(ClientError::OtherIdentity(name)),
            None => Ok(Resolved::New(name)),
        }
    }

    /// Loads the peer `name`, which must be known.
    pub(super) fn known_peer(&self, name: &str) -> Result<(Record, Peer), S> {
        self.peer(name)?
            .ok_or_else(|| ClientError::UnknownPeer(name.to_owned()))
    }

    fn peer(&self, name: &str) -> Result<Option<(Record, Peer)>, S> {
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
        let peer = Peer::from_snapshot(record.content.expose())?;
        Ok(Some((record, peer)))
    }

    fn name_of(&self, identity: &IdentityKey) -> Result<Option<String>, S> {
        let Some(record) = self.read(self.peer_name(identity))? else {
            return Ok(None);
        };
        core::str::from_utf8(record.content.expose())
            .map(|name| Some(name.to_owned()))
            .map_err(|_| ClientError::Damaged)
    }

    /// The name of a peer that must be known, because there is a message of it.
    pub(super) fn known_name(&self, identity: &IdentityKey) -> Result<String, S> {
        self.name_of(identity)?.ok_or(ClientError::Damaged)
    }

    /// Loads what is left of a peer, if it was forgotten before.
    pub(super) fn forgotten(&self, identity: &IdentityKey) -> Result<Forgotten, S> {
        let record = self.read(self.forgotten_name(identity))?;
        let ordinal = match &record {
            None => 0,
            Some(record) => Snapshot::from_snapshot(record.content.expose())?,
        };
        Ok(Forgotten { record, ordinal })
    }

    fn peer_name(&self, identity: &IdentityKey) -> Vec<u8> {
        let parts = [identity.as_bytes().as_slice()];
        self.vault.name(RecordKind::PeerName, &parts)
    }

    fn forgotten_name(&self, identity: &IdentityKey) -> Vec<u8> {
        let parts = [identity.as_bytes().as_slice()];
        self.vault.name(RecordKind::Forgotten, &parts)
    }
}
