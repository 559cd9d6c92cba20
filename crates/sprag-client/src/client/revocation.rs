//! Devices that leave: those that the user removes, and this one when it is removed.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sprag::IdentityKey;
use sprag_devices::{Device, DeviceList, DeviceNumber, Reason, Revoked, Status};
use sprag_primitives::rand_core::CryptoRng;
use sprag_wire::ContentKind;

use super::outgoing::{DeviceMessage, Letter};
use super::users::{LoadedOwn, Party};
use super::{Client, Result};
use crate::error::ClientError;
use crate::records::Signing;
use crate::store::{Batch, Store};
use crate::store_key::StoreKey;
use crate::transaction::Transaction;
use crate::vault::RecordKind;

/// The outcome of a revocation.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Revocation {
    /// The new list, which every peer learns with the next message.
    pub list: DeviceList,
    /// The list as a message for the removed device, which stops when it reads it. It is missing if there was no session with
    /// the device.
    pub notice: Option<DeviceMessage>,
}

impl<S: Store> Client<S> {
    /// Removes another device of the own user from the list, at `now` in seconds since 1970-01-01 UTC, or 0 not to state it.
    ///
    /// Peers write to the device no more. What it sent before is still read from a retired device, for a time, and from a lost
    /// one nothing. Its key never returns: to come back, it begins anew as another device.
    ///
    /// To remove a device again, for the reason that it was removed for, changes nothing and returns the notice of the first time
    /// and the newest list. A device that was retired can be declared lost later: then what it sent before is read no more. One
    /// that is lost stays so.
    ///
    /// A device to which signing was [handed over](Self::grant) can be removed too, as long as no list of it has come: then this
    /// device signs again. If the other one has signed a list after all, the two lists are evidence against the user.
    ///
    /// # Errors
    ///
    /// [`ClientError::ThisDevice`]; [`ClientError::Change`] if the list has no such device; [`ClientError::NoUserKey`];
    /// [`ClientError::SigningUnsure`]; [`ClientError::Granted`]; [`ClientError::NoUser`]; [`ClientError::Protocol`];
    /// [`ClientError::Damaged`]; [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn revoke(
        &mut self,
        revoked: Revoked,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Revocation, S> {
        let mut loaded = self.own_listed()?;
        match (loaded.own.list.status(revoked.number), revoked.reason) {
            (Status::Retired, Reason::Lost) => {
                return self.declare_lost(loaded, (revoked, now), rng);
            }
            (Status::Retired, Reason::Retired) | (Status::Lost, Reason::Lost) => {
                return Ok(Revocation {
                    notice: self.notice_again(&loaded, revoked.number)?,
                    list: loaded.own.list.list().clone(),
                });
            }
            _ => {}
        }
        // Sign the list without the device.
        let device = Self::other_own_device(&loaded, revoked.number)?;
        // A store that was put back may lack the lists of the device that signing was handed over to.
        if loaded.own.signing == Signing::Granted(device.identity) {
            let state = loaded.own.devices.get(&device.identity);
            let was_put_back = state.is_none_or(|state| state.put_back_at > 0);
            loaded.own.signing = if was_put_back {
                Signing::Unsure
            } else {
                Signing::Sure
            };
        }
        let signer = self.signer(&loaded.own)?;
        let newest = loaded.own.list.list();
        let list = newest.without_device(&signer.key, revoked, now)?;
        // Write to the device in the session that there is, before the list ends it.
        let mut party = Party::Own(Box::new(loaded));
        let letter = Letter::control(ContentKind::List, &[]);
        let sending = if self.has_session(&party, &device)? {
            Some(self.encrypt_to_own((&mut party, &device), (&letter, &list), rng)?)
        } else {
            None
        };
        // Commit both.
        let change = self.take_signed(&mut party, &list)?;
        let mut transaction = Transaction::new(&self.vault, rng);
        signer.expect(&mut transaction);
        let sent = sending.map(|sending| sending.stage(&mut transaction));
        change.stage(&party, &mut transaction);
        let notice = sent.and_then(|mut sent| sent.messages.pop());
        if let Some(notice) = &notice {
            transaction.create(self.notice_name(&device.identity), &notice.message);
        }
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(Revocation { list, notice })
    }

