//! The account: a record of bounded size, and a record of its own for each one-time prekey and for each session that is
//! remembered.
//!
//! Each change of one of these comes with a change of the account's own record. So the expectation on that record stands
//! for all of them, and no other writer can have changed one in the meantime.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sprag::records::{
    AccountCore, AccountRecords, Changes, GenerationId, OneTime, OneTimeKind, Place, Remembered,
};
use sprag::{Error, SessionId};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;
use sprag_x3dh::{KemPrekeyPair, OneTimePrekeyPair, PrekeyId};

use super::{Client, Result};
use crate::error::ClientError;
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind, Vault};

/// The account as it was read.
pub(super) struct StoredAccount {
    record: Record,
    pub(super) core: AccountCore,
}

impl StoredAccount {
    /// Demands that the account stays as it was read.
    pub(super) fn expect_unchanged<R: CryptoRng>(&self, transaction: &mut Transaction<'_, R>) {
        transaction.expect(&self.record);
    }
}

/// The change that a call makes to the account, to be committed whole.
pub(super) struct AccountChange {
    account: StoredAccount,
    changes: Changes,
    /// The sessions that are remembered with generations whose keys are dropped.
    forgotten: Vec<Record>,
}

impl AccountChange {
    /// The number that the account's next prekey will have.
    pub(super) const fn next_prekey_id(&self) -> PrekeyId {
        self.account.core.next_prekey_id()
    }
}

impl<S: Store> Client<S> {
    /// Loads the account.
    pub(super) fn account(&self) -> Result<StoredAccount, S> {
        let record = self.read(self.account_name())?;
        let Some(record) = record else {
            return Err(self.unless_removed(ClientError::NoAccount)?);
        };
        let core = Snapshot::from_snapshot(record.content.expose())?;
        Ok(StoredAccount { record, core })
    }

    /// The reason for which the account refuses a first message; a conflict if it may be due to another writer, which
    /// received the same message between the reading of the session, of the account and of the records.
    pub(super) fn unless_changed(
        &self,
        account: &StoredAccount,
        refusal: ClientError<S::Error>,
    ) -> Result<ClientError<S::Error>, S> {
        let changed = match &refusal {
            ClientError::Protocol(Error::RepeatOf(id)) => self.peer_of_session(id)?.is_some(),
            ClientError::Protocol(Error::UnknownPrekey(..) | Error::PrekeyGone(..)) => {
                let stored = self.store.get(&account.record.name);
                stored.map_err(ClientError::Store)?.as_ref() != Some(&account.record.sealed)
            }
            _ => false,
        };
        Ok(if changed {
            ClientError::Conflict
        } else {
            refusal
        })
    }

    /// Prepares to commit what was made of the account. The records that leave with a generation are read, so that they can
    /// be deleted.
    pub(super) fn account_change(
        &self,
        account: StoredAccount,
        changes: Changes,
    ) -> Result<AccountChange, S> {
        let mut forgotten = Vec::new();
        for generation in &changes.expired {
            let generation = generation.to_le_bytes();
            let prefix = self
                .vault
                .name(RecordKind::GenerationSession, &[&generation]);
            forgotten.append(&mut self.records_under(&prefix)?);
        }
        Ok(AccountChange {
            account,
            changes,
            forgotten,
        })
    }
}

/// A client whose account asks for its records.
pub(super) struct Reading<'a, S>(pub(super) &'a Client<S>);

impl<S: Store> Reading<'_, S> {
    /// Reads a record of this type.
    fn get<T: Snapshot>(&self, name: Vec<u8>) -> Result<Option<T>, S> {
        let Some(record) = self.0.read(name)? else {
            return Ok(None);
        };
        Ok(Some(T::from_snapshot(record.content.expose())?))
    }
}

