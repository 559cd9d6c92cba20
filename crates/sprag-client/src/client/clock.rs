//! The time by which a client deletes keys.

use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::{Client, Result};
use crate::records::Clock;
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind};

impl<S: Store> Client<S> {
    /// Remembers a reading of the clock, in seconds since 1970-01-01 UTC, and returns the time that it and those before vouch
    /// for: an earlier one by [`TIME_BETWEEN_READINGS`](crate::limits::TIME_BETWEEN_READINGS) at least, 0 as long as there is
    /// none.
    ///
    /// A program whose clock may be wrong gives this time to [`expire`](Self::expire), because one wrong reading would delete
    /// keys for ever that messages on their way need. From the first call on, [`rotate`](Self::rotate) and
    /// [`decrypt_file`](Self::decrypt_file) delete nothing by a later time either.
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`](crate::ClientError::Damaged), [`ClientError::Conflict`](crate::ClientError::Conflict),
    /// [`ClientError::Store`](crate::ClientError::Store)
    pub fn vouched_time(&mut self, reading: u64, rng: &mut impl CryptoRng) -> Result<u64, S> {
        let before = self.clock()?;
        let record = before.as_ref().map(|(record, _)| record);
        let clock = match &before {
            Some((_, clock)) => clock.with(reading),
            None => Clock::begin(reading),
        };
        if before.as_ref().is_none_or(|(_, before)| clock != *before) {
            let mut transaction = Transaction::new(&self.vault, rng);
            let name = self.vault.name(RecordKind::Clock, &[]);
            transaction.set(record, name, clock.to_snapshot().expose());
            let batch = transaction.finish();
            self.commit(&batch)?;
        }
        Ok(clock.vouched)
    }

    /// The time by which keys are deleted if the caller says that it is `now`: no later one than is vouched for, if
    /// [readings](Self::vouched_time) are remembered.
    pub(super) fn time_to_delete_by(&self, now: u64) -> Result<u64, S> {
        Ok(match self.clock()? {
            Some((_, clock)) => clock.vouched.min(now),
            None => now,
        })
    }

    fn clock(&self) -> Result<Option<(Record, Clock)>, S> {
        let Some(record) = self.read(self.vault.name(RecordKind::Clock, &[]))? else {
            return Ok(None);
        };
        let clock = Clock::from_snapshot(record.content.expose())?;
        Ok(Some((record, clock)))
    }
}