    /// Signs that a device which was retired is lost.
    fn declare_lost(
        &mut self,
        loaded: LoadedOwn,
        (revoked, now): (Revoked, u64),
        rng: &mut impl CryptoRng,
    ) -> Result<Revocation, S> {
        let notice = self.notice_again(&loaded, revoked.number)?;
        let signer = self.signer(&loaded.own)?;
        let newest = loaded.own.list.list();
        let list = newest.without_device(&signer.key, revoked, now)?;
        let mut party = Party::Own(Box::new(loaded));
        let change = self.take_signed(&mut party, &list)?;
        let mut transaction = Transaction::new(&self.vault, rng);
        signer.expect(&mut transaction);
        change.stage(&party, &mut transaction);
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(Revocation { list, notice })
    }

    /// The notice that was written when this device was removed, if it was removed here and there was a session with it. It is
    /// the same message again, so that no key is used twice.
    fn notice_again(
        &self,
        loaded: &LoadedOwn,
        number: DeviceNumber,
    ) -> Result<Option<DeviceMessage>, S> {
        let mut devices = loaded.own.devices.iter().map(|device| device.identity);
        let identity = devices.find(|identity| {
            let gone = loaded.own.list.gone_device(identity);
            gone.is_some_and(|gone| gone.number == number)
        });
        let Some(identity) = identity else {
            return Ok(None);
        };
        let record = self.read(self.notice_name(&identity))?;
        Ok(record.map(|record| DeviceMessage {
            number,
            identity,
            own: true,
            kind: ContentKind::List,
            message: record.content.expose().to_vec(),
        }))
    }

    fn notice_name(&self, identity: &IdentityKey) -> Vec<u8> {
        let parts = [identity.as_bytes().as_slice()];
        self.vault.name(RecordKind::Notice, &parts)
    }

    /// Tells whether there is a session to send to this device in.
    fn has_session(&self, party: &Party, device: &Device) -> Result<bool, S> {
        let state = party.devices().get(&device.identity);
        let sessions = self.sessions(&device.identity)?;
        Ok(state.is_some_and(|state| !state.renew) && sessions.sending().is_some())
    }

    /// Leaves the own user: deletes the account with all sessions, peers and messages, and the user key if it is here. The list
    /// still has this device until another device revokes it.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoUser`], [`ClientError::Removed`], [`ClientError::Damaged`], [`ClientError::Conflict`],
    /// [`ClientError::Store`]
    pub fn leave(&mut self, rng: &mut impl CryptoRng) -> Result<(), S> {
        let list = self.own_user()?.own.list.list().clone();
        self.remove_all(&list, rng).map(drop)
    }

    /// Deletes everything but the store's format, and leaves the mark of the list by which this device was removed. Returns the
    /// refusal of what brought the list.
    pub(super) fn remove_all(
        &mut self,
        list: &DeviceList,
        rng: &mut impl CryptoRng,
    ) -> Result<ClientError<S::Error>, S> {
        let format = self.format_name();
        let records = self.store.scan(&[]).map_err(ClientError::Store)?;
        let mut batch = Batch::new();
        // Each record must be as it was read, so that nothing of another writer's is left.
        for (name, sealed) in records.into_iter().filter(|(name, _)| *name != format) {
            batch.expect(name.clone(), Some(sealed));
            batch.delete(name);
        }
        let name = self.vault.name(RecordKind::Removed, &[]);
        let sealed = self.vault.seal(&name, list.as_bytes(), rng);
        batch.expect(name.clone(), None);
        batch.put(name, sealed);
        self.commit(&batch)?;
        Ok(ClientError::Removed)
    }

    /// The list by which this device was removed, of a store that is left of it.
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`], [`ClientError::Store`]
    pub fn removed_by(store: S, key: &StoreKey) -> Result<Option<DeviceList>, S> {
        let client = Self::new(store, key);
        let record = client.read(client.removed_name())?;
        let list = record.map(|record| DeviceList::decode(record.content.expose()));
        list.transpose().map_err(|_| ClientError::Damaged)
    }

    /// `missing`, unless the reason is that this device was removed.
    pub(super) fn unless_removed(
        &self,
        missing: ClientError<S::Error>,
    ) -> Result<ClientError<S::Error>, S> {
        Ok(match self.read(self.removed_name())? {
            Some(_) => ClientError::Removed,
            None => missing,
        })
    }

    fn removed_name(&self) -> Vec<u8> {
        self.vault.name(RecordKind::Removed, &[])
    }
}

impl Party {
    /// Tells whether this is the own user and its newest list does not have this device.
    pub(super) fn has_removed_this(&self) -> bool {
        match self {
            Self::Own(loaded) => loaded.own.list.identify(&loaded.own.identity).is_none(),
            Self::Peer(_) => false,
        }
    }
}
