//! The conformance suite: a store that keeps the rules passes it, and a store that breaks one does not.

use core::convert::Infallible;
use core::panic::AssertUnwindSafe;
use std::collections::BTreeMap;
use std::panic::catch_unwind;

use sprag_client::store::{Batch, Committed, Records};
use sprag_client::{MemoryStore, Store, conformance};

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// A rule that a [`BrokenStore`] breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    None,
    // Reading
    EmptyValuesAreMissing,
    CaseIsIgnored,
    NamesEndAtZero,
    LongNamesAreCut,
    LargeValuesAreCut,
    DeletedRecordsCanBeGot,
    ScansRunBackwards,
    ScansGoByLength,
    ScansOfAPrefixRunBackwards,
    ScansIgnoreThePrefix,
    ScansLeaveOutThePrefixItself,
    ScansOfHighBytesAreEmpty,
    ScansOfNoRecordShowTheNextOne,
    ScansAreBounded,
    ScansShowTheStateAtOpening,
    // Changes
    StartsWithARecord,
    TheFirstValueStays,
    DeletionsAreIgnored,
    DeletionsOfNothingConflict,
    TheFirstChangeIsLeftOut,
    TheLastChangeIsLeftOut,
    OneThousandChangesAreMade,
    DeletionsBesidePutsAreIgnored,
    BatchesWithoutExpectationsConflict,
    // Expectations
    ExpectationsAreIgnored,
    AbsenceIsNotChecked,
    ValuesAreNotCompared,
    ValuesAreComparedByTheirBeginning,
    ValuesAreComparedByTheirEnd,
    EmptyValuesCountAsMissing,
    MissingRecordsCountAsEmpty,
    EmptyValuesAreNeverAsExpected,
    OnlyTheFirstExpectationCounts,
    OnlyTheLastExpectationCounts,
    OnlyChangedRecordsAreChecked,
    OnlyOtherRecordsAreChecked,
    ExpectationsAreOfTheStateAfter,
    EveryExpectationConflicts,
    ConflictsAreReportedAsDone,
    // Atomicity
    ConflictsMakeAllChanges,
    ConflictsMakeTheChangesBefore,
    ConflictsMakeTheChangesBehind,
    ConflictsMakePuts,
    ConflictsMakeDeletions,
    ConflictsMakeHalfOfTheChanges,
    // Closing
    ClosingLosesEverything,
    ClosingLosesTheLastCommit,
    ClosingLosesDeletions,
    ClosingCutsLargeValues,
    ClosingLosesHalfOfTheLastBatch,
    ClosingLosesDeletionsBesidePuts,
    ClosingMakesTheLastConflict,
}
use Fault as F;

/// A store in memory with one fault.
struct BrokenStore {
    fault: Fault,
    records: Map,
    /// The records when the store was opened, and before its last commit.
    opened: Map,
    before: Map,
    deleted: Map,
    /// The last batch that was made, and the last one that was refused.
    last: Batch,
    refused: Option<Batch>,
}

impl BrokenStore {
    fn new(fault: Fault) -> Self {
        let mut records = Map::new();
        if fault == F::StartsWithARecord {
            records.insert(b"a".to_vec(), b"1".to_vec());
        }
        Self {
            fault,
            opened: records.clone(),
            before: records.clone(),
            records,
            deleted: Map::new(),
            last: Batch::new(),
            refused: None,
        }
    }

    /// The store after it was closed and opened again.
    fn reopened(mut self) -> Self {
        match self.fault {
            F::ClosingLosesEverything => self.records.clear(),
            F::ClosingLosesTheLastCommit => self.records = self.before.clone(),
            F::ClosingLosesDeletions => self.records.append(&mut self.deleted),
            F::ClosingLosesHalfOfTheLastBatch | F::ClosingLosesDeletionsBesidePuts => {
                // Make a part of the last batch once more, on the records before it.
                let batch = self.last.clone();
                self.records = self.before.clone();
                let half = batch.changes().count().div_ceil(2);
                match self.fault {
                    F::ClosingLosesHalfOfTheLastBatch => {
                        self.apply(&batch, |change| change.index < half);
                    }
                    _ if is_mixed(&batch) => self.apply(&batch, |change| change.is_put),
                    _ => self.apply(&batch, |_| true),
                }
            }
            F::ClosingCutsLargeValues => {
                for value in self.records.values_mut() {
                    value.truncate(0xffff);
                }
            }
            F::ClosingMakesTheLastConflict => {
                if let Some(batch) = self.refused.take() {
                    self.apply(&batch, |_| true);
                }
            }
            _ => {}
        }
        self.opened = self.records.clone();
        self
    }

