//! The folder of an account: the file `key`, wrapped under the passphrase, and the file `store`.
//!
//! The account exists once both files have their names. `init` writes the files under other names and
//! renames the store first and the key last. So `init` can be run again after any interruption.

use core::time::Duration;
use std::env;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use rand::TryRng as _;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use sprag_client::{Client, StoreKey, UnwrapError};
use sprag_store::{Error as StoreError, RedbStore};

use crate::durable::sync_folder;
use crate::failure::Failure;
use crate::new_file::{NewFile, Readers};
use crate::opened::{Opened, PUT_BACK};
use crate::passphrase::{Passphrase, Source};
use crate::place::{Place, follow};
use crate::refusal::of_store;
use crate::small_file::read_start;

/// The account that a command uses, and the source of its passphrase.
#[derive(Args, Debug)]
#[command(next_help_heading = "Account")]
pub(crate) struct Arguments {
    #[arg(long, value_name = "DIR", global = true, help = HOME_HELP)]
    home: Option<PathBuf>,

    #[arg(long, value_name = "FILE", global = true, help = PASSPHRASE_HELP)]
    passphrase_file: Option<PathBuf>,
}

const HOME_HELP: &str =
    "The folder of the account [default: $SPRAG_HOME, else sprag in the user's data folder]";
const PASSPHRASE_HELP: &str = "The file that holds the passphrase; - for standard input [default: $SPRAG_PASSPHRASE, else it is asked for]";

impl Arguments {
    pub(crate) fn home(&self) -> Result<Home, Failure> {
        let variable = || env::var_os("SPRAG_HOME").filter(|home| !home.is_empty());
        let given = self.home.clone().or_else(|| variable().map(PathBuf::from));
        let folder = given.or_else(default_folder).ok_or_else(|| {
            Failure::refused("no folder for the account is known: give --home DIR")
        })?;
        Ok(Home { folder })
    }

    pub(crate) fn passphrase(&self) -> Source<'_> {
        Source::of_account(self.passphrase_file.as_deref())
    }

    /// Refuses an output in the account's own folder, because it could replace the key or the store.
    pub(crate) fn refuse_output(&self, path: Option<&Path>) -> Result<(), Failure> {
        let (Some(path), Ok(folder)) = (path, fs::canonicalize(self.home()?.folder)) else {
            return Ok(());
        };
        // Find the folder of the output. Links are followed, also those that lead to no file yet.
        let there = fs::canonicalize(path).ok().or_else(|| match follow(path) {
            Ok(Place::File(there)) => Some(there),
            _ => None,
        });
        if there.is_some_and(|there| there.parent() == Some(&*folder)) {
            return Err(Failure::refused(format!(
                "{} is in the folder of the account: write elsewhere, with -o",
                path.display()
            )));
        }
        Ok(())
    }

    /// Asks for the passphrase and unlocks the account. This takes a moment, so the store is not open yet.
    pub(crate) fn unlock(&self) -> Result<Unlocked, Failure> {
        let home = self.home()?;
        let wrapped = home.wrapped_key()?;
        let passphrase = self.passphrase().read()?;
        home.unwrap(&wrapped, &passphrase)
    }
}

/// The folder of the account if the user names none: `sprag` in the user's data folder.
fn default_folder() -> Option<PathBuf> {
    let (variable, rest) = if cfg!(windows) {
        ("LOCALAPPDATA", "AppData/Local")
    } else {
        ("XDG_DATA_HOME", ".local/share")
    };
    env::var_os(variable)
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute())
        .or_else(|| env::home_dir().map(|home| home.join(rest)))
        .map(|folder| folder.join("sprag"))
}

/// The folder of an account, which may not exist yet.
pub(crate) struct Home {
    folder: PathBuf,
}

/// An account whose key is known.
pub(crate) struct Unlocked {
    home: Home,
    key: StoreKey,
}

