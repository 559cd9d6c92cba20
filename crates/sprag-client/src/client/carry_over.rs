//! Stores of earlier formats, which are carried over to the current one.

use sprag_devices::{DeviceList, KnownList, UserKeyPair};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::Client;
use super::Result;
use super::account_records::StoredAccount;
use super::received::Unreleased;
use crate::error::ClientError;
use crate::records::{
    Devices, Format, HeldBefore, OwnUser, OwnUserBeforeSigning, PeerBefore, PeerBeforeRepair,
    SessionBefore, Signing, UnacknowledgedBefore,
};
use crate::store::Store;
use crate::store_key::StoreKey;
use crate::transaction::Transaction;
use crate::vault::RecordKind;

impl<S: Store> Client<S> {
    /// The account that `store` has, brought from an earlier format to the current one in one commit at `now`, in seconds
    /// since 1970-01-01 UTC. A store of the current format is opened as it is, so that a carrying over that was interrupted is
    /// begun again.
    ///
    /// From format 1, the account becomes the first device of a new user. Each peer keeps its name, and is bound to its
    /// identity key until the first device list that lists it. The sessions still read what is on its way, and nothing is sent
    /// in them: the next message to each peer needs a bundle that is added from then on, or a session that the peer begins.
    /// Bundles that wait are dropped. Messages that are held stay.
    ///
    /// From format 2, everything stays as it is.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open), without [`ClientError::OlderStore`]; [`ClientError::Conflict`].
    pub fn carry_over(
        store: S,
        key: &StoreKey,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, S> {
        let mut client = Self::new(store, key);
        let format = client.format()?;
        let account = client.account()?;
        match format {
            Format::CURRENT => {}
            Format::FIRST => client.carry_over_from_1((&account, now), rng)?,
            Format::SECOND => client.carry_over_from_2(&account, rng)?,
            _ => return Err(ClientError::Damaged),
        }
        Ok(client)
    }

    fn carry_over_from_1(
        &mut self,
        (account, now): (&StoredAccount, u64),
        rng: &mut impl CryptoRng,
    ) -> Result<(), S> {
        // Make the user.
        let user = UserKeyPair::generate(rng);
        let list = DeviceList::first(&user, account.core.identity_pair(), now, rng);
        let own = OwnUser {
            identity: *account.core.identity(),
            list: KnownList::new(list),
            devices: Devices::default(),
            signing: Signing::Sure,
        };
        // Rewrite the records whose form has changed.
        let vault = &self.vault;
        let peers = self.records_under(&vault.name(RecordKind::Peer, &[]))?;
        let sessions = self.records_under(&vault.name(RecordKind::Session, &[]))?;
        let messages = self.records_under(&vault.name(RecordKind::Unacknowledged, &[]))?;
        let plaintexts = self.records_under(&vault.name(RecordKind::Plaintext, &[]))?;
        let mut transaction = Transaction::new(vault, rng);
        account.expect_unchanged(&mut transaction);
        let format = Format::CURRENT.to_snapshot();
        transaction.create(self.format_name(), format.expose());
        transaction.add_new_user(&user, &own);
        for record in &peers {
            let peer = PeerBefore::from_snapshot(record.content.expose())?.carried_over();
            transaction.replace(record, peer.to_snapshot().expose());
        }
        for record in &sessions {
            let session = SessionBefore::from_snapshot(record.content.expose())?.carried_over();
            transaction.replace(record, session.to_snapshot().expose());
        }
        for record in &messages {
            let before = UnacknowledgedBefore::from_snapshot(record.content.expose())?;
            transaction.replace(record, before.carried_over().to_snapshot().expose());
        }
        for record in &plaintexts {
            let held = HeldBefore::from_snapshot(record.content.expose())?;
            let held = Unreleased(held.carried_over());
            transaction.replace(record, held.0.to_snapshot().expose());
        }
        let batch = transaction.finish();
        self.commit(&batch)
    }

    fn carry_over_from_2(
        &mut self,
        account: &StoredAccount,
        rng: &mut impl CryptoRng,
    ) -> Result<(), S> {
        let vault = &self.vault;
        let format = self
            .read(self.format_name())?
            .ok_or(ClientError::Conflict)?;
        let peers = self.records_under(&vault.name(RecordKind::Peer, &[]))?;
        let own = self.read(vault.name(RecordKind::OwnUser, &[]))?;
        let mut transaction = Transaction::new(vault, rng);
        account.expect_unchanged(&mut transaction);
        transaction.replace(&format, Format::CURRENT.to_snapshot().expose());
        for record in &peers {
            let peer = PeerBeforeRepair::from_snapshot(record.content.expose())?.carried_over();
            transaction.replace(record, peer.to_snapshot().expose());
        }
        if let Some(record) = &own {
            let own = OwnUserBeforeSigning::from_snapshot(record.content.expose())?.carried_over();
            transaction.replace(record, own.to_snapshot().expose());
        }
        let batch = transaction.finish();
        self.commit(&batch)
    }
}
