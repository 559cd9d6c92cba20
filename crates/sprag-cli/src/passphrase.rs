//! Passphrases, which come from a file, else from the environment, else from the user at the terminal.
//!
//! One passphrase can arrive as different bytes, because keyboards and editors write "é" as one character or as two, and
//! spaces of several kinds. The key is derived from one form, the profile `OpaqueString` of RFC 8265 §4.2, so that the
//! passphrase opens the account wherever it is typed.

use alloc::borrow::Cow;
use std::env;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

use precis_profiles::OpaqueString;
use precis_profiles::precis_core::profile::PrecisFastInvocation as _;
use precis_profiles::precis_core::{DerivedPropertyValue, Error as PrecisError};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::input::take_standard_input;
use crate::prompt::ask;

/// A passphrase in the form from which the key is derived, wiped when it is dropped.
pub(crate) struct Passphrase(Zeroizing<Vec<u8>>);

/// The places to look for a passphrase.
pub(crate) struct Source<'a> {
    pub(crate) file: Option<&'a Path>,
    pub(crate) variable: &'a str,
    pub(crate) option: &'a str,
    pub(crate) prompt: &'a str,
    /// The passphrase in words.
    pub(crate) what: &'static str,
}

impl<'a> Source<'a> {
    /// The places to look for the passphrase of an existing account.
    pub(crate) const fn of_account(file: Option<&'a Path>) -> Self {
        Self {
            file,
            variable: "SPRAG_PASSPHRASE",
            option: "--passphrase-file",
            prompt: "Passphrase",
            what: "the passphrase",
        }
    }

    /// Tells whether the user gave a passphrase, so that none is asked for.
    #[cfg(all(target_os = "linux", feature = "keyring"))]
    pub(crate) fn is_given(&self) -> bool {
        self.file.is_some() || env::var_os(self.variable).is_some()
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
            return read(path, self.what).map(Some);
        }
        let Some(value) = env::var_os(self.variable) else {
            return Ok(None);
        };
        let bytes = Zeroizing::new(value.into_encoded_bytes());
        Passphrase::new(self.variable, bytes).map(Some)
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
        let elsewhere = format!("give {option} FILE or set {variable}");
        Passphrase::typed(ask(prompt, &elsewhere)?)
    }
}

impl Passphrase {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Brings a passphrase that was given as `source` into its form.
    ///
    /// A passphrase that is in its form already, as any in ASCII is, is not copied. Of another one copies stay that are
    /// not wiped: a few characters where normalization works on them and, if it has spaces that are not ASCII, what
    /// stands before the first of them.
    fn new(source: &str, given: Zeroizing<Vec<u8>>) -> Result<Self, Failure> {
        let text = core::str::from_utf8(&given).map_err(|_| {
            Failure::refused(format!(
                "{source} is not UTF-8: save it as UTF-8, or use a terminal of UTF-8"
            ))
        })?;
        // Nobody has an empty passphrase, so it fails later, where it is compared or chosen.
        if text.is_empty() {
            return Ok(Self(given));
        }
        // Compose characters before the profile looks at them: it refuses the letters of Hangul that stand alone.
        let composed = (!is_nfc(text)).then(|| compose(text));
        let text = composed.as_ref().map_or(text, |composed| composed);
        let changed = match OpaqueString::enforce(text) {
            Ok(Cow::Borrowed(_)) => None,
            Ok(Cow::Owned(changed)) => Some(Zeroizing::new(changed.into_bytes())),
            Err(error) => return Err(refuse(source, &error)),
        };
        let composed =
            || composed.map(|mut text| Zeroizing::new(core::mem::take(&mut *text).into_bytes()));
        Ok(Self(changed.or_else(composed).unwrap_or(given)))
    }

    /// Takes a passphrase that was typed at a terminal.
    fn typed(text: String) -> Result<Self, Failure> {
        let text = Zeroizing::new(text.into_bytes());
        // This character stands for each byte that the terminal sent and that is not UTF-8.
        let replacement = "\u{fffd}".as_bytes();
        if text
            .windows(replacement.len())
            .any(|bytes| bytes == replacement)
        {
            return Err(Failure::refused(
                "what was typed is not UTF-8: set the terminal to UTF-8 and try again",
            ));
        }
        Self::new("what was typed", text)
    }

    /// Takes the text of a file, without the mark in front and the line end that editors add.
    fn in_file(name: &str, mut bytes: Zeroizing<Vec<u8>>) -> Result<Self, Failure> {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || bytes.contains(&0) {
            return Err(Failure::refused(format!(
                "{name} is UTF-16: save it as UTF-8"
            )));
        }
        if bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        }
        if bytes.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            return Err(Failure::refused(format!(
                "{name} has more than one line: leave nothing but the passphrase in it"
            )));
        }
        Self::new(name, bytes)
    }
}

/// Normalizes text to form C, in a buffer that never has to grow: the form is at most three times as long.
fn compose(text: &str) -> Zeroizing<String> {
    let mut composed = Zeroizing::new(String::with_capacity(3 * text.len()));
    composed.extend(text.nfc());
    composed
}

/// Says what is wrong with a passphrase, and not which character it is.
fn refuse(source: &str, error: &PrecisError) -> Failure {
    let is_unassigned = matches!(
        error,
        PrecisError::BadCodepoint(found) if found.property == DerivedPropertyValue::Unassigned
    );
    let what = if is_unassigned {
        "a character that is newer than Unicode 6.3"
    } else {
        "a character that RFC 8265 forbids, such as a control character or one that is not seen"
    };
    Failure::refused(format!("{source} has {what}: leave it out"))
}

/// Reads the passphrase in a file, or from standard input if its name is `-`.
fn read(path: &Path, what: &'static str) -> Result<Passphrase, Failure> {
    let is_standard_input = path == Path::new("-");
    let (name, file) = if is_standard_input {
        (Path::new("standard input"), take_standard_input(what)?)
    } else {
        (path, File::open(path))
    };
    let failed = |error: io::Error| Failure::file(name, "read", &error);
    let file = file.map_err(failed)?;
    if is_standard_input && file.is_terminal() {
        return Err(Failure::refused(
            "standard input is a terminal, which would show the passphrase: leave the option out, and it is asked for",
        ));
    }
    // Allocate the greatest length at once, because a vector that grows leaves unwiped copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_LENGTH + 1));
    // Read one byte more than is allowed, which shows that a file is too long.
    let limit = MAX_LENGTH as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    let name = name.display().to_string();
    if bytes.len() > MAX_LENGTH {
        return Err(Failure::refused(format!(
            "{name} has more than {MAX_LENGTH} bytes: give a file that holds a passphrase"
        )));
    }
    Passphrase::in_file(&name, bytes)
}

const MAX_LENGTH: usize = 4096;

/// The mark that some editors put in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests;
