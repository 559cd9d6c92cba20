//! A suite of checks that every [`Store`] must pass, for the tests of programs that bring their own.
//!
//! [`check`] sees a store as a client does: between its calls. It cannot cut a commit off in the middle or take the
//! power away, so a store needs a test of its own that kills a process while it commits.
//! [`superseded_values_vanish`] looks at the medium.

mod superseded;

use alloc::vec;
use alloc::vec::Vec;

use crate::store::{Batch, Committed, Records, Store};

pub use superseded::superseded_values_vanish;

/// Runs every check of what a client sees, on stores that `empty` makes; `reopen` closes one and opens it again.
///
/// # Panics
///
/// If a store does something else than the trait says. The message names the rule that it breaks.
pub fn check<S: Store>(mut empty: impl FnMut() -> S, mut reopen: impl FnMut(S) -> S) {
    values_are_kept(empty(), &mut reopen);
    names_are_told_apart(&mut empty());
    scans_see_a_prefix_in_order(&mut empty());
    large_and_many_records_are_kept(empty(), &mut reopen);
    for kinds in 0..3 {
        a_batch_is_made_whole_or_not_at_all(kinds, empty(), &mut reopen);
    }
    empty_values_differ_from_missing_records(&mut empty());
}

fn values_are_kept<S: Store>(mut store: S, reopen: &mut impl FnMut(S) -> S) {
    has(&store, &[], "a new store is empty");
    put(&mut store, &[(b"a", b"1"), (b"b", b"")]);
    has(&store, &[(b"a", b"1"), (b"b", b"")], "a value is read back");
    put(&mut store, &[(b"a", b"2")]);
    let records: [(&[u8], &[u8]); 2] = [(b"a", b"2"), (b"b", b"")];
    has(&store, &records, "a value replaces the one before it");
    store = reopen(store);
    has(&store, &records, "a value survives closing");

    // Delete one record that is there and one that is not.
    let mut batch = Batch::new();
    batch.delete(b"a".to_vec());
    batch.delete(b"never there".to_vec());
    let committed = commit(&mut store, &batch);
    let rule = "deleting a record that is not there is no conflict";
    assert_eq!(committed, Committed::Done, "{rule}");
    has(&store, &[(b"b", b"")], "a deleted record is gone");
    store = reopen(store);
    has(&store, &[(b"b", b"")], "a deletion survives closing");
}

fn names_are_told_apart(store: &mut impl Store) {
    let records: [(&[u8], &[u8]); 8] = [
        (b"\0", b"1"),
        (b"\0\0", b"2"),
        (b"A", b"3"),
        (b"a", b"4"),
        (b"a\0b", b"5"),
        (b"a\0c", b"6"),
        (b"a ", b"7"),
        (b"\xff", b"8"),
    ];
    put(store, &records);
    has(store, &records, "names differ by any byte");
}

fn scans_see_a_prefix_in_order(store: &mut impl Store) {
    let records: [(&[u8], &[u8]); 8] = [
        (b"\x01", b"0"),
        (b"\x02", b"1"),
        (b"\x02a", b"2"),
        (b"\x02ab", b"3"),
        (b"\x02b", b"4"),
        (b"\x02\xff", b"5"),
        (b"\x02\xff\xff", b"6"),
        (b"\x03", b"7"),
    ];
    // Put them in another order than that of their names.
    for index in [4, 0, 6, 2, 7, 1, 5, 3] {
        put(store, &records[index..=index]);
    }
    let scans: [(&[u8], _); 6] = [
        (b"\x02", 1..7),
        (b"\x02a", 2..4),
        (b"\x02\xff", 5..7),
        (b"\x02\xff\xff", 6..7),
        (b"\x02c", 5..5),
        (b"\x04", 8..8),
    ];
    for (prefix, seen) in scans {
        let rule = "a scan sees the records with the prefix, in the order of names";
        assert_eq!(scan(store, prefix), owned(&records[seen]), "{rule}");
    }
}

fn large_and_many_records_are_kept<S: Store>(mut store: S, reopen: &mut impl FnMut(S) -> S) {
    let large: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    let long: Vec<u8> = (0..=255).collect();
    let mut other = long.clone();
    other[255] = 0;
    put(&mut store, &[(&long, &large), (&other, b"1")]);
    let kept = [(other, b"1".to_vec()), (long, large)];

    // Put many records in one batch, and close the store after it.
    let names: Vec<[u8; 3]> = (0..2_000_u16)
        .map(|name| {
            let [high, low] = name.to_be_bytes();
            [1, high, low]
        })
        .collect();
    let many: Vec<(&[u8], &[u8])> = names.iter().map(|name| (&name[..], &name[1..])).collect();
    put(&mut store, &many);
    let store = reopen(store);
    // Values that differ are not printed, because they are large.
    let rule = "names of 256 bytes and values of 1 MiB are kept whole";
    assert!(scan(&store, b"\0") == kept, "{rule}");
    let rule = "a batch may have 2,000 changes";
    assert!(scan(&store, b"\x01") == owned(&many), "{rule}");
}

/// The value of a record, or `None` if there is no record.
type Value = Option<&'static [u8]>;

/// A record before and after a batch.
struct Change {
    name: &'static [u8],
    before: Value,
    after: Value,
}

/// The changes of a batch to five records, between two records that stay. One record after the other is added,
/// replaced or deleted; `kinds` says with which of these the first begins.
fn changes(kinds: usize) -> Vec<Change> {
    let all: [(Value, Value); 3] = [
        (None, Some(b"added")),
        (Some(b"before"), Some(b"after")),
        (Some(b"deleted"), None),
    ];
    let names: [&[u8]; 5] = [b"b", b"c", b"d", b"e", b"f"];
    let stays = |name, value| (name, (Some(value), Some(value)));
    let mut changes = vec![stays(&b"a"[..], &b"first"[..])];
    changes.extend(names.into_iter().zip(all.into_iter().cycle().skip(kinds)));
    changes.push(stays(b"g", b"last"));
    let change = |(name, (before, after))| Change {
        name,
        before,
        after,
    };
    changes.into_iter().map(change).collect()
}