/// The records of the account, each read when it is asked for.
impl<S: Store> AccountRecords<ClientError<S::Error>> for Reading<'_, S> {
    type Held<'a, P: 'a>
        = Box<OneTime<P>>
    where
        Self: 'a;

    fn one_time_prekey(&self, id: PrekeyId) -> Result<Option<Box<OneTime<OneTimePrekeyPair>>>, S> {
        self.get(prekey_name(&self.0.vault, OneTimeKind::Ec, id))
    }

    fn one_time_kem_prekey(&self, id: PrekeyId) -> Result<Option<Box<OneTime<KemPrekeyPair>>>, S> {
        self.get(prekey_name(&self.0.vault, OneTimeKind::Kem, id))
    }

    fn prekey_at(&self, kind: OneTimeKind, place: Place) -> Result<Option<PrekeyId>, S> {
        self.get(place_name(&self.0.vault, kind, place))
    }

    fn is_remembered(&self, generation: Option<GenerationId>, id: &SessionId) -> Result<bool, S> {
        let vault = &self.0.vault;
        let name = match generation {
            Some(generation) => generation_session_name(vault, generation, id),
            None => one_time_session_name(vault, id),
        };
        Ok(self.0.read(name)?.is_some())
    }

    fn session_at(&self, slot: u32) -> Result<Option<SessionId>, S> {
        self.get(slot_name(&self.0.vault, slot))
    }
}

impl<R: CryptoRng> Transaction<'_, R> {
    /// Replaces the account, and makes the changes of its records.
    pub(super) fn change_account(&mut self, change: &AccountChange) {
        let AccountChange {
            account,
            changes,
            forgotten,
        } = change;
        self.replace(&account.record, account.core.snapshot().expose());
        // Delete the one-time prekeys that were used, or that leave for others.
        for deleted in &changes.deleted {
            let name = prekey_name(self.vault(), deleted.kind, deleted.id);
            self.delete_unread(name);
            let name = place_name(self.vault(), deleted.kind, deleted.place);
            self.delete_unread(name);
        }
        // Keep the new ones.
        for key in &changes.one_time_prekeys {
            self.keep_prekey(OneTimeKind::Ec, key.pair.id(), key);
        }
        for key in &changes.one_time_kem_prekeys {
            self.keep_prekey(OneTimeKind::Kem, key.pair.id(), key);
        }
        // Remember the session, and forget others.
        match changes.remembered {
            Some(Remembered::WithGeneration { generation, id }) => {
                self.create(generation_session_name(self.vault(), generation, &id), &[]);
            }
            Some(Remembered::WithOneTimePrekey {
                slot,
                id,
                forgotten,
            }) => {
                self.create(one_time_session_name(self.vault(), &id), &[]);
                self.put_unread(slot_name(self.vault(), slot), id.as_bytes());
                if let Some(forgotten) = forgotten {
                    self.delete_unread(one_time_session_name(self.vault(), &forgotten));
                }
            }
            None => {}
        }
        for record in forgotten {
            self.delete(record);
        }
    }

    fn keep_prekey<P: Snapshot>(&mut self, kind: OneTimeKind, id: PrekeyId, key: &OneTime<P>) {
        self.create(
            prekey_name(self.vault(), kind, id),
            key.to_snapshot().expose(),
        );
        // Its place may be that of a key that leaves.
        let place = place_name(self.vault(), kind, key.place);
        self.put_unread(place, &id.to_le_bytes());
    }
}

fn prekey_name(vault: &Vault, kind: OneTimeKind, id: PrekeyId) -> Vec<u8> {
    let record = match kind {
        OneTimeKind::Ec => RecordKind::OneTimePrekey,
        OneTimeKind::Kem => RecordKind::OneTimeKemPrekey,
    };
    vault.name(record, &[&id.to_le_bytes()])
}

fn place_name(vault: &Vault, kind: OneTimeKind, place: Place) -> Vec<u8> {
    let kind = match kind {
        OneTimeKind::Ec => [0],
        OneTimeKind::Kem => [1],
    };
    let place = place.to_snapshot();
    vault.name(RecordKind::PrekeyPlace, &[&kind, place.expose()])
}

fn generation_session_name(vault: &Vault, generation: GenerationId, id: &SessionId) -> Vec<u8> {
    let generation = generation.to_le_bytes();
    vault.name(RecordKind::GenerationSession, &[&generation, id.as_bytes()])
}

fn one_time_session_name(vault: &Vault, id: &SessionId) -> Vec<u8> {
    vault.name(RecordKind::OneTimeSession, &[id.as_bytes()])
}

fn slot_name(vault: &Vault, slot: u32) -> Vec<u8> {
    vault.name(RecordKind::OneTimeSessionSlot, &[&slot.to_le_bytes()])
}