    /// The name under which the store keeps a record.
    fn key(&self, name: &[u8]) -> Vec<u8> {
        match self.fault {
            F::CaseIsIgnored => name.to_ascii_lowercase(),
            F::NamesEndAtZero if name.len() > 1 => {
                let end = name[1..].iter().position(|byte| *byte == 0);
                name[..end.map_or(name.len(), |end| end + 1)].to_vec()
            }
            F::LongNamesAreCut => name[..name.len().min(255)].to_vec(),
            _ => name.to_vec(),
        }
    }

    /// Makes the changes that are chosen.
    fn apply(&mut self, batch: &Batch, chosen: impl Fn(Change<'_>) -> bool) {
        for (index, (name, value)) in batch.changes().enumerate() {
            let is_put = value.is_some();
            let key = self.key(name);
            let stays = match self.fault {
                F::TheFirstValueStays => is_put && self.records.contains_key(&key),
                F::DeletionsAreIgnored => !is_put,
                _ => !chosen(Change {
                    index,
                    name,
                    is_put,
                }),
            };
            match value {
                _ if stays => {}
                Some(value) => {
                    let cut = self.fault == F::LargeValuesAreCut && value.len() > 0xffff;
                    let length = if cut { 0xffff } else { value.len() };
                    self.deleted.remove(&key);
                    self.records.insert(key, value[..length].to_vec());
                }
                None => {
                    let removed = self.records.remove(&key);
                    self.deleted.extend(removed.map(|value| (key, value)));
                }
            }
        }
    }

    /// Tells whether the record is as expected.
    fn is_met(&self, name: &[u8], expected: Option<&[u8]>) -> bool {
        let actual = self.records.get(&self.key(name)).map(Vec::as_slice);
        match (self.fault, actual, expected) {
            (F::AbsenceIsNotChecked, _, None) => true,
            (F::ValuesAreNotCompared, Some(_), Some(_)) => true,
            (F::ValuesAreComparedByTheirBeginning, Some(actual), Some(expected)) => {
                !expected.is_empty() && actual.starts_with(expected)
            }
            (F::ValuesAreComparedByTheirEnd, Some(actual), Some(expected)) => {
                !expected.is_empty() && actual.ends_with(expected)
            }
            (F::EmptyValuesCountAsMissing, Some(b""), None) => true,
            (F::MissingRecordsCountAsEmpty, None, Some(b"")) => true,
            (F::EmptyValuesAreNeverAsExpected, Some(b""), _) => false,
            (F::EveryExpectationConflicts, ..) => false,
            _ => actual == expected,
        }
    }

    /// The first expectation that the store finds not met.
    fn conflict(&self, batch: &Batch) -> Option<Vec<u8>> {
        let changed = |name: &[u8]| batch.changes().any(|change| change.0 == name);
        let mut expected: Vec<_> = batch.expected().collect();
        match self.fault {
            F::ExpectationsAreIgnored => expected.clear(),
            F::OnlyTheFirstExpectationCounts => expected.truncate(1),
            F::OnlyTheLastExpectationCounts => {
                expected.reverse();
                expected.truncate(1);
            }
            F::OnlyChangedRecordsAreChecked => expected.retain(|(name, _)| changed(name)),
            F::OnlyOtherRecordsAreChecked => expected.retain(|(name, _)| !changed(name)),
            F::BatchesWithoutExpectationsConflict if expected.is_empty() => {
                return Some(Vec::new());
            }
            F::DeletionsOfNothingConflict => {
                let mut deletions = batch.changes().filter(|change| change.1.is_none());
                if let Some((name, _)) =
                    deletions.find(|(name, _)| !self.records.contains_key(*name))
                {
                    return Some(name.to_vec());
                }
            }
            _ => {}
        }
        let broken = expected
            .iter()
            .find(|(name, value)| !self.is_met(name, *value));
        broken.map(|(name, _)| name.to_vec())
    }

    /// Makes the changes of a refused batch that the fault lets through. The expectation on the record `at` is
    /// not met.
    fn refuse(&mut self, batch: &Batch, at: &[u8]) -> Committed {
        let half = batch.changes().count() / 2;
        match self.fault {
            F::ConflictsMakeAllChanges => self.apply(batch, |_| true),
            F::ConflictsMakeTheChangesBefore => self.apply(batch, |change| change.name < at),
            F::ConflictsMakeTheChangesBehind => self.apply(batch, |change| change.name > at),
            F::ConflictsMakePuts => self.apply(batch, |change| change.is_put),
            F::ConflictsMakeDeletions => self.apply(batch, |change| !change.is_put),
            F::ConflictsMakeHalfOfTheChanges => self.apply(batch, |change| change.index < half),
            F::ConflictsAreReportedAsDone => return Committed::Done,
            _ => {}
        }
        self.refused = Some(batch.clone());
        Committed::Conflict
    }
}

/// A change of a batch, for the choice of the changes to make.
#[derive(Clone, Copy)]
struct Change<'a> {
    index: usize,
    name: &'a [u8],
    is_put: bool,
}

