//! A suite of checks that every [`Store`] must pass, for the tests of programs that bring their own.

use alloc::vec::Vec;

use crate::store::{Batch, Committed, Store};

/// Runs every check on stores that `empty` makes; `reopen` closes one and opens it again.
///
/// # Panics
///
/// If a store does something else than the trait says.
pub fn check<S: Store>(mut empty: impl FnMut() -> S, mut reopen: impl FnMut(S) -> S) {
    values_are_kept(&mut empty, &mut reopen);
    scans_see_a_prefix_in_order(&mut empty());
    batches_are_all_or_nothing(&mut empty(), &mut reopen);
    expectations_are_met_or_nothing_changes(&mut empty());
    large_and_odd_records_are_kept(&mut empty());
}

fn values_are_kept<S: Store>(empty: &mut impl FnMut() -> S, reopen: &mut impl FnMut(S) -> S) {
    let mut store = empty();
    assert_eq!(get(&store, b"a"), None, "an empty store has no records");
    put(&mut store, &[(b"a", b"1"), (b"b", b"")]);
    put(&mut store, &[(b"a", b"2")]);
    let mut store = reopen(store);
    assert_eq!(get(&store, b"a").as_deref(), Some(&b"2"[..]));
    assert_eq!(get(&store, b"b").as_deref(), Some(&b""[..]));
    let mut batch = Batch::new();
    batch.delete(b"a".to_vec());
    batch.delete(b"never there".to_vec());
    assert_eq!(commit(&mut store, &batch), Committed::Done);
    let store = reopen(store);
    assert_eq!(get(&store, b"a"), None, "a deleted record is gone");
    assert_eq!(get(&store, b"b").as_deref(), Some(&b""[..]));
}

fn scans_see_a_prefix_in_order(store: &mut impl Store) {
    put(
        store,
        &[
            (b"\x02b", b"3"),
            (b"\x01", b"0"),
            (b"\x02", b"1"),
            (b"\x02a", b"2"),
            (b"\x03", b"4"),
            (b"\x02\xff\xff", b"5"),
        ],
    );
    let found = scan(store, b"\x02");
    let values: Vec<&[u8]> = found.iter().map(|(_, value)| value.as_slice()).collect();
    assert_eq!(values, [b"1", b"2", b"3", b"5"]);
    assert_eq!(scan(store, b"\x02\xff").len(), 1);
    assert_eq!(scan(store, b"\x04"), []);
    assert_eq!(scan(store, b"").len(), 6);
}

fn batches_are_all_or_nothing<S: Store>(store: &mut S, _reopen: &mut impl FnMut(S) -> S) {
    put(store, &[(b"gone", b"1"), (b"changed", b"1")]);
    let mut batch = Batch::new();
    batch.put(b"new".to_vec(), b"2".to_vec());
    batch.put(b"changed".to_vec(), b"2".to_vec());
    batch.delete(b"gone".to_vec());
    assert_eq!(commit(store, &batch), Committed::Done);
    assert_eq!(get(store, b"new").as_deref(), Some(&b"2"[..]));
    assert_eq!(get(store, b"changed").as_deref(), Some(&b"2"[..]));
    assert_eq!(get(store, b"gone"), None);
}

fn expectations_are_met_or_nothing_changes(store: &mut impl Store) {
    put(store, &[(b"here", b"1")]);
    for (name, value) in [
        (b"here", Some(b"2".to_vec())),
        (b"here", None),
        (b"gone", Some(b"1".to_vec())),
    ] {
        let mut batch = Batch::new();
        batch.expect(name.to_vec(), value);
        batch.put(b"new".to_vec(), b"1".to_vec());
        batch.delete(b"here".to_vec());
        assert_eq!(commit(store, &batch), Committed::Conflict);
        assert_eq!(get(store, b"new"), None, "a conflict changes nothing");
        assert_eq!(get(store, b"here").as_deref(), Some(&b"1"[..]));
    }
    let mut batch = Batch::new();
    batch.expect(b"here".to_vec(), Some(b"1".to_vec()));
    batch.expect(b"gone".to_vec(), None);
    batch.put(b"here".to_vec(), b"2".to_vec());
    assert_eq!(commit(store, &batch), Committed::Done);
    assert_eq!(get(store, b"here").as_deref(), Some(&b"2"[..]));
}

fn large_and_odd_records_are_kept(store: &mut impl Store) {
    let large: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    let every_byte: Vec<u8> = (0..=255).collect();
    put(store, &[(&every_byte, &large), (b"\0", b"\0")]);
    assert_eq!(get(store, &every_byte), Some(large));
    assert_eq!(get(store, b"\0").as_deref(), Some(&b"\0"[..]));
}

fn get(store: &impl Store, name: &[u8]) -> Option<Vec<u8>> {
    store.get(name).expect("an intact store can be read")
}

fn scan(store: &impl Store, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
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
    assert_eq!(commit(store, &batch), Committed::Done);
}
