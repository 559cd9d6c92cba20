//! Processes that are killed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sprag_client::Store;
use sprag_client::store::{Batch, Committed};
use sprag_store::RedbStore;

use crate::support::{child, directory, number, open, path_of_child, put};

const RECORDS: u8 = 5;

#[test]
fn a_killed_process_loses_no_commit_and_leaves_no_half_of_one() {
    let directory = directory();
    let path = directory.path().join("store");
    drop(RedbStore::create(&path).unwrap());
    let mut rng = StdRng::seed_from_u64(1);
    let mut done = 0;
    for _ in 0..40 {
        let acknowledged = commit_until_killed(&path, rng.random_range(0..150)).max(done);
        let store = open(&path);
        done = number(&store, b"0");
        // The last commit may have been made, and the process killed before it could say so.
        let range = acknowledged..=acknowledged + 1;
        assert!(range.contains(&done), "{done} of {acknowledged}");
        check(&store, done);
        drop(store);
        let files = fs::read_dir(directory.path()).unwrap();
        assert_eq!(files.count(), 1, "what a rewrite left is removed");
    }
    assert!(done > 64, "there were rewrites: {done}");
}

/// Runs a child, kills it after so many commits, and returns the last that it told.
fn commit_until_killed(path: &Path, commits: usize) -> u64 {
    let mut child = child(&[], "killed_processes::commit_for_ever", path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let numbers = lines.map_while(|line| line.ok());
    let mut numbers = numbers.filter_map(|line| line.strip_prefix("done ")?.parse().ok());
    let last = numbers.by_ref().take(commits).last();
    child.kill().unwrap();
    let rest = numbers.last();
    child.wait().unwrap();
    rest.or(last).unwrap_or(0)
}

/// Every batch changes all records, and some of them are long.
fn commit(store: &mut RedbStore, count: u64) {
    let mut batch = Batch::new();
    for record in 0..RECORDS {
        batch.put(record.to_string().into(), count.to_le_bytes().into());
        batch.put(
            vec![record; 2],
            vec![count as u8; 1000 * usize::from(record)],
        );
    }
    batch.put(count.to_le_bytes().into(), Vec::new());
    batch.delete((count - 1).to_le_bytes().into());
    assert_eq!(store.commit(&batch).unwrap(), Committed::Done);
}

fn check(store: &RedbStore, count: u64) {
    if count == 0 {
        assert_eq!(store.scan(b"").unwrap(), []);
        return;
    }
    for record in 0..RECORDS {
        assert_eq!(number(store, record.to_string().as_bytes()), count);
        let long = store.get(&[record; 2]).unwrap();
        assert_eq!(long, Some(vec![count as u8; 1000 * usize::from(record)]));
    }
    let found = store.scan(b"").unwrap();
    assert_eq!(found.len(), 2 * usize::from(RECORDS) + 1);
    assert_eq!(store.get(&count.to_le_bytes()).unwrap(), Some(Vec::new()));
}

#[test]
#[ignore = "for the child of another test"]
fn commit_for_ever() {
    let Some(path) = path_of_child() else { return };
    let mut store = open(&path);
    let mut count = number(&store, b"0");
    println!();
    loop {
        count += 1;
        commit(&mut store, count);
        // Without the test harness's capture, which `--nocapture` turns off, this is one write.
        println!("done {count}");
        std::io::stdout().flush().unwrap();
    }
}

#[test]
fn what_a_killed_rewrite_left_is_removed_and_never_read() {
    let directory = directory();
    let [path, new] = ["store", "store.new"].map(|name| directory.path().join(name));
    let mut store = RedbStore::create(&path).unwrap();
    put(&mut store, b"a", &u64::to_le_bytes(1));
    drop(store);
    for left in [&b""[..], b"half of a file", &fs::read(&path).unwrap()] {
        fs::write(&new, left).unwrap();
        let mut store = open(&path);
        assert!(!new.exists());
        assert_eq!(number(&store, b"a"), 1);
        // Not that anybody should, but it must not stop a rewrite.
        fs::write(&new, left).unwrap();
        store.compact().unwrap();
        assert!(!new.exists());
        assert_eq!(number(&store, b"a"), 1);
    }
}
