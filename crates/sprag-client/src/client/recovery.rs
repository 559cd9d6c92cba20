//! The recovery of a user: its key, from a file that is sealed under a passphrase.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use sprag::records::AccountCore;
use sprag_devices::{Device, DeviceList, KnownList, Replacing};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::lists::Taking;
use super::users::Party;
use super::{Client, Result};
use crate::error::ClientError;
use crate::records::{Device as Other, Devices, Mark, OwnUser, Peer, Signing};
use crate::recovery::{Recovery, RecoveryError};
use crate::store::Store;
use crate::store_key::StoreKey;
use crate::transaction::Transaction;
use crate::vault::RecordKind;

/// A user to be recovered on a new device.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Recovering<'a> {
    /// The recovery file.
    pub recovery: &'a Recovery,
    /// The newest device list of the user, as another device or a peer has it. If a newer one was signed, the list that is signed
    /// now contradicts it, and every peer that sees both stops writing to the user.
    pub list: &'a DeviceList,
    /// The time in seconds since 1970-01-01 UTC, or 0 not to state it.
    pub now: u64,
}

impl<S: Store> Client<S> {
    /// The recovery file of the user: the user key and the newest list, sealed under a passphrase. It is out of date once the list
    /// changes, and can still be used with the newest list.
    ///
    /// A passphrase is taken as bytes, like that of a [store key](StoreKey::wrap).
    ///
    /// # Errors
    ///
    /// [`ClientError::NoUserKey`]; [`ClientError::Granted`] if another device signs; [`ClientError::Recovery`] if the passphrase
    /// is too long; [`ClientError::NoUser`]; [`ClientError::Damaged`]; [`ClientError::Store`].
    pub fn export_recovery(
        &self,
        passphrase: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, S> {
        let own = self.own_listed()?.own;
        let key = self.key_holder()?.key;
        if let Signing::Granted(identity) = own.signing {
            return Err(ClientError::Granted(identity));
        }
        Ok(Recovery::seal(&key, own.list.list(), passphrase, rng)?)
    }

    /// A new account in an empty store, which becomes a device of the user of a recovery file. It signs the user's lists from then
    /// on; devices that are lost must be revoked.
    ///
    /// # Errors
    ///
    /// [`ClientError::AccountExists`] if the store is not empty; [`ClientError::List`] if the list is of another user;
    /// [`ClientError::Recovery`] if it is older than that in the file; [`ClientError::Equivocation`] if the two contradict each
    /// other; [`ClientError::Change`] if it cannot have one device more; [`ClientError::Store`].
    pub fn recover(
        store: S,
        store_key: &StoreKey,
        recovering: Recovering<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, S> {
        let Recovering {
            recovery: Recovery { key, list: earlier },
            list,
            now,
        } = recovering;
        // The list must follow that of the file.
        let mut known = KnownList::new(earlier.clone());
        match known.replace(list.clone())? {
            Replacing::Same | Replacing::Newer(_) => {}
            Replacing::Old => return Err(RecoveryError::OldList.into()),
            Replacing::Evidence(_) => return Err(ClientError::Equivocation(String::new())),
        }
        // Sign this device into the next list.
        let account = AccountCore::generate_at(now, rng);
        let number = known.list().next_number();
        let device = Device::sign(account.identity_pair(), key.public(), number, rng);
        let next = known.with_device(key, device, now)?;
        let mut devices = Devices::default();
        for other in list.devices() {
            devices.add(Other::new(other.identity, Mark::default()), &[]);
        }
        let Replacing::Newer(_) = known.replace(next)? else {
            return Err(ClientError::Damaged);
        };
        let own = OwnUser {
            identity: *account.identity(),
            list: known,
            devices,
            signing: Signing::Sure,
        };
        Self::create_with((store, store_key), &account, Some((key, &own)), rng)
    }

    /// Takes the user key from a recovery file of the own user. Nothing is signed with it before a peer or another device has
    /// said that it knows the list which is known here, or the newest list was [given by hand](Self::import_own_list).
    ///
    /// If this device signs already, nothing changes.
    ///
    /// # Errors
    ///
    /// [`ClientError::List`] if the file is of another user; [`ClientError::Equivocation`] if its list contradicts one that is
    /// known, of which evidence is kept; [`ClientError::Removed`] if its list is newer than any that is known and does not have
    /// this device; [`ClientError::NoUser`]; [`ClientError::Damaged`]; [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn import_user_key(
        &mut self,
        recovery: &Recovery,
        rng: &mut impl CryptoRng,
    ) -> Result<(), S> {
        let loaded = self.own_listed()?;
        if recovery.list.user() != loaded.own.list.user() {
            return Err(sprag_devices::Error::OtherUser.into());
        }
        if loaded.own.signing == Signing::Sure && self.user_key_record()?.is_some() {
            return Ok(());
        }
        // Take the list of the file, which may be newer.
        let mut party = Party::Own(Box::new(loaded));
        let change = match self.take_list(&mut party, &recovery.list, None)? {
            Taking::Taken(change) => change,
            Taking::Contradicts(evidence) => {
                return Err(self.keep_evidence(&mut party, &evidence, rng)?);
            }
        };
        if party.has_removed_this() {
            return Err(self.remove_all(&recovery.list, rng)?);
        }
        // What was heard of the own list before says nothing of what was signed elsewhere.
        if let Party::Own(loaded) = &mut party {
            loaded.own.signing = Signing::Unsure;
            let devices = loaded.own.devices.iter_mut();
            devices.for_each(|device| device.knows = 0);
        }
        let peers = self.records_under(&self.vault.name(RecordKind::Peer, &[]))?;
        let mut transaction = Transaction::new(&self.vault, rng);
        change.stage(&party, &mut transaction);
        for record in &peers {
            let mut peer = Peer::from_snapshot(record.content.expose())?;
            let devices = peer.devices.iter_mut();
            devices.for_each(|device| device.knows = 0);
            transaction.update(record, peer.to_snapshot().expose());
        }
        transaction.keep_user_key(&recovery.key);
        let batch = transaction.finish();
        self.commit(&batch)
    }
}
