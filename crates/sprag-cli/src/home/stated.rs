//! The files `identity` and `user` of a home: the account's public key and the user's id in clear, so that both are shown
//! without the passphrase.
//!
//! Nothing protects them. They are compared with the account each time that the account is opened.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use super::read_small;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::fingerprint::Hex;
use crate::new_file::{NewFile, Readers};

/// A public value of an account, 32 bytes: an identity key or a user id.
pub(super) type Value = [u8; 32];

/// Reads the value that the file at `path` states, if there is such a file.
pub(super) fn stated(path: &Path) -> Result<Option<Value>, Failure> {
    match read_small(path) {
        Ok(bytes) => decode(&bytes)
            .map(Some)
            .ok_or_else(|| refuse(path, "holds no 64 digits")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::file(path, "read", &error)),
    }
}

/// Demands that the file at `path` states this `value` of the account. Writes it if it is missing and if that is possible,
/// because an account works without it.
pub(super) fn agree(path: &Path, value: &Value) -> Result<(), Failure> {
    match stated(path)? {
        Some(stated) if stated == *value => {}
        Some(_) => return Err(refuse(path, "states another value than the account has")),
        None => drop(write(path, value)),
    }
    Ok(())
}

/// The refusal of a file that does not state what the account has.
pub(super) fn refuse(path: &Path, what: &str) -> Failure {
    Failure::refused(format!(
        "{} {what}, so that `sprag id` may have shown a wrong fingerprint: find out who changed it, and remove it: it is \
         written again",
        path.display()
    ))
    .with(Exit::Account)
}

/// Removes what the file at `path` states, if that is possible.
pub(super) fn forget(path: &Path) {
    drop(fs::remove_file(path));
}

fn write(path: &Path, value: &Value) -> io::Result<()> {
    let file = NewFile::create(path, Readers::Owner, None)?;
    writeln!(file.file(), "{}", Hex(value))?;
    file.persist(path)
}

/// Decodes 64 digits and a line end.
fn decode(bytes: &[u8]) -> Option<Value> {
    let digits = bytes.strip_suffix(b"\n")?;
    let mut value = [0; 32];
    if digits.len() != 2 * value.len() {
        return None;
    }
    for (byte, pair) in value.iter_mut().zip(digits.chunks(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_it_was_written_and_else_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("user");
        assert!(stated(&path).unwrap().is_none());
        let [one, other] = [0x9A, 0x0B].map(|byte| [byte; 32]);
        agree(&path, &one).unwrap();
        assert_eq!(stated(&path).unwrap(), Some(one));
        agree(&path, &one).unwrap();
        agree(&path, &other).unwrap_err();
        let written = fs::read(&path).unwrap();
        assert_eq!(written.len(), 65);
        let letters = [&[b'g'; 64][..], b"\n"].concat();
        let longer = [&written[..], b"\n"].concat();
        for bytes in [&written[..64], &written[1..], &longer, &letters, b""] {
            fs::write(&path, bytes).unwrap();
            stated(&path).unwrap_err();
            agree(&path, &one).unwrap_err();
        }
    }
}
