//! A person's files, and all work on them. Every method here waits for the medium.

use core::time::Duration;
use std::path::Path;

use sprag_client::store::{Batch, Committed};
use sprag_client::{Client, ClientError, Incoming, OsRng, Outgoing};
use sprag_client::{SecretBuffer, Sender, Store, StoreKey};
use sprag_store::RedbStore;

use crate::Result;

/// A person, with the one peer that this program has.
pub(crate) struct Party {
    name: String,
    client: Client<RedbStore>,
    /// The program's own records: the wrapped key of the client's store, and the outbox, whose messages are
    /// ciphertexts already. A client's store is for the client alone.
    records: RedbStore,
}

const PEER: &str = "peer";
const KEY: &[u8] = b"key";
const OUTBOX: &[u8] = b"outbox";

impl Party {
    /// Opens the files at `path`, or creates them at the first start.
    pub(crate) fn open(path: &Path, passphrase: &SecretBuffer) -> Result<Self> {
        // Keep the wrapped key before anything is sealed with the key.
        let mut records = open_or_create(&path.with_extension("records"))?;
        let key = if let Some(wrapped) = records.get(KEY)? {
            StoreKey::unwrap(&wrapped, passphrase.expose())?
        } else {
            let key = StoreKey::generate(&mut OsRng);
            let wrapped = key.wrap(passphrase.expose(), &mut OsRng)?;
            set(&mut records, KEY, Some(wrapped))?;
            key
        };
        // A crash at the first start can leave a store without an account.
        let store = open_or_create(path)?;
        let client = if store.scan(b"")?.is_empty() {
            Client::create(store, &key, &mut OsRng)?
        } else {
            Client::open(store, &key)?
        };
        let name = path.file_stem().unwrap_or_default();
        println!("{} is {}", name.display(), client.identity()?);
        Ok(Self {
            name: name.display().to_string(),
            client,
            records,
        })
    }

    pub(crate) fn knows_peer(&mut self) -> Result<bool> {
        match self.client.status(PEER) {
            Ok(_) => Ok(true),
            Err(ClientError::UnknownPeer(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn publish(&mut self) -> Result<Vec<u8>> {
        Ok(self.client.publish(&mut OsRng)?)
    }

    /// Takes whoever sent the bundle as the peer. Nobody can be the peer's impostor later, but could be from the start,
    /// so the two people compare identities.
    pub(crate) fn add_peer(&mut self, bundle: &[u8]) -> Result<()> {
        self.client.add(PEER, bundle, &mut OsRng)?;
        let peer = self.client.status(PEER)?.identity;
        println!(
            "{} writes to {peer}: ask the peer whether that is right",
            self.name
        );
        Ok(())
    }

    /// Encrypts a line and puts it into the outbox. A crash between these two commits loses the line.
    pub(crate) fn write(&mut self, line: &str) -> Result<()> {
        let outgoing = Outgoing::new(line.as_bytes());
        let message = self.client.encrypt(PEER, outgoing, &mut OsRng)?;
        // Number it after those that are there, so that the names are in the order of the lines.
        let names = self.records.scan(OUTBOX)?;
        let last = names.last().and_then(|(name, _)| name.last_chunk());
        let number = last.map_or(0, |last| u64::from_be_bytes(*last) + 1);
        let name = [OUTBOX, &number.to_be_bytes()].concat();
        set(&mut self.records, &name, Some(message))
    }

    /// The oldest message of the outbox.
    pub(crate) fn oldest(&mut self) -> Result<Option<Vec<u8>>> {
        let first = self.records.scan(OUTBOX)?.into_iter().next();
        Ok(first.map(|(_, message)| message))
    }

    /// Deletes the oldest message of the outbox, which the peer has.
    pub(crate) fn delivered(&mut self) -> Result<()> {
        let first = self.records.scan(OUTBOX)?.into_iter().next();
        let (name, _) = first.ok_or("the outbox is empty")?;
        set(&mut self.records, &name, None)
    }

    /// Decrypts a message and holds it for [`show`](Self::show). One that was shown already comes again if the
    /// acknowledgement was lost, and is known as read.
    pub(crate) fn read(&mut self, message: &[u8]) -> Result<()> {
        let (sender, incoming) = (Sender::Named(PEER), Incoming::new(message));
        match self.client.decrypt(sender, incoming, &mut OsRng) {
            Ok(_) | Err(ClientError::AlreadyRead(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Shows the messages that are held, and forgets each once it is safe. Here that is when it was printed; a program
    /// that keeps a history first commits it there.
    pub(crate) fn show(&mut self) -> Result<Vec<String>> {
        let mut shown = Vec::new();
        for message in self.client.unacknowledged()? {
            let received = self.client.read_again(&message.receipt)?;
            let text = String::from_utf8_lossy(&received.opened.plaintext);
            // A terminal obeys control characters, and the peer must not command it.
            let text = text.replace(char::is_control, "?");
            println!("{} reads: {text}", self.name);
            self.client.acknowledge(&message.receipt)?;
            shown.push(text);
        }
        Ok(shown)
    }
}

fn open_or_create(path: &Path) -> Result<RedbStore> {
    Ok(if path.exists() {
        RedbStore::open(path, Duration::from_secs(5))?
    } else {
        RedbStore::create(path)?
    })
}

/// Puts or deletes a record.
fn set(store: &mut RedbStore, name: &[u8], value: Option<Vec<u8>>) -> Result<()> {
    let mut batch = Batch::new();
    match value {
        Some(value) => batch.put(name.to_vec(), value),
        None => batch.delete(name.to_vec()),
    }
    let committed = store.commit(&batch)?;
    assert_eq!(committed, Committed::Done, "nothing was expected");
    Ok(())
}