/// Tells whether the batch both puts and deletes.
fn is_mixed(batch: &Batch) -> bool {
    let puts = batch.changes().filter(|change| change.1.is_some()).count();
    puts > 0 && puts < batch.changes().count()
}

impl Store for BrokenStore {
    type Error = Infallible;

    fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        let key = self.key(name);
        let mut value = self.records.get(&key).cloned();
        match self.fault {
            F::EmptyValuesAreMissing => value = value.filter(|value| !value.is_empty()),
            F::DeletedRecordsCanBeGot => value = value.or_else(|| self.deleted.get(&key).cloned()),
            _ => {}
        }
        Ok(value)
    }

    fn scan(&self, prefix: &[u8]) -> Result<Records, Infallible> {
        let records = match self.fault {
            F::ScansShowTheStateAtOpening => &self.opened,
            _ => &self.records,
        };
        let all = self.fault == F::ScansIgnoreThePrefix;
        let seen = records
            .iter()
            .filter(|(name, _)| all || name.starts_with(prefix));
        let mut seen: Records = seen
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        match self.fault {
            F::ScansRunBackwards => seen.reverse(),
            F::ScansOfAPrefixRunBackwards if !prefix.is_empty() => seen.reverse(),
            F::ScansGoByLength => seen.sort_by_key(|(name, _)| name.len()),
            F::ScansLeaveOutThePrefixItself => seen.retain(|(name, _)| name != prefix),
            F::ScansOfHighBytesAreEmpty if prefix.ends_with(b"\xff") => seen.clear(),
            F::ScansOfNoRecordShowTheNextOne if seen.is_empty() => {
                let next = records.range(prefix.to_vec()..).next();
                seen.extend(next.map(|(name, value)| (name.clone(), value.clone())));
            }
            F::ScansAreBounded => seen.truncate(1_000),
            _ => {}
        }
        Ok(seen)
    }

    fn commit(&mut self, batch: &Batch) -> Result<Committed, Infallible> {
        let before = self.records.clone();
        let late = self.fault == F::ExpectationsAreOfTheStateAfter;
        if late {
            self.apply(batch, |_| true);
        }
        if let Some(at) = self.conflict(batch) {
            self.records = before;
            return Ok(self.refuse(batch, &at));
        }
        // A batch of one change is made, so that the fault shows only where changes go together.
        let count = batch.changes().count();
        match self.fault {
            _ if late => {}
            F::TheFirstChangeIsLeftOut if count > 1 => self.apply(batch, |change| change.index > 0),
            F::TheLastChangeIsLeftOut if count > 1 => {
                self.apply(batch, |change| change.index + 1 < count);
            }
            F::OneThousandChangesAreMade => self.apply(batch, |change| change.index < 1_000),
            F::DeletionsBesidePutsAreIgnored if is_mixed(batch) => {
                self.apply(batch, |change| change.is_put);
            }
            _ => self.apply(batch, |_| true),
        }
        self.before = before;
        self.last = batch.clone();
        Ok(Committed::Done)
    }
}

