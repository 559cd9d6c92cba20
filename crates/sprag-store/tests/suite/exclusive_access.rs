//! One at a time.

use core::time::Duration;
use std::fs;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use sprag_client::Store;
use sprag_client::store::{Batch, Committed};
use sprag_store::{Error, RedbStore};

use crate::support::{directory, number, open, put};

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_second_opener_waits_in_vain() {
    let directory = directory();
    let path = directory.path().join("store");
    let mut store = RedbStore::create(&path).unwrap();
    for wait in [Duration::ZERO, Duration::from_millis(100)] {
        let start = Instant::now();
        assert!(matches!(RedbStore::open(&path, wait), Err(Error::InUse)));
        assert!(start.elapsed() >= wait);
    }
    // Also after the file was replaced.
    store.compact().unwrap();
    let opened = RedbStore::open(&path, Duration::ZERO);
    assert!(matches!(opened, Err(Error::InUse)));
    put(&mut store, b"a", b"1");
}

#[test]
fn a_second_opener_gets_the_store_when_the_first_closes_it() {
    let directory = directory();
    let path = directory.path().join("store");
    let mut store = RedbStore::create(&path).unwrap();
    let (ready, is_ready) = mpsc::channel();
    thread::scope(|scope| {
        let second = scope.spawn(|| {
            let in_vain = RedbStore::open(&path, Duration::ZERO);
            ready.send(matches!(in_vain, Err(Error::InUse))).unwrap();
            RedbStore::open(&path, LONG).map(|store| number(&store, b"a"))
        });
        assert!(is_ready.recv().unwrap());
        put(&mut store, b"a", &u64::to_le_bytes(7));
        store.compact().unwrap();
        drop(store);
        assert_eq!(second.join().unwrap().unwrap(), 7);
    });
}

/// A process that locks a file that was replaced meanwhile must not work on it, because its commits would be
/// lost.
#[test]
fn nobody_works_on_a_file_that_was_replaced() {
    const THREADS: u64 = 4;
    const ROUNDS: u64 = 60;
    let directory = directory();
    let path = directory.path().join("store");
    RedbStore::create(&path).unwrap();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let mut store = RedbStore::open(&path, LONG).unwrap();
                    let count = number(&store, b"count") + 1;
                    put(&mut store, b"count", &count.to_le_bytes());
                    store.compact().unwrap();
                }
            });
        }
    });
    assert_eq!(number(&open(&path), b"count"), THREADS * ROUNDS);
}

/// A store is renamed over the file of one that is being waited for.
#[cfg(unix)]
#[test]
fn an_opener_that_waits_gets_the_file_that_is_there_in_the_end() {
    let directory = directory();
    let [path, other] = ["store", "other"].map(|name| directory.path().join(name));
    let old = RedbStore::create(&path).unwrap();
    let mut new = RedbStore::create(&other).unwrap();
    put(&mut new, b"a", &u64::to_le_bytes(7));
    drop(new);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let store = RedbStore::open(&path, LONG).unwrap();
            number(&store, b"a")
        });
        thread::sleep(Duration::from_millis(50));
        fs::rename(&other, &path).unwrap();
        drop(old);
        assert_eq!(waiting.join().unwrap(), 7);
    });
}

#[test]
fn a_failed_commit_releases_nothing() {
    let directory = directory();
    let path = directory.path().join("store");
    let mut store = RedbStore::create(&path).unwrap();
    let mut batch = Batch::new();
    batch.expect(b"a".to_vec(), Some(b"1".to_vec()));
    assert_eq!(store.commit(&batch).unwrap(), Committed::Conflict);
    let opened = RedbStore::open(&path, Duration::ZERO);
    assert!(matches!(opened, Err(Error::InUse)));
}
