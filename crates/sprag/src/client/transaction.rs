use alloc::vec::Vec;

use sprag_primitives::rand_core::CryptoRng;

use sprag_x3dh::IdentityKey;

use super::Received;
use super::reading::Forgotten;
use super::records::{Peer, StoredSession, Unacknowledged, write_received};
use crate::store::Batch;
use crate::vault::{Record, RecordKind, Vault};

/// The changes of one operation. Each demands that the record it changes is still as it was read.
pub(super) struct Transaction<'a, R> {
    vault: &'a Vault,
    rng: &'a mut R,
    batch: Batch,
}

impl<'a, R: CryptoRng> Transaction<'a, R> {
    pub(super) fn new(vault: &'a Vault, rng: &'a mut R) -> Self {
        Self {
            vault,
            rng,
            batch: Batch::new(),
        }
    }

    pub(super) fn create(&mut self, name: Vec<u8>, content: &[u8]) {
        let sealed = self.vault.seal(&name, content, self.rng);
        self.batch.expect(name.clone(), None);
        self.batch.put(name, sealed);
    }

    pub(super) fn replace(&mut self, record: &Record, content: &[u8]) {
        let sealed = self.vault.seal(&record.name, content, self.rng);
        self.batch
            .expect(record.name.clone(), Some(record.sealed.clone()));
        self.batch.put(record.name.clone(), sealed);
    }

    pub(super) fn delete(&mut self, record: &Record) {
        self.batch
            .expect(record.name.clone(), Some(record.sealed.clone()));
        self.batch.delete(record.name.clone());
    }

    pub(super) fn add_peer(&mut self, peer: &Peer) {
        let name = self.vault.name(RecordKind::Peer, &[peer.name.as_bytes()]);
        self.create(name, peer.write().expose());
        let name = self
            .vault
            .name(RecordKind::PeerName, &[peer.identity.as_bytes()]);
        self.create(name, peer.name.as_bytes());
    }

    pub(super) fn add_session(&mut self, stored: &StoredSession) {
        let parts = [
            stored.session.peer().as_bytes().as_slice(),
            stored.session.id().as_bytes(),
        ];
        let name = self.vault.name(RecordKind::Session, &parts);
        self.create(name, stored.write().expose());
    }

    /// Keeps the highest ordinal of the sessions with a forgotten peer, if there were any.
    pub(super) fn set_forgotten(
        &mut self,
        identity: &IdentityKey,
        before: &Forgotten,
        ordinal: u32,
    ) {
        if ordinal <= before.ordinal {
            return;
        }
        let content = ordinal.to_le_bytes();
        match &before.record {
            Some(record) => self.replace(record, &content),
            None => {
                let parts = [identity.as_bytes().as_slice()];
                let name = self.vault.name(RecordKind::Forgotten, &parts);
                self.create(name, &content);
            }
        }
    }

    /// Demands that the record stays as it was read.
    pub(super) fn expect(&mut self, record: &Record) {
        self.batch
            .expect(record.name.clone(), Some(record.sealed.clone()));
    }

    pub(super) fn add_unacknowledged(&mut self, received: &Received, arrival: u64) {
        let receipt = &received.receipt;
        let message = Unacknowledged {
            arrival,
            sender: received.opened.sender,
            receipt: *receipt,
            length: received.opened.plaintext.len() as u64,
        };
        let name = self.vault.name(RecordKind::Unacknowledged, &[&receipt.0]);
        self.create(name, message.write().expose());
        let name = self.vault.name(RecordKind::Plaintext, &[&receipt.0]);
        self.create(name, write_received(received).expose());
    }

    /// Forgets a message that was not acknowledged, with what it says.
    pub(super) fn delete_unacknowledged(&mut self, record: &Record, message: &Unacknowledged) {
        self.delete(record);
        let receipt = message.receipt.0;
        self.batch
            .delete(self.vault.name(RecordKind::Plaintext, &[&receipt]));
    }

    pub(super) fn finish(self) -> Batch {
        self.batch
    }
}
