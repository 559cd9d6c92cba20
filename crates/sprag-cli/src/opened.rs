//! An account that is open, and the count of its commits outside its folder.

use core::ops::{Deref, DerefMut};
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use sprag_client::{Client, ClientError};
use sprag_store::RedbStore;

use crate::counter::Counter;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{now, random};
use crate::refusal::of_store;

/// A client that is open. Its commits are counted outside its folder when it is dropped.
pub(crate) struct Opened {
    client: Client<RedbStore>,
    counter: Option<Counter>,
    /// Set if the account was put back to an older state.
    is_behind: bool,
    /// The files that state in clear what the account has, which go if the account goes.
    stated: Vec<PathBuf>,
}

impl Opened {
    pub(crate) fn new(client: Client<RedbStore>) -> Result<Self, Failure> {
        let commits = client.store().commits().map_err(|error| of_store(&error))?;
        Self::with_commits(client, commits)
    }

    /// The same for a client whose store had this number of commits before this process changed it.
    pub(crate) fn with_commits(client: Client<RedbStore>, commits: u64) -> Result<Self, Failure> {
        let counter = Counter::of(&client.identity()?);
        let ahead = counter.as_ref();
        Ok(Self {
            is_behind: ahead.is_some_and(|counter| counter.is_ahead_of(commits)),
            client,
            counter,
            stated: Vec::new(),
        })
    }

    /// Has these files removed if the user turns out to have removed this device.
    pub(crate) fn stated_in(mut self, files: impl Into<Vec<PathBuf>>) -> Self {
        self.stated = files.into();
        self
    }

    /// Deletes the keys whose time is up, as far as the clock is vouched for by earlier commands.
    pub(crate) fn without_expired_keys(mut self) -> Result<Self, Failure> {
        let time = self.vouched_time(now()?, &mut random()?)?;
        self.expire(time, &mut random()?)?;
        Ok(self)
    }

    /// Tells whether the account was put back to an older state.
    pub(crate) const fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// Takes the state of the account for the right one from now on, although it is an older one.
    pub(crate) fn take_for_right(&mut self) -> Result<(), Failure> {
        self.is_behind = false;
        let commits = self.client.store().commits();
        let commits = commits.map_err(|error| of_store(&error))?;
        // What was recorded here is not recorded once more when the account is closed.
        let Some(counter) = self.counter.take() else {
            return Ok(());
        };
        match counter.record(commits, false) {
            // The next command would find the account put back again, so the user has to know.
            Err(error) if counter.is_ahead_of(commits) => Err(Failure::refused(format!(
                "the account would still count as put back, because {} cannot be written: {error}: put that right and run \
                 `sprag restored` again",
                counter.path().display()
            ))
            .with(Exit::File)),
            Err(error) => {
                counter.warn_of_unwritten(&error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Tells the user if the account was put back to an older state. A closed standard error is no failure.
    pub(crate) fn tell_if_put_back(&self) {
        if self.is_behind {
            drop(writeln!(
                io::stderr(),
                "sprag: {PUT_BACK}: run `sprag restored`, and exchange new bundles with each peer"
            ));
        }
    }
}

pub(crate) const PUT_BACK: &str = "this account was put back to an older state";

impl Deref for Opened {
    type Target = Client<RedbStore>;

    fn deref(&self) -> &Self::Target {
        &self.client
    }
}

impl DerefMut for Opened {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.client
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // The store is still open, so that no other process counts at the same time.
        if let (Some(counter), Ok(commits)) = (&self.counter, self.client.store().commits()) {
            // A count that is not written notices less, and is no reason to fail.
            if let Err(error) = counter.record(commits, self.is_behind) {
                counter.warn_of_unwritten(&error);
            }
        }
        if let Err(ClientError::Removed) = self.client.identity() {
            // One that stays shows an account that is no more, until the next command tries again.
            self.stated
                .iter()
                .for_each(|path| drop(fs::remove_file(path)));
        }
    }
}
