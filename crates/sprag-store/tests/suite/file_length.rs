//! The length of the file, which is bounded by what the records need.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sprag_client::Store;
use sprag_client::store::{Batch, Committed};
use sprag_store::RedbStore;

use crate::support::directory;

/// The most bytes by which a record is counted as longer than its name and value.
const MARGIN: u64 = 8 << 10;

/// A store beside the lengths of its values.
struct Measured {
    store: RedbStore,
    lengths: BTreeMap<u16, u64>,
    /// The number of the new files that rewrites put in place.
    rewrites: u32,
    /// The greatest length of the file, in parts of a hundred of the records.
    most: u64,
}

impl Measured {
    fn new(path: &Path) -> Self {
        Self {
            store: RedbStore::create(path).unwrap(),
            lengths: BTreeMap::new(),
            rewrites: 0,
            most: 0,
        }
    }

    /// Puts and deletes, and checks the length of the file.
    fn commit(&mut self, changes: &[(u16, Option<usize>)]) {
        let mut batch = Batch::new();
        for (name, length) in changes {
            match length {
                Some(length) => {
                    let length = *length;
                    batch.put(key(*name), vec![name.to_le_bytes()[0]; length]);
                    self.lengths.insert(*name, 32 + length as u64);
                }
                None => {
                    batch.delete(key(*name));
                    self.lengths.remove(name);
                }
            }
        }
        let before = identity(self.store.path());
        assert_eq!(self.store.commit(&batch).unwrap(), Committed::Done);
        self.rewrites += u32::from(identity(self.store.path()) != before);
        self.check();
    }

    /// The length that the bound counts for the records.
    fn counted(&self) -> u64 {
        let counted = |length: &u64| length + (*length).min(MARGIN);
        self.lengths.values().map(counted).sum()
    }

    fn length(&self) -> u64 {
        fs::metadata(self.store.path()).unwrap().len()
    }

    fn check_rewrite(&mut self) {
        self.store.compact().unwrap();
        assert!(self.length() <= 2 * self.counted() + (2 << 20));
    }

    fn check(&mut self) {
        let records: u64 = self.lengths.values().sum();
        let length = self.length();
        let bound = 3 * self.counted() + (4 << 20);
        assert!(length <= bound, "{length} bytes for {records}");
        self.most = self.most.max(100 * length / records.max(1 << 20));
    }
}

fn key(name: u16) -> Vec<u8> {
    let mut key = name.to_be_bytes().to_vec();
    key.resize(32, 0);
    key
}

/// A number that changes when the file is replaced, on systems that have one.
fn identity(path: &Path) -> u64 {
    #[cfg(unix)]
    let identity = std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).unwrap());
    #[cfg(not(unix))]
    let identity = path.as_os_str().is_empty().into();
    identity
}

/// Messages of 16 MiB that arrive, wait and leave: as many as a client holds, each a little longer than a power of two.
#[test]
fn large_values_take_little_more_than_their_length() {
    const LENGTH: usize = (16 << 20) + 100;
    let directory = directory();
    let mut measured = Measured::new(&directory.path().join("store"));
    for message in 0..5 {
        measured.commit(&[(message, Some(LENGTH)), (1000, Some(3000))]);
    }
    measured.check_rewrite();
    for message in 5..12 {
        measured.commit(&[
            (message - 5, None),
            (message, Some(LENGTH)),
            (1000, Some(3000)),
        ]);
    }
    // What was read leaves at once, and not only when it is time for a rewrite.
    for message in 7..12 {
        measured.commit(&[(message, None), (1000, Some(3000))]);
    }
    assert!(measured.length() <= 4 << 20, "{}", measured.length());
    assert!(measured.most <= 300, "{}", measured.most);
}

#[test]
fn the_file_is_bounded_after_every_commit() {
    let directory = directory();
    for (seed, longest) in [100, 3000, 5000, 20_000, 300_000].into_iter().enumerate() {
        let mut measured = Measured::new(&directory.path().join(seed.to_string()));
        let mut rng = StdRng::seed_from_u64(seed as u64);
        const COMMITS: u32 = 300;
        for _ in 0..COMMITS {
            let changes: Vec<_> = (0..rng.random_range(1..40))
                .map(|_| {
                    let length = rng.random_range(longest / 2..=longest);
                    let length = rng.random_bool(0.8).then_some(length);
                    (rng.random_range(0..400), length)
                })
                .collect();
            measured.commit(&changes);
        }
        measured.check_rewrite();
        // A rewrite copies every record: the bound must not make them frequent.
        let due = COMMITS / 64;
        assert!(
            measured.rewrites <= due + COMMITS / 16,
            "{}",
            measured.rewrites
        );
    }
}

#[test]
fn the_file_is_bounded_when_one_value_grows_and_shrinks() {
    let directory = directory();
    let mut measured = Measured::new(&directory.path().join("store"));
    for round in 0..3 {
        for length in (8..24).map(|bits| (1_usize << bits) + round) {
            measured.commit(&[(0, Some(length))]);
        }
        for length in (8..24).rev().map(|bits| (1_usize << bits) - round) {
            measured.commit(&[(0, Some(length))]);
        }
    }
}
