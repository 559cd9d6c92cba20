//! The input of a command: a file or standard input, as bytes or as armored text.

use std::fs::{File, Metadata};
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read};
use std::path::Path;
use std::sync::OnceLock;

use crate::armor::{After, ArmorError, Decoder, Label};
use crate::failure::Failure;

/// A file that was opened for reading, or standard input.
pub(crate) struct Input {
    name: String,
    reader: Reader,
    metadata: Option<Metadata>,
    is_terminal: bool,
}

enum Reader {
    Bytes(BufReader<Box<dyn Read>>),
    Armored(Box<Decoder<BufReader<Box<dyn Read>>>>),
    /// No reader. This state exists only while [`Input::dearmor`] turns bytes into armored text.
    Nothing,
}

impl Input {
    /// Opens the file at `path`, or standard input if there is no path or it is `-`.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let (name, inner, metadata, is_terminal) = match path.filter(|path| *path != Path::new("-"))
        {
            Some(path) => {
                let failed = |error: io::Error| Failure::file(path, "read", &error);
                let file = File::open(path).map_err(failed)?;
                let metadata = file.metadata().map_err(failed)?;
                let is_terminal = file.is_terminal();
                let inner: Box<dyn Read> = Box::new(file);
                (
                    path.display().to_string(),
                    inner,
                    Some(metadata),
                    is_terminal,
                )
            }
            // Standard input may be a file too. Its metadata shows later whether it is also the output.
            None => {
                let file = take_standard_input("the input")?;
                let metadata = file.and_then(|file| file.metadata()).ok();
                let is_terminal = io::stdin().is_terminal();
                let inner: Box<dyn Read> = Box::new(io::stdin().lock());
                ("standard input".to_owned(), inner, metadata, is_terminal)
            }
        };
        // Some systems open a folder without an error and fail only when it is read.
        if metadata.as_ref().is_some_and(Metadata::is_dir) {
            return Err(Failure::refused(format!(
                "{name} is a folder: give a file; tar or zip make one of a folder"
            )));
        }
        Ok(Self {
            name,
            reader: Reader::Bytes(BufReader::with_capacity(BUFFER_LENGTH, inner)),
            metadata,
            is_terminal,
        })
    }

    /// Detects armored text, and decodes it from here on. Other input stays as it is.
    pub(crate) fn dearmor(mut self, label: Label) -> Result<Self, Failure> {
        let Reader::Bytes(mut reader) = core::mem::replace(&mut self.reader, Reader::Nothing)
        else {
            return Err(Failure::defect("armor is opened twice"));
        };
        // Look at the first byte without consuming it.
        let first = match reader.fill_buf() {
            Ok(bytes) => bytes.first().copied(),
            Err(error) => return Err(self.failed(&error)),
        };
        let after = if self.is_terminal {
            After::Leave
        } else {
            After::Read
        };
        // Input without armor begins with its version, which is a control character. Text does not begin
        // with one.
        self.reader = match first {
            None => return Err(Failure::refused(format!("{self} is empty: {AGAIN}"))),
            Some(byte) if byte < b' ' && !byte.is_ascii_whitespace() => Reader::Bytes(reader),
            Some(_) => match Decoder::new(reader, label, after) {
                Ok(decoder) => Reader::Armored(Box::new(decoder)),
                Err(error) => return Err(self.failed(&error)),
            },
        };
        Ok(self)
    }

    /// Reads until `buffer` is full or the input ends. Returns the number of bytes that were read.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let mut filled = 0;
        while filled < buffer.len() {
            let read = match &mut self.reader {
                Reader::Bytes(reader) => reader.read(&mut buffer[filled..]),
                Reader::Armored(decoder) => decoder.read(&mut buffer[filled..]),
                Reader::Nothing => Ok(0),
            };
            match read {
                Ok(0) => break,
                Ok(length) => filled += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
        Ok(filled)
    }

    /// Reads the whole input if it has at most `limit` bytes. Of a longer input it reads `limit + 1` bytes,
    /// which show the caller that the input is too long.
    pub(crate) fn read_up_to(&mut self, limit: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = vec![0; limit + 1];
        let length = self.fill(&mut bytes)?;
        bytes.truncate(length);
        Ok(bytes)
    }

    /// The number of bytes to read, or `None` for a pipe and for armored text, whose length is not known.
    pub(crate) fn length(&self) -> Option<u64> {
        let known =
            |metadata: &&Metadata| metadata.is_file() && matches!(self.reader, Reader::Bytes(_));
        self.metadata.as_ref().filter(known).map(Metadata::len)
    }

    pub(crate) const fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }

    fn failed(&self, error: &io::Error) -> Failure {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        Failure::refused(match inner {
            Some(ArmorError::Other(Label::Bundle)) => {
                format!("{self} is a bundle: `sprag add NAME FILE` takes it")
            }
            Some(ArmorError::Other(Label::File)) => {
                format!("{self} is an encrypted file: `sprag decrypt -i FILE` takes it")
            }
            Some(more @ ArmorError::Second(_)) => format!(
                "{self}: {more}: save each, from its BEGIN line to its END line, as a file of its own"
            ),
            Some(damage) => format!("{self}: {damage}: {AGAIN}"),
            None => format!("{self} cannot be read: {error}: put that right and try again"),
        })
    }
}

impl core::fmt::Display for Input {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.name)
    }
}

/// The advice for an input that is not as it was written.
pub(crate) const AGAIN: &str = "get it again from its sender";

/// The use that standard input was taken for.
static USE: OnceLock<&str> = OnceLock::new();

/// Takes standard input, which serves one use only, and returns it without a buffer.
pub(crate) fn take_standard_input(what: &'static str) -> Result<io::Result<File>, Failure> {
    match USE.set(what) {
        Ok(()) => Ok(standard_input()),
        Err(_) => Err(Failure::refused(format!(
            "standard input cannot be both {} and {what}: give one of them in a file",
            USE.get().unwrap_or(&what)
        ))),
    }
}

#[cfg(unix)]
fn standard_input() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn standard_input() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

const BUFFER_LENGTH: usize = 64 * 1024;