/// The message of the check that a store with the fault does not pass, if there is one.
fn failure(fault: Fault) -> Option<String> {
    let check = || conformance::check(|| BrokenStore::new(fault), BrokenStore::reopened);
    let payload = catch_unwind(AssertUnwindSafe(check)).err()?;
    let message = payload.downcast::<String>();
    Some(*message.expect("a check that fails has a message"))
}

#[test]
fn the_memory_store_conforms() {
    conformance::check(MemoryStore::new, |store| store);
}

/// Without a fault the broken store is none, so each failure comes from the fault.
#[test]
fn a_store_without_a_fault_conforms() {
    assert_eq!(failure(F::None), None);
}

#[test]
fn a_store_that_reads_wrongly_does_not_conform() {
    for (fault, rule) in [
        (F::EmptyValuesAreMissing, "a value is read back"),
        (F::CaseIsIgnored, "names differ by any byte"),
        (F::NamesEndAtZero, "names differ by any byte"),
        (F::LongNamesAreCut, "are kept whole"),
        (F::LargeValuesAreCut, "are kept whole"),
        (F::DeletedRecordsCanBeGot, "a deleted record is gone"),
        (F::ScansRunBackwards, "a value is read back"),
        (F::ScansGoByLength, "names differ by any byte"),
        (F::ScansOfAPrefixRunBackwards, "in the order of names"),
        (
            F::ScansIgnoreThePrefix,
            "a scan sees the records with the prefix",
        ),
        (
            F::ScansLeaveOutThePrefixItself,
            "a scan sees the records with the prefix",
        ),
        (
            F::ScansOfHighBytesAreEmpty,
            "a scan sees the records with the prefix",
        ),
        (
            F::ScansOfNoRecordShowTheNextOne,
            "a scan sees the records with the prefix",
        ),
        (F::ScansAreBounded, "a batch may have 2,000 changes"),
        (F::ScansShowTheStateAtOpening, "a value is read back"),
    ] {
        assert_breaks(fault, rule);
    }
}

#[test]
fn a_store_that_changes_wrongly_does_not_conform() {
    for (fault, rule) in [
        (F::StartsWithARecord, "a new store is empty"),
        (F::TheFirstValueStays, "a value replaces the one before it"),
        (F::DeletionsAreIgnored, "a deleted record is gone"),
        (
            F::DeletionsOfNothingConflict,
            "deleting a record that is not there is no conflict",
        ),
        (F::TheFirstChangeIsLeftOut, "a value is read back"),
        (F::TheLastChangeIsLeftOut, "a value is read back"),
        (
            F::OneThousandChangesAreMade,
            "a batch may have 2,000 changes",
        ),
        (
            F::DeletionsBesidePutsAreIgnored,
            "a batch makes all its changes",
        ),
        (
            F::BatchesWithoutExpectationsConflict,
            "a batch without expectations is no conflict",
        ),
    ] {
        assert_breaks(fault, rule);
    }
}

#[test]
fn a_store_that_judges_expectations_wrongly_does_not_conform() {
    let unseen = "a record that is not as expected is a conflict";
    for (fault, rule) in [
        (F::ExpectationsAreIgnored, unseen),
        (F::AbsenceIsNotChecked, unseen),
        (F::ValuesAreNotCompared, unseen),
        (F::ValuesAreComparedByTheirBeginning, unseen),
        (F::ValuesAreComparedByTheirEnd, unseen),
        (F::MissingRecordsCountAsEmpty, unseen),
        (F::OnlyTheFirstExpectationCounts, unseen),
        (F::OnlyTheLastExpectationCounts, unseen),
        (F::OnlyChangedRecordsAreChecked, unseen),
        (F::OnlyOtherRecordsAreChecked, unseen),
        (F::ExpectationsAreOfTheStateAfter, unseen),
        (F::ConflictsAreReportedAsDone, unseen),
        (
            F::EmptyValuesCountAsMissing,
            "an empty value is not a missing record",
        ),
        (
            F::EmptyValuesAreNeverAsExpected,
            "an empty value is not a missing record",
        ),
        (
            F::EveryExpectationConflicts,
            "records that are as expected are no conflict",
        ),
    ] {
        assert_breaks(fault, rule);
    }
}

