use core::fmt;
use std::io;

use redb::{Database, ReadOnlyDatabase, ReadableDatabase};

use crate::error::{Error, fault};

/// A database that is open.
pub(crate) enum Handle {
    Writable(Database),
    /// Other readers may have it open too, and no writer.
    ReadOnly(ReadOnlyDatabase),
}

impl Handle {
    pub(crate) const fn readable(&self) -> &dyn ReadableDatabase {
        match self {
            Self::Writable(database) => database,
            Self::ReadOnly(database) => database,
        }
    }

    pub(crate) fn writable(&self) -> Result<&Database, Error> {
        match self {
            Self::Writable(database) => Ok(database),
            Self::ReadOnly(_) => Err(Error::Io(io::ErrorKind::ReadOnlyFilesystem.into())),
        }
    }

    pub(crate) fn close(self) -> Result<(), Error> {
        match self {
            Self::Writable(database) => database.close().map_err(fault),
            Self::ReadOnly(database) => database.close().map_err(fault),
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Writable(_) => "Writable(..)",
            Self::ReadOnly(_) => "ReadOnly(..)",
        })
    }
}
