//! How a client finds the session of a message, and what it commits with it.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;
use sprag_wire::{Kind, decode_prekey_message};
use sprag_x3dh::IdentityKey;

use super::choosing::{highest_ordinal, leaving, next_activity, next_begun};
use super::reading::Resolved;
use super::records::{Peer, StoredSession, Unacknowledged, read_received};
use super::transaction::Transaction;
use super::used_keys::UsedKeys;
use super::{Client, ClientError, Incoming, Receipt, Received, Result, Sender};
use crate::Error;
use crate::account::Account;
use crate::limits::{MAX_UNACKNOWLEDGED, MAX_UNACKNOWLEDGED_BYTES};
use crate::session::{Opened, Session};
use crate::store::{Batch, Store};
use crate::vault::{Record, RecordKind};

/// A message that a session has decrypted, and the session as it is then.
struct Decrypted {
    opened: Opened,
    session: SessionChange,
}

enum SessionChange {
    /// The session moved on.
    Replaced(Record, StoredSession),
    /// The account accepted a new session.
    Accepted {
        record: Record,
        account: Box<Account>,
        session: Session,
    },
}

impl<S: Store> Client<S> {
    /// Decrypts a message whose plaintext `is_wanted`; another is refused and changes nothing.
    pub(super) fn decrypt_if(
        &mut self,
        (sender, incoming): (Sender<'_>, Incoming<'_>),
        is_wanted: impl Fn(&[u8]) -> bool,
        rng: &mut impl CryptoRng,
    ) -> Result<Received, S> {
        let receipt = Receipt::of(&incoming);
        let held = self.vault.name(RecordKind::Plaintext, &[&receipt.0]);
        if let Some(record) = self.read(held)? {
            let received = read_received(record.content.expose())?;
            return match self.resolve(sender, &received.opened.sender) {
                Ok(_) => Ok(received),
                Err(fault) => {
                    wipe(received.opened);
                    Err(fault)
                }
            };
        }
        let decrypted = match sprag_wire::kind(incoming.message).map_err(Error::from)? {
            Kind::PrekeyMessage => self.decrypt_first(sender, &incoming)?,
            Kind::Message => self.decrypt_later(sender, &incoming)?,
            other => return Err(Error::Wire(sprag_wire::Error::OtherKind(other)).into()),
        };
        if !is_wanted(&decrypted.opened.plaintext) {
            wipe(decrypted.opened);
            return Err(ClientError::NotAFile);
        }
        let (peer, resolved) = match self.resolve(sender, &decrypted.opened.sender) {
            Ok(resolved) => resolved,
            Err(fault) => {
                wipe(decrypted.opened);
                return Err(fault);
            }
        };
        let received = Received {
            peer,
            new_session: matches!(decrypted.session, SessionChange::Accepted { .. }),
            opened: decrypted.opened,
            receipt,
        };
        let committed = self
            .stage(&received, (decrypted.session, &resolved), rng)
            .and_then(|batch| self.commit(&batch));
        match committed {
            Ok(()) => Ok(received),
            Err(fault) => {
                wipe(received.opened);
                Err(fault)
            }
        }
    }

    /// A message with the handshake in front: of the session that it began, or to begin one.
    fn decrypt_first(&self, sender: Sender<'_>, incoming: &Incoming<'_>) -> Result<Decrypted, S> {
        let Incoming {
            message,
            associated_data,
        } = *incoming;
        let handshake = decode_prekey_message(message)
            .map_err(Error::from)?
            .handshake;
        self.resolve(sender, handshake.identity())?;
        let id = handshake.session_id();
        let parts = [handshake.identity().as_bytes().as_slice(), id.as_bytes()];
        let name = self.vault.name(RecordKind::Session, &parts);
        if let Some(record) = self.read(name)? {
            let mut stored = StoredSession::read(record.content.expose())?;
            let opened = stored.session.decrypt_with_ad(message, associated_data)?;
            let session = SessionChange::Replaced(record, stored);
            return Ok(Decrypted { opened, session });
        }
        let (record, account) = self.account()?;
        let mut account = Box::new(account);
        let (session, opened) = account.accept_under(&self.policy, message, associated_data)?;
        let session = SessionChange::Accepted {
            record,
            account,
            session,
        };
        Ok(Decrypted { opened, session })
    }

    /// A message without a handshake: of one of the sender's sessions, or of any.
    ///
    /// Those heard of last are tried first. One that has no key for the header costs one opening for each
    /// header key.
    fn decrypt_later(&self, sender: Sender<'_>, incoming: &Incoming<'_>) -> Result<Decrypted, S> {
        let Incoming {
            message,
            associated_data,
        } = *incoming;
        let mut refusal = ClientError::NoSession;
        for (record, mut stored) in self.candidates(sender)? {
            match stored.session.decrypt_with_ad(message, associated_data) {
                Ok(opened) => {
                    let session = SessionChange::Replaced(record, stored);
                    return Ok(Decrypted { opened, session });
                }
                Err(Error::Ratchet(sprag_ratchet::Error::NotAuthentic)) => {}
                // The header was genuine: this says more than that other sessions do not know it.
                Err(fault) => refusal = fault.into(),
            }
        }
        Err(refusal)
    }

    fn candidates(&self, sender: Sender<'_>) -> Result<Vec<(Record, StoredSession)>, S> {
        match sender {
            Sender::AnyPeer => self.all_sessions(),
            Sender::Named(name) => {
                let (_, peer) = self
                    .peer(name)?
                    .ok_or_else(|| ClientError::UnknownPeer(name.to_owned()))?;
                self.sessions(&peer.identity)
            }
        }
    }

