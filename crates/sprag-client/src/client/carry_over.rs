//! Stores of format 1, which are carried over to the current format.

use sprag_devices::{DeviceList, KnownList, UserKeyPair};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::Client;
use super::Result;
use crate::error::ClientError;
use crate::records::{
    Devices, Format, HeldBefore, OwnUser, PeerBefore, SessionBefore, UnacknowledgedBefore,
};
use crate::store::Store;
use crate::store_key::StoreKey;
use crate::transaction::Transaction;
use crate::vault::RecordKind;

impl<S: Store> Client<S> {
    /// The account that `store` has, brought from format 1 to the current one in one commit at `now`, in seconds since
    /// 1970-01-01 UTC. A store of the current format is opened as it is, so that a carrying over that was interrupted is
    /// begun again.
    ///
    /// The account becomes the first device of a new user. Each peer keeps its name, and is bound to its identity key until
    /// the first device list that lists it. The sessions still read what is on its way, and nothing is sent in them: the next
    /// message to each peer needs a bundle that is added from then on, or a session that the peer begins. Bundles that wait are
    /// dropped. Messages that are held stay.
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
        if format == Some(Format::CURRENT) {
            return Ok(client);
        }
        if format.is_some() {
            return Err(ClientError::Damaged);
        }
        // Make the user.
        let user = UserKeyPair::generate(rng);
        let list = DeviceList::first(&user, account.core.identity_pair(), now, rng);
        let own = OwnUser {
            identity: *account.core.identity(),
            list: KnownList::new(list),
            devices: Devices::default(),
        };
        // Rewrite the records whose form has changed.
        let vault = &client.vault;
        let peers = client.records_under(&vault.name(RecordKind::Peer, &[]))?;
        let sessions = client.records_under(&vault.name(RecordKind::Session, &[]))?;
        let messages = client.records_under(&vault.name(RecordKind::Unacknowledged, &[]))?;
        let plaintexts = client.records_under(&vault.name(RecordKind::Plaintext, &[]))?;
        let mut transaction = Transaction::new(vault, rng);
        account.expect_unchanged(&mut transaction);
        let format = Format::CURRENT.to_snapshot();
        transaction.create(client.format_name(), format.expose());
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
            let held = super::received::Unreleased(held.carried_over());
            transaction.replace(record, held.0.to_snapshot().expose());
        }
        let batch = transaction.finish();
        client.commit(&batch)?;
        Ok(client)
    }
}
