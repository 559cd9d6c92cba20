//! The place in which a [`Client`](crate::Client) keeps its records.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// A place for records: named values, changed in atomic commits.
///
/// Names and values are opaque, because a client seals values and hashes names before they come here. The
/// feature `conformance` has a suite that every implementation should pass.
pub trait Store {
    /// The errors of the medium.
    type Error: core::error::Error;

    /// The value of the record `name`, if there is one.
    ///
    /// # Errors
    ///
    /// Those of the medium.
    fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Self::Error>;

    /// All records whose names begin with `prefix`, as names and values, in the order of names.
    ///
    /// # Errors
    ///
    /// Those of the medium.
    fn scan(&self, prefix: &[u8]) -> Result<Records, Self::Error>;

    /// Makes all changes of `batch`; or none, on any error or if an expectation is not met. After this
    /// has returned [`Committed::Done`], the changes survive a crash. If the medium cannot say whether its
    /// last write succeeded, an error may leave the changes made.
    ///
    /// # Errors
    ///
    /// Those of the medium.
    fn commit(&mut self, batch: &Batch) -> Result<Committed, Self::Error>;
}

/// Names and values of records.
pub type Records = Vec<(Vec<u8>, Vec<u8>)>;

/// The outcome of a commit that met no error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "a commit is all or nothing")]
pub enum Committed {
    /// All changes were made.
    Done,
    /// A record was not as expected, because somebody else changed it. No change was made.
    Conflict,
}

/// Changes to be made together.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Batch {
    expected: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Batch {
    /// A batch without changes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the record `name` to `value`.
    pub fn put(&mut self, name: Vec<u8>, value: Vec<u8>) {
        self.changes.insert(name, Some(value));
    }

    /// Deletes the record `name`, if there is one.
    pub fn delete(&mut self, name: Vec<u8>) {
        self.changes.insert(name, None);
    }

    /// Demands that the record `name` has this `value`, or does not exist, when the changes are made.
    pub fn expect(&mut self, name: Vec<u8>, value: Option<Vec<u8>>) {
        self.expected.insert(name, value);
    }

    /// The records and the values they must have.
    pub fn expected(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        pairs(&self.expected)
    }

    /// The records and their new values; `None` where the record goes.
    pub fn changes(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        pairs(&self.changes)
    }
}

fn pairs(map: &BTreeMap<Vec<u8>, Option<Vec<u8>>>) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
    map.iter()
        .map(|(name, value)| (name.as_slice(), value.as_deref()))
}
