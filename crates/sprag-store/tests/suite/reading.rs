//! Stores that are opened for reading alone.

use core::error::Error as _;
use core::time::Duration;
use std::fs;
use std::io;

use sprag_client::Store as _;
use sprag_client::store::Batch;
use sprag_store::{Error, RedbStore};

use crate::support::{directory, number, open, put};

fn is_read_only(error: &Error) -> bool {
    let source = error.source().and_then(|source| source.downcast_ref());
    source.is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::ReadOnlyFilesystem)
}

#[test]
fn a_store_that_is_opened_for_reading_is_read_and_never_written() {
    let directory = directory();
    let path = directory.path().join("store");
    let mut store = RedbStore::create(&path).unwrap();
    put(&mut store, b"a", &7_u64.to_le_bytes());
    let commits = store.commits().unwrap();
    store.close().unwrap();
    let before = fs::read(&path).unwrap();
    let mut reader = RedbStore::open_read_only(&path, Duration::ZERO).unwrap();
    assert_eq!(number(&reader, b"a"), 7);
    assert_eq!(reader.scan(b"").unwrap().len(), 1);
    assert_eq!(reader.commits().unwrap(), commits);
    let mut batch = Batch::new();
    batch.put(b"a".to_vec(), b"other".to_vec());
    assert!(is_read_only(&reader.commit(&batch).unwrap_err()));
    assert!(is_read_only(&reader.compact().unwrap_err()));
    assert_eq!(number(&reader, b"a"), 7);
    reader.close().unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn readers_keep_writers_out_and_not_each_other() {
    let directory = directory();
    let path = directory.path().join("store");
    let mut store = RedbStore::create(&path).unwrap();
    let read = || RedbStore::open_read_only(&path, Duration::ZERO);
    assert!(matches!(read(), Err(Error::InUse)));
    put(&mut store, b"a", b"1");
    drop(store);
    let readers = [read().unwrap(), read().unwrap()];
    let write = || RedbStore::open(&path, Duration::ZERO);
    assert!(matches!(write(), Err(Error::InUse)));
    drop(readers);
    write().unwrap();
}

#[test]
fn a_store_that_a_crash_left_open_is_put_right_by_a_writer_first() {
    let directory = directory();
    let [path, copy] = ["store", "copy"].map(|name| directory.path().join(name));
    let mut store = RedbStore::create(&path).unwrap();
    put(&mut store, b"a", &7_u64.to_le_bytes());
    fs::copy(&path, &copy).unwrap();
    let error = RedbStore::open_read_only(&copy, Duration::ZERO).unwrap_err();
    assert!(is_read_only(&error), "{error:?}");
    drop(open(&copy));
    let reader = RedbStore::open_read_only(&copy, Duration::ZERO).unwrap();
    assert_eq!(number(&reader, b"a"), 7);
}

#[test]
fn what_is_no_store_is_not_opened_for_reading() {
    let directory = directory();
    let path = directory.path().join("store");
    for bytes in [&b""[..], b"text", &[7; 5000]] {
        fs::write(&path, bytes).unwrap();
        let refused = RedbStore::open_read_only(&path, Duration::ZERO);
        assert!(matches!(refused, Err(Error::NotAStore)), "{refused:?}");
    }
}
