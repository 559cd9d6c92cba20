//! The records of a store, read and written with the store's key as a client does.

use core::convert::Infallible;

use rand::rand_core::{TryCryptoRng, TryRng};
use sprag_client::store::{Batch, Committed};
use sprag_client::{MemoryStore, Store, StoreKey};
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{Ciphertext, XChaCha20Poly1305};
use sprag_primitives::hkdf::Hkdf;

/// A generator from which one secret is drawn, and nothing else.
struct Drawn<'a>(&'a SecretBytes<32>);

impl TryRng for Drawn<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("a key is drawn as bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("a key is drawn as bytes")
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        destination.copy_from_slice(self.0.expose());
        Ok(())
    }
}

impl TryCryptoRng for Drawn<'_> {}

/// The key that has this secret.
pub(crate) fn key_of(secret: &SecretBytes<32>) -> StoreKey {
    StoreKey::generate(&mut Drawn(secret))
}

/// The content of a record.
pub(crate) fn opened(name: &[u8], mut sealed: Vec<u8>, secret: &SecretBytes<32>) -> Vec<u8> {
    let (nonce, rest) = sealed.split_first_chunk_mut().expect("a nonce comes first");
    let (buffer, tag) = rest.split_last_chunk_mut().expect("a tag comes last");
    let ciphertext = Ciphertext { buffer, tag };
    let sealing = sealing_key(secret);
    XChaCha20Poly1305::open(&sealing, nonce, name, ciphertext).expect("the record is intact");
    buffer.to_vec()
}

/// A record of this content.
pub(crate) fn sealed(name: &[u8], content: &[u8], secret: &SecretBytes<32>) -> Vec<u8> {
    let nonce = [7; XChaCha20Poly1305::NONCE_LENGTH];
    let mut buffer = content.to_vec();
    let tag = XChaCha20Poly1305::seal(&sealing_key(secret), &nonce, name, &mut buffer);
    [
        &nonce,
        buffer.as_slice(),
        &tag.expect("the record is short"),
    ]
    .concat()
}

fn sealing_key(secret: &SecretBytes<32>) -> SecretBytes<32> {
    Hkdf::from_pseudorandom_key(secret).expand(b"sprag-v1 store sealing")
}

/// Makes of an account that accepted one session without a one-time prekey one that accepted `number`. Handshakes would
/// take long.
pub(crate) fn fill_generation(store: &mut MemoryStore, secret: &SecretBytes<32>, number: u32) {
    // Frame, identity, next and first number, signed and last-resort prekey, and none for X3DH come before the count.
    const COUNT_AT: usize = 7 + 32 + 2 * 4 + 110 + 172 + 1;
    const ACCOUNT: &[u8] = &[1];
    let account = store.get(ACCOUNT).expect("a store in memory reads");
    let mut account = opened(ACCOUNT, account.expect("it has an account"), secret);
    let count = &mut account[COUNT_AT..COUNT_AT + 4];
    assert_eq!(count, [1, 0, 0, 0]);
    count.copy_from_slice(&number.to_le_bytes());
    let mut batch = Batch::new();
    batch.put(ACCOUNT.to_vec(), sealed(ACCOUNT, &account, secret));
    // A session is a name under that of its generation, and no content.
    let sessions = store.scan(&[13]).expect("a store in memory reads");
    let [(own, _)] = &sessions[..] else {
        panic!("there are {} sessions", sessions.len());
    };
    for session in 1..number {
        let mut name = own.clone();
        let (_, id) = name
            .split_last_chunk_mut::<16>()
            .expect("it ends in a hash");
        id[..4].copy_from_slice(&session.to_le_bytes());
        id[4..].fill(0x5a);
        let content = sealed(&name, &[], secret);
        batch.put(name, content);
    }
    assert_eq!(store.commit(&batch), Ok(Committed::Done));
}
