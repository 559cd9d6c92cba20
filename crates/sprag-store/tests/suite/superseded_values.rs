//! Values that were superseded or deleted, looked for in the bytes of the file.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sprag_client::Store;
use sprag_client::conformance::superseded_values_vanish;
use sprag_client::store::{Batch, Committed};
use sprag_store::{COMMITS_BETWEEN_REWRITES, RedbStore};

use crate::support::{directory, open};

/// The first byte of every marker.
const START: u8 = 0x5a;

/// Values that consist of a marker, which no other value has, over and over.
struct Values {
    rng: StdRng,
    keys: u8,
    longest: usize,
    count: u64,
    live: BTreeMap<u8, [u8; 8]>,
    ever: HashSet<[u8; 8]>,
}

impl Values {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let longest = [50, 300, 3000, 20_000, 60_000];
        Self {
            keys: rng.random_range(1..60),
            longest: longest[rng.random_range(0..longest.len())],
            rng,
            count: 0,
            live: BTreeMap::new(),
            ever: HashSet::new(),
        }
    }

    /// Puts and deletes some.
    fn commit(&mut self, store: &mut RedbStore) {
        let mut batch = Batch::new();
        for _ in 0..self.rng.random_range(1..4) {
            let key = self.rng.random_range(0..self.keys);
            if self.rng.random_ratio(1, 4) {
                self.live.remove(&key);
                batch.delete(vec![key]);
                continue;
            }
            self.count += 1;
            let mut marker = self.count.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
            marker[0] = START;
            let length = self.rng.random_range(16..16 + self.longest);
            let value = marker.iter().copied().cycle().take(length);
            batch.put(vec![key], value.collect());
            self.live.insert(key, marker);
        }
        self.ever.extend(self.live.values());
        assert_eq!(store.commit(&batch).unwrap(), Committed::Done);
    }

    /// Counts the values in the file that were superseded or deleted. All others must be there.
    fn superseded(&self, path: &Path) -> usize {
        let bytes = fs::read(path).unwrap();
        let windows = bytes.windows(8).filter(|window| window[0] == START);
        let found: HashSet<_> = windows
            .map(|window| <[u8; 8]>::try_from(window).unwrap())
            .filter(|marker| self.ever.contains(marker))
            .collect();
        let live: HashSet<_> = self.live.values().copied().collect();
        assert!(found.is_superset(&live), "records are not in the file");
        found.difference(&live).count()
    }
}

#[test]
fn the_store_passes_the_check_of_the_conformance_suite() {
    let directory = directory();
    let store = RedbStore::create(directory.path().join("store")).unwrap();
    let medium = |store: &RedbStore| fs::read(store.path()).unwrap();
    superseded_values_vanish(store, COMMITS_BETWEEN_REWRITES as usize, medium);
}

#[test]
fn what_is_superseded_is_gone_after_the_commits_that_are_promised() {
    let directory = directory();
    let mut before = 0;
    for seed in 0..8 {
        let path = directory.path().join(seed.to_string());
        let mut store = RedbStore::create(&path).unwrap();
        let mut values = Values::new(seed);
        for _ in 0..2 {
            for _ in 1..COMMITS_BETWEEN_REWRITES {
                values.commit(&mut store);
            }
            before += values.superseded(&path);
            // The count is of the file, not of the process.
            drop(store);
            store = open(&path);
            values.commit(&mut store);
            assert_eq!(values.superseded(&path), 0, "{seed}");
        }
        store.close().unwrap();
        assert_eq!(values.superseded(&path), 0, "{seed}");
    }
    assert!(before > 100, "the database keeps old pages: {before}");
}

#[test]
fn what_is_superseded_is_gone_after_compaction() {
    let directory = directory();
    for seed in 100..108 {
        let path = directory.path().join(seed.to_string());
        let mut store = RedbStore::create(&path).unwrap();
        let mut values = Values::new(seed);
        for _ in 0..40 {
            values.commit(&mut store);
        }
        let records = store.scan(b"").unwrap();
        store.compact().unwrap();
        assert_eq!(values.superseded(&path), 0, "{seed}");
        assert_eq!(store.scan(b"").unwrap(), records);
        drop(store);
        assert_eq!(values.superseded(&path), 0, "{seed}");
        assert_eq!(open(&path).scan(b"").unwrap(), records);
    }
}

#[test]
fn the_file_does_not_grow_without_bound() {
    let directory = directory();
    let path = directory.path().join("store");
    let mut store = RedbStore::create(&path).unwrap();
    for round in 0..640_u16 {
        let mut batch = Batch::new();
        batch.put(vec![round as u8 % 10], vec![round as u8; 10_000]);
        assert_eq!(store.commit(&batch).unwrap(), Committed::Done);
        let length = fs::metadata(&path).unwrap().len();
        assert!(length < 3 << 20, "{length} bytes after {round}");
    }
}
