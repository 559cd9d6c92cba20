//! The creation of an account. It exists once both files have their names: `init` writes them under other names, and
//! renames the store first and the key last. So `init` can be run again after any interruption.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;

use sprag_client::{Client, StoreKey};
use sprag_store::{Error as StoreError, RedbStore};

use super::{Home, Unlocked, exists, now, random, read_small, wrap};
use crate::durable::sync_folder;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::passphrase::Passphrase;
use crate::refusal::of_store;

impl Home {
    /// Creates an account that is the first device of a new user, or completes an account whose creation was interrupted.
    pub(crate) fn create(self, passphrase: &Passphrase) -> Result<Unlocked, Failure> {
        self.create_by(passphrase, |store, key| {
            let client = Client::create_at(store, key, now()?, &mut random()?)?;
            drop(client);
            Ok(())
        })
    }

    /// Has `make` make the account in an empty store, or completes an account whose creation was interrupted. If `make` fails,
    /// nothing is left but a folder that was there before.
    pub(crate) fn create_by(
        self,
        passphrase: &Passphrase,
        make: impl FnOnce(RedbStore, &StoreKey) -> Result<(), Failure>,
    ) -> Result<Unlocked, Failure> {
        let failed = |error: &io::Error| Failure::file(&self.folder, "written", error);
        let had_folder = exists(&self.folder)?;
        create_folder(&self.folder).map_err(|error| failed(&error))?;
        // Lock `key.init` first, so that two processes cannot create the same account.
        let new_key = self.new_key();
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
        // Create the store under its temporary name, after removing what an interrupted `init` left, and what is stated of
        // an account whose key and store were removed.
        let new_store = self.folder.join("store.init");
        remove(&new_store)?;
        remove(&self.identity())?;
        remove(&self.user())?;
        let store = RedbStore::create(&new_store).map_err(|error| of_store(&error))?;
        if let Err(failure) = make(store, &key) {
            // The lock on the new key goes with its file.
            remove(&new_store)?;
            remove(&new_key)?;
            drop(file);
            // The folder stays if it was there before, or if somebody has put something into it.
            if !had_folder {
                drop(fs::remove_dir(&self.folder));
            }
            return Err(failure);
        }
        // Give both files their names, the store first: the account exists once the key has its name.
        let rename = || {
            fs::rename(&new_store, self.store())?;
            sync_folder(&new_key)?;
            fs::rename(&new_key, self.key())?;
            sync_folder(&new_key)
        };
        rename().map_err(|error| failed(&error))?;
        self.warn_of_others();
        Ok(Unlocked {
            home: self,
            key,
            wrapped,
        })
    }

    /// Completes an account whose creation was interrupted between the two renames: the store has its name,
    /// and only the key lacks its own.
    fn complete(self, new_key: &Path, passphrase: &Passphrase) -> Result<Unlocked, Failure> {
        let failed = |error: &io::Error| Failure::file(&self.folder, "written", error);
        let wrapped = read_small(new_key).map_err(|error| failed(&error))?;
        // An empty `key.init` was just made by the lock. So the key of this store was lost in another way.
        if wrapped.is_empty() {
            fs::remove_file(new_key).map_err(|error| failed(&error))?;
            return Err(self.lost_key());
        }
        // Check the passphrase before the rename, so that the user can try again with the right one.
        let unlocked = self.unwrap(wrapped, passphrase).map_err(|failure| {
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
}

/// Removes the file at `path`, if there is one.
fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Failure::file(path, "removed", &error))
        }
        _ => Ok(()),
    }
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
        )
        .with(Exit::Busy)),
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
