//! The number of an account's commits, kept outside the account's folder. An older copy of the folder that was put back has
//! fewer.

use core::fmt::Display;
use std::env;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _, stderr};
use std::path::{Path, PathBuf};
use std::sync::Once;

use sprag::IdentityKey;

use crate::small_file::read_start;

/// The number of commits that an account is known to have made.
///
/// It is a help and no protection: where it cannot be read or written, the user is warned, and no command fails but the one
/// that is to make it smaller.
pub(crate) struct Counter {
    path: PathBuf,
    known: u64,
}

impl Counter {
    /// The counter of the account with this identity; `None` if there is no folder for it. Warns the user if an older copy of
    /// the account would not be noticed, because nothing is known.
    pub(crate) fn of(identity: &IdentityKey) -> Option<Self> {
        let Some(folder) = folder() else {
            warn(format_args!(
                "no folder is known in which the changes of this account are counted: {UNNOTICED}: set {VARIABLE}"
            ));
            return None;
        };
        let path = folder.join(identity.to_string());
        let known = match read(&path) {
            Ok(known) => known,
            Err(error) => {
                // It is written anew, as far as that can be done.
                warn(format_args!(
                    "{} cannot be read: {error}: {UNNOTICED} this time: put that right",
                    path.display()
                ));
                0
            }
        };
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

    /// Warns the user that an older copy of the account would not be noticed, because the number could not be written.
    pub(crate) fn warn_of_unwritten(&self, error: &io::Error) {
        warn(format_args!(
            "{} cannot be written: {error}: {UNNOTICED}: put that right, or set {VARIABLE} to a folder that can be written",
            self.path.display()
        ));
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Tells the user a warning, once in a process. A closed standard error is no failure.
fn warn(warning: impl Display) {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        let line = warning.to_string().replace(char::is_control, "?");
        drop(writeln!(stderr(), "sprag: warning: {line}"));
    });
}

/// Reads the number, which is 0 if there is no file yet.
fn read(path: &Path) -> io::Result<u64> {
    let bytes = match read_start(path, MAX_LENGTH) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        bytes => bytes?,
    };
    let number = String::from_utf8(bytes).ok();
    let number = number.and_then(|number| number.trim().parse().ok());
    number.ok_or_else(|| io::Error::other("it holds no number"))
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
    let rest = if cfg!(windows) {
        "AppData/Local"
    } else {
        ".local/state"
    };
    let given = env::var_os(VARIABLE).map(PathBuf::from);
    let folder = given.filter(|folder| folder.is_absolute());
    let folder = folder.or_else(|| env::home_dir().map(|home| home.join(rest)))?;
    Some(folder.join("sprag").join("commits"))
}

/// The variable that names the user's folder for state.
const VARIABLE: &str = if cfg!(windows) {
    "LOCALAPPDATA"
} else {
    "XDG_STATE_HOME"
};

const UNNOTICED: &str = "it would not be noticed if an older copy of this account was put back";

/// The most bytes of a count that are read. The largest number takes fewer.
const MAX_LENGTH: u64 = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(folder: &Path) -> Counter {
        let path = folder.join("made").join("account");
        let known = read(&path).unwrap();
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
