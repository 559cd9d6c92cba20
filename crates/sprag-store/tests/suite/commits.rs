//! Commits, by the suite that every store must pass and beside a store in memory.

use core::time::Duration;

use sprag_client::store::{Batch, Committed};
use sprag_client::{MemoryStore, Store};
use sprag_store::RedbStore;

use crate::support::directory;

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
    let mut model = MemoryStore::new();
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
