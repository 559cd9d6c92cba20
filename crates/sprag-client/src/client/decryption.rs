//! The decryption of a message that arrived, before anything is known of its sender: in which session, and what it changes
//! there.

use alloc::boxed::Box;

use sprag::records::Accepted;
use sprag::{
    Acceptance, DecodedMessage, Error, IdentityKey, Opened, PrekeyId, RatchetError, Session,
    SessionId, WireError,
};

use super::account_records::{AccountChange, Reading};
use super::peers::Resolved;
use super::received::Digest;
use super::sessions::Sessions;
use super::{Client, Incoming, Receipt, Result};
use crate::error::ClientError;
use crate::name::Name;
use crate::store::Store;

/// A message that is to be decrypted.
pub(super) struct Arrived<'a> {
    pub(super) message: DecodedMessage<'a>,
    pub(super) incoming: Incoming<'a>,
    pub(super) receipt: Receipt,
}

/// The session in which a message was decrypted.
pub(super) enum SessionChange {
    /// A session that was known moved on: the one at this place.
    Moved(usize),
    /// The account accepted a new session.
    Accepted {
        account: Box<AccountChange>,
        session: Box<Session>,
        /// The newest of this party's prekeys with which it began.
        newest_prekey: PrekeyId,
        /// The place among the sessions with the peer.
        rank: u64,
    },
}

/// A message that was decrypted, before its sender is compared with the one that the caller expects.
pub(super) struct Decrypted {
    pub(super) opened: Opened,
    pub(super) change: SessionChange,
    /// The sender, if only its sessions were tried.
    pub(super) peer: Option<Resolved>,
    /// The sessions that were tried, in the state after the message.
    pub(super) sessions: Option<Sessions>,
}

impl<S: Store> Client<S> {
    /// Decrypts a message in the session that it is of.
    pub(super) fn decrypt_arrived(
        &self,
        arrived: &Arrived<'_>,
        expected: Option<&Name>,
    ) -> Result<Decrypted, S> {
        let Some(id) = arrived.message.session_id() else {
            return self.decrypt_later(arrived, expected);
        };
        // A handshake in front names the session and not the peer. The session may have begun with an earlier message.
        match self.peer_of_session(id)? {
            Some(identity) => self.decrypt_early(arrived, id, &identity),
            None => self.accept(arrived),
        }
    }

    /// Decrypts a message with a handshake in front in the session with this peer that began with an earlier one.
    fn decrypt_early(
        &self,
        arrived: &Arrived<'_>,
        id: &SessionId,
        peer: &IdentityKey,
    ) -> Result<Decrypted, S> {
        let mut sessions = self.sessions(peer)?;
        let Some((index, stored)) = sessions.find_mut(id) else {
            // Another writer may have deleted both in the meantime.
            return Err(match self.peer_of_session(id)? {
                Some(_) => ClientError::Damaged,
                None => ClientError::Conflict,
            });
        };
        let session = &mut stored.session;
        if session.is_initiator() {
            return Err(ClientError::OwnMessage(self.name_of_loaded(peer)?.into()));
        }
        match session.decrypt_decoded(&arrived.message, arrived.incoming.associated_data) {
            Ok(opened) => Ok(Decrypted {
                opened,
                change: SessionChange::Moved(index),
                peer: None,
                sessions: Some(sessions),
            }),
            Err(refusal) => {
                let seen = self.seen_before(&sessions, arrived)?;
                Err(seen.unwrap_or_else(|| refusal.into()))
            }
        }
    }

    /// Decrypts a message with a handshake in front in a new session, which the account accepts.
    fn accept(&self, arrived: &Arrived<'_>) -> Result<Decrypted, S> {
        let message = &arrived.message;
        let mut account = self.account()?;
        let acceptance = Acceptance {
            policy: self.policy,
            message,
            associated_data: arrived.incoming.associated_data,
        };
        let is_known = |identity: &IdentityKey| self.is_known(identity);
        let Accepted {
            session,
            opened,
            changes,
            ..
        } = match account.core.accept(&Reading(self), &acceptance, is_known) {
            Ok(accepted) => accepted,
            Err(refusal) => {
                return Err(match self.unless_changed(&account, refusal)? {
                    ClientError::Protocol(Error::RepeatOf(_)) => ClientError::SessionEnded,
                    refusal => refusal,
                });
            }
        };
        let change = SessionChange::Accepted {
            account: Box::new(self.account_change(account, changes)?),
            session: Box::new(session),
            // A message that was accepted has a handshake.
            newest_prekey: message.newest_prekey().unwrap_or(0),
            rank: 0,
        };
        Ok(Decrypted {
            opened,
            change,
            peer: None,
            sessions: None,
        })
    }

    /// Decrypts a message without a handshake, in whichever of the sessions knows it: of those with the peer of the
    /// expected name, or of all.
    fn decrypt_later(
        &self,
        arrived: &Arrived<'_>,
        expected: Option<&Name>,
    ) -> Result<Decrypted, S> {
        let (peer, mut sessions) = match expected {
            Some(name) => {
                let (record, peer) = self.known_peer(name)?;
                let sessions = self.sessions(&peer.identity)?;
                (Some(Resolved::Known(record, peer)), sessions)
            }
            None => (None, self.all_sessions()?),
        };
        // The most recently used sessions come first. A session that has no key for the header costs its
        // reading from the store, and one opening for each header key.
        let mut refusal = ClientError::NoSession;
        let mut decrypted = None;
        for (index, stored) in sessions.iter_mut().enumerate() {
            let Arrived {
                message, incoming, ..
            } = arrived;
            let opened = stored
                .session
                .decrypt_decoded(message, incoming.associated_data);
            match opened {
                Ok(opened) => {
                    decrypted = Some((opened, SessionChange::Moved(index)));
                    break;
                }
                Err(
                    Error::Ratchet(RatchetError::NotAuthentic)
                    | Error::Wire(WireError::OtherVersion(_)),
                ) => {}
                // The header was genuine, so this says more than that other sessions do not know it.
                Err(fault) => refusal = fault.into(),
            }
        }
        let Some((opened, change)) = decrypted else {
            let seen = self.seen_before(&sessions, arrived)?;
            return Err(seen.unwrap_or(refusal));
        };
        Ok(Decrypted {
            opened,
            change,
            peer,
            sessions: Some(sessions),
        })
    }

    /// The reason to refuse a message that one of these sessions read or sent before; `None` if none of them remembers it.
    fn seen_before(
        &self,
        sessions: &Sessions,
        arrived: &Arrived<'_>,
    ) -> Result<Option<ClientError<S::Error>>, S> {
        let Arrived {
            incoming, receipt, ..
        } = arrived;
        for stored in sessions.stored() {
            let name = || self.name_of_loaded(stored.session.peer());
            if stored.read.contain(receipt) {
                return Ok(match self.held(receipt)? {
                    // Another writer has read it just now.
                    Some(held) if held.0.digest == Digest::of(incoming) => {
                        Some(ClientError::Conflict)
                    }
                    // This is a damaged copy of a message that can be read.
                    Some(_) => None,
                    None => Some(ClientError::AlreadyRead(name()?.into())),
                });
            }
            if stored.sent.contain(receipt) {
                return Ok(Some(ClientError::OwnMessage(name()?.into())));
            }
        }
        Ok(None)
    }
}
