//! Messages that carry no text of the user, each for one device, committed together.

use alloc::vec::Vec;

use sprag::Error;
use sprag::records::{Changes, GenerationId, Rotation};
use sprag_primitives::rand_core::CryptoRng;
use sprag_wire::{ContentKind, Renew, RenewReason, RenewRole, encode_renew};

use super::account_records::{AccountChange, Reading, StoredAccount};
use super::outgoing::{DeviceMessage, Letter};
use super::owed::own_among;
use super::sending::{Sending, Target};
use super::users::Party;
use super::{Client, Result, SkipReason};
use crate::error::ClientError;
use crate::limits::KEEP_PREKEYS_AFTER_OFFER;
use crate::records::UnreadMessages;
use crate::store::Store;
use crate::transaction::Transaction;

/// A message that is to be written to one device.
pub(super) struct BareMessage {
    /// The place of the device's user among those of the operation.
    pub(super) party: usize,
    pub(super) target: Target,
    pub(super) kind: ContentKind,
    pub(super) payload: Vec<u8>,
    pub(super) on_sessions: OnSessions,
    /// The prekeys of this account that the message tells another own device of.
    pub(super) tells: Option<GenerationId>,
}

/// The effect of a bare message on the sessions with its device.
#[derive(Clone, Copy)]
pub(super) enum OnSessions {
    /// It goes in the session that there is.
    None,
    /// It begins a session for this reason.
    Begins(RenewReason),
    /// It asks for a session of this rank.
    AsksFor(u64),
}

/// The account, from which bundles are taken that are committed together.
pub(super) struct Bundles {
    account: StoredAccount,
    changes: Changes,
    list: Vec<u8>,
    /// Set once the prekeys were replaced.
    is_rotated: bool,
}

/// A message that was written, or the reason for which it was not.
pub(super) type Written = core::result::Result<DeviceMessage, SkipReason>;

impl Bundles {
    /// Adds the changes of one call to those of the calls before.
    fn add(&mut self, changes: Changes) {
        self.changes.deleted.extend(changes.deleted);
        let keys = &mut self.changes.one_time_prekeys;
        keys.extend(changes.one_time_prekeys);
        let keys = &mut self.changes.one_time_kem_prekeys;
        keys.extend(changes.one_time_kem_prekeys);
        self.changes.expired.extend(changes.expired);
    }
}

impl<S: Store> Client<S> {
    /// The account, for bundles that are committed together.
    pub(super) fn bundles(&self) -> Result<Bundles, S> {
        Ok(Bundles {
            account: self.account()?,
            changes: Changes::default(),
            list: self.published_list()?,
            is_rotated: false,
        })
    }

    /// A bundle for one reader.
    pub(super) fn next_bundle(
        &self,
        bundles: &mut Bundles,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, S> {
        let core = &mut bundles.account.core;
        let (bundle, changes) = core.publish(&Reading(self), &bundles.list, rng)?;
        bundles.add(changes);
        Ok(bundle)
    }

    /// A bundle for one reader that is newer than all before, because the prekeys are replaced before. If there is no room to
    /// keep the replaced ones, the current ones stay.
    pub(super) fn offer_at(
        &self,
        bundles: &mut Option<Bundles>,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, S> {
        let bundles = match bundles {
            Some(bundles) => bundles,
            None => bundles.insert(self.bundles()?),
        };
        if bundles.is_rotated {
            return self.next_bundle(bundles, rng);
        }
        let rotation = Rotation {
            now,
            keep: KEEP_PREKEYS_AFTER_OFFER,
            drop_by: self.time_to_delete_by(now)?,
            redate: false,
        };
        match bundles.account.core.rotate(&rotation, rng) {
            Ok(changes) => bundles.add(changes),
            Err(Error::PrekeysStillKept(_)) => {}
            Err(refusal) => return Err(refusal.into()),
        }
        bundles.is_rotated = true;
        self.next_bundle(bundles, rng)
    }

    /// The change of the account once all bundles were taken.
    pub(super) fn taken_from(&self, bundles: Bundles) -> Result<AccountChange, S> {
        self.account_change(bundles.account, bundles.changes)
    }

    /// Writes messages, and commits them with the bundles that were taken. The own user is among the parties. A device to which
    /// nothing can be written is told of and stays as it was.
    pub(super) fn write_bare(
        &mut self,
        (parties, messages): (&mut [Party], &[BareMessage]),
        account: Option<&AccountChange>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Written>, S> {
        // Encrypt one after the other.
        let letters: Vec<_> = messages.iter().map(BareMessage::letter).collect();
        let empty = Letter::control(ContentKind::Nothing, &[]);
        let own = own_among(parties)?.own.list.list();
        let mut sending = Sending::new(&empty, own, 0);
        let mut written = Vec::new();
        let mut told = Vec::new();
        for (message, letter) in messages.iter().zip(&letters) {
            let party = parties.get_mut(message.party);
            let party = party.ok_or(ClientError::Damaged)?;
            let target = &message.target;
            let device = party.device::<S::Error>(&target.identity)?;
            let before = device.clone();
            if let OnSessions::Begins(reason) = message.on_sessions {
                device.renew = true;
                device.repair.due = Some(reason);
            }
            sending.letter = letter;
            self.encrypt_to((party, target, letter.payload), &mut sending, rng)?;
            let device = party.device::<S::Error>(&target.identity)?;
            let sent = sending.sent.messages.pop();
            match (&sent, message.on_sessions) {
                (Some(_), OnSessions::AsksFor(rank)) => device.repair.ask_for(rank),
                (Some(_), _) => {}
                (None, _) => *device = before,
            }
            if sent.is_some() {
                told.extend(message.tells.map(|prekeys| (target.identity, prekeys)));
            }
            let skipped = sending.sent.skipped.pop().map(|skipped| skipped.reason);
            written.push(sent.ok_or(skipped.unwrap_or(SkipReason::NoBundle)));
        }
        // Commit all of them at once.
        let mut transaction = Transaction::new(&self.vault, rng);
        for party in parties.iter() {
            party.stage(&mut transaction);
        }
        if let Some(account) = account {
            transaction.change_account(account);
        }
        sending.stage(&mut transaction);
        for (identity, prekeys) in told {
            transaction.tell_prekeys(&identity, prekeys);
        }
        let batch = transaction.finish();
        if batch.changes().next().is_some() {
            self.commit(&batch)?;
        }
        Ok(written)
    }
}

impl BareMessage {
    fn letter(&self) -> Letter<'_> {
        Letter::control(self.kind, &self.payload)
    }
}

/// The payload of a renewal, or of a request if there is a bundle.
pub(super) fn renewal(
    reason: RenewReason,
    unread: &UnreadMessages,
    bundle: Option<&[u8]>,
) -> core::result::Result<Vec<u8>, Error> {
    let renew = Renew {
        role: match bundle {
            Some(_) => RenewRole::Request,
            None => RenewRole::Renewal,
        },
        reason,
        unread: unread.as_slice().to_vec(),
        bundle: bundle.unwrap_or_default(),
    };
    encode_renew(&renew).map_err(Error::Wire)
}
