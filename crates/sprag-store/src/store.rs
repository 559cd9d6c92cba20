use alloc::vec::Vec;
use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::panic::catch_unwind;
use std::path::Path;

use redb::{Database, ReadableDatabase};
use sprag_client::Store;
use sprag_client::store::{Batch, Committed, CountedStore, Records};

use crate::error::{Error, fault};
use crate::handle::Handle;
use crate::place::Place;
use crate::tables::{self, Counts};

/// The number of commits after which a superseded value is gone from the file at the latest.
///
/// A lower number would make the average commit slower. A higher one would leave more old session states
/// to an attacker who steals the file.
pub const COMMITS_BETWEEN_REWRITES: u64 = 64;

/// The length of a file that is never too long, however few records it has. An empty database has a third of it.
const SPARE: u64 = 4 << 20;

/// A store in one file, which no one else can open until the store is closed or dropped.
///
/// On Unix, only the file's owner can read the file. The directory has to be writable too, because
/// rewrites put a new file in it: see the [crate's documentation](crate#what-is-superseded).
#[derive(Debug)]
pub struct RedbStore {
    place: Place,
    /// `None` once it was closed, or after a [panic in it](guard).
    database: Option<Handle>,
}

impl RedbStore {
    /// Creates an empty store at `path`.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if `path` already leads to a store; [`Error::InUse`], [`Error::NotAStore`] or
    /// [`Error::Damaged`] if it leads to a file that is in use, not a store or damaged; [`Error::Io`].
    pub fn create(path: impl AsRef<Path>) -> Result<Self, Error> {
        guard(|| {
            let (place, database) = Place::create(path.as_ref())?;
            if !tables::is_empty(&database)? {
                tables::check(&database)?;
                return Err(Error::Exists);
            }
            place.check_directory()?;
            tables::initialise(&database)?;
            place.sync_directory()?;
            Ok(Self::of(place, Handle::Writable(database)))
        })
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
        guard(|| {
            let (place, database) = Place::open(path.as_ref(), wait)?;
            tables::check(&database)?;
            place.check_directory()?;
            Ok(Self::of(place, Handle::Writable(database)))
        })
    }

    /// Opens the store at `path` to read in it, where nothing may be written: on a medium that is read-only, or without
    /// the right to. Other readers can have it open at the same time. If a writer has it open, waits for at most `wait`.
    ///
    /// Damage is found only when what is damaged is read. A store that a crash left open needs [`open`](Self::open) first,
    /// which puts it right.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open); [`Error::Io`] with [`ErrorKind::ReadOnlyFilesystem`](std::io::ErrorKind) if the store
    /// was left open. Every commit fails with that error.
    pub fn open_read_only(path: impl AsRef<Path>, wait: Duration) -> Result<Self, Error> {
        guard(|| {
            let (place, database) = Place::open_read_only(path.as_ref(), wait)?;
            tables::check(&database)?;
            Ok(Self::of(place, Handle::ReadOnly(database)))
        })
    }

    /// Removes every superseded or deleted value from the file, and all unused room.
    ///
    /// # Errors
    ///
    /// The errors of [`commit`](Store::commit). The records do not change.
    pub fn compact(&mut self) -> Result<(), Error> {
        self.change(|store| store.rewrite(&Batch::new()))
    }

    /// Closes the store. Dropping it does the same, but reports no error. No commit is lost either way,
    /// because a commit is on the medium when it returns.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] or [`Error::Interrupted`]
    pub fn close(mut self) -> Result<(), Error> {
        let database = self.database.take().ok_or(Error::Interrupted)?;
        guard(|| database.close())
    }

    /// The number of commits since the store was created. An older copy of the file has fewer: a program that remembers the
    /// number elsewhere notices that one was put back.
    ///
    /// # Errors
    ///
    /// [`Error::Io`], [`Error::Damaged`] or [`Error::Interrupted`]
    pub fn commits(&self) -> Result<u64, Error> {
        guard(|| {
            let reading = self.reader()?.begin_read().map_err(fault)?;
            tables::all_commits(&reading)
        })
    }

