use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;

use sprag::{Account, DecodedMessage, Error, IdentityKey, Opened, RatchetError, Session};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::peers::Resolved;
use super::received::Unreleased;
use super::sessions::Sessions;
use super::{Client, Receipt, Received, Result};
use crate::error::ClientError;
use crate::records::{Peer, StoredSession, UsedKeys};
use crate::store::{Batch, Store};
use crate::transaction::Transaction;
use crate::vault::Record;

/// A message to be decrypted.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Incoming<'a> {
    /// The bytes that arrived.
    pub message: &'a [u8],
    /// The associated data that the sender gave with the plaintext.
    pub associated_data: &'a [u8],
}

impl<'a> Incoming<'a> {
    /// A message without associated data.
    #[must_use]
    pub const fn new(message: &'a [u8]) -> Self {
        Self {
            message,
            associated_data: &[],
        }
    }
}

/// The sender of a message, as the caller knows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "known or not")]
pub enum Sender<'a> {
    /// The peer of this name. An identity that is not known yet is bound to the name.
    Named(&'a str),
    /// Any peer that is known. All sessions are tried, which takes time in proportion to their number.
    AnyPeer,
}

/// The peer and the sessions that a message may be of.
struct Candidates {
    /// Unknown before decryption if the message may be of any peer.
    peer: Option<Resolved>,
    sessions: Sessions,
}

/// The session in which a message was decrypted.
enum SessionChange {
    /// A session that was known moved on: the one at this place.
    Moved(usize),
    /// The account accepted a new session.
    Accepted {
        record: Record,
        account: Box<Account>,
        session: Box<Session>,
    },
}

/// A message that was opened and is not committed yet.
pub(super) struct OpenedMessage {
    received: Unreleased,
    /// `None` if the message was decrypted before and is still held.
    progress: Option<Progress>,
}

/// The changes that a message brings, beside its plaintext.
struct Progress {
    peer: Resolved,
    change: SessionChange,
    /// The sessions with the peer, in the state after the message.
    sessions: Sessions,
}

impl OpenedMessage {
    /// The plaintext, to be looked at.
    pub(super) fn plaintext(&self) -> &[u8] {
        &self.received.0.opened.plaintext
    }
}

impl<S: Store> Client<S> {
    /// Decrypts a message, and keeps the plaintext until it is [acknowledged](Self::acknowledge): until
    /// then the same message can be decrypted again. Session and plaintext are committed together.
    ///
    /// # Errors
    ///
    /// [`ClientError::InvalidName`]; [`ClientError::UnknownPeer`] if the name is nobody's and the message
    /// begins no session; [`ClientError::UnknownSender`] if no name is given and the sender has none;
    /// [`ClientError::OtherIdentity`] and [`ClientError::KnownAs`] if the sender is another than `sender`
    /// says; [`ClientError::NoSession`] if no session knows the message; [`ClientError::Protocol`];
    /// [`ClientError::Damaged`]; [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn decrypt(
        &mut self,
        sender: Sender<'_>,
        incoming: Incoming<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Received, S> {
        let message = self.open_message(sender, incoming)?;
        self.keep(message, rng)
    }

    /// Opens a message, and changes nothing yet.
    pub(super) fn open_message(
        &self,
        sender: Sender<'_>,
        incoming: Incoming<'_>,
    ) -> Result<OpenedMessage, S> {
        // A message that was decrypted before and not acknowledged is read again.
        let receipt = Receipt::of(&incoming);
        if let Some(mut received) = self.held(&receipt)? {
            let peer = self.resolve(sender, &received.0.opened.sender)?;
            peer.name().clone_into(&mut received.0.peer);
            return Ok(OpenedMessage {
                received,
                progress: None,
            });
        }
        // Decode the message, and load the peer and the sessions that it may be of.
        let message = DecodedMessage::decode(incoming.message)?;
        // Decrypt it in one of these, or in a new session.
        let Candidates { peer, mut sessions } = self.candidates(sender, &message)?;
        let (opened, change) =
            self.decrypt_in(&mut sessions, &message, incoming.associated_data)?;
        let mut received = Unreleased(Received {
            peer: String::new(),
            opened,
            new_session: matches!(change, SessionChange::Accepted { .. }),
            receipt,
        });
        // Find the name of the sender, if it was not known before.
        let peer = match peer {
            Some(peer) => peer,
            None => self.resolve(sender, &received.0.opened.sender)?,
        };
        peer.name().clone_into(&mut received.0.peer);
        Ok(OpenedMessage {
            received,
            progress: Some(Progress {
                peer,
                change,
                sessions,
            }),
        })
    }

