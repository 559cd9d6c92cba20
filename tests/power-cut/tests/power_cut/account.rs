//! The account of the command, opened from outside: without the command, because unwrapping the key for each of
//! thousands of states would take hours.

use core::time::Duration;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use sprag_client::{Client, StoreKey, UnwrapError};
use sprag_store::RedbStore;

use crate::check::Finding;

/// The folder of the account. Those that it is in are new, too, when the account is created.
pub(crate) const HOME: &str = "data/sprag";

/// The passphrase of every account here, and the one that `passwd` changes it to.
pub(crate) const PASSPHRASE: &str = "correct horse";
pub(crate) const NEW_PASSPHRASE: &str = "battery staple";

pub(crate) type Account = Client<RedbStore>;

/// The keys that were unwrapped, by the content of the key file and the passphrase.
type Keys = HashMap<(Vec<u8>, &'static str), Result<Arc<StoreKey>, UnwrapError>>;
static KEYS: LazyLock<Mutex<Keys>> = LazyLock::new(Mutex::default);

/// Unwraps the key of the account on `disk`.
pub(crate) fn key(disk: &Path, passphrase: &'static str) -> Finding<Arc<StoreKey>> {
    let wrapped =
        fs::read(disk.join(HOME).join("key")).map_err(|error| format!("the key: {error}"))?;
    let mut keys = KEYS.lock().unwrap();
    let key = keys.entry((wrapped, passphrase));
    let key = key.or_insert_with_key(|(wrapped, passphrase)| {
        StoreKey::unwrap(wrapped, passphrase.as_bytes()).map(Arc::new)
    });
    key.clone().map_err(|error| format!("the key: {error}"))
}

/// Opens the account on `disk`, and reads all of it.
pub(crate) fn open(disk: &Path) -> Finding<Account> {
    open_with(disk, &*key(disk, PASSPHRASE)?)
}

pub(crate) fn open_with(disk: &Path, key: &StoreKey) -> Finding<Account> {
    let opened = RedbStore::open(disk.join(HOME).join("store"), Duration::ZERO);
    let store = opened.map_err(|error| format!("the store does not open: {error:?}"))?;
    let account = Client::open(store, key);
    let account = account.map_err(|error| format!("the account does not open: {error}"))?;
    account
        .peers()
        .map_err(|error| format!("the peers: {error}"))?;
    account
        .unacknowledged()
        .map_err(|error| format!("the unread messages: {error}"))?;
    Ok(account)
}
