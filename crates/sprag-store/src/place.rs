use alloc::borrow::ToOwned;
use core::time::Duration;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use redb::Database;
use redb::backends::FileBackend;

use crate::error::{Error, fault};

/// Where a store is: its file, and the one beside it from which a rewrite replaces it.
#[derive(Debug)]
pub(crate) struct Place {
    file: PathBuf,
    new: PathBuf,
}

impl Place {
    /// Makes the file if there is none, and locks it.
    pub(crate) fn create(path: &Path) -> Result<(Self, Database), Error> {
        let file = options().create(true).truncate(false).open(path)?;
        Self::lock(path, file)?.ok_or(Error::InUse)
    }

    /// Locks the file, and waits for whoever holds it.
    pub(crate) fn open(path: &Path, wait: Duration) -> Result<(Self, Database), Error> {
        let start = Instant::now();
        loop {
            let file = options().open(path)?;
            if file.metadata()?.len() == 0 {
                return Err(Error::NotAStore);
            }
            match Self::lock(path, file) {
                Ok(Some(locked)) => return Ok(locked),
                // The file was replaced: the next turn finds the one that is there now.
                Ok(None) => {}
                Err(Error::InUse) if start.elapsed() < wait => {
                    let left = wait.saturating_sub(start.elapsed());
                    std::thread::sleep(left.min(PAUSE));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// `None` if the file is no longer the one at `path` when it is locked.
    fn lock(path: &Path, file: File) -> Result<Option<(Self, Database)>, Error> {
        let opened = file.metadata()?;
        if !opened.is_file() {
            return Err(Error::NotAStore);
        }
        let database = database(file)?;
        if !is_same_file(&opened, &fs::metadata(path)?) {
            return Ok(None);
        }
        let file = fs::canonicalize(path)?;
        let mut name = file.file_name().ok_or(Error::NotAStore)?.to_owned();
        name.push(".new");
        let place = Self {
            new: file.with_file_name(name),
            file,
        };
        Ok(Some((place, database)))
    }

    /// An empty database beside the store, locked. Whoever calls this holds the store.
    pub(crate) fn new_beside(&self) -> Result<Database, Error> {
        self.remove_new()?;
        database(options().create_new(true).open(&self.new)?)
    }

    /// Removes what [`new_beside`](Self::new_beside) left, or a crash.
    pub(crate) fn remove_new(&self) -> Result<(), Error> {
        match fs::remove_file(&self.new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Puts the new file in the place of the store's.
    pub(crate) fn replace(&self) -> Result<(), Error> {
        Ok(fs::rename(&self.new, &self.file)?)
    }

    /// Fails where [`new_beside`](Self::new_beside) would.
    pub(crate) fn check_directory(&self) -> Result<(), Error> {
        self.remove_new()?;
        options().create_new(true).open(&self.new)?;
        self.remove_new()
    }

    /// Makes the names in the directory survive a crash.
    pub(crate) fn sync_directory(&self) -> Result<(), Error> {
        #[cfg(unix)]
        if let Some(directory) = self.file.parent() {
            File::open(directory)?.sync_all()?;
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.file
    }
}

/// How long to sleep between two attempts to lock a file.
const PAUSE: Duration = Duration::from_millis(5);

/// The most memory that the database takes for pages of the file.
const CACHE_SIZE: usize = 16 << 20;

/// Files that only their owner can read.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The database in `file`, with every checksum verified: one that was changed from outside and opened
/// without that could cause a panic later.
fn database(file: File) -> Result<Database, Error> {
    let backend = FileBackend::new(file).map_err(fault)?;
    Database::builder()
        .set_cache_size(CACHE_SIZE)
        .set_check_integrity_on_open(true)
        .create_with_backend(backend)
        .map_err(fault)
}

#[cfg(unix)]
fn is_same_file(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// The standard library does not tell elsewhere. A file is replaced between another process's opening
/// and locking it only if a rewrite and the closing of the store both fall in between.
#[cfg(not(unix))]
fn is_same_file(_one: &fs::Metadata, _other: &fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_replaced_between_opening_and_locking_is_not_the_store() {
        let directory = tempfile::tempdir().unwrap();
        let [path, other] = ["store", "other"].map(|name| directory.path().join(name));
        drop(Place::create(&path).unwrap());
        drop(Place::create(&other).unwrap());
        let opened = options().open(&path).unwrap();
        fs::rename(&other, &path).unwrap();
        assert!(Place::lock(&path, opened).unwrap().is_none());
        let opened = options().open(&path).unwrap();
        assert!(Place::lock(&path, opened).unwrap().is_some());
    }
}