/// Checks batches that add, replace and delete records, with expectations on any of the records. If one
/// expectation is not met, wherever it stands, no change is made.
fn a_batch_is_made_whole_or_not_at_all<S: Store>(
    kinds: usize,
    mut store: S,
    reopen: &mut impl FnMut(S) -> S,
) {
    // Begin with the records as they are before the batch.
    let changes = changes(kinds);
    let before = records(&changes, |change| change.before);
    let after = records(&changes, |change| change.after);
    put(&mut store, &before);

    // Let each record in turn have another value than the batch expects.
    for wrong in &changes {
        for value in wrong_values(wrong) {
            // Once the others are expected to be as they are, and once nothing is said of them.
            for others in [true, false] {
                let mut batch = batch(&changes, others);
                batch.expect(wrong.name.to_vec(), value.map(<[u8]>::to_vec));
                let committed = commit(&mut store, &batch);
                let rule = "a record that is not as expected is a conflict";
                assert_eq!(committed, Committed::Conflict, "{rule}: {batch:?}");
                has(&store, &before, "a conflict changes nothing");
            }
        }
    }
    store = reopen(store);
    has(
        &store,
        &before,
        "a conflict leaves nothing that appears later",
    );

    // Make the changes at last, when all expectations are met.
    let committed = commit(&mut store, &batch(&changes, true));
    let rule = "records that are as expected are no conflict";
    assert_eq!(committed, Committed::Done, "{rule}");
    has(&store, &after, "a batch makes all its changes");
    store = reopen(store);
    has(&store, &after, "all changes of a batch survive closing");
}

/// The records that have a value, before or after the changes.
fn records(
    changes: &[Change],
    value: impl Fn(&Change) -> Value,
) -> Vec<(&'static [u8], &'static [u8])> {
    let records = changes.iter();
    records
        .filter_map(|change| Some((change.name, value(change)?)))
        .collect()
}

/// The values, or their absence, that the record of `change` does not have before the batch.
fn wrong_values(change: &Change) -> impl Iterator<Item = Value> + use<> {
    let before = change.before;
    // The value that the batch sets is wrong too, because the expectation is about the time before.
    let cut = before.and_then(|value| value.get(1..));
    let begun = before.and_then(|value| value.get(..1));
    let values = [
        None,
        Some(&b""[..]),
        Some(b"other"),
        change.after,
        cut,
        begun,
    ];
    values.into_iter().filter(move |value| *value != before)
}

/// The batch that makes the changes, with the values before them as expectations if `expecting`.
fn batch(changes: &[Change], expecting: bool) -> Batch {
    let mut batch = Batch::new();
    for change in changes {
        if expecting {
            batch.expect(change.name.to_vec(), change.before.map(<[u8]>::to_vec));
        }
        match change.after {
            after if after == change.before => {}
            Some(value) => batch.put(change.name.to_vec(), value.to_vec()),
            None => batch.delete(change.name.to_vec()),
        }
    }
    batch
}

fn empty_values_differ_from_missing_records(store: &mut impl Store) {
    put(store, &[(b"empty", b"")]);
    let expectations: [(&[u8], Value, Committed); 4] = [
        (b"empty", None, Committed::Conflict),
        (b"missing", Some(b""), Committed::Conflict),
        (b"empty", Some(b""), Committed::Done),
        (b"missing", None, Committed::Done),
    ];
    for (name, value, outcome) in expectations {
        let mut batch = Batch::new();
        batch.expect(name.to_vec(), value.map(<[u8]>::to_vec));
        let rule = "an empty value is not a missing record";
        assert_eq!(commit(store, &batch), outcome, "{rule}: {batch:?}");
    }
}

/// Fails unless the store has these records and no others, as `scan` and as `get` see it.
#[track_caller]
fn has(store: &impl Store, records: &[(&[u8], &[u8])], rule: &str) {
    assert_eq!(scan(store, b""), owned(records), "{rule}");
    for (name, value) in records {
        assert_eq!(get(store, name).as_deref(), Some(*value), "{rule}");
    }
    // Look for records that a scan does not show.
    for name in (b'a'..=b'g').map(|name| [name]) {
        let value = records.iter().find(|record| record.0 == name);
        let value = value.map(|record| record.1);
        assert_eq!(get(store, &name).as_deref(), value, "{rule}");
    }
}

fn owned(records: &[(&[u8], &[u8])]) -> Records {
    let records = records.iter();
    records
        .map(|(name, value)| (name.to_vec(), value.to_vec()))
        .collect()
}

fn get(store: &impl Store, name: &[u8]) -> Option<Vec<u8>> {
    store.get(name).expect("an intact store can be read")
}

fn scan(store: &impl Store, prefix: &[u8]) -> Records {
    store.scan(prefix).expect("an intact store can be read")
}

fn commit(store: &mut impl Store, batch: &Batch) -> Committed {
    store
        .commit(batch)
        .expect("an intact store can be written to")
}

fn put(store: &mut impl Store, records: &[(&[u8], &[u8])]) {
    let mut batch = Batch::new();
    for (name, value) in records {
        batch.put(name.to_vec(), value.to_vec());
    }
    let committed = commit(store, &batch);
    let rule = "a batch without expectations is no conflict";
    assert_eq!(committed, Committed::Done, "{rule}");
}
