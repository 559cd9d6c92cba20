//! The user that an account is a device of: its key, its list and its other devices.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sprag_devices::{Device, DeviceList, DeviceNumber, KnownList, UserId, UserKey, UserKeyPair};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::users::{LoadedOwn, Owner, Party};
use super::{Client, Result};
use crate::error::ClientError;
use crate::records::{Devices, OwnUser, Signing};
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::RecordKind;

impl<S: Store> Client<S> {
    /// The id of the user that this account is a device of. Others compare it, or the safety number that is made of it.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoUser`], [`ClientError::Damaged`], [`ClientError::Store`]
    pub fn user_id(&self) -> Result<UserId, S> {
        Ok(self.own_user()?.own.list.user_id())
    }

    /// The newest list of the devices of the own user.
    ///
    /// # Errors
    ///
    /// Those of [`user_id`](Self::user_id).
    pub fn device_list(&self) -> Result<DeviceList, S> {
        Ok(self.own_user()?.own.list.list().clone())
    }

    /// Signs that this account is the device with this number of a user. The number is the list's
    /// [next one](DeviceList::next_number).
    ///
    /// # Errors
    ///
    /// [`ClientError::UserExists`] if the account is a device of a user already, because an identity key belongs to one user
    /// for ever; [`ClientError::Damaged`]; [`ClientError::Store`].
    pub fn sign_device(
        &self,
        user: &UserKey,
        number: DeviceNumber,
        rng: &mut impl CryptoRng,
    ) -> Result<Device, S> {
        self.expect_no_user()?;
        let account = self.account()?;
        Ok(Device::sign(
            account.core.identity_pair(),
            user,
            number,
            rng,
        ))
    }

    /// Adds a device, which has [signed](Self::sign_device) that it belongs to the user, to the user's list. `now` is the time
    /// in seconds since 1970-01-01 UTC, or 0 not to state it. The list that is returned lets the device
    /// [join](Self::join).
    ///
    /// # Errors
    ///
    /// [`ClientError::NoUserKey`] if this device does not have the user key; [`ClientError::SigningUnsure`] and
    /// [`ClientError::Granted`] if it must not sign; [`ClientError::Change`] if the list cannot have
    /// the device; [`ClientError::KnownAs`] if it is known as a peer's; [`ClientError::NoUser`]; [`ClientError::Damaged`];
    /// [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn admit_device(
        &mut self,
        device: Device,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<DeviceList, S> {
        let loaded = self.own_listed()?;
        let signer = self.signer(&loaded.own)?;
        let list = loaded.own.list.with_device(&signer.key, device, now)?;
        let mut party = Party::Own(Box::new(loaded));
        let change = self.take_signed(&mut party, &list)?;
        let mut transaction = Transaction::new(&self.vault, rng);
        signer.expect(&mut transaction);
        change.stage(&party, &mut transaction);
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(list)
    }

    /// Makes this account a device of the user whose list lists it. It waits for no welcome any more.
    ///
    /// # Errors
    ///
    /// [`ClientError::UserExists`]; [`ClientError::NotListed`] if the list does not list this account;
    /// [`ClientError::KnownAs`] if the user or another device of it is known as a peer; [`ClientError::Damaged`];
    /// [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn join(&mut self, list: DeviceList, rng: &mut impl CryptoRng) -> Result<(), S> {
        self.expect_no_user()?;
        let own = self.own_user_of(list)?;
        let mut transaction = Transaction::new(&self.vault, rng);
        transaction.add_own_user(&own);
        transaction.tell_all_prekeys(&own, self.account()?.core.generation());
        transaction.delete_unread(self.pending_name());
        let batch = transaction.finish();
        self.commit(&batch)
    }

    /// The user with this list, which this account is a device of. Neither the user nor another device of it may be known as a
    /// peer.
    pub(super) fn own_user_of(&self, list: DeviceList) -> Result<OwnUser, S> {
        let identity = *self.account()?.core.identity();
        if list.identify(&identity).is_none() {
            return Err(ClientError::NotListed(identity));
        }
        if let Some(Owner::Peer(name)) = self.owner_of_user(&list.user_id())? {
            return Err(ClientError::KnownAs(name.into()));
        }
        let mut devices = Devices::default();
        for device in list.devices() {
            if let Some(Owner::Peer(name)) = self.owner_of(&device.identity)? {
                return Err(ClientError::KnownAs(name.into()));
            }
            if device.identity != identity {
                let mark = self.forgotten(&device.identity)?.remainder.mark;
                devices.add(crate::records::Device::new(device.identity, mark), &[]);
            }
        }
        Ok(OwnUser {
            identity,
            list: KnownList::new(list),
            devices,
            signing: Signing::Sure,
        })
    }

    fn expect_no_user(&self) -> Result<(), S> {
        match self.own_user() {
            Ok(LoadedOwn { .. }) => Err(ClientError::UserExists),
            Err(ClientError::NoUser) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// The own list as it is published.
    pub(super) fn published_list(&self) -> Result<Vec<u8>, S> {
        Ok(self.own_listed()?.own.list.list().as_bytes().to_vec())
    }
}

impl<R: CryptoRng> Transaction<'_, R> {
    /// Adds the own user, under its id and under the identity of each of its devices.
    pub(super) fn add_own_user(&mut self, own: &OwnUser) {
        let vault = self.vault();
        self.create(
            vault.name(RecordKind::OwnUser, &[]),
            own.to_snapshot().expose(),
        );
        let user = own.list.user_id();
        self.create(vault.name(RecordKind::UserName, &[user.as_bytes()]), &[]);
        for device in own.list.list().devices() {
            let parts = [device.identity.as_bytes().as_slice()];
            self.create(vault.name(RecordKind::PeerName, &parts), &[]);
        }
    }

    /// Adds a new own user with its key.
    pub(super) fn add_new_user(&mut self, key: &UserKeyPair, own: &OwnUser) {
        let name = self.vault().name(RecordKind::UserKey, &[]);
        self.create(name, key.to_snapshot().expose());
        self.add_own_user(own);
    }
}
