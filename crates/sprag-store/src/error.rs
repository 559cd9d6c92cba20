use alloc::boxed::Box;
use alloc::string::ToString;
use core::fmt;
use std::io;

use crate::locked_file::LockRefused;

/// The reason for which a store could not be opened, read or written to.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Another process, or another value in this process, has the store open.
    InUse,
    /// The file system or the platform does not lock files. Without a lock two processes could open the store at
    /// once and destroy it, so it is not opened at all. A local disk has locks, which a network file system may
    /// lack. The [`io::Error`] is the system's answer.
    NoLocks(io::Error),
    /// A store was to be created, but the path already leads to one.
    Exists,
    /// The file is not a store, or has a version that is not known. A crash during
    /// [`RedbStore::create`](crate::RedbStore::create) can leave such a file behind.
    NotAStore,
    /// The file is a store, but was cut short or changed.
    Damaged(Box<dyn core::error::Error + Send + Sync>),
    /// A name or value is too long for a record.
    TooLarge,
    /// After an earlier fault of the medium, the state of the file is unknown. The store has to be opened
    /// again.
    Interrupted,
    /// The operating system refused. The [`io::Error`] tells the reason: for example, the file is missing,
    /// access is not permitted, or the medium is full.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InUse => "store is in use by another process",
            Self::NoLocks(_) => {
                "store is on a file system that does not lock files, so that two processes could \
                 destroy it: put it on a local disk"
            }
            Self::Exists => "store exists already",
            Self::NotAStore => "file is not a store, or of a version that is not known",
            Self::Damaged(_) => "store is damaged",
            Self::TooLarge => "value is too large for the store",
            Self::Interrupted => "store has to be opened again after an earlier fault",
            Self::Io(fault) => match fault.kind() {
                io::ErrorKind::NotFound => "store does not exist",
                io::ErrorKind::PermissionDenied => "access to the store is not permitted",
                io::ErrorKind::ReadOnlyFilesystem => "store is on a medium that is read-only",
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::FileTooLarge => "store has no room to be written to",
                _ => "store cannot be accessed",
            },
        })
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Damaged(fault) => Some(fault.as_ref()),
            Self::Io(fault) | Self::NoLocks(fault) => Some(fault),
            _ => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(fault: io::Error) -> Self {
        let fault = match fault.downcast() {
            Ok(LockRefused(refusal)) => return Self::NoLocks(refusal),
            Err(fault) => fault,
        };
        match fault.kind() {
            // The database reports `InvalidData` if the file does not begin like its own files.
            io::ErrorKind::InvalidData | io::ErrorKind::IsADirectory => Self::NotAStore,
            io::ErrorKind::UnexpectedEof => Self::Damaged(Box::new(fault)),
            _ => Self::Io(fault),
        }
    }
}

/// Translates a fault of the database to an error of the store.
pub(crate) fn fault(fault: impl Into<redb::Error>) -> Error {
    match fault.into() {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => Error::InUse,
        redb::Error::Io(fault) => fault.into(),
        // Only a store that is opened for reading is not put right.
        redb::Error::RepairAborted => Error::Io(io::Error::new(
            io::ErrorKind::ReadOnlyFilesystem,
            "it was left open by a crash and has to be opened for writing first",
        )),
        redb::Error::ValueTooLarge(_) => Error::TooLarge,
        redb::Error::UpgradeRequired(_)
        | redb::Error::TableDoesNotExist(_)
        | redb::Error::TableTypeMismatch { .. }
        | redb::Error::TableIsMultimap(_) => Error::NotAStore,
        redb::Error::PreviousIo | redb::Error::DatabaseClosed | redb::Error::LockPoisoned(_) => {
            Error::Interrupted
        }
        fault => Error::Damaged(fault.to_string().into()),
    }
}
