//! The decryption of a message that arrived, before anything is known of its sender: in which session, and what it changes
//! there.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sprag::records::Accepted;
use sprag::{
    Acceptance, DecodedMessage, Error, IdentityKey, Opened, PrekeyId, RatchetError, Session,
    SessionId, WireError,
};
use sprag_wire::content_associated_data;

use super::account_records::{AccountChange, Reading};
use super::received::Digest;
use super::sessions::Sessions;
use super::users::Party;
use super::{Client, Incoming, Receipt, Result};
use crate::error::ClientError;
use crate::name::Name;
use crate::store::Store;

/// A message that is to be decrypted.
pub(super) struct Arrived<'a> {
    pub(super) message: DecodedMessage<'a>,
    pub(super) incoming: Incoming<'a>,
    pub(super) receipt: Receipt,
    /// The associated data of a content.
    associated_data: Vec<u8>,
}

impl<'a> Arrived<'a> {
    pub(super) fn new(
        incoming: Incoming<'a>,
        receipt: Receipt,
    ) -> core::result::Result<Self, Error> {
        Ok(Self {
            message: DecodedMessage::decode(incoming.message)?,
            associated_data: content_associated_data(incoming.associated_data),
            incoming,
            receipt,
        })
    }

    /// The associated data in a session, which has the caller's alone if it is from a store of format 1.
    pub(super) fn associated_data(&self, bare: bool) -> &[u8] {
        if bare {
            self.incoming.associated_data
        } else {
            &self.associated_data
        }
    }
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
    pub(super) party: Option<Party>,
    /// The sessions that were tried, in the state after the message.
    pub(super) sessions: Option<Sessions>,
    /// Set if the session is from a store of format 1, so that the plaintext is no content.
    pub(super) bare: bool,
    /// Set if the message is the first that arrived of a new sending chain of a session that was known.
    pub(super) answers: bool,
}

impl<S: Store> Client<S> {
    /// Decrypts the first of some messages that is for this device, in the session that it is of, and tells which.
    ///
    /// Messages without a handshake come first: they are tried in all sessions at once.
    pub(super) fn decrypt_arrived(
        &self,
        all: &[Arrived<'_>],
        expected: Option<&Name>,
    ) -> Result<(usize, Decrypted), S> {
        let indexed = || all.iter().enumerate();
        let later: Vec<_> = indexed()
            .filter(|(_, arrived)| arrived.message.session_id().is_none())
            .collect();
        let mut refusal = None;
        if !later.is_empty() {
            match self.decrypt_later(&later, expected) {
                Ok(decrypted) => return Ok(decrypted),
                Err(fault) if all.len() > 1 && fault.may_be_of_other_device() => {
                    refusal = Some(fault);
                }
                Err(fault) => return Err(fault),
            }
        }
        for (index, arrived) in indexed() {
            let Some(id) = arrived.message.session_id() else {
                continue;
            };
            // A handshake in front names the session and not the peer. The session may have begun with an earlier message.
            let decrypted = match self.peer_of_session(id)? {
                Some(identity) => self.decrypt_early(arrived, id, &identity),
                None => self.accept(arrived),
            };
            match decrypted {
                Ok(decrypted) => return Ok((index, decrypted)),
                Err(fault) if all.len() > 1 && fault.may_be_of_other_device() => {
                    // The refusal that says most is that of a message which is for this device.
                    if refusal.as_ref().is_none_or(ClientError::says_nothing) {
                        refusal = Some(fault);
                    }
                }
                Err(fault) => return Err(fault),
            }
        }
        Err(refusal.unwrap_or(ClientError::NoSession))
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
            return Err(ClientError::OwnMessage(self.name_of_loaded(peer)?));
        }
        let bare = stored.bare;
        match session.decrypt_decoded(&arrived.message, arrived.associated_data(bare)) {
            Ok(opened) => Ok(Decrypted {
                opened,
                change: SessionChange::Moved(index),
                party: None,
                sessions: Some(sessions),
                bare,
                // The sender has not read any message of this session yet.
                answers: false,
            }),
            Err(refusal) => {
                let seen = self.seen_before(&sessions, arrived)?;
                Err(seen.unwrap_or_else(|| refusal.into()))
            }
        }
    }

    /// Decrypts a message with a handshake in front in a new session, which the account accepts.
    pub(super) fn accept(&self, arrived: &Arrived<'_>) -> Result<Decrypted, S> {
        let message = &arrived.message;
        let mut account = self.account()?;
        let acceptance = Acceptance {
            policy: self.policy,
            message,
            associated_data: arrived.associated_data(false),
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
            party: None,
            sessions: None,
            bare: false,
            answers: false,
        })
    }

    /// Decrypts one of some messages without a handshake, in whichever of the sessions knows it: of those with the peer of
    /// the expected name, or of all.
    fn decrypt_later(
        &self,
        all: &[(usize, &Arrived<'_>)],
        expected: Option<&Name>,
    ) -> Result<(usize, Decrypted), S> {
        let (party, mut sessions) = match expected {
            Some(name) => {
                let party = self.known_party(name)?;
                let mut sessions = Sessions::default();
                for device in party.devices().iter() {
                    sessions.append(self.sessions(&device.identity)?);
                }
                (Some(party), sessions)
            }
            None => (None, self.all_sessions()?),
        };
        // The most recently used sessions come first. A session that has no key for the header costs its
        // reading from the store, and one opening for each header key.
        let mut refusal = ClientError::NoSession;
        let mut decrypted = None;
        'all: for (index, stored) in sessions.iter_mut().enumerate() {
            for (place, arrived) in all {
                let associated_data = arrived.associated_data(stored.bare);
                let session = &mut stored.session;
                let steps = session.dh_steps();
                match session.decrypt_decoded(&arrived.message, associated_data) {
                    Ok(opened) => {
                        let answers = session.dh_steps() > steps;
                        decrypted = Some((*place, opened, index, stored.bare, answers));
                        break 'all;
                    }
                    Err(
                        Error::Ratchet(RatchetError::NotAuthentic)
                        | Error::Wire(WireError::OtherVersion(_)),
                    ) => {}
                    // The header was genuine, so this says more than that other sessions do not know it.
                    Err(fault) => refusal = fault.into(),
                }
            }
        }
        let Some((place, opened, index, bare, answers)) = decrypted else {
            for (_, arrived) in all {
                if let Some(seen) = self.seen_before(&sessions, arrived)? {
                    return Err(seen);
                }
            }
            return Err(refusal);
        };
        let decrypted = Decrypted {
            opened,
            change: SessionChange::Moved(index),
            party,
            sessions: Some(sessions),
            bare,
            answers,
        };
        Ok((place, decrypted))
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
                    None => Some(ClientError::AlreadyRead(name()?)),
                });
            }
            if stored.sent.contain(receipt) {
                return Ok(Some(ClientError::OwnMessage(name()?)));
            }
        }
        Ok(None)
    }
}
