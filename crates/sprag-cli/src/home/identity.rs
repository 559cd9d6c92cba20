//! The file `identity` of a home: the account's public key in clear, so that it is shown without the passphrase.
//!
//! Nothing protects it. It is compared with the account each time that the account is opened.

use std::io::{self, Write as _};
use std::path::Path;

use sprag::IdentityKey;

use super::read_small;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::fingerprint::Hex;
use crate::new_file::{NewFile, Readers};

/// Reads the identity that the file at `path` states, if there is such a file.
pub(super) fn stated(path: &Path) -> Result<Option<IdentityKey>, Failure> {
    match read_small(path) {
        Ok(bytes) => decode(&bytes)
            .map(Some)
            .ok_or_else(|| refuse(path, "holds no identity")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::file(path, "read", &error)),
    }
}

/// Demands that the file at `path` states the `identity` of the account. Writes it if it is missing and if that is
/// possible, because an account works without it.
pub(super) fn agree(path: &Path, identity: &IdentityKey) -> Result<(), Failure> {
    match stated(path)? {
        Some(stated) if stated == *identity => {}
        Some(_) => return Err(refuse(path, "states another identity than the account has")),
        None => drop(write(path, identity)),
    }
    Ok(())
}

fn refuse(path: &Path, what: &str) -> Failure {
    Failure::refused(format!(
        "{} {what}, so that `sprag id` may have shown a wrong fingerprint: find out who changed it, and remove it: it is \
         written again",
        path.display()
    ))
    .with(Exit::Account)
}

fn write(path: &Path, identity: &IdentityKey) -> io::Result<()> {
    let file = NewFile::create(path, Readers::Owner, None)?;
    writeln!(file.file(), "{}", Hex(identity.as_bytes()))?;
    file.persist(path)
}

/// Decodes 64 digits and a line end.
fn decode(bytes: &[u8]) -> Option<IdentityKey> {
    let digits = bytes.strip_suffix(b"\n")?;
    let mut key = [0; 32];
    if digits.len() != 2 * key.len() {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        let value = digit(pair[0])? << 4 | digit(pair[1])?;
        *byte = u8::try_from(value).ok()?;
    }
    IdentityKey::from_bytes(&key).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_read_as_it_was_written_and_else_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("identity");
        assert!(stated(&path).unwrap().is_none());
        let [one, other] = [9, 16].map(|first| {
            let mut bytes = [0; 32];
            bytes[0] = first;
            IdentityKey::from_bytes(&bytes).unwrap()
        });
        agree(&path, &one).unwrap();
        assert_eq!(stated(&path).unwrap(), Some(one));
        agree(&path, &one).unwrap();
        agree(&path, &other).unwrap_err();
        let written = std::fs::read(&path).unwrap();
        assert_eq!(written.len(), 65);
        let zero = [&[b'0'; 64][..], b"\n"].concat();
        let letters = [&[b'g'; 64][..], b"\n"].concat();
        let longer = [&written[..], b"\n"].concat();
        for bytes in [&written[..64], &written[1..], &longer, &zero, &letters, b""] {
            std::fs::write(&path, bytes).unwrap();
            stated(&path).unwrap_err();
            agree(&path, &one).unwrap_err();
        }
    }
}
