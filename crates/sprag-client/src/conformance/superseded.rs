//! The check that superseded values leave the medium.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use sprag_primitives::hash::sha256;

use super::{commit, put};
use crate::store::{Batch, Committed, Store};

/// Checks that values which were replaced or deleted are gone from the medium after at most `promise` further
/// commits. `medium` yields every byte that the store has on it: all files, with journals and logs.
///
/// The check is for stores that write values as they are, and not for those that compress or encrypt them.
///
/// # Panics
///
/// If a superseded value, or a part of 16 bytes of one, is still there; or if a present value is not, because then
/// `medium` does not yield everything.
pub fn superseded_values_vanish<S: Store>(
    mut store: S,
    promise: usize,
    mut medium: impl FnMut(&S) -> Vec<u8>,
) {
    let mut values = Values::default();
    // Replace and delete values of all lengths several times, because a medium uses its places again.
    for round in 0..ROUNDS {
        values.apply(&large_changes(round), &mut store);
        // Commit something else as often as the store promises.
        for count in 0..promise {
            put(&mut store, &[(b"other", &count.to_le_bytes())]);
            values.commits += 1;
        }
        values.check(&medium(&store), promise);
    }
    // Change small values in many records, because a database leaves copies where it moves records between its pages.
    for round in 0..SMALL_ROUNDS {
        values.apply(&small_changes(round), &mut store);
        if round % SMALL_ROUNDS_BETWEEN_LOOKS == 0 {
            values.check(&medium(&store), promise);
        }
    }
}

/// The change of one record: the length of its new value, or `None` if it is deleted.
type Change = (u8, Option<usize>);

/// Changes all of a few records. The value of a record has another length each time.
fn large_changes(round: u8) -> Vec<Change> {
    let length = |name: u8| match (round + name) % 3 {
        0 => None,
        _ => Some(LENGTHS[usize::from(round + name) % LENGTHS.len()]),
    };
    (0..RECORDS).map(|name| (name, length(name))).collect()
}

/// Changes up to five of many records.
fn small_changes(round: u32) -> Vec<Change> {
    let hash = sha256(&[b"small changes", &round.to_le_bytes()]);
    let count = 1 + usize::from(hash[0] % 5);
    let places = hash[1..].chunks_exact(3).take(count);
    let changes = places.map(|bytes| {
        let length = 16 + usize::from(u16::from_le_bytes([bytes[1], bytes[2]])) % 885;
        (bytes[0], (length % 4 != 0).then_some(length))
    });
    // One batch changes a record once.
    changes.collect::<BTreeMap<_, _>>().into_iter().collect()
}

type Marker = [u8; MARKER_LENGTH];

/// Values that consist of a marker, which no other value has, over and over.
#[derive(Default)]
struct Values {
    /// The number of commits.
    commits: u32,
    /// The markers of the present values.
    present: BTreeMap<u8, Marker>,
    /// The markers of earlier values, with the number of commits at which they were superseded.
    superseded: BTreeMap<Marker, u32>,
}

impl Values {
    /// Makes changes in one commit.
    fn apply(&mut self, changes: &[Change], store: &mut impl Store) {
        let mut batch = Batch::new();
        self.commits += 1;
        for (name, length) in changes.iter().copied() {
            if let Some(marker) = self.present.remove(&name) {
                self.superseded.insert(marker, self.commits);
            }
            let Some(length) = length else {
                batch.delete(alloc::vec![name]);
                continue;
            };
            let mut marker = Marker::default();
            let hash = sha256(&[&self.commits.to_le_bytes(), &[name]]);
            marker.copy_from_slice(&hash[..MARKER_LENGTH]);
            let value = marker.iter().copied().cycle().take(length);
            batch.put(alloc::vec![name], value.collect());
            self.present.insert(name, marker);
        }
        let committed = commit(store, &batch);
        let rule = "a batch without expectations is no conflict";
        assert_eq!(committed, Committed::Done, "{rule}");
    }

    /// Demands that `bytes`, all that are on the medium, have the present values, and no value that was superseded
    /// `promise` commits ago or earlier.
    fn check(&self, bytes: &[u8], promise: usize) {
        let found = self.found(bytes);
        let commits = self.commits;
        for marker in self.present.values() {
            let present = found.contains(marker);
            assert!(
                present,
                "the medium has all present values: {commits} commits"
            );
        }
        let due = |since: u32| (commits - since) as usize >= promise;
        for (marker, _) in self.superseded.iter().filter(|(_, since)| due(**since)) {
            let gone = !found.contains(marker);
            assert!(
                gone,
                "superseded values leave the medium: {commits} commits"
            );
        }
    }

    /// The markers that `bytes` contain.
    fn found(&self, bytes: &[u8]) -> BTreeSet<Marker> {
        // Few places have the first two bytes of a marker, so the search in all markers is seldom needed.
        let index = |bytes: &[u8]| usize::from(u16::from_le_bytes([bytes[0], bytes[1]]));
        let mut begins = alloc::vec![false; 1 << 16];
        let known = || self.present.values().chain(self.superseded.keys());
        for marker in known() {
            begins[index(marker)] = true;
        }
        let known: BTreeSet<&Marker> = known().collect();
        let windows = bytes.windows(MARKER_LENGTH);
        windows
            .filter(|window| begins[index(window)])
            .filter_map(|window| window.try_into().ok())
            .filter(|marker| known.contains(marker))
            .collect()
    }
}

const MARKER_LENGTH: usize = 16;
const ROUNDS: u8 = 7;
const RECORDS: u8 = 24;
const SMALL_ROUNDS: u32 = 256;
const SMALL_ROUNDS_BETWEEN_LOOKS: u32 = 4;
/// The lengths of values in bytes: within a page of a database, about a page, and over many pages.
const LENGTHS: [usize; 5] = [32, 300, 4_096, 9_000, 70_000];
