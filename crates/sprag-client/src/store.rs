//! The place in which a [`Client`](crate::Client) keeps its records.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// A place for records: named values, changed in atomic commits.
///
/// Names and values are opaque, because a client seals values and hashes names before they come here. The
/// feature `conformance` has a suite that every implementation should pass.
///
/// # Contract
///
/// - **Atomicity.** A commit makes all its changes or none, whatever happens: a crash of the process, of the
///   system or of the machine in the middle of it, or another writer.
/// - **Durability.** When a commit returns [`Committed::Done`], its changes are on the medium and survive the loss
///   of power. A client tells its user that a message was received, and sends one that was encrypted, only after
///   that. A store that returns earlier may come back in an older state after a crash; the ratchet then uses
///   message keys again, and the peer's messages may be lost.
/// - **Superseded values vanish.** The value that a record had before it was changed or deleted must be gone from
///   the medium within a bounded number of commits, as far as the medium can promise: from the file, from free
///   pages, from write-ahead logs, journals and backups that the store makes itself. Forward secrecy rests on it,
///   because an old state of a session, together with the store's key, decrypts messages that were recorded.
///   Most databases keep old values by default: look for "secure delete", and for a checkpoint that truncates the
///   log.
/// - **One state.** [`get`](Self::get) and [`scan`](Self::scan) see the changes of each commit that returned, and
///   never a part of one.
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

/// A store that counts its commits, so that an older copy of it can be told from the newest state.
pub trait CountedStore: Store {
    /// The number of commits that have made changes since the store was created. A copy that was made before has fewer.
    ///
    /// # Errors
    ///
    /// Those of the medium.
    fn commits(&self) -> Result<u64, Self::Error>;
}

impl<S: CountedStore + ?Sized> CountedStore for &mut S {
    fn commits(&self) -> Result<u64, S::Error> {
        (**self).commits()
    }
}

impl<S: CountedStore + ?Sized> CountedStore for Box<S> {
    fn commits(&self) -> Result<u64, S::Error> {
        (**self).commits()
    }
}

/// A store that is borrowed, for a client that lives shorter than its store.
impl<S: Store + ?Sized> Store for &mut S {
    type Error = S::Error;

    fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, S::Error> {
        (**self).get(name)
    }

    fn scan(&self, prefix: &[u8]) -> Result<Records, S::Error> {
        (**self).scan(prefix)
    }

    fn commit(&mut self, batch: &Batch) -> Result<Committed, S::Error> {
        (**self).commit(batch)
    }
}

/// A store that is chosen when the program runs: a `Box<dyn Store<Error = E>>`.
impl<S: Store + ?Sized> Store for Box<S> {
    type Error = S::Error;

    fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, S::Error> {
        (**self).get(name)
    }

    fn scan(&self, prefix: &[u8]) -> Result<Records, S::Error> {
        (**self).scan(prefix)
    }

    fn commit(&mut self, batch: &Batch) -> Result<Committed, S::Error> {
        (**self).commit(batch)
    }
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
