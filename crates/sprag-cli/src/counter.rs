//! The number of an account's commits, kept outside the account's folder. An older copy of the folder that was put back has
//! fewer.

use std::env;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sprag::IdentityKey;

use crate::small_file::read_start;

/// The number of commits that an account is known to have made.
///
/// It is a help and no protection: where it cannot be read or written, nothing is noticed, and no command fails but the one
/// that is to make it smaller.
pub(crate) struct Counter {
    path: PathBuf,
    known: u64,
}

impl Counter {
    /// The counter of the account with this identity; `None` if there is no folder for it.
    pub(crate) fn of(identity: &IdentityKey) -> Option<Self> {
        let path = folder()?.join(identity.to_string());
        let known = read(&path).unwrap_or(0);
        Some(Self { path, known })
    }

    /// Tells whether an account with this number of commits was put back to an older state.
    pub(crate) const fn is_ahead_of(&self, commits: u64) -> bool {
        self.known > commits
    }

    /// Remembers the number of commits. As long as the account is behind, it stays so, however many it makes.
    pub(crate) fn record(&self, commits: u64, is_behind: bool) -> io::Result<()> {
        let number = if is_behind {
            self.known.max(commits.saturating_add(1))
        } else {
            commits
        };
        if number == self.known {
            return Ok(());
        }
        write(&self.path, number)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn read(path: &Path) -> Option<u64> {
    let number = String::from_utf8(read_start(path, MAX_LENGTH).ok()?);
    number.ok()?.trim().parse().ok()
}

/// Replaces the number as a whole, so that a reader never sees a part of it.
fn write(path: &Path, number: u64) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    let new = path.with_extension("new");
    // A process that was killed may have left the file. Nothing but a new one is written to, because a pipe in its place
    // would have to be waited for.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).open(&new)?;
    writeln!(file, "{number}")?;
    fs::rename(&new, path)
}

fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The folder of the counters: `sprag` in the user's folder for state.
fn folder() -> Option<PathBuf> {
    let (variable, rest) = if cfg!(windows) {
        ("LOCALAPPDATA", "AppData/Local")
    } else {
        ("XDG_STATE_HOME", ".local/state")
    };
    let given = env::var_os(variable).map(PathBuf::from);
    let folder = given.filter(|folder| folder.is_absolute());
    let folder = folder.or_else(|| env::home_dir().map(|home| home.join(rest)))?;
    Some(folder.join("sprag").join("commits"))
}

/// The most bytes of a count that are read. The largest number takes fewer.
const MAX_LENGTH: u64 = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(folder: &Path) -> Counter {
        let path = folder.join("made").join("account");
        let known = read(&path).unwrap_or(0);
        Counter { path, known }
    }

    #[test]
    fn an_account_that_is_behind_stays_behind_until_it_is_said_to_be_right() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!counter(folder.path()).is_ahead_of(0));
        counter(folder.path()).record(10, false).unwrap();
        assert!(counter(folder.path()).is_ahead_of(9));
        assert!(!counter(folder.path()).is_ahead_of(10));
        // It makes more commits than were lost.
        for commits in [9, 10, 30] {
            counter(folder.path()).record(commits, true).unwrap();
            assert!(counter(folder.path()).is_ahead_of(commits));
        }
        counter(folder.path()).record(30, false).unwrap();
        assert!(!counter(folder.path()).is_ahead_of(30));
        // A folder that cannot be made is reported.
        let path = Path::new("/dev/null/account").to_owned();
        Counter { path, known: 0 }.record(1, false).unwrap_err();
    }
}
