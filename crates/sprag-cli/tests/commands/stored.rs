use core::time::Duration;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sprag_client::{Client, StoreKey};
use sprag_store::RedbStore;

use crate::support::{Account, Two, run};

const PASSPHRASE: &str = "a passphrase of the test data";

/// A folder with accounts of one format, and with files that were on their way.
pub(crate) struct Stored(pub(crate) &'static str);

impl Stored {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data")
            .join(self.0)
            .join(name)
    }

    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// A copy of a stored home.
    pub(crate) fn home(&self, two: &Two, name: &str) -> Account {
        let home = two.folder.path().join(format!("{name} before"));
        fs::create_dir(&home).unwrap();
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
        for entry in fs::read_dir(self.path(name)).unwrap() {
            let file = entry.unwrap();
            let copy = home.join(file.file_name());
            fs::copy(file.path(), &copy).unwrap();
            fs::set_permissions(copy, fs::Permissions::from_mode(0o600)).unwrap();
        }
        Account::new(home)
    }
}

pub(crate) fn with_passphrase(mut command: Command, input: &[u8]) -> Output {
    run(command.env("SPRAG_PASSPHRASE", PASSPHRASE), input)
}

/// Runs a command on a stored account.
pub(crate) fn of(account: &Account, arguments: &[&str], input: &[u8]) -> Output {
    with_passphrase(account.command(arguments), input)
}

/// Runs what must succeed; returns standard output.
#[track_caller]
pub(crate) fn done(account: &Account, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let output = of(account, arguments, input);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    output.stdout
}

/// Runs what prints a JSON object.
#[track_caller]
pub(crate) fn json(account: &Account, arguments: &[&str]) -> serde_json::Value {
    serde_json::from_slice(&done(account, arguments, b"")).unwrap()
}

pub(crate) fn key(account: &Account) -> StoreKey {
    let wrapped = fs::read(account.home.join("key")).unwrap();
    StoreKey::unwrap(&wrapped, PASSPHRASE.as_bytes()).unwrap()
}

pub(crate) fn store(account: &Account) -> RedbStore {
    RedbStore::open(account.home.join("store"), Duration::ZERO).unwrap()
}

/// The account as the library has it.
pub(crate) fn client(account: &Account) -> Client<RedbStore> {
    Client::open(store(account), &key(account)).unwrap()
}
