//! Files that are something else, or were changed: precise errors, and never a panic.

use core::time::Duration;
use std::fs;
use std::path::Path;

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use sprag_client::Store;
use sprag_store::{Error, RedbStore};

use crate::support::{directory, put};

fn open(path: &Path) -> Result<RedbStore, Error> {
    RedbStore::open(path, Duration::ZERO)
}

const RECORDS: usize = 40;

fn content(record: u8) -> Vec<u8> {
    vec![record; usize::from(record) * 50]
}

/// The bytes of a store with records of many lengths.
fn file() -> Vec<u8> {
    let directory = directory();
    let path = directory.path().join("store");
    let mut store = RedbStore::create(&path).unwrap();
    for record in 0..RECORDS as u8 {
        put(&mut store, &[record; 17], &content(record));
    }
    drop(store);
    fs::read(path).unwrap()
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let directory = directory();
    let path = directory.path().join("store");
    for content in [
        b"".to_vec(),
        b"x".to_vec(),
        b"an ordinary text, of some length".to_vec(),
        vec![0; 1 << 20],
        b"SQLite format 3\0".repeat(1000),
    ] {
        fs::write(&path, &content).unwrap();
        assert!(matches!(open(&path), Err(Error::NotAStore)));
        if !content.is_empty() {
            assert!(matches!(RedbStore::create(&path), Err(Error::NotAStore)));
        }
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn another_programs_database_is_no_store() {
    let directory = directory();
    let path = directory.path().join("store");
    let database = redb::Database::create(&path).unwrap();
    let writing = database.begin_write().unwrap();
    let definition = redb::TableDefinition::<u64, u64>::new("numbers");
    writing
        .open_table(definition)
        .unwrap()
        .insert(1, 2)
        .unwrap();
    writing.commit().unwrap();
    drop(database);
    assert!(matches!(open(&path), Err(Error::NotAStore)));
    assert!(matches!(RedbStore::create(&path), Err(Error::NotAStore)));
}

#[test]
fn a_directory_is_no_store() {
    let directory = directory();
    assert!(matches!(open(directory.path()), Err(Error::NotAStore)));
    let created = RedbStore::create(directory.path());
    assert!(matches!(created, Err(Error::NotAStore)));
}

#[test]
fn a_store_that_was_cut_short_is_damaged() {
    let directory = directory();
    let path = directory.path().join("store");
    let file = file();
    for part in 0..100 {
        let length = file.len() * part / 100;
        fs::write(&path, &file[..length]).unwrap();
        match open(&path) {
            Err(Error::NotAStore) => assert!(length < 9, "{length}"),
            Err(Error::Damaged(_)) => assert!(length >= 9, "{length}"),
            other => panic!("{length} of {}: {other:?}", file.len()),
        }
    }
}

/// A store that opens in spite of the change is the store of before: no record is missing, old or changed.
#[test]
fn a_store_with_changed_bytes_never_causes_a_panic() {
    let directory = directory();
    let path = directory.path().join("store");
    let file = file();
    let mut rng = StdRng::seed_from_u64(2);
    let mut opened = 0;
    for _ in 0..damages() {
        let mut changed = file.clone();
        change(&mut changed, &mut rng);
        fs::write(&path, &changed).unwrap();
        let Ok(mut store) = open(&path) else { continue };
        opened += 1;
        let records = store.scan(b"").unwrap();
        assert_eq!(records.len(), RECORDS);
        for (record, (name, value)) in (0..).zip(&records) {
            assert_eq!((name, value), (&vec![record; 17], &content(record)));
            assert_eq!(store.get(name).unwrap().as_ref(), Some(value));
        }
        let _outcome = store.commit(&sprag_client::store::Batch::new());
        let _outcome = store.compact();
        let _outcome = store.close();
    }
    assert!(opened > 0, "some changes are in unused parts");
}

/// A program that respects no lock writes to the file while the store has it open.
#[cfg(unix)]
#[test]
fn a_store_that_is_changed_while_it_is_open_refuses_and_does_not_unwind() {
    let directory = directory();
    let path = directory.path().join("store");
    let file = file();
    let mut rng = StdRng::seed_from_u64(4);
    let mut refused = 0;
    for _ in 0..damages() {
        fs::write(&path, &file).unwrap();
        let mut store = open(&path).unwrap();
        let mut changed = fs::read(&path).unwrap();
        for _ in 0..rng.random_range(1..6) {
            change(&mut changed, &mut rng);
        }
        if rng.random_ratio(1, 8) {
            changed.truncate(rng.random_range(0..changed.len()));
        }
        fs::write(&path, &changed).unwrap();
        refused += usize::from(store.scan(b"").is_err());
        for record in 0..RECORDS as u8 {
            refused += usize::from(store.get(&[record; 17]).is_err());
        }
        for _ in 0..3 {
            let mut batch = sprag_client::store::Batch::new();
            batch.put(vec![1; 17], vec![1; 6000]);
            batch.delete(vec![rng.random_range(0..40); 17]);
            refused += usize::from(store.commit(&batch).is_err());
        }
        let _outcome = store.compact();
        let _outcome = store.close();
    }
    assert!(refused > 0);
}

/// The number of files to try; `SPRAG_STORE_DAMAGES` asks for more.
fn damages() -> usize {
    let more = std::env::var_os("SPRAG_STORE_DAMAGES");
    more.map_or(300, |more| more.to_str().unwrap().parse().unwrap())
}

fn change(file: &mut [u8], rng: &mut StdRng) {
    // The first page is the database's header: half of the changes are there.
    let end = if rng.random() { 4096 } else { file.len() };
    match rng.random_range(0..4) {
        0 => {
            for _ in 0..rng.random_range(1..9) {
                file[rng.random_range(0..end)] ^= 1 << rng.random_range(0..8);
            }
        }
        1 => {
            let start = rng.random_range(0..end);
            let length = rng.random_range(1..64).min(file.len() - start);
            rng.fill_bytes(&mut file[start..start + length]);
        }
        2 => {
            let page = rng.random_range(0..file.len() / 4096) * 4096;
            let from = rng.random_range(0..file.len() / 4096) * 4096;
            file.copy_within(from..from + 4096, page);
        }
        _ => {
            let page = rng.random_range(0..file.len() / 4096) * 4096;
            file[page..page + 4096].fill(0);
        }
    }
}
