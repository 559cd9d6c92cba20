use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use sprag::records::Rotation;
use sprag::{Error, HandshakeError, IdentityKey, Status};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::{Added, Client, Result};
use crate::error::ClientError;
use crate::name::Name;
use crate::records::{Mark, Peer, Remainder, Totals, UsedKeys};
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

/// A peer by its name, as far as it is known.
pub(super) enum Resolved {
    /// A peer that is known, with its record.
    Known(Record, Peer),
    /// A name that is to become the peer's, and what is left of the peer if it was forgotten.
    New(Name, Forgotten),
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

/// A bundle that is handed over, with the name of its owner.
struct Offer<'a> {
    name: &'a Name,
    bundle: &'a [u8],
    /// Set if the next message is to begin a new session, although there may be one that works.
    renew: bool,
}

impl Resolved {
    pub(super) fn name(&self) -> &Name {
        match self {
            Self::Known(_, peer) => &peer.name,
            Self::New(name, _) => name,
        }
    }
}

impl<S: Store> Client<S> {
    /// Verifies a peer's bundle and remembers it under `name`.
    ///
    /// Every operation brings names into one form, and compares, stores and returns them in it: that of nicknames in RFC
    /// 8266 §2.3, which is Unicode's normalization form KC with single spaces between words. Capital letters stay, and
    /// count. Characters that nobody sees and those that Unicode has not assigned are refused. Letters of different
    /// scripts that look alike remain different.
    ///
    /// If there is a session with the peer that works, it goes on and the bundle is not needed. The next message begins
    /// a new session if the bundle is newer than those that were taken before, or if the peer has never answered in the
    /// session, for example because the bundle before was damaged. [`renew`](Self::renew) begins one in any case.
    ///
    /// # Errors
    ///
    /// [`ClientError::OtherIdentity`] if the name is another identity's;
    /// [`ClientError::KnownAs`] if the identity has another name; [`ClientError::OldBundle`] if a newer
    /// one was added before, because its keys may be gone; [`ClientError::Downgrade`] if the peer was met with PQXDH and
    /// the bundle is for X3DH; [`ClientError::InvalidName`]; [`ClientError::Protocol`] if the bundle is refused;
    /// [`ClientError::Damaged`]; [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn add(&mut self, name: &str, bundle: &[u8], rng: &mut impl CryptoRng) -> Result<Added, S> {
        let offer = Offer {
            name: &Name::new(name)?,
            bundle,
            renew: false,
        };
        self.take_bundle(&offer, rng)
    }

    /// [`add`](Self::add), after which the next message begins a new session with the peer: for two parties who can no
    /// longer read each other, or of whom one may have been robbed.
    ///
    /// It also accepts a bundle that is older than one that was added before, because that one may have been dated
    /// wrongly. A bundle whose one-time prekey began a session changes nothing, because the key is gone.
    ///
    /// # Errors
    ///
    /// Those of [`add`](Self::add), without [`ClientError::OldBundle`].
    pub fn renew(
        &mut self,
        name: &str,
        bundle: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Added, S> {
        let offer = Offer {
            name: &Name::new(name)?,
            bundle,
            renew: true,
        };
        self.take_bundle(&offer, rng)
    }

    fn take_bundle(&mut self, offer: &Offer<'_>, rng: &mut impl CryptoRng) -> Result<Added, S> {
        let &Offer {
            name,
            bundle,
            renew: asked,
        } = offer;
        // Verify the bundle.
        let verified = sprag_wire::decode_bundle(bundle).map_err(Error::from)?.keys;
        let suite = verified.suite();
        let verified = verified.verify(&self.policy).map_err(Error::from)?;
        let identity = verified.curve().identity;
        if identity == self.identity()? {
            return Err(Error::Handshake(HandshakeError::OwnBundle).into());
        }
        // Compare it with what is known of the peer.
        let known = self.resolve(Some(name), &identity)?;
        let mark = match &known {
            Resolved::Known(_, peer) => peer.mark,
            Resolved::New(_, forgotten) => forgotten.remainder.mark,
        };
        if mark.forbids(suite) {
            return Err(ClientError::Downgrade(name.to_string()));
        }
        let sessions = self.sessions(&identity)?;
        let used = UsedKeys::of(verified.curve(), verified.kem_prekey());
        if sessions.have_used(&used) {
            return Ok(Added::Used);
        }
        let created = verified.curve().signed_prekey.terms.created;
        let newest = mark.newest.unwrap_or(0);
        if created < newest && !asked {
            return Err(ClientError::OldBundle(name.to_string()));
        }
        // A session that works goes on, unless this party was put back to an older state of it. The first bundle may be an
        // old one and does not count as newer.
        let is_newer = mark.newest.is_some() && created > newest;
        let is_wanted = asked || matches!(&known, Resolved::Known(_, peer) if peer.lacks_bundle());
        if !is_newer && !is_wanted && sessions.peer_has_sending_session() {
            return Ok(Added::Known);
        }
        // Remember the bundle. One that was asked for corrects a wrong date of an earlier one.
        let newest = if asked && created != 0 {
            created
        } else {
            newest.max(created)
        };
        let peer = Peer {
            name: name.clone(),
            identity,
            bundle: Some(bundle.to_vec()),
            renew: sessions.stored().next().is_some(),
            mark: Mark {
                newest: Some(newest),
                ..mark
            }
            .with(suite),
        };
        self.remember(&known, &peer, rng)
    }

    /// Commits a peer that has a bundle.
    fn remember(
        &mut self,
        known: &Resolved,
        peer: &Peer,
        rng: &mut impl CryptoRng,
    ) -> Result<Added, S> {
        let mut transaction = Transaction::new(&self.vault, rng);
        let added = match known {
            Resolved::Known(record, _) => {
                transaction.replace(record, peer.to_snapshot().expose());
                if peer.renew {
                    Added::Renewed
                } else {
                    Added::Pending
                }
            }
            Resolved::New(_, forgotten) => {
                forgotten.expect(&mut transaction);
                transaction.add_peer(peer);
                Added::New
            }
        };
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(added)
    }

    /// Says that the store was put back to an older state, for example from a backup. Nothing is sent in any session that
    /// it has, because the peers have seen its next messages already: the next message to each peer needs a bundle that is
    /// added from now on, or a session that the peer begins. The account's prekeys are replaced at `now`, in seconds since
    /// 1970-01-01 UTC, and none are kept, so that first messages that were read before are not accepted again.
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
        let peers = self.scan(&self.vault.name(RecordKind::Peer, &[]))?;
        let mut transaction = Transaction::new(&self.vault, rng);
        transaction.change_account(&account);
        for record in &peers {
            let peer = Peer::from_snapshot(record.content.expose())?;
            // A bundle that waits may have been used since, in the state that is lost.
            let peer = Peer {
                bundle: None,
                renew: true,
                ..peer
            };
            transaction.replace(record, peer.to_snapshot().expose());
        }
        let batch = transaction.finish();
        self.commit(&batch)
    }

    /// Deletes the sessions with a peer that were followed by one that both parties have used. Without this call they go
    /// after [`MESSAGES_BEFORE_OLD_SESSIONS_END`](crate::limits::MESSAGES_BEFORE_OLD_SESSIONS_END) messages in that one.
    /// Messages that are still on their way in the old ones cannot be read any more.
    ///
    /// # Errors
    ///
    /// [`ClientError::InvalidName`], [`ClientError::UnknownPeer`], [`ClientError::Damaged`],
    /// [`ClientError::Conflict`], [`ClientError::Store`]
    pub fn expire_sessions(&mut self, name: &str, rng: &mut impl CryptoRng) -> Result<(), S> {
        let (record, peer) = self.known_peer(&Name::new(name)?)?;
        let sessions = self.sessions(&peer.identity)?;
        let mut transaction = Transaction::new(&self.vault, rng);
        transaction.expect(&record);
        for (record, stored) in sessions.old() {
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
        let name_record = self.read(self.peer_name(&peer.identity))?;
        let name_record = name_record.ok_or(ClientError::Damaged)?;
        // Move its record, and enter the new name under its identity.
        let peer = Peer { name: new, ..peer };
        let mut transaction = Transaction::new(&self.vault, rng);
        transaction.delete(&record);
        let new = peer.name.as_bytes();
        let moved = self.vault.name(RecordKind::Peer, &[new]);
        transaction.create(moved, peer.to_snapshot().expose());
        transaction.replace(&name_record, new);
        let batch = transaction.finish();
        self.commit(&batch)
    }

    /// Forgets a peer, with all sessions and with all messages of it that were not acknowledged.
    ///
    /// Three facts of the peer remain: the highest rank of the sessions, so that one begun with the peer later is seen
    /// to be later; the creation time of its newest signed prekey, so that an old bundle does not pass as a new one;
    /// and whether it was met with PQXDH. The name of their record cannot be told without the peer's identity and the
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
        let (record, peer) = self.known_peer(&Name::new(name)?)?;
        let sessions = self.sessions(&peer.identity)?;
        let held = self.held_messages()?;
        let name_record = self.read(self.peer_name(&peer.identity))?;
        let forgotten = self.forgotten(&peer.identity)?;
        // Keep the highest rank, and what shows a step back of the peer's keys.
        let mut transaction = Transaction::new(&self.vault, rng);
        let remainder = Remainder {
            rank: sessions.highest_rank().max(forgotten.remainder.rank),
            mark: peer.mark,
        };
        if remainder != forgotten.remainder {
            let content = remainder.to_snapshot();
            transaction.set(forgotten.record.as_ref(), forgotten.name, content.expose());
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
        let (_, peer) = self.known_peer(&Name::new(name)?)?;
        self.status_of(peer)
    }

    fn status_of(&self, peer: Peer) -> Result<PeerStatus, S> {
        let sessions = self.sessions(&peer.identity)?;
        let session = sessions
            .sending()
            .and_then(|index| sessions.get(index))
            .map(|(_, stored)| stored.session.status());
        Ok(PeerStatus {
            name: peer.name.into(),
            identity: peer.identity,
            session,
        })
    }

    /// Finds the peer of this identity, and compares its name with the one that the caller expects.
    pub(super) fn resolve(
        &self,
        expected: Option<&Name>,
        identity: &IdentityKey,
    ) -> Result<Resolved, S> {
        // Look for the name that the identity is known by.
        let known_as = self.name_of(identity)?;
        let name = match (expected, known_as) {
            (None, None) => return Err(ClientError::UnknownSender(*identity)),
            (Some(name), Some(known)) if known != *name => {
                return Err(match self.peer(name)? {
                    Some(_) => ClientError::OtherIdentity(name.to_string()),
                    None => ClientError::KnownAs(known.into()),
                });
            }
            (_, Some(known)) => known,
            (Some(name), None) => name.clone(),
        };
        // Look for the identity that the name is known by.
        match self.peer(&name)? {
            Some((record, peer)) if peer.identity == *identity => Ok(Resolved::Known(record, peer)),
            Some(_) => Err(ClientError::OtherIdentity(name.into())),
            None => Ok(Resolved::New(name, self.forgotten(identity)?)),
        }
    }

    /// Loads the peer `name`, which must be known.
    pub(super) fn known_peer(&self, name: &Name) -> Result<(Record, Peer), S> {
        self.peer(name)?
            .ok_or_else(|| ClientError::UnknownPeer(name.to_string()))
    }

    fn peer(&self, name: &Name) -> Result<Option<(Record, Peer)>, S> {
        let parts = [name.as_bytes()];
        let record_name = self.vault.name(RecordKind::Peer, &parts);
        let Some(record) = self.read(record_name)? else {
            return Ok(None);
        };
        let peer = Peer::from_snapshot(record.content.expose())?;
        Ok(Some((record, peer)))
    }

    pub(super) fn name_of(&self, identity: &IdentityKey) -> Result<Option<Name>, S> {
        let Some(record) = self.read(self.peer_name(identity))? else {
            return Ok(None);
        };
        let name = Name::stored(record.content.expose());
        name.map(Some).ok_or(ClientError::Damaged)
    }

    /// The name of a peer that must be known, because there is a message of it.
    pub(super) fn known_name(&self, identity: &IdentityKey) -> Result<Name, S> {
        self.name_of(identity)?.ok_or(ClientError::Damaged)
    }

    /// The name of a peer with which there was a session just now. Another writer may have forgotten both.
    pub(super) fn name_of_loaded(&self, identity: &IdentityKey) -> Result<Name, S> {
        self.name_of(identity)?.ok_or(ClientError::Conflict)
    }

    /// Tells whether an identity has a name, or a rank or a mark of it remained when it was forgotten.
    pub(super) fn is_known(&self, identity: &IdentityKey) -> Result<bool, S> {
        let known = self.name_of(identity)?.is_some();
        Ok(known || self.forgotten(identity)?.record.is_some())
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

    pub(super) fn peer_name(&self, identity: &IdentityKey) -> Vec<u8> {
        let parts = [identity.as_bytes().as_slice()];
        self.vault.name(RecordKind::PeerName, &parts)
    }

    fn forgotten_name(&self, identity: &IdentityKey) -> Vec<u8> {
        let parts = [identity.as_bytes().as_slice()];
        self.vault.name(RecordKind::Forgotten, &parts)
    }
}