#[test]
fn a_store_that_makes_a_part_of_a_refused_batch_does_not_conform() {
    for fault in [
        F::ConflictsMakeAllChanges,
        F::ConflictsMakeTheChangesBefore,
        F::ConflictsMakeTheChangesBehind,
        F::ConflictsMakePuts,
        F::ConflictsMakeDeletions,
        F::ConflictsMakeHalfOfTheChanges,
    ] {
        assert_breaks(fault, "a conflict changes nothing");
    }
}

#[test]
fn a_store_that_is_another_after_closing_does_not_conform() {
    for (fault, rule) in [
        (F::ClosingLosesEverything, "a value survives closing"),
        (F::ClosingLosesTheLastCommit, "a value survives closing"),
        (F::ClosingLosesDeletions, "a deletion survives closing"),
        (F::ClosingCutsLargeValues, "are kept whole"),
        (
            F::ClosingLosesHalfOfTheLastBatch,
            "a batch may have 2,000 changes",
        ),
        (
            F::ClosingLosesDeletionsBesidePuts,
            "all changes of a batch survive closing",
        ),
        (
            F::ClosingMakesTheLastConflict,
            "a conflict leaves nothing that appears later",
        ),
    ] {
        assert_breaks(fault, rule);
    }
}

#[track_caller]
fn assert_breaks(fault: Fault, rule: &str) {
    let failure = failure(fault);
    let named = failure
        .as_ref()
        .is_some_and(|message| message.contains(rule));
    assert!(named, "{fault:?}: {failure:?}");
}

/// A store whose medium is a log, which is written anew when it is longer than `longest` commits.
struct Log {
    records: MemoryStore,
    commits: Vec<Vec<u8>>,
    longest: usize,
}

impl Store for Log {
    type Error = Infallible;

    fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        self.records.get(name)
    }

    fn scan(&self, prefix: &[u8]) -> Result<Records, Infallible> {
        self.records.scan(prefix)
    }

    fn commit(&mut self, batch: &Batch) -> Result<Committed, Infallible> {
        let committed = self.records.commit(batch)?;
        let values = batch.changes().filter_map(|(_, value)| value);
        self.commits.push(values.flatten().copied().collect());
        if self.commits.len() > self.longest {
            let records = self.scan(&[])?;
            self.commits = records.into_iter().map(|(_, value)| value).collect();
            self.commits = vec![self.commits.concat()];
        }
        Ok(committed)
    }
}

#[test]
fn a_medium_that_keeps_superseded_values_longer_than_promised_does_not_pass() {
    let check = |longest, promise| {
        let store = Log {
            records: MemoryStore::new(),
            commits: Vec::new(),
            longest,
        };
        let medium = |store: &Log| store.commits.concat();
        conformance::superseded_values_vanish(store, promise, medium);
    };
    for (longest, promise) in [(0, 0), (1, 0), (5, 4), (5, 20)] {
        check(longest, promise);
    }
    for (longest, promise) in [(2, 0), (6, 4), (usize::MAX, 20)] {
        let outcome = catch_unwind(|| check(longest, promise));
        let panic = outcome.expect_err("the promise is broken");
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(
            message.contains("superseded values leave the medium"),
            "{message}"
        );
    }
}

#[test]
fn a_medium_that_is_not_shown_whole_does_not_pass() {
    let check = || {
        conformance::superseded_values_vanish(MemoryStore::new(), 0, |_| Vec::new());
    };
    let panic = catch_unwind(check).expect_err("nothing was shown");
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(
        message.contains("the medium has all present values"),
        "{message}"
    );
}
