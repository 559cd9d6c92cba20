//! The promises of the store to its users: durability, exclusivity, and removal of superseded values.

#![expect(
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "tests"
)]

mod client;
mod crash;
mod damage;
mod exclusive;
mod medium;
mod superseded;
mod support;

use core::time::Duration;

use sprag_client::Store;
use sprag_client::store::{Batch, Committed};
use sprag_store::{Error, RedbStore};

use support::{directory, number, put};

#[test]
fn the_store_conforms() {
    let directory = directory();
    let mut count = 0;
    let empty = || {
        count += 1;
        RedbStore::create(directory.path().join(count.to_string())).unwrap()
    };
    let reopen = |store: RedbStore| {
        let path = store.path().to_owned();
        store.close().unwrap();
        RedbStore::open(path, Duration::ZERO).unwrap()
    };
    sprag_client::conformance::check(empty, reopen);
}

#[test]
fn the_store_conforms_when_each_check_follows_a_rewrite() {
    let directory = directory();
    let mut count = 0;
    let empty = || {
        count += 1;
        let mut store = RedbStore::create(directory.path().join(count.to_string())).unwrap();
        store.compact().unwrap();
        store
    };
    let reopen = |mut store: RedbStore| {
        store.compact().unwrap();
        let path = store.path().to_owned();
        drop(store);
        RedbStore::open(path, Duration::ZERO).unwrap()
    };
    sprag_client::conformance::check(empty, reopen);
}

/// Each batch puts, changes and deletes, so that the rewriting commits have all of that to merge.
#[test]
fn commits_that_rewrite_are_like_all_others() {
    let directory = directory();
    let path = directory.path().join("store");
    let mut store = RedbStore::create(&path).unwrap();
    let mut model = sprag_client::MemoryStore::new();
    for round in 0..200_u64 {
        let mut batch = Batch::new();
        for change in 0..3 {
            let name = vec![(round * 7 + change * 31) as u8 % 64];
            let value = (round + change) % 3 != 0;
            let value = value.then(|| vec![round as u8; 1 + (round as usize * 97) % 700]);
            match value {
                Some(value) => batch.put(name, value),
                None => batch.delete(name),
            }
        }
        let name = vec![round as u8 % 64];
        let expected = (round % 5 != 0).then(|| model.get(&name).unwrap());
        batch.expect(name, expected.unwrap_or(Some(b"other".to_vec())));
        let committed = model.commit(&batch).unwrap();
        assert_eq!(store.commit(&batch).unwrap(), committed, "{round}");
        assert_eq!(store.scan(b"").unwrap(), model.scan(b"").unwrap());
        if round % 50 == 49 {
            drop(store);
            store = RedbStore::open(&path, Duration::ZERO).unwrap();
        }
    }
}

#[test]
fn a_conflict_does_not_count_as_a_commit_and_changes_nothing_before_a_rewrite() {
    let directory = directory();
    let mut store = RedbStore::create(directory.path().join("store")).unwrap();
    for _ in 0..300 {
        let mut batch = Batch::new();
        batch.expect(b"a".to_vec(), Some(b"never".to_vec()));
        batch.put(b"a".to_vec(), b"1".to_vec());
        assert_eq!(store.commit(&batch).unwrap(), Committed::Conflict);
        assert_eq!(store.scan(b"").unwrap(), []);
    }
}

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
