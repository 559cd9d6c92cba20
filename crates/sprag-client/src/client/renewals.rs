//! Renewals that arrive: sessions that a device began in the place of those before, and requests for one.

use core::mem;

use sprag::{Error, WireError};
use sprag_primitives::rand_core::CryptoRng;
use sprag_wire::{ContentKind, RenewReason, RenewRole, decode_renew};

use super::decryption::SessionChange;
use super::outgoing::Letter;
use super::progress::Progress;
use super::{Client, Received, Result, Sent};
use crate::error::ClientError;
use crate::limits::MAX_REQUESTS;
use crate::store::Store;

impl Received {
    /// Reads a renewal, a request or nothing. The payload of a request stays until it is [taken](Client::take_renewal).
    pub(super) fn read_repair(&mut self) -> core::result::Result<(), Error> {
        let plaintext = &mut self.opened.plaintext;
        if self.content == ContentKind::Nothing {
            return match plaintext.is_empty() {
                true => Ok(()),
                false => Err(WireError::Trailing.into()),
            };
        }
        let renew = decode_renew(plaintext)?;
        let role = renew.role;
        self.unread = renew.unread;
        match role {
            RenewRole::Renewal => self.renewed = Some(renew.reason),
            _ => self.requested = Some(renew.reason),
        }
        Ok(())
    }
}

impl<S: Store> Client<S> {
    /// Takes a renewal or a request, if the message is one, once the place of its session is known.
    pub(super) fn take_renewal(
        &self,
        received: &mut Received,
        progress: &mut Progress,
    ) -> Result<(), S> {
        if received.content != ContentKind::Renew {
            return Ok(());
        }
        let payload = mem::take(&mut received.opened.plaintext);
        match received.requested {
            Some(reason) => self.take_request((received, reason), progress, &payload),
            None => Self::take_new_session(received, progress),
        }
    }

    /// Takes the first message of a session that renews those before. A thief of a session cannot begin one, so a message in a
    /// session that both parties have used renews nothing.
    fn take_new_session(received: &Received, progress: &mut Progress) -> Result<(), S> {
        let sender = &received.opened.sender;
        if let SessionChange::Moved(index) = progress.change {
            // Messages of a session that has just begun may come in another order.
            let moved = progress.sessions.get(index);
            let moved = moved.filter(|(_, stored)| {
                !stored.session.is_initiator() && !stored.session.is_confirmed()
            });
            let (_, stored) = moved.ok_or(ClientError::MisplacedRenewal)?;
            // In a session from before this party was put back to an older state, it was read before and renews nothing.
            let device = progress.party.devices().get(sender);
            if device.is_some_and(|device| device.was_put_back_after(stored)) {
                return Ok(());
            }
        }
        if received.old_session {
            return Ok(());
        }
        let device = progress.party.device::<S::Error>(sender)?;
        // A renewal is never answered by a renewal.
        device.renew = false;
        device.repair.owes_answer = true;
        Ok(())
    }

    /// Grants a request for a new session, or ignores it. All limits come before any work.
    fn take_request(
        &self,
        (received, reason): (&mut Received, RenewReason),
        progress: &mut Progress,
        payload: &[u8],
    ) -> Result<(), S> {
        let sender = received.opened.sender;
        let device = progress.party.device::<S::Error>(&sender)?;
        let has_begun = progress.sessions.have_own_renewal(&device.repair);
        // A request that was granted in the state that is lost has a bundle whose keys are gone.
        let is_lost = match progress.change {
            SessionChange::Moved(index) => { progress.sessions.get(index) }
                .is_some_and(|(_, stored)| device.was_put_back_after(stored)),
            SessionChange::Accepted { .. } => false,
        };
        let repair = &mut device.repair;
        if is_lost || received.old_session || has_begun || repair.requests >= MAX_REQUESTS {
            repair.ignored = repair.ignored.saturating_add(1);
            received.requested = None;
            return Ok(());
        }
        let bundle = decode_renew(payload).map_err(Error::from)?.bundle;
        let known = (&progress.party, &progress.sessions);
        let keys = self.bundle_of_request(known, &sender, bundle)?;
        let device = progress.party.device::<S::Error>(&sender)?;
        device.take_request(keys, reason);
        progress.bundles.waiting.push((sender, bundle.to_vec()));
        Ok(())
    }

    /// Sends a message that says nothing to all devices of the peer `name`. It brings new secrets into the session, and shows the
    /// peer that this party reads its messages. So it discloses who writes to whom, and is never sent unasked.
    ///
    /// # Errors
    ///
    /// Those of [`encrypt_to_user`](Self::encrypt_to_user).
    pub fn nothing(&mut self, name: &str, rng: &mut impl CryptoRng) -> Result<Sent, S> {
        self.send(name, &Letter::control(ContentKind::Nothing, &[]), rng)
    }
}
