//! Damage that could hide the newest commit: opening gives that commit or an error, and never an older state.

use core::time::Duration;
use std::fs;
use std::path::Path;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sprag_client::Store;
use sprag_client::store::Records;
use sprag_store::{Error, RedbStore};
use tempfile::TempDir;

use crate::support::{directory, put};

/// The part of the file that selects the commit: a page's first bytes.
const HEADER: usize = 320;
const PAGE: usize = 4096;
/// The bytes that tell what the file is, and the version that each of its two commits has.
const VERSIONS: [usize; 11] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 64, 192];
/// The byte with the bit that selects one of two commits, and that bit.
const SELECTION: (usize, u8) = (9, 1);

/// A file to be damaged, and what the store has in it.
struct Fixture {
    directory: TempDir,
    bytes: Vec<u8>,
    newest: Records,
}

impl Fixture {
    /// A store after some commits; of one that is not closed, the bytes are those that a crash would leave.
    fn new(commits: u8, is_closed: bool) -> Self {
        let directory = directory();
        let path = directory.path().join("store");
        let mut store = RedbStore::create(&path).unwrap();
        for commit in 0..commits {
            put(
                &mut store,
                &[commit % 7; 20],
                &vec![commit; 30 + 40 * usize::from(commit)],
            );
        }
        let newest = store.scan(b"").unwrap();
        let bytes = fs::read(&path).unwrap();
        store.close().unwrap();
        Self {
            bytes: if is_closed {
                fs::read(&path).unwrap()
            } else {
                bytes
            },
            directory,
            newest,
        }
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("store")
    }

    /// Opens the store with some of its bits flipped.
    fn open(&self, flips: &[(usize, u8)]) -> Result<Records, Error> {
        let mut bytes = self.bytes.clone();
        for (offset, mask) in flips {
            bytes[*offset] ^= mask;
        }
        fs::write(self.path(), bytes).unwrap();
        read(&self.path())
    }

    /// Opens the store with one bit flipped. Tells whether it had the newest commit.
    fn check(&self, offset: usize, mask: u8) -> bool {
        match self.open(&[(offset, mask)]) {
            Ok(records) => {
                assert_eq!(records, self.newest, "bit {mask:#x} of byte {offset}");
                true
            }
            Err(Error::Damaged(_)) => false,
            Err(error) => {
                let is_other = matches!(error, Error::NotAStore) && VERSIONS.contains(&offset);
                assert!(is_other, "bit {mask:#x} of byte {offset}: {error:?}");
                false
            }
        }
    }
}

fn read(path: &Path) -> Result<Records, Error> {
    RedbStore::open(path, Duration::ZERO)?.scan(b"")
}

#[test]
fn a_flipped_bit_of_the_header_does_not_undo_a_commit() {
    for is_closed in [false, true] {
        // Successive commits use the two slots in turn.
        for commits in [8, 9] {
            let fixture = Fixture::new(commits, is_closed);
            for bit in 0..8 {
                fixture.check(SELECTION.0, 1 << bit);
            }
            // The crate's own tests flip every bit, in memory.
            for offset in (0..HEADER).step_by(5) {
                fixture.check(offset, 1 << (offset % 8));
            }
        }
    }
}

#[test]
fn a_flipped_bit_of_any_page_does_not_undo_a_commit() {
    let fixture = Fixture::new(40, false);
    let mut rng = StdRng::seed_from_u64(3);
    let mut refused = 0;
    for page in 0..fixture.bytes.len() / PAGE {
        // Bytes that are not zero are those that are used, or were.
        let page = page * PAGE..(page + 1) * PAGE;
        let used: Vec<_> = page.filter(|offset| fixture.bytes[*offset] != 0).collect();
        for _ in 0..4 {
            if used.is_empty() {
                continue;
            }
            let offset = used[rng.random_range(0..used.len())];
            refused += usize::from(!fixture.check(offset, 1 << rng.random_range(0..8)));
        }
    }
    assert!(refused > 10, "{refused}");
}

/// A crash between the phases of a commit leaves the older commit selected. The newer one counts if all of it is
/// there, and may be in part.
#[test]
fn a_crash_in_the_middle_of_a_commit_is_no_damage() {
    let fixture = Fixture::new(8, false);
    assert_eq!(fixture.open(&[SELECTION]).unwrap(), fixture.newest);
    // Damage the page that the newest commit wrote: it holds the only value with this byte.
    let mark = vec![7; 30 + 40 * 7];
    let mut windows = fixture.bytes.windows(mark.len());
    let offset = windows.position(|window| window == mark).unwrap();
    let older = fixture.open(&[SELECTION, (offset, 1)]).unwrap();
    assert_eq!(older.len(), 7);
    assert_eq!(older[0].1, vec![0; 30]);
    // Without the crash, that is damage.
    assert!(matches!(
        fixture.open(&[(offset, 1)]),
        Err(Error::Damaged(_))
    ));
}
