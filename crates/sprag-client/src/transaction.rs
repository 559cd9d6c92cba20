use alloc::vec::Vec;

use sprag::IdentityKey;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use crate::client::Received;
use crate::records::{Peer, StoredSession, Totals, Unacknowledged};
use crate::store::Batch;
use crate::vault::{Record, RecordKind, Vault};

/// The changes of one operation. Each demands that the record it changes is still as it was read.
pub(crate) struct Transaction<'a, R> {
    vault: &'a Vault,
    rng: &'a mut R,
    batch: Batch,
}

impl<'a, R: CryptoRng> Transaction<'a, R> {
    pub(crate) fn new(vault: &'a Vault, rng: &'a mut R) -> Self {
        Self {
            vault,
            rng,
            batch: Batch::new(),
        }
    }

    /// Adds a record that must not exist yet.
    pub(crate) fn create(&mut self, name: Vec<u8>, content: &[u8]) {
        let sealed = self.vault.seal(&name, content, self.rng);
        self.batch.expect(name.clone(), None);
        self.batch.put(name, sealed);
    }

    /// Changes the content of a record.
    pub(crate) fn replace(&mut self, record: &Record, content: &[u8]) {
        let sealed = self.vault.seal(&record.name, content, self.rng);
        self.expect(record);
        self.batch.put(record.name.clone(), sealed);
    }

    /// Changes the content of a record if there is one, or else adds it under `name`.
    pub(crate) fn set(&mut self, record: Option<&Record>, name: Vec<u8>, content: &[u8]) {
        match record {
            Some(record) => self.replace(record, content),
            None => self.create(name, content),
        }
    }

    /// Changes the content of a record if it is another; in any case, the record must still be as it was read.
    pub(crate) fn update(&mut self, record: &Record, content: &[u8]) {
        if record.content.expose() == content {
            self.expect(record);
        } else {
            self.replace(record, content);
        }
    }

    /// Deletes a record.
    pub(crate) fn delete(&mut self, record: &Record) {
        self.expect(record);
        self.batch.delete(record.name.clone());
    }

    /// Deletes a record that was not read, if there is one. Another record must stand for it with its expectation.
    pub(crate) fn delete_unread(&mut self, name: Vec<u8>) {
        self.batch.delete(name);
    }

    /// Adds a record, in the place of one that was not read if there is one. Another record must stand for it with its
    /// expectation.
    pub(crate) fn put_unread(&mut self, name: Vec<u8>, content: &[u8]) {
        let sealed = self.vault.seal(&name, content, self.rng);
        self.batch.put(name, sealed);
    }

