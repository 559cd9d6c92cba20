//! The file of a store: its creation, its owner, and links to it.

use core::time::Duration;

use sprag_client::Store;
use sprag_store::{Error, RedbStore};

use crate::support::{directory, number, put};

#[test]
fn what_was_committed_is_there_when_the_store_is_opened_again() {
    let directory = directory();
    let path = directory.path().join("store");
    let mut store = RedbStore::create(&path).unwrap();
    for count in 1..=150 {
        put(&mut store, b"count", &u64::to_le_bytes(count));
        drop(store);
        store = RedbStore::open(&path, Duration::ZERO).unwrap();
        assert_eq!(number(&store, b"count"), count);
    }
}

#[test]
fn a_store_is_created_once() {
    let directory = directory();
    let path = directory.path().join("store");
    let mut store = RedbStore::create(&path).unwrap();
    put(&mut store, b"a", b"1");
    assert!(matches!(RedbStore::create(&path), Err(Error::InUse)));
    drop(store);
    assert!(matches!(RedbStore::create(&path), Err(Error::Exists)));
    let store = RedbStore::open(&path, Duration::ZERO).unwrap();
    assert_eq!(store.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
}

#[test]
fn a_creation_that_made_nothing_but_the_file_can_be_repeated() {
    let directory = directory();
    let path = directory.path().join("store");
    std::fs::write(&path, b"").unwrap();
    let opened = RedbStore::open(&path, Duration::ZERO);
    assert!(matches!(opened, Err(Error::NotAStore)));
    assert_eq!(
        std::fs::read(&path).unwrap(),
        b"",
        "opening changes nothing"
    );
    RedbStore::create(&path).unwrap();
    RedbStore::open(&path, Duration::ZERO).unwrap();
}

/// A rewrite must not put a file in the place of the link, nor look for the name in the working
/// directory of the moment.
#[cfg(unix)]
#[test]
fn links_to_a_store_stay_links() {
    let directory = directory();
    let (path, link) = (
        directory.path().join("store"),
        directory.path().join("link"),
    );
    RedbStore::create(&path).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let mut store = RedbStore::open(&link, Duration::ZERO).unwrap();
    put(&mut store, b"a", b"1");
    store.compact().unwrap();
    drop(store);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    let store = RedbStore::open(&path, Duration::ZERO).unwrap();
    assert_eq!(store.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory();
    let path = directory.path().join("store");
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    let mut store = RedbStore::create(&path).unwrap();
    assert_eq!(mode(), 0o600);
    put(&mut store, b"a", b"1");
    store.compact().unwrap();
    assert_eq!(mode(), 0o600);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_store_can_go_to_another_thread() {
    fn assert<T: Send + Sync>() {}
    assert::<RedbStore>();
    assert::<Error>();
}
