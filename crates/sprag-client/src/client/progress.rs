//! The changes that a message brings once it was opened, and the place of its session among those with the device.

use alloc::string::ToString as _;

use sprag::IdentityKey;
use sprag_primitives::rand_core::CryptoRng;

use super::bundles::KeptBundles;
use super::decryption::SessionChange;
use super::lists::ListChange;
use super::sessions::Sessions;
use super::users::Party;
use super::{Client, Received, Result};
use crate::error::ClientError;
use crate::limits::MESSAGES_BEFORE_ANSWER_IS_DUE;
use crate::records::{Claim, Place, StoredSession};
use crate::store::Store;
use crate::transaction::Transaction;

/// The changes that a message brings, beside its plaintext.
pub(super) struct Progress {
    pub(super) party: Party,
    pub(super) list: ListChange,
    pub(super) bundles: KeptBundles,
    /// Set if a bundle of the sender waits that would be a step back. The session that it began takes the bundle's place.
    pub(super) drops_bundle: bool,
    pub(super) change: SessionChange,
    /// The sessions with the device, in the state after the message.
    pub(super) sessions: Sessions,
}

impl Progress {
    /// Tells whether there is a session that the peer is known to have, and this party is about to begin no other.
    fn works_already(&self, identity: &IdentityKey) -> bool {
        let device = self.party.devices().get(identity);
        let renews = device.is_some_and(|device| device.renew);
        !renews && self.sessions.peer_has_sending_session()
    }

    /// Notes the list that the header of a message names. A message that answers is the first of a new sending chain. The
    /// claim stays until its list has come, and not only one before it, or until the device says something else later. It
    /// raises no version that is known.
    pub(super) fn note_claim<E>(
        &mut self,
        (identity, answers): (&IdentityKey, bool),
        claim: Claim,
    ) -> core::result::Result<(), ClientError<E>> {
        let Some(newest) = self.party.list().map(|list| Claim::of(list.list())) else {
            return Ok(());
        };
        let next = self.sessions.next_begun();
        let place = match &self.change {
            SessionChange::Moved(index) => {
                let (_, stored) = self.sessions.get(*index).ok_or(ClientError::Damaged)?;
                Place::new(stored.begun, next)
            }
            // The session takes the next place.
            SessionChange::Accepted { .. } => Place::new(next, next.saturating_add(1)),
        };
        let device = self.party.device(identity)?;
        device.claim.note(claim, (place, answers), &newest);
        Ok(())
    }

    /// Stages the session of a message, and the sender with its list.
    pub(super) fn stage<R: CryptoRng>(
        self,
        received: &Received,
        transaction: &mut Transaction<'_, R>,
    ) {
        let Self {
            party,
            list,
            bundles,
            drops_bundle,
            change,
            mut sessions,
        } = self;
        list.stage(&party, transaction);
        // A device of the own user that writes has been welcomed.
        let is_own = matches!(party, Party::Own(_));
        if is_own {
            transaction.delete_welcome(&received.opened.sender);
        }
        if drops_bundle {
            transaction.delete_bundle(&received.opened.sender);
        }
        for (identity, bundle) in &bundles.waiting {
            transaction.keep_bundle(identity, bundle);
        }
        transaction.hand_on(bundles.to_hand_on.as_ref());
        // The session has moved on, or the account has accepted it.
        let activity = sessions.next_activity();
        match change {
            SessionChange::Moved(index) => {
                if sessions.settle(index) {
                    for (record, stored) in sessions.old() {
                        transaction.delete_session(record, stored);
                    }
                }
                let is_old = received.old_session;
                let (record, stored) = sessions.take(index);
                // An old session does not count as used, because a thief of it would keep it alive.
                let activity = if is_old { stored.activity } else { activity };
                let mut stored = StoredSession { activity, ..stored };
                stored.read.add(&received.receipt);
                transaction.replace_session(&record, &stored);
            }
            SessionChange::Accepted {
                account,
                session,
                rank,
                ..
            } => {
                transaction.change_account(&account);
                // The device may have lost what it was told.
                if is_own && !sessions.is_empty() {
                    transaction.forget_told_prekeys(&received.opened.sender);
                }
                for (record, stored) in sessions.leaving() {
                    transaction.delete_session(record, stored);
                }
                let mut stored = sessions.beginning(session, rank, account.next_prekey_id());
                stored.read.add(&received.receipt);
                transaction.add_session(&stored);
            }
        }
    }
}

impl<S: Store> Client<S> {
    /// Places the session of a message among those with the sender, and says what is worth telling of it.
    pub(super) fn find_place(
        &self,
        received: &mut Received,
        progress: &mut Progress,
    ) -> Result<(), S> {
        let identity = received.opened.sender;
        if let Party::Peer(loaded) = &mut progress.party {
            loaded.peer.unreadable = 0;
        }
        let is_old = self.place(received, progress)?;
        received.old_session = is_old;
        received.unexpected_session =
            received.new_session && !is_old && progress.works_already(&identity);
        if received.new_session {
            let device = progress.party.device::<S::Error>(&identity)?;
            let waited = device.bundle.is_some();
            device.began(received.opened.suite);
            progress.drops_bundle = waited && device.bundle.is_none();
            if !is_old {
                device.repair.settle();
            }
        }
        self.take_renewal(received, progress)
    }

    /// Places the session of a message among those with the sender, and tells whether it is an old one.
    fn place(&self, received: &mut Received, progress: &mut Progress) -> Result<bool, S> {
        let opened = &received.opened;
        let Progress {
            party,
            list,
            sessions,
            change,
            ..
        } = progress;
        match change {
            SessionChange::Moved(index) => {
                // The sessions of other peers were tried as well, if the sender was not known.
                sessions.retain_peer(&opened.sender);
                let place = sessions.position(&opened.session_id);
                *index = place.ok_or(ClientError::Damaged)?;
                let (_, stored) = sessions.get(*index).ok_or(ClientError::Damaged)?;
                let to_answer = stored.session.messages_to_answer();
                received.answer_due = to_answer >= MESSAGES_BEFORE_ANSWER_IS_DUE;
                Ok(sessions.is_old(*index))
            }
            SessionChange::Accepted {
                session,
                newest_prekey,
                rank,
                ..
            } => {
                let rank_before = match list.forgotten(&opened.sender) {
                    Some(forgotten) => forgotten.remainder.rank,
                    None => self.forgotten(&opened.sender)?.remainder.rank,
                };
                // A device that was met with PQXDH cannot be brought back to X3DH.
                let device = party.device::<S::Error>(&opened.sender)?.clone();
                if device.mark.forbids(opened.suite) {
                    let name = party.name().map(|name| name.to_string());
                    return Err(ClientError::Downgrade(name.unwrap_or_default()));
                }
                let known = sessions.highest_rank().max(rank_before);
                *rank = sessions.rank_of(session.ordinal(), *newest_prekey, known);
                if received.renewed.is_some() {
                    *rank = sessions.rank_of_renewal(&device.repair, (*rank, rank_before));
                }
                Ok(sessions.begins_old(*rank))
            }
        }
    }
}
