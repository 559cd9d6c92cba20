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

/// The evidence that a message gave.
struct Sign {
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
        let sign = match refusal {
            ClientError::Protocol(Error::Ratchet(fault)) if reason_of(fault).is_some() => {
                self.find_sign(all, expected)?
            }
            _ => None,
        };
        let Some(mut party) = self.said_to_send(expected, sign.as_ref())? else {
            return Ok(refusal);
        };
        if let (Some(_), Party::Peer(loaded)) = (expected, &mut party) {
            let count = &mut loaded.peer.unreadable;
            *count = count.saturating_add(1).min(MAX_UNREADABLE);
        }
        match (self.rules.auto_repair, &sign) {
            (AutoRepair::Never, _) => {}
            (_, Some(sign)) => self.note_sign(&mut party, sign)?,
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
        sign: Option<&Sign>,
    ) -> Result<Option<Party>, S> {
        if let Some(name) = expected {
            let peer = self.peer(name)?.map(|(record, peer)| LoadedPeer {
                record: Some(record),
                peer,
            });
            return Ok(peer.map(Party::Peer));
        }
        let Some(sign) = sign else {
            return Ok(None);
        };
        let owner = self.owner_of(&sign.sender)?;
        owner.map(|owner| self.party_of(&owner, None)).transpose()
    }

    /// Finds the session whose header keys opened the header of one of these messages, which does not fit.
    fn find_sign(&self, all: &[Incoming<'_>], expected: Option<&Name>) -> Result<Option<Sign>, S> {
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
                    return Ok(Some(Sign {
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
    fn note_sign(&self, party: &mut Party, sign: &Sign) -> Result<(), S> {
        let sessions = self.sessions(&sign.sender)?;
        let Some(device) = party.devices_mut().get_mut(&sign.sender) else {
            return Ok(());
        };
        let sending = sessions.sending().and_then(|index| sessions.get(index));
        let is_sending = sending.is_some_and(|(_, stored)| *stored.session.id() == sign.session);
        if !is_sending || sessions.wait_for(device) {
            return Ok(());
        }
        device.repair.due = device.repair.due.or(Some(sign.reason));
        device.repair.unread.add(sign.hash);
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