    /// What is to be committed: the session, the plaintext, and the peer if it is new.
    fn stage(
        &self,
        received: &Received,
        (session, resolved): (SessionChange, &Resolved),
        rng: &mut impl CryptoRng,
    ) -> Result<Batch, S> {
        let sender = received.opened.sender;
        let others = self.sessions(&sender)?;
        let held = self.unacknowledged()?;
        let mut transaction = Transaction::new(&self.vault, rng);
        match resolved {
            Resolved::Known(record) => transaction.expect(record),
            Resolved::New => transaction.add_peer(&Peer {
                name: received.peer.clone(),
                identity: sender,
                bundle: None,
                renew: false,
                newest: 0,
            }),
        }
        let activity = next_activity(&others);
        match session {
            SessionChange::Replaced(record, stored) => {
                let stored = StoredSession { activity, ..stored };
                transaction.replace(&record, stored.write().expose());
            }
            SessionChange::Accepted {
                record,
                account,
                session,
            } => {
                transaction.replace(&record, account.snapshot().expose());
                leaving(&others).for_each(|record| transaction.delete(record));
                transaction.add_session(&StoredSession {
                    begun: next_begun(&others),
                    activity,
                    used: UsedKeys::default(),
                    session,
                });
            }
        }
        let arrival = held.last().map_or(0, |(_, latest)| latest.arrival);
        for (record, message) in surplus(held) {
            transaction.delete_unacknowledged(&record, &message);
        }
        transaction.add_unacknowledged(received, arrival.saturating_add(1));
        Ok(transaction.finish())
    }

    /// What is not acknowledged, in the order of arrival.
    fn unacknowledged(&self) -> Result<Vec<(Record, Unacknowledged)>, S> {
        let mut held = Vec::new();
        for record in self.scan(&self.vault.name(RecordKind::Unacknowledged, &[]))? {
            let message = Unacknowledged::read(record.content.expose())?;
            held.push((record, message));
        }
        held.sort_by_key(|(_, message)| message.arrival);
        Ok(held)
    }

    /// Says that the plaintext of a message is safe: the client forgets it, and the message cannot be
    /// decrypted again.
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`], [`ClientError::Conflict`], [`ClientError::Store`]
    pub fn acknowledge(&mut self, receipt: &Receipt) -> Result<(), S> {
        let mut batch = Batch::new();
        for kind in [RecordKind::Unacknowledged, RecordKind::Plaintext] {
            batch.delete(self.vault.name(kind, &[&receipt.0]));
        }
        self.commit(&batch)
    }

    /// Forgets a peer, with all sessions and with what it sent and was not acknowledged.
    ///
    /// One number remains: how many sessions there were, so that one begun with it later is seen to be
    /// later. Its record has a name that needs the peer's identity and the store's key to tell.
    ///
    /// # Errors
    ///
    /// [`ClientError::UnknownPeer`], [`ClientError::Damaged`], [`ClientError::Conflict`],
    /// [`ClientError::Store`]
    pub fn forget(&mut self, name: &str, rng: &mut impl CryptoRng) -> Result<(), S> {
        let (record, peer) = self
            .peer(name)?
            .ok_or_else(|| ClientError::UnknownPeer(String::from(name)))?;
        let sessions = self.sessions(&peer.identity)?;
        let held = self.unacknowledged()?;
        let peer_name = self.peer_name_record(&peer.identity)?;
        let forgotten = self.forgotten(&peer.identity)?;
        let highest = highest_ordinal(&sessions);
        let mut transaction = Transaction::new(&self.vault, rng);
        transaction.set_forgotten(&peer.identity, &forgotten, highest);
        transaction.delete(&record);
        peer_name
            .iter()
            .for_each(|record| transaction.delete(record));
        for (record, _) in &sessions {
            transaction.delete(record);
        }
        for (record, message) in &held {
            if message.sender == peer.identity {
                transaction.delete_unacknowledged(record, message);
            }
        }
        let batch = transaction.finish();
        self.commit(&batch)
    }
}

/// Wipes a plaintext that nobody is given: it may be the key of a file.
fn wipe(opened: Opened) {
    drop(SecretBuffer::from(opened.plaintext));
}

/// What must leave for one message more: each time the oldest of the sender that has most.
fn surplus(mut held: Vec<(Record, Unacknowledged)>) -> Vec<(Record, Unacknowledged)> {
    let mut leaving = Vec::new();
    loop {
        let bytes: u64 = held.iter().map(|(_, message)| message.length).sum();
        if held.len() < MAX_UNACKNOWLEDGED && bytes <= MAX_UNACKNOWLEDGED_BYTES {
            return leaving;
        }
        let mut shares: BTreeMap<IdentityKey, (usize, u64)> = BTreeMap::new();
        for (_, message) in &held {
            let share = shares.entry(message.sender).or_default();
            share.0 += 1;
            share.1 += message.length;
        }
        let by_count = held.len() >= MAX_UNACKNOWLEDGED;
        let most = shares
            .into_iter()
            .max_by_key(|(_, (count, bytes))| if by_count { *count as u64 } else { *bytes })
            .map(|(sender, _)| sender);
        let oldest = held
            .iter()
            .position(|(_, message)| Some(message.sender) == most)
            .unwrap_or(0);
        leaving.push(held.remove(oldest));
    }
}
