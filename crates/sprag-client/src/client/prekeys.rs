//! The bundles and uploads that a client publishes, and the life of its prekeys.

use alloc::vec::Vec;

use sprag::limits::BATCH_OF_ONE_TIME_PREKEYS;
use sprag::records::{AccountCore, Changes, Rotation};
use sprag::{Remaining, Stock};
use sprag_primitives::rand_core::CryptoRng;

use super::account_records::Reading;
use super::{Client, Result};
use crate::store::Store;
use crate::transaction::Transaction;

impl<S: Store> Client<S> {
    /// A bundle for one reader, with the device list of the own user; see [`Account::publish`](sprag::Account::publish).
    ///
    /// # Errors
    ///
    /// [`ClientError::NoUser`](crate::ClientError::NoUser),
    /// [`ClientError::NotListed`](crate::ClientError::NotListed) if the newest list does not list this device,
    /// [`ClientError::Damaged`](crate::ClientError::Damaged),
    /// [`ClientError::Conflict`](crate::ClientError::Conflict),
    /// [`ClientError::Store`](crate::ClientError::Store)
    pub fn publish(&mut self, rng: &mut impl CryptoRng) -> Result<Vec<u8>, S> {
        let list = self.published_list()?;
        self.change_account(rng, |core, records, rng| core.publish(records, &list, rng))
    }

    /// A bundle for any number of readers; see [`Account::publish_reusable`](sprag::Account::publish_reusable).
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`](crate::ClientError::Damaged),
    /// [`ClientError::Store`](crate::ClientError::Store)
    pub fn publish_reusable(&self) -> Result<Vec<u8>, S> {
        Ok(self
            .account()?
            .core
            .publish_reusable(&self.published_list()?)?)
    }

    /// A bundle for one reader that does not know PQXDH; see [`Account::publish_x3dh`](sprag::Account::publish_x3dh).
    ///
    /// # Errors
    ///
    /// Those of [`publish`](Self::publish);
    /// [`ClientError::Protocol`](crate::ClientError::Protocol) once there is no number for the
    /// prekey.
    pub fn publish_x3dh(&mut self, rng: &mut impl CryptoRng) -> Result<Vec<u8>, S> {
        let list = self.published_list()?;
        self.change_account(rng, |core, records, rng| {
            core.publish_x3dh(records, &list, rng)
        })
    }

    /// An upload for a directory; see [`Account::replenish`](sprag::Account::replenish).
    ///
    /// # Errors
    ///
    /// Those of [`publish_x3dh`](Self::publish_x3dh).
    pub fn replenish(&mut self, rng: &mut impl CryptoRng) -> Result<Vec<u8>, S> {
        let list = self.published_list()?;
        self.change_account(rng, |core, records, rng| {
            core.replenish_to(records, (BATCH_OF_ONE_TIME_PREKEYS, &list), rng)
        })
    }

    /// An upload for a directory that has these prekeys `left`; see [`Account::replenish_from`](sprag::Account::replenish_from).
    ///
    /// # Errors
    ///
    /// Those of [`publish_x3dh`](Self::publish_x3dh).
    pub fn replenish_from(&mut self, left: Stock, rng: &mut impl CryptoRng) -> Result<Vec<u8>, S> {
        let list = self.published_list()?;
        self.change_account(rng, |core, records, rng| {
            core.replenish_from(records, (left, &list), rng)
        })
    }

    /// The numbers of one-time prekeys that were published and not used; see [`Account::one_time_prekeys`](sprag::Account::one_time_prekeys).
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`](crate::ClientError::Damaged),
    /// [`ClientError::Store`](crate::ClientError::Store)
    pub fn one_time_prekeys(&self) -> Result<Remaining, S> {
        Ok(self.account()?.core.one_time_prekeys())
    }

    /// Replaces the signed and the last-resort prekey at `now`, in seconds since 1970-01-01 UTC, and
    /// keeps the replaced ones for `keep` seconds; see [`Account::rotate`](sprag::Account::rotate).
    ///
    /// # Errors
    ///
    /// Those of [`publish_x3dh`](Self::publish_x3dh), and
    /// [`ClientError::Protocol`](crate::ClientError::Protocol) if there is no room to keep the replaced ones.
    pub fn rotate(&mut self, now: u64, keep: u64, rng: &mut impl CryptoRng) -> Result<(), S> {
        self.replace_prekeys((now, keep), false, rng)
    }

    /// [`rotate`](Self::rotate) with new prekeys that are dated `now`, although those before may be dated later; see
    /// [`Account::redate`](sprag::Account::redate).
    ///
    /// # Errors
    ///
    /// Those of [`rotate`](Self::rotate).
    pub fn redate(&mut self, now: u64, keep: u64, rng: &mut impl CryptoRng) -> Result<(), S> {
        self.replace_prekeys((now, keep), true, rng)
    }

    /// The time at which the signed and the last-resort prekey were made, in seconds since 1970-01-01 UTC, as a bundle
    /// states it.
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`](crate::ClientError::Damaged),
    /// [`ClientError::Store`](crate::ClientError::Store)
    pub fn prekeys_created(&self) -> Result<u64, S> {
        Ok(self.account()?.core.prekeys_created())
    }

    /// Drops the replaced prekeys, and the keys of files that were not acknowledged, whose time is up at `now`, in
    /// seconds since 1970-01-01 UTC. Tells whether there were any.
    ///
    /// # Errors
    ///
    /// Those of [`publish`](Self::publish).
    pub fn expire(&mut self, now: u64, rng: &mut impl CryptoRng) -> Result<bool, S> {
        let mut account = self.account()?;
        let changes = account.core.expire(now);
        let expired = !changes.expired.is_empty();
        let room = self.without_old_file_keys(now)?;
        if !expired && room.is_none() {
            return Ok(false);
        }
        // Commit both at once.
        let change = self.account_change(account, changes)?;
        let mut transaction = Transaction::new(&self.vault, rng);
        if expired {
            transaction.change_account(&change);
        }
        if let Some(room) = &room {
            room.stage(room.totals, &mut transaction);
        }
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(expired || room.is_some_and(|room| !room.leaving.is_empty()))
    }

    fn replace_prekeys(
        &mut self,
        (now, keep): (u64, u64),
        redate: bool,
        rng: &mut impl CryptoRng,
    ) -> Result<(), S> {
        let rotation = Rotation {
            now,
            keep,
            drop_by: self.time_to_delete_by(now)?,
            redate,
        };
        self.change_account(rng, |core, _, rng| Ok(((), core.rotate(&rotation, rng)?)))
    }

    /// Commits what `change` makes of the account, before a bundle can leave.
    fn change_account<T, R: CryptoRng>(
        &mut self,
        rng: &mut R,
        change: impl FnOnce(&mut AccountCore, &Reading<'_, S>, &mut R) -> Result<(T, Changes), S>,
    ) -> Result<T, S> {
        let mut account = self.account()?;
        let (result, changes) = change(&mut account.core, &Reading(self), rng)?;
        let change = self.account_change(account, changes)?;
        let mut transaction = Transaction::new(&self.vault, rng);
        transaction.change_account(&change);
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(result)
    }
}
