//! An account whose key is known, and the ways to open it.

use core::time::Duration;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use sprag_client::{Client, ClientError, StoreKey};
use sprag_store::{Error as StoreError, RedbStore};

use super::{Home, now, random, stated, wrap};
use crate::exit::Exit;
use crate::failure::Failure;
#[cfg(all(target_os = "linux", feature = "keyring"))]
use crate::keyring;
use crate::new_file::{NewFile, Readers};
use crate::opened::{Opened, PUT_BACK};
use crate::passphrase::Passphrase;
use crate::refusal::of_store;

/// An account whose key is known.
pub(crate) struct Unlocked {
    pub(super) home: Home,
    pub(super) key: StoreKey,
    /// The content of the file that the key is wrapped in.
    #[cfg_attr(
        not(all(target_os = "linux", feature = "keyring")),
        expect(dead_code, reason = "the keyring needs it")
    )]
    pub(super) wrapped: Vec<u8>,
}

impl Unlocked {
    /// Opens the store, to read in it. Other processes have to wait until the client is dropped.
    pub(crate) fn open(&self) -> Result<Opened, Failure> {
        self.opened(RedbStore::open(self.store()?, WAIT), MayWrite::Yes)
    }

    /// [`open`](Self::open) for a command that only reads, also where nothing may be written.
    pub(crate) fn open_to_read(&self) -> Result<Opened, Failure> {
        let path = self.store()?;
        match RedbStore::open(&path, WAIT) {
            Err(StoreError::Io(error))
                if matches!(
                    error.kind(),
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
                ) =>
            {
                self.opened(RedbStore::open_read_only(&path, WAIT), MayWrite::No)
            }
            store => self.opened(store, MayWrite::Yes),
        }
    }

    /// [`open`](Self::open) for a device that may wait to become one of a user.
    pub(crate) fn open_unlinked(&self) -> Result<Opened, Failure> {
        self.opened_unlinked(RedbStore::open(self.store()?, WAIT), MayWrite::Yes)
    }

    fn opened(
        &self,
        store: Result<RedbStore, StoreError>,
        may_write: MayWrite,
    ) -> Result<Opened, Failure> {
        let opened = self.opened_unlinked(store, may_write)?;
        stated::agree(&self.home.user(), opened.user_id()?.as_bytes())?;
        Ok(opened)
    }

    fn opened_unlinked(
        &self,
        store: Result<RedbStore, StoreError>,
        may_write: MayWrite,
    ) -> Result<Opened, Failure> {
        let store = store.map_err(|error| of_store(&error))?;
        let opened = match (Client::open(store, &self.key), may_write) {
            (Err(ClientError::OlderStore(format)), MayWrite::Yes) => self.carry_over(format)?,
            (Err(ClientError::Removed), _) => {
                // There is no user any more whose id could be shown.
                stated::forget(&self.home.identity());
                stated::forget(&self.home.user());
                return Err(ClientError::Removed.into());
            }
            (client, _) => Opened::new(client?)?,
        };
        let opened = opened.stated_in([self.home.identity(), self.home.user()]);
        stated::agree(&self.home.identity(), opened.identity()?.as_bytes())?;
        Ok(opened)
    }

    /// Carries an account of an earlier version over to this one, and tells the user. Another process may have done so since
    /// the store was found to be of an earlier version.
    fn carry_over(&self, format: u32) -> Result<Opened, Failure> {
        let store = RedbStore::open(self.store()?, WAIT).map_err(|error| of_store(&error))?;
        // The commit of the carrying over must not make good for those that an older state lacks.
        let commits = store.commits().map_err(|error| of_store(&error))?;
        let client = Client::carry_over(store, &self.key, now()?, &mut random()?)?;
        let opened = Opened::with_commits(client, commits)?;
        // A closed standard error is no failure.
        let told = if format == 1 {
            CARRIED_OVER_WITH_NEW_USER
        } else {
            CARRIED_OVER
        };
        drop(writeln!(io::stderr(), "sprag: {told}"));
        Ok(opened)
    }

    /// The path of the store, which is there.
    fn store(&self) -> Result<PathBuf, Failure> {
        let path = self.home.store();
        let metadata = fs::metadata(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::refused(format!(
                "{} is missing: bring it back from a backup of the folder",
                path.display()
            ))
            .with(Exit::Account),
            // A disk or a folder that cannot be read is to be put right, and needs no backup.
            _ => Failure::file(&path, "read", &error),
        })?;
        // Do not wait for a pipe in the place of the store.
        if !metadata.is_file() {
            return Err(Failure::refused(format!(
                "{} cannot be read: it is no file: bring it back from a backup of the folder",
                path.display()
            ))
            .with(Exit::Account));
        }
        Ok(path)
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
            ))
            .with(Exit::Account));
        }
        opened.without_expired_keys()
    }

    /// Remembers the key for this number of seconds.
    #[cfg(all(target_os = "linux", feature = "keyring"))]
    pub(crate) fn remember(&self, seconds: u32) -> Result<(), Failure> {
        keyring::remember(&self.home.folder, (&self.wrapped, &self.key), seconds)
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

/// Says whether the store was opened to be written.
#[derive(Clone, Copy)]
enum MayWrite {
    Yes,
    No,
}

const CARRIED_OVER: &str = "\
this account was carried over from an earlier version: its sessions go on, and that version cannot open it any more";

/// The same of an account of format 1, which had no user.
const CARRIED_OVER_WITH_NEW_USER: &str = "\
this account was carried over from an earlier version: your fingerprint is a new one; what is on its way in your sessions can \
still be decrypted; before you encrypt to a peer, exchange new bundles with that peer";

/// The time for which a process waits for another one that has the store open.
const WAIT: Duration = Duration::from_secs(5);
