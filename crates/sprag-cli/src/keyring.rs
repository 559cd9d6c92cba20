//! Keys of accounts in the keyring of the login session, which the kernel keeps in memory and forgets in time.
//!
//! The file `key` stays what counts: a remembered key is used only beside the very file that it was unwrapped from. So it
//! is worth nothing any more after the passphrase was changed or another account was put in the folder's place.

use std::fs;
use std::io;
use std::path::Path;

use linux_keyutils::{Key, KeyError, KeyRing, KeyRingIdentifier};
use sprag_client::StoreKey;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Remembers the key of the account in `folder`, which was unwrapped from `wrapped`, for this number of seconds.
pub(crate) fn remember(
    folder: &Path,
    (wrapped, key): (&[u8], &StoreKey),
    seconds: u32,
) -> Result<(), Failure> {
    // Allocate the whole length at once, because a vector that grows leaves unwiped copies behind.
    let mut payload = Zeroizing::new(Vec::with_capacity(KEY_LENGTH + wrapped.len()));
    payload.extend_from_slice(key.expose());
    payload.extend_from_slice(wrapped);
    let seconds = usize::try_from(seconds).unwrap_or(usize::MAX);
    let added = session().and_then(|ring| {
        let key = ring.add_key(&description(folder), &*payload)?;
        // A key that would stay for ever is taken back.
        key.set_timeout(seconds)
            .inspect_err(|_| key.invalidate().unwrap_or_default())
    });
    added.map_err(failed)
}

/// The key of the account in `folder`, if it is remembered and was unwrapped from `wrapped`.
pub(crate) fn recall(folder: &Path, wrapped: &[u8]) -> Option<StoreKey> {
    let remembered = find(folder).ok()?;
    let mut payload = Zeroizing::new([0; KEY_LENGTH + MAX_WRAPPED]);
    let length = remembered.read(&mut *payload).ok()?;
    // A longer payload was not read to its end.
    let (key, of) = payload.get(..length)?.split_first_chunk()?;
    (of == wrapped).then(|| StoreKey::from_bytes(key))
}

/// Forgets the key of the account in `folder`. Returns whether it was remembered.
pub(crate) fn forget(folder: &Path) -> Result<bool, Failure> {
    match find(folder).and_then(|key| key.invalidate()) {
        Ok(()) => Ok(true),
        Err(KeyError::KeyDoesNotExist | KeyError::KeyExpired | KeyError::KeyRevoked) => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

fn find(folder: &Path) -> Result<Key, KeyError> {
    session()?.search(&description(folder))
}

/// The keyring of the login session, or of the user where sessions have none.
fn session() -> Result<KeyRing, KeyError> {
    KeyRing::from_special_id(KeyRingIdentifier::Session, false)
}

/// The name of a key in the keyring. Two folders with one name would push out each other's key, and no more.
fn description(folder: &Path) -> String {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    format!("sprag:{}", folder.display())
}

fn failed(error: KeyError) -> Failure {
    let reason = match error {
        // The crate names few errors, and not that of a kernel without keyrings.
        KeyError::Unknown(number) => io::Error::from_raw_os_error(number).to_string(),
        named => named.to_string(),
    };
    Failure::refused(format!(
        "the keyring of this system cannot be used: {reason}: give the passphrase to each command"
    ))
}

const KEY_LENGTH: usize = 32;
/// The most bytes of a wrapped key.
const MAX_WRAPPED: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_without_keyrings_is_named_in_words() {
        const ENOSYS: i32 = 38;
        let Failure::Refused(_, line) = failed(KeyError::Unknown(ENOSYS)) else {
            panic!("it is refused");
        };
        assert!(line.contains("Function not implemented"), "{line}");
    }
}
