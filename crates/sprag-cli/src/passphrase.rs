//! Passphrases, which come from a file, else from the environment, else from the user at the terminal.

use std::env;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::failure::Failure;

/// A passphrase, wiped when it is dropped.
pub(crate) struct Passphrase(Zeroizing<Vec<u8>>);

/// The places to look for a passphrase.
pub(crate) struct Source<'a> {
    pub(crate) file: Option<&'a Path>,
    pub(crate) variable: &'a str,
    pub(crate) option: &'a str,
    pub(crate) prompt: &'a str,
}

impl<'a> Source<'a> {
    /// The places to look for the passphrase of an existing account.
    pub(crate) const fn of_account(file: Option<&'a Path>) -> Self {
        Self {
            file,
            variable: "SPRAG_PASSPHRASE",
            option: "--passphrase-file",
            prompt: "Passphrase",
        }
    }

    /// Reads the passphrase of an existing account.
    pub(crate) fn read(&self) -> Result<Passphrase, Failure> {
        match self.given()? {
            Some(passphrase) => Ok(passphrase),
            None => self.ask(self.prompt),
        }
    }

    /// Reads a new passphrase, which must not be empty. At a terminal the user has to type it twice.
    pub(crate) fn choose(&self) -> Result<Passphrase, Failure> {
        let passphrase = match self.given()? {
            Some(passphrase) => passphrase,
            None => self.ask_twice()?,
        };
        if passphrase.as_bytes().is_empty() {
            return Err(Failure::refused(
                "the passphrase is empty: choose one, it is all that protects a stolen account",
            ));
        }
        Ok(passphrase)
    }

    /// The passphrase from the file or the environment, if the user gave one there.
    fn given(&self) -> Result<Option<Passphrase>, Failure> {
        if let Some(path) = self.file {
            return read(path).map(Some);
        }
        let value = env::var_os(self.variable);
        Ok(value.map(|value| Passphrase(Zeroizing::new(value.into_encoded_bytes()))))
    }

    fn ask_twice(&self) -> Result<Passphrase, Failure> {
        let first = self.ask(self.prompt)?;
        let second = self.ask(&format!("{} again", self.prompt))?;
        if first.as_bytes() == second.as_bytes() {
            Ok(first)
        } else {
            Err(Failure::refused(
                "the two passphrases differ: try again and type the same twice",
            ))
        }
    }

    fn ask(&self, prompt: &str) -> Result<Passphrase, Failure> {
        let Self {
            variable, option, ..
        } = self;
        match rpassword::prompt_password(format!("{prompt}: ")) {
            Ok(typed) => Ok(Passphrase(Zeroizing::new(typed.into_bytes()))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(Failure::refused("no passphrase was typed: try again"))
            }
            Err(_) => Err(Failure::refused(format!(
                "there is no terminal to ask for the passphrase on: give {option} FILE or set \
                 {variable}"
            ))),
        }
    }
}

impl Passphrase {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Reads the passphrase in a file, without the line end that editors add.
fn read(path: &Path) -> Result<Passphrase, Failure> {
    let failed = |error: io::Error| Failure::file(path, "read", &error);
    // Allocate the greatest length at once, because a vector that grows leaves unwiped copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_LENGTH + 1));
    let file = File::open(path).map_err(failed)?;
    // Read one byte more than is allowed, which shows that a file is too long.
    let limit = MAX_LENGTH as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > MAX_LENGTH {
        return Err(Failure::refused(format!(
            "{} has more than {MAX_LENGTH} bytes: give a file that holds a passphrase",
            path.display()
        )));
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    Ok(Passphrase(bytes))
}

const MAX_LENGTH: usize = 4096;