    /// Commits what a message that was opened brings, and gives it out.
    pub(super) fn keep(
        &mut self,
        message: OpenedMessage,
        rng: &mut impl CryptoRng,
    ) -> Result<Received, S> {
        let OpenedMessage { received, progress } = message;
        if let Some(progress) = progress {
            let batch = self.stage(&received.0, progress, rng)?;
            self.commit(&batch)?;
        }
        Ok(received.release())
    }

    /// Loads the peer and the sessions that a message may be of. A handshake names its initiator; a later
    /// message is of the peer that `sender` names, or of any.
    fn candidates(
        &self,
        sender: Sender<'_>,
        message: &DecodedMessage<'_>,
    ) -> Result<Candidates, S> {
        let peer = match (message.initiator(), sender) {
            (Some(initiator), _) => {
                let peer = self.resolve(sender, initiator)?;
                return self.candidates_of(peer, initiator);
            }
            (None, Sender::Named(name)) => {
                let (record, peer) = self.known_peer(name)?;
                let identity = peer.identity;
                return self.candidates_of(Resolved::Known(record, peer), &identity);
            }
            (None, Sender::AnyPeer) => None,
        };
        let sessions = self.all_sessions()?;
        Ok(Candidates { peer, sessions })
    }

    fn candidates_of(&self, peer: Resolved, identity: &IdentityKey) -> Result<Candidates, S> {
        Ok(Candidates {
            peer: Some(peer),
            sessions: self.sessions(identity)?,
        })
    }

    /// Decrypts a message in the session that it began, or in a new one; without a handshake, in whichever
    /// of the sessions knows it.
    fn decrypt_in(
        &self,
        sessions: &mut Sessions,
        message: &DecodedMessage<'_>,
        associated_data: &[u8],
    ) -> Result<(Opened, SessionChange), S> {
        if let Some(id) = message.session_id() {
            if let Some((index, stored)) = sessions.find_mut(id) {
                let opened = stored.session.decrypt_decoded(message, associated_data)?;
                return Ok((opened, SessionChange::Moved(index)));
            }
            let (record, account) = self.account()?;
            let mut account = Box::new(account);
            let (session, opened) =
                account.accept_decoded(&self.policy, message, associated_data)?;
            let change = SessionChange::Accepted {
                record,
                account,
                session: Box::new(session),
            };
            return Ok((opened, change));
        }
        // The most recently used sessions come first. A session that has no key for the header costs its
        // reading from the store, and one opening for each header key.
        let mut refusal = ClientError::NoSession;
        for (index, stored) in sessions.iter_mut().enumerate() {
            match stored.session.decrypt_decoded(message, associated_data) {
                Ok(opened) => return Ok((opened, SessionChange::Moved(index))),
                Err(Error::Ratchet(RatchetError::NotAuthentic)) => {}
                // The header was genuine, so this says more than that other sessions do not know it.
                Err(fault) => refusal = fault.into(),
            }
        }
        Err(refusal)
    }

    /// Stages the commit of a message: its session, its plaintext, and the peer if it is new.
    fn stage(
        &self,
        received: &Received,
        progress: Progress,
        rng: &mut impl CryptoRng,
    ) -> Result<Batch, S> {
        let Progress {
            peer,
            change,
            mut sessions,
        } = progress;
        let room = self.room()?;
        let mut transaction = Transaction::new(&self.vault, rng);
        // The peer must stay as it was read, or be added.
        match peer {
            Resolved::Known(record, _) => transaction.expect(&record),
            Resolved::New(name) => transaction.add_peer(&Peer {
                name,
                identity: received.opened.sender,
                bundle: None,
                renew: false,
                newest: 0,
            }),
        }
        // The session has moved on, or the account has accepted it.
        let activity = sessions.next_activity();
        match change {
            SessionChange::Moved(index) => {
                let (record, stored) = sessions.take(index);
                let stored = StoredSession { activity, ..stored };
                transaction.replace(&record, stored.to_snapshot().expose());
            }
            SessionChange::Accepted {
                record,
                account,
                session,
            } => {
                transaction.replace(&record, account.snapshot().expose());
                for record in sessions.leaving() {
                    transaction.delete(record);
                }
                transaction.add_session(&StoredSession {
                    begun: sessions.next_begun(),
                    activity,
                    used: UsedKeys::default(),
                    session,
                });
            }
        }
        // The plaintext is kept until it is acknowledged.
        for (record, message) in &room.leaving {
            transaction.delete_unacknowledged(record, message);
        }
        let totals = room.totals.with(received.opened.plaintext.len() as u64);
        transaction.set_totals(room.record.as_ref(), totals);
        transaction.add_unacknowledged(received, totals.latest);
        Ok(transaction.finish())
    }
}
