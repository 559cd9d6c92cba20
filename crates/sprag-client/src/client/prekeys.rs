//! The bundles and uploads that a client publishes, and the life of its prekeys.

use alloc::vec::Vec;

use sprag::{Account, Remaining, Stock};
use sprag_primitives::rand_core::CryptoRng;

use super::{Client, Result};
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::Record;

impl<S: Store> Client<S> {
    /// A bundle for one reader; see [`Account::publish`].
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`](crate::ClientError::Damaged),
    /// [`ClientError::Conflict`](crate::ClientError::Conflict),
    /// [`ClientError::Store`](crate::ClientError::Store)
    pub fn publish(&mut self, rng: &mut impl CryptoRng) -> Result<Vec<u8>, S> {
        self.change_account(rng, |account, rng| Ok(account.publish(rng)))
    }

    /// A bundle for any number of readers; see [`Account::publish_reusable`].
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`](crate::ClientError::Damaged),
    /// [`ClientError::Store`](crate::ClientError::Store)
    pub fn publish_reusable(&self) -> Result<Vec<u8>, S> {
        Ok(self.account()?.1.publish_reusable())
    }

    /// A bundle for one reader that does not know PQXDH; see [`Account::publish_x3dh`].
    ///
    /// # Errors
    ///
    /// Those of [`publish`](Self::publish);
    /// [`ClientError::Protocol`](crate::ClientError::Protocol) once there is no number for the
    /// prekey.
    pub fn publish_x3dh(&mut self, rng: &mut impl CryptoRng) -> Result<Vec<u8>, S> {
        self.change_account(rng, |account, rng| Ok(account.publish_x3dh(rng)?))
    }

    /// An upload for a directory; see [`Account::replenish`].
    ///
    /// # Errors
    ///
    /// Those of [`publish_x3dh`](Self::publish_x3dh).
    pub fn replenish(&mut self, rng: &mut impl CryptoRng) -> Result<Vec<u8>, S> {
        self.change_account(rng, |account, rng| Ok(account.replenish(rng)?))
    }

    /// An upload for a directory that has these prekeys `left`; see [`Account::replenish_from`].
    ///
    /// # Errors
    ///
    /// Those of [`publish_x3dh`](Self::publish_x3dh).
    pub fn replenish_from(&mut self, left: Stock, rng: &mut impl CryptoRng) -> Result<Vec<u8>, S> {
        self.change_account(rng, |account, rng| Ok(account.replenish_from(left, rng)?))
    }

    /// The numbers of one-time prekeys that were published and not used; see [`Account::one_time_prekeys`].
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`](crate::ClientError::Damaged),
    /// [`ClientError::Store`](crate::ClientError::Store)
    pub fn one_time_prekeys(&self) -> Result<Remaining, S> {
        Ok(self.account()?.1.one_time_prekeys())
    }

    /// Replaces the signed and the last-resort prekey at `now`, in seconds since 1970-01-01 UTC, and
    /// keeps the replaced ones for `keep` seconds; see [`Account::rotate`].
    ///
    /// # Errors
    ///
    /// Those of [`publish_x3dh`](Self::publish_x3dh).
    pub fn rotate(&mut self, now: u64, keep: u64, rng: &mut impl CryptoRng) -> Result<(), S> {
        self.change_account(rng, |account, rng| Ok(account.rotate(now, keep, rng)?))
    }

    /// Drops the replaced prekeys, and the keys of files that were not acknowledged, whose time is up at `now`, in
    /// seconds since 1970-01-01 UTC. Tells whether there were any.
    ///
    /// # Errors
    ///
    /// Those of [`publish`](Self::publish).
    pub fn expire(&mut self, now: u64, rng: &mut impl CryptoRng) -> Result<bool, S> {
        let (record, mut account) = self.account()?;
        let expired = account.expire(now);
        if expired {
            self.replace_account(&record, &account, rng)?;
        }
        Ok(self.forget_old_file_keys(now, rng)? || expired)
    }

    /// Commits what `change` makes of the account.
    fn change_account<T, R: CryptoRng>(
        &mut self,
        rng: &mut R,
        change: impl FnOnce(&mut Account, &mut R) -> Result<T, S>,
    ) -> Result<T, S> {
        let (record, mut account) = self.account()?;
        let result = change(&mut account, rng)?;
        self.replace_account(&record, &account, rng)?;
        Ok(result)
    }

    fn replace_account(
        &mut self,
        record: &Record,
        account: &Account,
        rng: &mut impl CryptoRng,
    ) -> Result<(), S> {
        let mut transaction = Transaction::new(&self.vault, rng);
        transaction.replace(record, account.snapshot().expose());
        let batch = transaction.finish();
        self.commit(&batch)
    }
}