impl Unlocked {
    /// Opens the store, to read in it. Other processes have to wait until the client is dropped.
    pub(crate) fn open(&self) -> Result<Opened, Failure> {
        let path = self.home.store();
        let metadata = fs::metadata(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::refused(format!(
                "{} is missing: bring it back from a backup of the folder",
                path.display()
            )),
            // A disk or a folder that cannot be read is to be put right, and needs no backup.
            _ => Failure::file(&path, "read", &error),
        })?;
        // Do not wait for a pipe in the place of the store.
        if !metadata.is_file() {
            return Err(Failure::refused(format!(
                "{} cannot be read: it is no file: bring it back from a backup of the folder",
                path.display()
            )));
        }
        let store = RedbStore::open(&path, WAIT).map_err(|error| of_store(&error))?;
        Opened::new(Client::open(store, &self.key)?)
    }

    /// [`open`](Self::open) for a command that changes the account. Deletes the keys whose time is up, as far as the clock is
    /// vouched for by earlier commands, and tells the user if the account was put back to an older state, because messages
    /// that cannot be read may have that cause.
    pub(crate) fn open_to_change(&self) -> Result<Opened, Failure> {
        let opened = self.open()?;
        opened.tell_if_put_back();
        opened.without_expired_keys()
    }

    /// [`open_to_change`](Self::open_to_change) for a command that sends. Refuses if the account was put back to an older
    /// state.
    pub(crate) fn open_to_send(&self) -> Result<Opened, Failure> {
        let opened = self.open()?;
        if opened.is_behind() {
            return Err(Failure::refused(format!(
                "{PUT_BACK}: what it sends would be refused: run `sprag restored`, and exchange new bundles with each peer"
            )));
        }
        opened.without_expired_keys()
    }

    /// Wraps the key under another passphrase.
    pub(crate) fn rewrap(&self, passphrase: &Passphrase) -> Result<(), Failure> {
        let path = self.home.key();
        let failed = |error: &io::Error| Failure::file(&path, "written", error);
        let wrapped = wrap(&self.key, passphrase)?;
        // Replace the key file as a whole: a crash must leave either the old key or the new one.
        let write = || {
            let file = NewFile::create(&path, Readers::Owner, None)?;
            file.file().write_all(&wrapped)?;
            file.persist(&path)
        };
        write().map_err(|error| failed(&error))
    }
}

impl Home {
    /// Refuses to go on if the folder has an account.
    pub(crate) fn expect_no_account(&self) -> Result<(), Failure> {
        if !exists(&self.key())? {
            return Ok(());
        }
        Err(Failure::refused(format!(
            "{} has an account: use it, or give another folder with --home DIR",
            self.folder.display()
        )))
    }

    /// Creates the account, or completes an account whose creation was interrupted.
    pub(crate) fn create(self, passphrase: &Passphrase) -> Result<Unlocked, Failure> {
        let failed = |error: &io::Error| Failure::file(&self.folder, "written", error);
        create_folder(&self.folder).map_err(|error| failed(&error))?;
        // Lock `key.init` first, so that two processes cannot create the same account.
        let new_key = self.folder.join("key.init");
        let mut file = lock(&new_key)?;
        self.expect_no_account()?;
        if exists(&self.store())? {
            return self.complete(&new_key, passphrase);
        }
        // Write the key under its temporary name. It has to be on the disk before the store gets its name,
        // because nothing can open the store without the key.
        let key = StoreKey::generate(&mut random()?);
        let wrapped = wrap(&key, passphrase)?;
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.write_all(&wrapped)?;
            file.sync_all()
        };
        write(&mut file).map_err(|error| Failure::file(&new_key, "written", &error))?;
        // Create the store under its temporary name, after removing one that an interrupted `init` left.
        let new_store = self.folder.join("store.init");
        match fs::remove_file(&new_store) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::file(&new_store, "removed", &error));
            }
            _ => {}
        }
        let store = RedbStore::create(&new_store).map_err(|error| of_store(&error))?;
        drop(Client::create_at(store, &key, now()?, &mut random()?)?);
        // Give both files their names, the store first: the account exists once the key has its name.
        let rename = || {
            fs::rename(&new_store, self.store())?;
            sync_folder(&new_key)?;
            fs::rename(&new_key, self.key())?;
            sync_folder(&new_key)
        };
        rename().map_err(|error| failed(&error))?;
        Ok(Unlocked { home: self, key })
    }

    /// Completes an account whose creation was interrupted between the two renames: the store has its name,
    /// and only the key lacks its own.
    fn complete(self, new_key: &Path, passphrase: &Passphrase) -> Result<Unlocked, Failure> {
        let failed = |error: &io::Error| Failure::file(&self.folder, "written", error);
        let wrapped = read_start(new_key, MAX_KEY).map_err(|error| failed(&error))?;
        // An empty `key.init` was just made by the lock. So the key of this store was lost in another way.
        if wrapped.is_empty() {
            fs::remove_file(new_key).map_err(|error| failed(&error))?;
            return Err(Failure::refused(format!(
                "{} is there but its key is missing: bring the file key back from a backup, or give \
                 another folder with --home DIR",
                self.store().display()
            )));
        }
        // Check the passphrase before the rename, so that the user can try again with the right one.
        let unlocked = self.unwrap(&wrapped, passphrase).map_err(|failure| {
            failure
                .about("an earlier init was interrupted; give the same passphrase to complete it")
        })?;
        let rename = || {
            fs::rename(new_key, unlocked.home.key())?;
            sync_folder(new_key)
        };
        rename().map_err(|error| Failure::file(new_key, "renamed", &error))?;
        Ok(unlocked)
    }

    fn wrapped_key(&self) -> Result<Vec<u8>, Failure> {
        let path = self.key();
        read_start(&path, MAX_KEY).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::refused(format!(
                "{} has no account: `sprag init` creates one, --home DIR names another folder",
                self.folder.display()
            )),
            _ => Failure::file(&path, "read", &error),
        })
    }

    fn unwrap(self, wrapped: &[u8], passphrase: &Passphrase) -> Result<Unlocked, Failure> {
        match StoreKey::unwrap(wrapped, passphrase.as_bytes()) {
            Ok(key) => Ok(Unlocked { home: self, key }),
            Err(UnwrapError::WrongPassphrase) => Err(Failure::refused(format!(
                "the passphrase is not that of {}: try again",
                self.folder.display()
            ))),
            Err(error) => Err(Failure::refused(format!(
                "{}: {error}: bring it back from a backup, or use a newer sprag",
                self.key().display()
            ))),
        }
    }

    fn key(&self) -> PathBuf {
        self.folder.join("key")
    }

    fn store(&self) -> PathBuf {
        self.folder.join("store")
    }
}

