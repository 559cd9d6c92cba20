use sprag_client::{Client, MemoryStore, StoreKey, UnwrapError};

use crate::support::rng;

#[test]
fn a_wrapped_key_opens_under_its_passphrase_only() {
    let mut rng = rng(75);
    let key = StoreKey::generate(&mut rng);
    let client = Client::create(MemoryStore::new(), &key, &mut rng).unwrap();
    let wrapped = key.wrap(b"correct horse", &mut rng).unwrap();
    let again = StoreKey::unwrap(&wrapped, b"correct horse").unwrap();
    Client::open(client.into_store(), &again).unwrap();
    let wrong = StoreKey::unwrap(&wrapped, b"correct house").map(|_| ());
    assert_eq!(wrong, Err(UnwrapError::WrongPassphrase));
    for position in 25..wrapped.len() {
        let mut damaged = wrapped.clone();
        damaged[position] ^= 1;
        let damaged = StoreKey::unwrap(&damaged, b"correct horse").map(|_| ());
        assert!(damaged.is_err(), "{position}");
    }
    for length in 0..wrapped.len() {
        let cut = StoreKey::unwrap(&wrapped[..length], b"correct horse").map(|_| ());
        assert_eq!(cut, Err(UnwrapError::NotAKey));
    }
    // A party that can write the file cannot make the next reader spend what it likes.
    for (at, value) in [(9, u32::MAX), (9, 256 * 1024 + 1), (13, u32::MAX), (13, 17)] {
        let mut costly = wrapped.clone();
        costly[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let costly = StoreKey::unwrap(&costly, b"correct horse").map(|_| ());
        assert_eq!(costly, Err(UnwrapError::NotAKey));
    }
}