    /// The path of the file, with symbolic links followed.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    const fn of(place: Place, database: Handle) -> Self {
        Self {
            place,
            database: Some(database),
        }
    }

    fn reader(&self) -> Result<&dyn ReadableDatabase, Error> {
        let handle = self.database.as_ref().ok_or(Error::Interrupted)?;
        Ok(handle.readable())
    }

    fn writer(&self) -> Result<&Database, Error> {
        let handle = self.database.as_ref().ok_or(Error::Interrupted)?;
        handle.writable()
    }

    /// Does `work`, after whose panic the database is given up, because its state is not known any more.
    fn change<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let mut is_over = false;
        let done = guard(|| {
            let done = work(self);
            is_over = true;
            done
        });
        if !is_over {
            self.give_up();
        }
        done
    }

    /// Closes the database. What cannot be closed in order is left to the next opening to put right.
    fn give_up(&mut self) {
        let database = self.database.take();
        guard(|| database.map_or(Ok(()), Handle::close)).ok();
    }

    /// Makes the changes of `batch` if its expectations are met.
    fn commit_once(&mut self, batch: &Batch) -> Result<Committed, Error> {
        // Check the expectations inside the transaction that would make the changes.
        let writing = tables::begin(self.writer()?)?;
        if !tables::meets(&writing, batch)? {
            writing.abort().map_err(fault)?;
            return Ok(Committed::Conflict);
        }
        // Make the changes in place, unless it is time for a rewrite, which makes them while it copies.
        let counts = tables::counts(&writing)?;
        if counts.commits < COMMITS_BETWEEN_REWRITES - 1 {
            let counts = tables::apply(&writing, batch, counts)?;
            if self.is_in_bounds(counts)? {
                writing.commit().map_err(fault)?;
                // The commit itself can make the file longer. Its changes are made, so a rewrite that fails is
                // no failure of the commit: the next commit fails if it cannot rewrite either.
                if !self.is_in_bounds(counts)? {
                    self.rewrite(&Batch::new()).ok();
                }
                return Ok(Committed::Done);
            }
        }
        writing.abort().map_err(fault)?;
        self.rewrite(batch)?;
        Ok(Committed::Done)
    }

    /// Tells whether the file is not too long for its records.
    fn is_in_bounds(&self, counts: Counts) -> Result<bool, Error> {
        let most = counts.room.saturating_mul(3).saturating_add(SPARE);
        Ok(self.place.length()? <= most)
    }

    /// Writes the live records and the changes of `batch` to a new file, which replaces the old one.
    fn rewrite(&mut self, batch: &Batch) -> Result<(), Error> {
        let old = self.writer()?;
        // Lock the new file before it gets the store's name, so that nobody else can open it first.
        let new = self.place.new_beside()?;
        let replaced = tables::copy(old, &new, batch).and_then(|()| self.place.replace());
        if let Err(error) = replaced {
            drop(new);
            // The old file is still in place. If the new one cannot be removed now, the next rewrite or the
            // next opening of the store removes it.
            self.place.remove_new().ok();
            return Err(error);
        }
        // Release the old file's lock only now that the new file is in place. A process that waits for the
        // lock then sees that the file was replaced.
        self.database = Some(Handle::Writable(new));
        self.place.sync_directory()
    }
}

impl CountedStore for RedbStore {
    fn commits(&self) -> Result<u64, Error> {
        Self::commits(self)
    }
}

impl Store for RedbStore {
    type Error = Error;

    /// # Errors
    ///
    /// [`Error::Io`], [`Error::Damaged`] or [`Error::Interrupted`]
    fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        guard(|| tables::get(self.reader()?, name))
    }

    /// # Errors
    ///
    /// [`Error::Io`], [`Error::Damaged`] or [`Error::Interrupted`]
    fn scan(&self, prefix: &[u8]) -> Result<Records, Error> {
        guard(|| tables::scan(self.reader()?, prefix))
    }

    /// # Errors
    ///
    /// [`Error::Io`], for example when the medium is full; [`Error::TooLarge`], [`Error::Damaged`] or
    /// [`Error::Interrupted`]
    fn commit(&mut self, batch: &Batch) -> Result<Committed, Error> {
        self.change(|store| store.commit_once(batch))
    }
}

impl Drop for RedbStore {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// Does `work`, and makes an error of a panic in it.
///
/// The database verifies the file when it opens it, and trusts it from then on. If a program that respects no lock
/// changes the file meanwhile, the database can meet what it takes for impossible, and panic.
fn guard<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // Nothing that the panic left unfinished is used again: see `RedbStore::change`.
    let done = catch_unwind(AssertUnwindSafe(work));
    done.unwrap_or_else(|_| Err(Error::Damaged("file was changed while it was open".into())))
}
