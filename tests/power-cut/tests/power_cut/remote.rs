//! The other parties, who talk to the account under test and never lose power; and the files that travel.

use std::sync::Arc;

use rand::make_rng;
use rand::rngs::StdRng;
use sprag::decode_file_header;
use sprag::file::{Opener, PIECE_LENGTH, SEALED_CHUNK_LENGTH, Sealer};
use sprag_client::{Client, IncomingFile, MemoryStore, Receipt, Sender, Store, StoreKey};

use crate::check::Finding;

/// A party whose account is in memory. A clone is the party as it was at that moment.
#[derive(Clone)]
pub(crate) struct Remote {
    store: MemoryStore,
    key: Arc<StoreKey>,
}

impl Remote {
    pub(crate) fn new() -> Self {
        let mut rng = rng();
        let key = Arc::new(StoreKey::generate(&mut rng));
        let client = Client::create(MemoryStore::new(), &key, &mut rng).unwrap();
        let store = client.into_store();
        Self { store, key }
    }

    /// The account of the party.
    pub(crate) fn account(&mut self) -> Client<&mut MemoryStore> {
        Client::open(&mut self.store, &self.key).unwrap()
    }

    /// Writes the first file to the owner of `bundle`.
    pub(crate) fn introduced_by(bundle: &[u8], text: &[u8]) -> Finding<(Self, Vec<u8>)> {
        let mut remote = Self::new();
        let mut account = remote.account();
        let added = account.add("me", bundle, &mut rng());
        added.map_err(|error| format!("the bundle is refused: {error}"))?;
        let file = seal(&mut account, "me", text)?;
        Ok((remote, file))
    }
}

/// Randomness of the system. The states that a test looks at depend on the calls that a command makes, and not on
/// its keys.
pub(crate) fn rng() -> StdRng {
    make_rng()
}

/// Encrypts a file to `peer`.
pub(crate) fn seal(account: &mut Client<impl Store>, peer: &str, text: &[u8]) -> Finding<Vec<u8>> {
    let file = account.encrypt_file(peer, &mut rng());
    let file = file.map_err(|error| format!("nothing can be encrypted: {error}"))?;
    let mut sealer = Sealer::new(&file.key);
    let mut bytes = file.header;
    let mut pieces = text.chunks(PIECE_LENGTH).peekable();
    loop {
        let mut piece = pieces.next().unwrap_or_default().to_vec();
        if pieces.peek().is_none() {
            let padding = sealer.seal_last(&mut piece).unwrap();
            bytes.extend(piece);
            bytes.extend(padding.flatten());
            return Ok(bytes);
        }
        sealer.seal(&mut piece).unwrap();
        bytes.extend(piece);
    }
}

/// Decrypts a file of `peer` without acknowledging it.
pub(crate) fn open(
    account: &mut Client<impl Store>,
    peer: &str,
    bytes: &[u8],
) -> Finding<(Vec<u8>, Receipt)> {
    // Split the file into its header and its content.
    let header = decode_file_header(bytes);
    let (header, content) = header.map_err(|error| format!("this begins like no file: {error}"))?;
    // Decrypt the key, and then the content.
    let file = IncomingFile {
        commitment: &header.commitment,
        messages: &header.messages,
        now: 0,
    };
    let file = account.decrypt_file(Sender::Named(peer), file, &mut rng());
    let file = file.map_err(|error| format!("the header is refused: {error}"))?;
    let mut opener = Opener::new(&file.key);
    let mut text = Vec::new();
    let mut chunks = content.chunks(SEALED_CHUNK_LENGTH).peekable();
    loop {
        let mut chunk = chunks.next().unwrap_or_default().to_vec();
        if chunks.peek().is_none() {
            let opened = opener.open_last(&mut chunk);
            opened.map_err(|error| format!("the content is refused: {error}"))?;
            text.extend(chunk);
            return Ok((text, file.receipt));
        }
        let opened = opener.open(&mut chunk);
        opened.map_err(|error| format!("the content is refused: {error}"))?;
        text.extend(chunk);
    }
}

/// Decrypts a file that must have this text, and acknowledges it.
pub(crate) fn expect(
    account: &mut Client<impl Store>,
    peer: &str,
    (bytes, expected): (&[u8], &[u8]),
) -> Finding<()> {
    let (text, receipt) = open(account, peer, bytes)?;
    if text != expected {
        return Err("a file has another text".to_owned());
    }
    account
        .acknowledge(&receipt)
        .map_err(|error| error.to_string())
}
