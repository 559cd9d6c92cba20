use alloc::borrow::ToOwned;
use core::time::Duration;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use redb::backends::FileBackend;
use redb::{Database, ReadOnlyDatabase, StorageBackend};

use crate::error::{Error, fault};
use crate::locked_file::LockedFile;

/// The paths of a store: its file, and the new file beside it that a rewrite writes.
#[derive(Debug)]
pub(crate) struct Place {
    file: PathBuf,
    new: PathBuf,
}

/// A function that locks a file and opens the database in it.
type Opener<D> = fn(File) -> Result<D, Error>;

impl Place {
    /// Creates the file if there is none, and locks it.
    pub(crate) fn create(path: &Path) -> Result<(Self, Database), Error> {
        let file = options().create(true).truncate(false).open(path)?;
        Self::lock(path, file, database)?.ok_or(Error::InUse)
    }

    /// Locks the file. If another process holds the lock, waits for at most `wait`.
    pub(crate) fn open(path: &Path, wait: Duration) -> Result<(Self, Database), Error> {
        Self::open_by(path, wait, (&options(), database))
    }

    /// Locks the file against writers only, and opens it for reading. If a writer holds the lock, waits for at most
    /// `wait`.
    pub(crate) fn open_read_only(
        path: &Path,
        wait: Duration,
    ) -> Result<(Self, ReadOnlyDatabase), Error> {
        let mut options = OpenOptions::new();
        Self::open_by(path, wait, (options.read(true), read_only_database))
    }

    fn open_by<D>(
        path: &Path,
        wait: Duration,
        (options, database): (&OpenOptions, Opener<D>),
    ) -> Result<(Self, D), Error> {
        let start = Instant::now();
        loop {
            // The database would make an empty file its own, but only `create` may do that.
            let file = options.open(path)?;
            if file.metadata()?.len() == 0 {
                return Err(Error::NotAStore);
            }
            match Self::lock(path, file, database) {
                Ok(Some(locked)) => return Ok(locked),
                // A rewrite replaced the file in the meantime: the next turn opens the new one.
                Ok(None) => {}
                // Another process holds the lock: try again after a pause, until the time is up.
                Err(Error::InUse) if start.elapsed() < wait => {
                    let left = wait.saturating_sub(start.elapsed());
                    std::thread::sleep(left.min(PAUSE));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Locks `file`, which was opened at `path`, and opens the database in it.
    ///
    /// Returns `None` if another file is at `path` by then, because a rewrite by another process can
    /// replace the file between the opening and the locking.
    fn lock<D>(path: &Path, file: File, database: Opener<D>) -> Result<Option<(Self, D)>, Error> {
        let opened = file.metadata()?;
        if !opened.is_file() {
            return Err(Error::NotAStore);
        }
        // Lock first and compare afterwards: nobody rewrites a store while this process holds its lock.
        let database = database(file)?;
        if !is_same_file(&opened, &fs::metadata(path)?) {
            return Ok(None);
        }
        // Follow links, so that a rewrite replaces the file itself and not a link to it.
        let file = fs::canonicalize(path)?;
        let mut name = file.file_name().ok_or(Error::NotAStore)?.to_owned();
        name.push(".new");
        let place = Self {
            new: file.with_file_name(name),
            file,
        };
        Ok(Some((place, database)))
    }

    /// Creates an empty database beside the store, and locks it. The caller holds the store's own lock.
    pub(crate) fn new_beside(&self) -> Result<Database, Error> {
        self.remove_new()?;
        let new = database(options().create_new(true).open(&self.new)?);
        if new.is_err() {
            self.remove_new().ok();
        }
        new
    }

    /// Removes the new file if [`new_beside`](Self::new_beside) or a crash left one.
    pub(crate) fn remove_new(&self) -> Result<(), Error> {
        match fs::remove_file(&self.new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Renames the new file over the store's file.
    pub(crate) fn replace(&self) -> Result<(), Error> {
        Ok(fs::rename(&self.new, &self.file)?)
    }

    /// Fails if [`new_beside`](Self::new_beside) would fail, for example because the directory is read-only.
    pub(crate) fn check_directory(&self) -> Result<(), Error> {
        self.remove_new()?;
        options().create_new(true).open(&self.new)?;
        self.remove_new()
    }

    /// Writes the directory to the medium, so that a new or renamed file survives a crash.
    pub(crate) fn sync_directory(&self) -> Result<(), Error> {
        #[cfg(unix)]
        if let Some(directory) = self.file.parent() {
            File::open(directory)?.sync_all()?;
        }
        Ok(())
    }

    /// The length of the file.
    pub(crate) fn length(&self) -> Result<u64, Error> {
        Ok(fs::metadata(&self.file)?.len())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.file
    }
}

/// The pause between two attempts to lock a file.
const PAUSE: Duration = Duration::from_millis(5);

/// The most memory that the database takes for pages of the file.
const CACHE_SIZE: usize = 16 << 20;

/// The options for opening a file to read and write. On Unix, a file that is created is private to its owner.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Locks `file` and opens the database in it, or makes one of an empty file.
///
/// Verifies every checksum, because a database that was changed from outside could cause a panic later.
fn database(file: File) -> Result<Database, Error> {
    database_in(FileBackend::new(file).map_err(fault)?)
}

fn read_only_database(file: File) -> Result<ReadOnlyDatabase, Error> {
    let backend = FileBackend::new(file).map_err(fault)?;
    Database::builder()
        .set_cache_size(CACHE_SIZE)
        .open_read_only_with_backend(LockedFile(backend))
        .map_err(fault)
}

/// Opens a database as [`database`] does.
pub(crate) fn database_in(backend: impl StorageBackend) -> Result<Database, Error> {
    Database::builder()
        .set_cache_size(CACHE_SIZE)
        .set_check_integrity_on_open(true)
        .create_with_backend(LockedFile(backend))
        .map_err(fault)
}

#[cfg(unix)]
fn is_same_file(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Always true, because the standard library cannot compare files on this platform.
///
/// The risk is small: a file is replaced between the opening and the locking only if another process
/// both rewrites and closes the store in between.
#[cfg(not(unix))]
fn is_same_file(_one: &fs::Metadata, _other: &fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_locks_there_is_no_database() {
        let refused = database_in(redb::backends::InMemoryBackend::new());
        assert!(matches!(refused, Err(Error::NoLocks(_))));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_replaced_between_opening_and_locking_is_not_the_store() {
        let directory = tempfile::tempdir().unwrap();
        let [path, other] = ["store", "other"].map(|name| directory.path().join(name));
        drop(Place::create(&path).unwrap());
        drop(Place::create(&other).unwrap());
        let opened = options().open(&path).unwrap();
        fs::rename(&other, &path).unwrap();
        assert!(Place::lock(&path, opened, database).unwrap().is_none());
        let opened = options().open(&path).unwrap();
        assert!(Place::lock(&path, opened, database).unwrap().is_some());
    }
}
