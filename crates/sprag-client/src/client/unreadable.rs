//! Messages that cannot be read: evidence that a session is broken, and a count for the user.

use sprag::{Error, IdentityKey, RatchetError, SessionId};
use sprag_primitives::rand_core::CryptoRng;
use sprag_wire::{RenewReason, unread_hash};

use super::decryption::Arrived;
use super::sessions::Sessions;
use super::users::{LoadedPeer, Party};
use super::{AutoRepair, Client, Incoming, Receipt, Result};
use crate::error::ClientError;
use crate::limits::MAX_UNREADABLE;
use crate::name::Name;
use crate::store::Store;
use crate::transaction::Transaction;

/// A session that is broken, by the evidence of a message.
struct BrokenSession {
    sender: IdentityKey,
    session: SessionId,
    reason: RenewReason,
    hash: [u8; sprag_wire::UNREAD_HASH_LENGTH],
}

impl<S: Store> Client<S> {
    /// Notes that none of some messages could be read, and returns the refusal. That is a commit of its own, because the note
    /// stays although the messages are refused. A message that is no evidence changes nothing but a count of the peer by whose
    /// name it came, which ends at a small number.
    pub(super) fn note_unread(
        &mut self,
        (all, expected): (&[Incoming<'_>], Option<&Name>),
        refusal: ClientError<S::Error>,
        rng: &mut impl CryptoRng,
    ) -> Result<ClientError<S::Error>, S> {
        if !refusal.may_be_broken_session() {
            return Ok(refusal);
        }
        let broken = match refusal {
            ClientError::Protocol(Error::Ratchet(fault)) if reason_of(fault).is_some() => {
                self.find_broken_session(all, expected)?
            }
            _ => None,
        };
        let Some(mut party) = self.said_to_send(expected, broken.as_ref())? else {
            return Ok(refusal);
        };
        if let (Some(_), Party::Peer(loaded)) = (expected, &mut party) {
            let count = &mut loaded.peer.unreadable;
            *count = count.saturating_add(1).min(MAX_UNREADABLE);
        }
        match (self.rules.auto_repair, &broken) {
            (AutoRepair::Never, _) => {}
            (_, Some(broken)) => self.note_broken_session(&mut party, broken)?,
            (AutoRepair::Always, None) => self.note_lost(&mut party)?,
            (AutoRepair::OnEvidence, None) => {}
        }
        let mut transaction = Transaction::new(&self.vault, rng);
        party.stage(&mut transaction);
        let batch = transaction.finish();
        if batch.changes().next().is_some() {
            self.commit(&batch)?;
        }
        Ok(refusal)
    }

    /// The party that messages are said to be from: by the caller, or by the session that knows one of them.
    fn said_to_send(
        &self,
        expected: Option<&Name>,
        broken: Option<&BrokenSession>,
    ) -> Result<Option<Party>, S> {
        if let Some(name) = expected {
            let peer = self.peer(name)?.map(|(record, peer)| LoadedPeer {
                record: Some(record),
                peer,
            });
            return Ok(peer.map(Party::Peer));
        }
        let Some(broken) = broken else {
            return Ok(None);
        };
        let owner = self.owner_of(&broken.sender)?;
        owner.map(|owner| self.party_of(&owner, None)).transpose()
    }

    /// Finds the session whose header keys opened the header of one of these messages, which does not fit.
    fn find_broken_session(
        &self,
        all: &[Incoming<'_>],
        expected: Option<&Name>,
    ) -> Result<Option<BrokenSession>, S> {
        for incoming in all {
            let Ok(arrived) = Arrived::new(*incoming, Receipt::of(incoming)) else {
                continue;
            };
            for stored in self.sessions_for(&arrived, expected)?.iter_mut() {
                let associated_data = arrived.associated_data(stored.bare);
                let session = &mut stored.session;
                let opened = session.decrypt_decoded(&arrived.message, associated_data);
                let Err(Error::Ratchet(fault)) = opened else {
                    continue;
                };
                if let Some(reason) = reason_of(fault) {
                    return Ok(Some(BrokenSession {
                        sender: *session.peer(),
                        session: *session.id(),
                        reason,
                        hash: unread_hash(incoming.message),
                    }));
                }
            }
        }
        Ok(None)
    }

    /// The sessions in which a message is tried.
    fn sessions_for(&self, arrived: &Arrived<'_>, expected: Option<&Name>) -> Result<Sessions, S> {
        if let Some(id) = arrived.message.session_id() {
            return match self.peer_of_session(id)? {
                Some(peer) => self.sessions(&peer),
                None => Ok(Sessions::default()),
            };
        }
        let Some(name) = expected else {
            return self.all_sessions();
        };
        let mut sessions = Sessions::default();
        for device in self.known_party(name)?.devices().iter() {
            sessions.append(self.sessions(&device.identity)?);
        }
        Ok(sessions)
    }

    /// Notes that a new session with the sender is due, unless one is on its way already, or the message is in a session that
    /// was followed by another: a thief of an old one, or a message that comes again, asks for nothing.
    fn note_broken_session(&self, party: &mut Party, broken: &BrokenSession) -> Result<(), S> {
        let sessions = self.sessions(&broken.sender)?;
        let Some(device) = party.devices_mut().get_mut(&broken.sender) else {
            return Ok(());
        };
        let sending = sessions.sending().and_then(|index| sessions.get(index));
        let is_sending = sending.is_some_and(|(_, stored)| *stored.session.id() == broken.session);
        if !is_sending || sessions.wait_for(device) {
            return Ok(());
        }
        device.repair.due = device.repair.due.or(Some(broken.reason));
        device.repair.unread.add(broken.hash);
        Ok(())
    }

    /// Notes that new sessions with all devices of the party are due, because nobody knows which of them a message is from.
    fn note_lost(&self, party: &mut Party) -> Result<(), S> {
        for device in party.devices_mut().iter_mut() {
            let sessions = self.sessions(&device.identity)?;
            if !sessions.wait_for(device) {
                device.repair.due = device.repair.due.or(Some(RenewReason::Lost));
            }
        }
        Ok(())
    }
}

/// The reason that a refusal of the ratchet gives for a new session, if the header must be the peer's. The number of a
/// message that was read before is no reason, because anybody can put another body behind the header of a genuine message.
const fn reason_of(fault: RatchetError) -> Option<RenewReason> {
    match fault {
        RatchetError::TooManySkipped => Some(RenewReason::Gap),
        RatchetError::Forked => Some(RenewReason::Fork),
        _ => None,
    }
}
