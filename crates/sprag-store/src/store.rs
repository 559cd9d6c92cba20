use alloc::vec::Vec;
use core::time::Duration;
use std::path::Path;

use redb::Database;
use sprag::Store;
use sprag::store::{Batch, Committed, Records};

use crate::error::{Error, fault};
use crate::place::Place;
use crate::tables;

/// After how many commits a superseded value is gone from the file at the latest. A lower number would
/// make the average commit slower, a higher one leave more to a thief.
pub const COMMITS_BETWEEN_REWRITES: u64 = 64;

/// A store in one file, which nobody else can open until it is closed or dropped.
///
/// On Unix, only the file's owner can read it. The directory has to be writable, too: see the
/// [crate's documentation](crate#what-is-superseded).
#[derive(Debug)]
pub struct RedbStore {
    place: Place,
    database: Database,
}

impl RedbStore {
    /// Makes an empty store at `path`.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`]; [`Error::InUse`], [`Error::NotAStore`] and [`Error::Damaged`] if there is a
    /// file that is no store, or one that is in use or damaged; [`Error::Io`].
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

    /// Opens the store at `path`. If somebody else has it open, waits for as long as `wait`.
    ///
    /// Reads the whole file, to be sure that it is not damaged.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] if the wait was in vain, [`Error::NotAStore`], [`Error::Damaged`] or
    /// [`Error::Io`].
    pub fn open(path: impl AsRef<Path>, wait: Duration) -> Result<Self, Error> {
        let (place, database) = Place::open(path.as_ref(), wait)?;
        tables::check(&database)?;
        place.check_directory()?;
        Ok(Self { place, database })
    }

    /// Rids the file of everything that was superseded or deleted, and of unused room.
    ///
    /// # Errors
    ///
    /// As for [`commit`](Store::commit); the records are what they were.
    pub fn compact(&mut self) -> Result<(), Error> {
        self.rewrite(&Batch::new())
    }

    /// Closes the store. Dropping it does the same, without saying what went wrong; either way every
    /// commit was made before.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] or [`Error::Interrupted`]
    pub fn close(self) -> Result<(), Error> {
        self.database.close().map_err(fault)
    }

    /// Where the file is, with symbolic links followed.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// Makes the changes of `batch` in a new file that takes the place of this one.
    fn rewrite(&mut self, batch: &Batch) -> Result<(), Error> {
        let new = self.place.new_beside()?;
        let replaced =
            tables::copy(&self.database, &new, batch).and_then(|()| self.place.replace());
        if let Err(error) = replaced {
            drop(new);
            // What remains is removed before the next rewrite, or when the store is next opened.
            self.place.remove_new().ok();
            return Err(error);
        }
        // Whoever waits for the old file's lock gets it only here, when the new file is in place.
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
        let writing = tables::begin(&self.database)?;
        if !tables::meets(&writing, batch)? {
            writing.abort().map_err(fault)?;
            return Ok(Committed::Conflict);
        }
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
