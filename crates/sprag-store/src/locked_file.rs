use core::fmt;
use core::ops::Bound;
use std::io;

use redb::{BackendError, StorageBackend};

use crate::header::let_newest_win;

/// A file that a database uses under a lock, or not at all.
///
/// The database takes the locks itself, through this value: other versions of it then know them. If a file system
/// or platform has no locks, the database alone would go on without one, and two processes would destroy the
/// store. Here it meets an error that [`Error::NoLocks`](crate::Error::NoLocks) is made of.
#[derive(Debug)]
pub(crate) struct LockedFile<B>(pub(crate) B);

/// The reason for which a file could not be locked, though nobody else has locked it.
#[derive(Debug)]
pub(crate) struct LockRefused(pub(crate) io::Error);

impl fmt::Display for LockRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file cannot be locked: {}", self.0)
    }
}

impl core::error::Error for LockRefused {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// The result of an attempt to lock a part of the file. That locks of parts are unsupported is an answer which the
/// database expects: it tries the whole file next, for which no other answer than a lock will do.
fn demand<T>(
    attempt: Result<T, BackendError>,
    (start, end): (Bound<u64>, Bound<u64>),
) -> Result<T, BackendError> {
    let is_whole =
        matches!(start, Bound::Unbounded | Bound::Included(0)) && end == Bound::Unbounded;
    attempt.map_err(|refusal| match refusal {
        BackendError::Unsupported if !is_whole => BackendError::Unsupported,
        refusal => BackendError::Io(io::Error::other(LockRefused(match refusal {
            BackendError::Unsupported => io::ErrorKind::Unsupported.into(),
            refusal => refusal.into(),
        }))),
    })
}

impl<B: StorageBackend> StorageBackend for LockedFile<B> {
    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        demand(self.0.try_lock_range(start, end), (start, end))
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        demand(self.0.try_lock_shared_range(start, end), (start, end))
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        demand(self.0.lock_range(start, end), (start, end))
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        demand(self.0.lock_shared_range(start, end), (start, end))
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.query_lock_range(start, end)
    }

    fn close(&self) -> Result<(), io::Error> {
        self.0.close()
    }

    fn len(&self) -> Result<u64, io::Error> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.0.read(offset, out)?;
        // The header is read once, when the database is opened.
        if offset == 0 {
            let_newest_win(out);
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), io::Error> {
        self.0.set_len(length)
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.0.write(offset, data)
    }
}
