//! Evidence against a user: two lists that contradict each other.

use alloc::string::String;

use sprag_devices::Evidence;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::users::Party;
use super::{Client, Result};
use crate::error::ClientError;
use crate::name::Name;
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::RecordKind;

impl<S: Store> Client<S> {
    /// The evidence against the peer `name`, if there is some: two lists that the user signed and that contradict each other.
    ///
    /// # Errors
    ///
    /// [`ClientError::InvalidName`], [`ClientError::UnknownPeer`], [`ClientError::Damaged`], [`ClientError::Store`]
    pub fn evidence(&self, name: &str) -> Result<Option<Evidence>, S> {
        let (_, peer) = self.known_peer(&Name::new(name)?)?;
        let Some(user) = peer.user_id() else {
            return Ok(None);
        };
        let parts = [user.as_bytes().as_slice()];
        let Some(record) = self.read(self.vault.name(RecordKind::Evidence, &parts))? else {
            return Ok(None);
        };
        Ok(Some(Evidence::from_snapshot(record.content.expose())?))
    }

    /// Says that the user has seen the evidence against a peer and decided to go on with the list that was known first. The
    /// peer can be written to again, and is not verified.
    ///
    /// # Errors
    ///
    /// Those of [`evidence`](Self::evidence); [`ClientError::Conflict`].
    pub fn dismiss_evidence(&mut self, name: &str, rng: &mut impl CryptoRng) -> Result<(), S> {
        let (record, mut peer) = self.known_peer(&Name::new(name)?)?;
        peer.equivocated = false;
        let mut transaction = Transaction::new(&self.vault, rng);
        if let Some(user) = peer.user_id() {
            let parts = [user.as_bytes().as_slice()];
            let name = self.vault.name(RecordKind::Evidence, &parts);
            transaction.delete_unread(name);
        }
        transaction.replace(&record, peer.to_snapshot().expose());
        let batch = transaction.finish();
        self.commit(&batch)
    }

    /// Keeps evidence against a user, and returns the refusal of what brought it. That is a commit of its own, because the
    /// evidence stays although the operation is refused.
    pub(super) fn keep_evidence(
        &mut self,
        party: &mut Party,
        evidence: &Evidence,
        rng: &mut impl CryptoRng,
    ) -> Result<ClientError<S::Error>, S> {
        let name = party.name().cloned().map_or_else(String::new, Into::into);
        let is_kept = match party {
            Party::Peer(loaded) => {
                let is_kept = loaded.peer.equivocated;
                loaded.peer.equivocated = true;
                loaded.peer.verification = loaded.peer.verification.changed();
                is_kept
            }
            Party::Own(_) => false,
        };
        // What was seen first stays.
        if !is_kept {
            let user = evidence.earlier().user_id();
            let mut transaction = Transaction::new(&self.vault, rng);
            party.stage(&mut transaction);
            let parts = [user.as_bytes().as_slice()];
            let record = self.vault.name(RecordKind::Evidence, &parts);
            transaction.put_unread(record, evidence.to_snapshot().expose());
            let batch = transaction.finish();
            self.commit(&batch)?;
        }
        Ok(ClientError::Equivocation(name))
    }
}