/// The randomness of the operating system. The first request shows whether the system provides it, and
/// later requests do not fail if the first succeeded.
pub(crate) fn random() -> Result<UnwrapErr<SysRng>, Failure> {
    match SysRng.try_next_u64() {
        Ok(_) => Ok(UnwrapErr(SysRng)),
        Err(error) => Err(Failure::refused(format!(
            "the operating system gives no randomness: {error}: put that right and try again"
        ))),
    }
}

/// The time in seconds since 1970-01-01 UTC.
#[expect(
    clippy::disallowed_methods,
    reason = "libraries are told the time, by this"
)]
pub(crate) fn now() -> Result<u64, Failure> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map(|since| since.as_secs()).map_err(|_| {
        Failure::refused("the clock of this machine is before 1970: put it right and try again")
    })
}

/// Converts days to seconds.
pub(crate) fn days(days: u32) -> u64 {
    u64::from(days) * 24 * 60 * 60
}

fn wrap(key: &StoreKey, passphrase: &Passphrase) -> Result<Vec<u8>, Failure> {
    let wrapped = key.wrap(passphrase.as_bytes(), &mut random()?);
    wrapped.map_err(|error| Failure::defect(&error.to_string()))
}

/// Tells whether there is a file at `path`. Fails if that cannot be told, because a file that cannot be seen may be there.
fn exists(path: &Path) -> Result<bool, Failure> {
    fs::exists(path).map_err(|error| Failure::file(path, "read", &error))
}

/// Opens the file at `path`, which is created if it does not exist, and locks it.
fn lock(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path);
    let file = file.map_err(|error| Failure::file(path, "written", &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::refused(
            "another sprag creates this account just now: wait until it is done",
        )),
        Err(TryLockError::Error(error)) => Err(of_store(&StoreError::NoLocks(error))),
    }
}

/// Creates the folder at `path` and those that it is in, so that they survive a crash.
fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let mut missing = Vec::new();
    for folder in path.ancestors() {
        // The last ancestor of a relative path is empty.
        if folder == Path::new("") || fs::exists(folder)? {
            break;
        }
        missing.push(folder);
    }
    builder.create(path)?;
    if missing.is_empty() {
        // An init that was interrupted may have created the folder just before this. Ignore a failure, because
        // somebody else may have created it, in a folder that is closed to this user.
        drop(sync_folder(path));
    }
    missing.into_iter().try_for_each(sync_folder)
}

/// The time for which a process waits for another one that has the store open.
const WAIT: Duration = Duration::from_secs(5);

/// The most bytes of a key file that are read. A wrapped key is shorter.
const MAX_KEY: u64 = 4096;
