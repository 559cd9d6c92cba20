//! The folder of an account: the file `key`, wrapped under the passphrase, the file `store`, and the files `identity` and
//! `user`, which are in clear.

mod creation;
mod readers;
mod stated;
mod unlocked;

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use rand::TryRng as _;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use sprag::IdentityKey;
use sprag_client::{StoreKey, UnwrapError};

use crate::exit::Exit;
use crate::failure::Failure;
#[cfg(all(target_os = "linux", feature = "keyring"))]
use crate::keyring;
use crate::passphrase::{Passphrase, Source};
use crate::place::{Place, follow};
use crate::small_file::read_start;

pub(crate) use unlocked::Unlocked;

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
            ))
            .with(Exit::File));
        }
        Ok(())
    }

    /// Unlocks the account: by a key that is remembered, or by the passphrase. This takes a moment, so the store is not
    /// open yet.
    pub(crate) fn unlock(&self) -> Result<Unlocked, Failure> {
        // Whoever gives a passphrase wants it to be the right one.
        #[cfg(all(target_os = "linux", feature = "keyring"))]
        if !self.passphrase().is_given() {
            let home = self.home()?;
            let wrapped = home.wrapped_key()?;
            if let Some(key) = keyring::recall(&home.folder, &wrapped) {
                return Ok(Unlocked { home, key, wrapped });
            }
        }
        self.unlock_by_passphrase()
    }

    /// [`unlock`](Self::unlock) for a command that must not go by a key that is remembered.
    pub(crate) fn unlock_by_passphrase(&self) -> Result<Unlocked, Failure> {
        let home = self.home()?;
        let wrapped = home.wrapped_key()?;
        let passphrase = self.passphrase().read();
        let passphrase = passphrase.map_err(|failure| failure.with(Exit::Passphrase))?;
        home.unwrap(wrapped, &passphrase)
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

impl Home {
    /// Refuses to go on if the folder has an account.
    pub(crate) fn expect_no_account(&self) -> Result<(), Failure> {
        if self.has_account()? {
            return Err(self.is_taken());
        }
        Ok(())
    }

    /// Tells whether the folder has an account.
    pub(crate) fn has_account(&self) -> Result<bool, Failure> {
        exists(&self.key())
    }

    /// Refuses to go on if the folder has a store, and neither its key nor the key that an interrupted `init` left.
    pub(crate) fn expect_no_lost_key(&self) -> Result<(), Failure> {
        // Look for the temporary name first, because an `init` that is at work gives it up for the other.
        if exists(&self.store())? && !exists(&self.new_key())? && !exists(&self.key())? {
            return Err(self.lost_key());
        }
        Ok(())
    }

    /// The refusal of a folder whose store has no key.
    fn lost_key(&self) -> Failure {
        Failure::refused(format!(
            "{} is there but its key is missing: bring the file key back from a backup, or give another folder with --home DIR",
            self.store().display()
        ))
        .with(Exit::Account)
    }

    /// The refusal of a folder that has an account.
    pub(crate) fn is_taken(&self) -> Failure {
        Failure::refused(format!(
            "{} has an account: use it, or give another folder with --home DIR",
            self.folder.display()
        ))
    }

    /// The public part of the account, if the home states it in clear.
    pub(crate) fn stated(&self) -> Result<Option<Public>, Failure> {
        // Without a key there is no account, whatever else lies in the folder.
        self.wrapped_key()?;
        let path = self.identity();
        let (Some(identity), Some(user)) = (stated::stated(&path)?, stated::stated(&self.user())?)
        else {
            return Ok(None);
        };
        let identity = IdentityKey::from_bytes(&identity)
            .map_err(|_| stated::refuse(&path, "holds no identity"))?;
        Ok(Some(Public { identity, user }))
    }

    fn wrapped_key(&self) -> Result<Vec<u8>, Failure> {
        self.expect_no_lost_key()?;
        let path = self.key();
        let wrapped = read_small(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::refused(format!(
                "{} has no account: `sprag init` creates one, --home DIR names another folder",
                self.folder.display()
            ))
            .with(Exit::Unknown),
            _ => Failure::file(&path, "read", &error),
        })?;
        self.warn_of_others();
        Ok(wrapped)
    }

    /// Warns the user if others can use the folder or the files in it.
    fn warn_of_others(&self) {
        readers::warn_of_others(&[
            &self.folder,
            &self.key(),
            &self.store(),
            &self.identity(),
            &self.user(),
        ]);
    }

    fn unwrap(self, wrapped: Vec<u8>, passphrase: &Passphrase) -> Result<Unlocked, Failure> {
        match StoreKey::unwrap(&wrapped, passphrase.as_bytes()) {
            Ok(key) => Ok(Unlocked {
                home: self,
                key,
                wrapped,
            }),
            Err(UnwrapError::WrongPassphrase) => Err(Failure::refused(format!(
                "the passphrase is not that of {}: try again",
                self.folder.display()
            ))
            .with(Exit::Passphrase)),
            Err(error) => Err(Failure::refused(format!(
                "{}: {error}: bring it back from a backup, or use a newer sprag",
                self.key().display()
            ))
            .with(Exit::Account)),
        }
    }

    fn key(&self) -> PathBuf {
        self.folder.join("key")
    }

    /// The name that the key has until the account is whole.
    fn new_key(&self) -> PathBuf {
        self.folder.join("key.init")
    }

    fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    fn identity(&self) -> PathBuf {
        self.folder.join("identity")
    }

    fn user(&self) -> PathBuf {
        self.folder.join("user")
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The public part of an account.
pub(crate) struct Public {
    /// The identity key of this device.
    pub(crate) identity: IdentityKey,
    /// The id of the user whose device this is.
    pub(crate) user: [u8; 32],
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

/// Reads a small file of the home. Of a longer one it reads only as much as shows that it is another file.
fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    read_start(path, MAX_SMALL)
}

/// The most bytes of a small file that are read. A wrapped key, an identity and a user id are shorter.
const MAX_SMALL: u64 = 4096;
