use alloc::vec::Vec;
use core::time::Duration;
use std::path::Path;

use redb::Database;
use sprag_client::Store;
use sprag_client::store::{Batch, Committed, Records};

use crate::error::{Error, fault};
use crate::place::Place;
use crate::tables;

/// The number of commits after which a superseded value is gone from the file at the latest.
///
/// A lower number would make the average commit slower. A higher one would leave more old session states
/// to an attacker who steals the file.
pub const COMMITS_BETWEEN_REWRITES: u64 = 64;

/// A store in one file, which no one else can open until the store is closed or dropped.
///
/// On Unix, only the file's owner can read the file. The directory has to be writable too, because
/// rewrites put a new file in it: see the [crate's documentation](crate#what-is-superseded).
#[derive(Debug)]
pub struct RedbStore {
    place: Place,
    database: Database,
}

impl RedbStore {
    /// Creates an empty store at `path`.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if `path` already leads to a store; [`Error::InUse`], [`Error::NotAStore`] or
    /// [`Error::Damaged`] if it leads to a file that is in use, not a store or damaged; [`Error::Io`].
    pub fn create(path: impl AsRef<Path>) -> Result<Self, Error> {
        let (place, database) = Place::create(path.as_ref())?;
        if !tables::is_empty(&database)? {
            tables::check(&database)?;
            return Err(Error::Exists);
        }
        place.check_directory()?;
        tables::initialise(&database)?;
        place.sync_directory()?;
        Ok(Self { place, database })
    }

    /// Opens the store at `path`. If it is open elsewhere, waits for at most `wait`.
    ///
    /// Reads the whole file, because damage has to be found before the store is used.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] if the store is still open elsewhere after the wait, [`Error::NotAStore`],
    /// [`Error::Damaged`] or [`Error::Io`].
    pub fn open(path: impl AsRef<Path>, wait: Duration) -> Result<Self, Error> {
        let (place, database) = Place::open(path.as_ref(), wait)?;
        tables::check(&database)?;
        place.check_directory()?;
        Ok(Self { place, database })
    }

    /// Removes every superseded or deleted value from the file, and all unused room.
    ///
    /// # Errors
    ///
    /// The errors of [`commit`](Store::commit). The records do not change.
    pub fn compact(&mut self) -> Result<(), Error> {
        self.rewrite(&Batch::new())
    }

    /// Closes the store. Dropping it does the same, but reports no error. No commit is lost either way,
    /// because a commit is on the medium when it returns.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] or [`Error::Interrupted`]
    pub fn close(self) -> Result<(), Error> {
        self.database.close().map_err(fault)
    }

    /// The path of the file, with symbolic links followed.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// Writes the live records and the changes of `batch` to a new file, which replaces the old one.
    fn rewrite(&mut self, batch: &Batch) -> Result<(), Error> {
        // Lock the new file before it gets the store's name, so that nobody else can open it first.
        let new = self.place.new_beside()?;
        let replaced =
            tables::copy(&self.database, &new, batch).and_then(|()| self.place.replace());
        if let Err(error) = replaced {
            drop(new);
            // The old file is still in place. If the new one cannot be removed now, the next rewrite or the
            // next opening of the store removes it.
            self.place.remove_new().ok();
            return Err(error);
        }
        // Release the old file's lock only now that the new file is in place. A process that waits for the
        // lock then sees that the file was replaced.
        self.database = new;
        self.place.sync_directory()
    }
}

impl Store for RedbStore {
    type Error = Error;

    /// # Errors
    ///
    /// [`Error::Io`], [`Error::Damaged`] or [`Error::Interrupted`]
    fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        tables::get(&self.database, name)
    }

    /// # Errors
    ///
    /// [`Error::Io`], [`Error::Damaged`] or [`Error::Interrupted`]
    fn scan(&self, prefix: &[u8]) -> Result<Records, Error> {
        tables::scan(&self.database, prefix)
    }

    /// # Errors
    ///
    /// [`Error::Io`], for example when the medium is full; [`Error::TooLarge`], [`Error::Damaged`] or
    /// [`Error::Interrupted`]
    fn commit(&mut self, batch: &Batch) -> Result<Committed, Error> {
        // Check the expectations inside the transaction that would make the changes.
        let writing = tables::begin(&self.database)?;
        if !tables::meets(&writing, batch)? {
            writing.abort().map_err(fault)?;
            return Ok(Committed::Conflict);
        }
        // A rewrite makes the changes while it copies. Any other commit makes them in place.
        let commits = tables::commits(&writing)?.saturating_add(1);
        if commits >= COMMITS_BETWEEN_REWRITES {
            writing.abort().map_err(fault)?;
            self.rewrite(batch)?;
        } else {
            tables::apply(&writing, batch)?;
            tables::set_commits(&writing, commits)?;
            writing.commit().map_err(fault)?;
        }
        Ok(Committed::Done)
    }
}
