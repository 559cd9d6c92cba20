//! Stores, records and child processes for the tests.

use core::time::Duration;
use std::env;
use std::path::Path;
use std::process::Command;

use sprag_client::Store;
use sprag_client::store::{Batch, Committed};
use sprag_store::RedbStore;
use tempfile::TempDir;

pub(crate) fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

pub(crate) fn put(store: &mut RedbStore, name: &[u8], value: &[u8]) {
    let mut batch = Batch::new();
    batch.put(name.to_vec(), value.to_vec());
    assert_eq!(store.commit(&batch).unwrap(), Committed::Done);
}

/// A record that is a number; 0 if there is none.
pub(crate) fn number(store: &RedbStore, name: &[u8]) -> u64 {
    let value = store.get(name).unwrap();
    value.map_or(0, |value| u64::from_le_bytes(value.try_into().unwrap()))
}

pub(crate) fn open(path: &Path) -> RedbStore {
    RedbStore::open(path, Duration::ZERO).unwrap()
}

/// The variable that tells an ignored test that it is a child, and the path of its file.
const CHILD: &str = "SPRAG_STORE_OF_A_CHILD";

/// The arguments that make this program run one ignored test.
pub(crate) fn child(wrapper: &[&str], test: &str, path: &Path) -> Command {
    let this = env::current_exe().unwrap();
    let mut words = wrapper.iter().map(AsRef::as_ref).chain([this.as_os_str()]);
    let mut command = Command::new(words.next().unwrap());
    command
        .args(words)
        .args([
            test,
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(CHILD, path);
    command
}

/// The file that a child is to work on; `None` if somebody runs the ignored test by hand.
pub(crate) fn path_of_child() -> Option<std::path::PathBuf> {
    env::var_os(CHILD).map(Into::into)
}