    pub(crate) const fn vault(&self) -> &'a Vault {
        self.vault
    }

    /// Demands that a record stays as it was read.
    pub(crate) fn expect(&mut self, record: &Record) {
        self.batch
            .expect(record.name.clone(), Some(record.sealed.clone()));
    }

    /// Demands that a record does not exist.
    pub(crate) fn expect_absent(&mut self, name: Vec<u8>) {
        self.batch.expect(name, None);
    }

    /// Adds a peer, under its name and its user id. The names under the identities of its devices come with its list.
    pub(crate) fn add_peer(&mut self, peer: &Peer) {
        let name = self.vault.name(RecordKind::Peer, &[peer.name.as_bytes()]);
        self.create(name, peer.to_snapshot().expose());
        self.add_user_name(peer);
    }

    /// Enters the name of a peer under its user id, if a list has told it.
    pub(crate) fn add_user_name(&mut self, peer: &Peer) {
        if let Some(user) = peer.user_id() {
            let name = self.vault.name(RecordKind::UserName, &[user.as_bytes()]);
            self.create(name, peer.name.as_bytes());
        }
    }

    /// Deletes the name of a user under the identity of a device.
    pub(crate) fn delete_device_name(&mut self, identity: &IdentityKey) {
        let parts = [identity.as_bytes().as_slice()];
        self.delete_unread(self.vault.name(RecordKind::PeerName, &parts));
    }

    /// Deletes the bundle of a device.
    pub(crate) fn delete_bundle(&mut self, identity: &IdentityKey) {
        let parts = [identity.as_bytes().as_slice()];
        self.delete_unread(self.vault.name(RecordKind::Bundle, &parts));
    }

    /// Deletes the welcome of a device that was linked to the own user here.
    pub(crate) fn delete_welcome(&mut self, identity: &IdentityKey) {
        let parts = [identity.as_bytes().as_slice()];
        self.delete_unread(self.vault.name(RecordKind::Welcome, &parts));
    }

    /// Deletes what is kept of a device that was linked to the own user here.
    pub(crate) fn delete_linked_device(&mut self, identity: &IdentityKey) {
        let parts = [identity.as_bytes().as_slice()];
        self.delete_unread(self.vault.name(RecordKind::LinkedDevice, &parts));
        self.delete_welcome(identity);
    }

    /// Deletes the notice for a device that was removed here.
    pub(crate) fn delete_notice(&mut self, identity: &IdentityKey) {
        let parts = [identity.as_bytes().as_slice()];
        self.delete_unread(self.vault.name(RecordKind::Notice, &parts));
    }

    /// Keeps the bundle of a device, for which the record of its user stands, which must change or be written again.
    pub(crate) fn keep_bundle(&mut self, identity: &IdentityKey, bundle: &[u8]) {
        let parts = [identity.as_bytes().as_slice()];
        let name = self.vault.name(RecordKind::Bundle, &parts);
        self.put_unread(name, bundle);
    }

    /// Adds a session.
    pub(crate) fn add_session(&mut self, stored: &StoredSession) {
        let parts = [
            stored.session.peer().as_bytes().as_slice(),
            stored.session.id().as_bytes(),
        ];
        let name = self.vault.name(RecordKind::Session, &parts);
        self.create(name, stored.to_snapshot().expose());
        let name = self.session_peer_name(stored);
        self.create(name, stored.session.peer().as_bytes());
    }

    /// Keeps a session that has moved on.
    pub(crate) fn replace_session(&mut self, record: &Record, stored: &StoredSession) {
        self.replace(record, stored.to_snapshot().expose());
    }

    /// Deletes a session.
    pub(crate) fn delete_session(&mut self, record: &Record, stored: &StoredSession) {
        self.delete(record);
        self.delete_unread(self.session_peer_name(stored));
    }

    /// The name of the record that leads from the id of a session to its peer. The first messages of the session have
    /// the id in front.
    fn session_peer_name(&self, stored: &StoredSession) -> Vec<u8> {
        let parts = [stored.session.id().as_bytes().as_slice()];
        self.vault.name(RecordKind::SessionPeer, &parts)
    }

    /// Keeps the totals of all messages that are not acknowledged.
    pub(crate) fn set_totals(&mut self, record: Option<&Record>, totals: Totals) {
        let name = self.vault.name(RecordKind::Totals, &[]);
        self.set(record, name, totals.to_snapshot().expose());
    }

    /// Keeps a message, which came at the place `arrival` in the order of arrival, until it is acknowledged; the key of
    /// a file also until it was held long enough since `key_since`.
    pub(crate) fn add_unacknowledged(&mut self, received: &Received, arrival: u64, key_since: u64) {
        // Describe it, and keep its plaintext.
        let receipt = &received.receipt;
        let message = Unacknowledged {
            arrival,
            sender: received.opened.sender,
            receipt: *receipt,
            length: received.opened.plaintext.len() as u64,
            key_since,
            copied_to: received.copied_to(),
        };
        let parts = [receipt.as_bytes().as_slice()];
        let name = self.vault.name(RecordKind::Unacknowledged, &parts);
        self.create(name, message.to_snapshot().expose());
        let name = self.vault.name(RecordKind::Plaintext, &parts);
        self.create(name, received.to_snapshot().expose());
    }

    /// Forgets a message that was not acknowledged, with its plaintext.
    pub(crate) fn delete_unacknowledged(&mut self, record: &Record, message: &Unacknowledged) {
        self.delete(record);
        let parts = [message.receipt.as_bytes().as_slice()];
        self.delete_unread(self.vault.name(RecordKind::Plaintext, &parts));
    }

    pub(crate) fn finish(self) -> Batch {
        self.batch
    }
}
