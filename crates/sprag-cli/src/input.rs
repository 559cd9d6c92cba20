//! The input of a command: a file or standard input, as bytes or as armored text.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Cursor, IoSliceMut, IsTerminal as _, Read};
use std::path::Path;
use std::sync::OnceLock;

use sprag::kind;

use crate::armor::{After, ArmorError, ByteOrder, Decoder, Label, Utf16};
use crate::damage::Damage;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::parcel;

/// A file that was opened for reading, or standard input.
pub(crate) struct Input {
    name: String,
    reader: Reader,
    metadata: Option<Metadata>,
    is_terminal: bool,
    /// The beginning of bytes that are no armored text, to recognise damage by.
    start: Vec<u8>,
    /// The label of what was found, once the input was [looked at](Self::dearmor).
    label: Option<Label>,
}

type Buffered = BufReader<Box<dyn Read + Send>>;

fn buffered(reader: impl Read + Send + 'static) -> Buffered {
    BufReader::with_capacity(BUFFER_LENGTH, Box::new(reader))
}

enum Reader {
    Bytes(Buffered),
    Armored(Box<Decoder<Buffered>>),
    /// No reader. This state exists only while [`Input::dearmor`] turns bytes into armored text.
    Nothing,
}

impl Input {
    /// Opens the file at `path`, or standard input if there is no path or it is `-`.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let path = path.filter(|path| *path != Path::new("-"));
        let (name, inner, metadata, is_terminal) = match path {
            Some(path) => {
                let failed = |error: io::Error| Failure::file(path, "read", &error);
                let file = File::open(path).map_err(failed)?;
                let metadata = file.metadata().map_err(failed)?;
                let is_terminal = file.is_terminal();
                let inner: Box<dyn Read + Send> = Box::new(file);
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
                let inner: Box<dyn Read + Send> = Box::new(io::stdin());
                ("standard input".to_owned(), inner, metadata, is_terminal)
            }
        };
        // Some systems open a folder without an error and fail only when it is read.
        if metadata.as_ref().is_some_and(Metadata::is_dir) {
            return Err(Failure::refused(format!(
                "{name} is a folder: give a file; tar or zip make one of a folder"
            ))
            .with(Exit::File));
        }
        Ok(Self {
            name,
            reader: Reader::Bytes(BufReader::with_capacity(BUFFER_LENGTH, inner)),
            metadata,
            is_terminal,
            start: Vec::new(),
            label: None,
        })
    }

    /// An input that is no file.
    #[cfg(test)]
    pub(crate) fn of(reader: impl Read + Send + 'static) -> Self {
        Self {
            name: "input".to_owned(),
            reader: Reader::Bytes(buffered(reader)),
            metadata: None,
            is_terminal: false,
            start: Vec::new(),
            label: None,
        }
    }

    /// Detects armored text, which must have one of `labels`, and decodes it from here on. Other input stays as it is.
    pub(crate) fn dearmor(mut self, labels: &[Label]) -> Result<Self, Failure> {
        let Reader::Bytes(mut reader) = core::mem::replace(&mut self.reader, Reader::Nothing)
        else {
            return Err(Failure::defect("armor is opened twice"));
        };
        // Look at the first bytes, and put them in front again.
        let mut head = [0; 4];
        let mut length = 0;
        while length < head.len() {
            match reader.read(&mut head[length..]) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
        let (head, _) = head.split_at(length);
        let whole = Cursor::new(head.to_vec()).chain(reader);
        self.reader = match form(head) {
            Form::Empty => {
                let empty = Failure::refused(format!("{self} is empty: {AGAIN}"));
                return Err(empty.with(Exit::Damaged));
            }
            Form::Bytes => {
                self.label = parcel::label_of(kind(head));
                Reader::Bytes(buffered(whole))
            }
            Form::Text => self.decoder(buffered(whole), labels)?,
            Form::Utf16(order) => {
                let text = Utf16::new(buffered(whole), order);
                self.decoder(buffered(text), labels)?
            }
            Form::BytesAsText => {
                let damaged = Failure::refused(format!("{self}: {}", Damage::Text));
                return Err(damaged.with(Exit::Damaged));
            }
        };
        if let Reader::Armored(decoder) = &self.reader {
            self.label = Some(decoder.label());
        }
        Ok(self)
    }

    /// Begins to decode armored text.
    fn decoder(&self, reader: Buffered, labels: &[Label]) -> Result<Reader, Failure> {
        let after = if self.is_terminal {
            After::Leave
        } else {
            After::Read
        };
        match Decoder::new(reader, labels, after) {
            Ok(decoder) => Ok(Reader::Armored(Box::new(decoder))),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// The refusal of an input whose bytes were changed on the way, if they show that; else `otherwise`.
    pub(crate) fn damaged(&self, otherwise: Failure) -> Failure {
        // What was read ahead shows more than the few bytes that were refused.
        let ahead = match &self.reader {
            Reader::Bytes(reader) => reader.buffer(),
            Reader::Armored(_) | Reader::Nothing => &[],
        };
        match Damage::of(&[&self.start, ahead].concat()) {
            Some(damage) => Failure::refused(format!("{self}: {damage}")).with(Exit::Damaged),
            None => otherwise,
        }
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
        if matches!(self.reader, Reader::Bytes(_)) {
            let room = START_LENGTH.saturating_sub(self.start.len());
            self.start.extend_from_slice(&buffer[..filled.min(room)]);
        }
        Ok(filled)
    }

    /// Reads what is there into `buffers`, one after the other, and waits only if that is nothing. Returns the number of
    /// bytes, which is 0 at the end.
    ///
    /// Damage is recognised by what [`fill`](Self::fill) has read.
    pub(crate) fn read_vectored(
        &mut self,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Result<usize, Failure> {
        loop {
            let read = match &mut self.reader {
                Reader::Bytes(reader) => reader.read_vectored(buffers),
                Reader::Armored(decoder) => decoder.read_vectored(buffers),
                Reader::Nothing => Ok(0),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read.map_err(|error| self.failed(&error)),
            }
        }
    }

    /// Reads the whole input if it has at most `limit` bytes. Of a longer input it reads `limit + 1` bytes,
    /// which show the caller that the input is too long.
    pub(crate) fn read_up_to(&mut self, limit: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = vec![0; limit + 1];
        let length = self.fill(&mut bytes)?;
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Reads one message after another, at most `most` with `limit` bytes in all of them. Bytes that are no armored text are one
    /// message.
    pub(crate) fn read_messages(
        &mut self,
        limit: usize,
        most: usize,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        let too_many = |input: &Self| {
            Failure::refused(format!(
                "{input} has more than {most} messages, or longer ones than are read at once: give them in several files"
            ))
            .with(Exit::Damaged)
        };
        let first = self.read_up_to(limit)?;
        let mut room = limit.saturating_sub(first.len());
        let mut messages = vec![first];
        while self.next_content()? {
            if messages.len() == most {
                return Err(too_many(self));
            }
            let mut message = self.read_up_to(room)?;
            room = { room.checked_sub(message.len()) }.ok_or_else(|| too_many(self))?;
            message.shrink_to_fit();
            messages.push(message);
        }
        Ok(messages)
    }

    /// Goes to the next armored content. Returns `false` if there is none.
    fn next_content(&mut self) -> Result<bool, Failure> {
        let next = match &mut self.reader {
            Reader::Armored(decoder) => decoder.next_content(),
            Reader::Bytes(_) | Reader::Nothing => Ok(false),
        };
        next.map_err(|error| self.failed(&error))
    }

    /// Refuses more armored content after the one that was read.
    pub(crate) fn expect_end(&mut self) -> Result<(), Failure> {
        if self.next_content()? {
            return Err(Failure::refused(format!(
                "{self} has more than one message: save each, from its BEGIN line to its END line, as a file of its own"
            ))
            .with(Exit::Damaged));
        }
        Ok(())
    }

    /// The label of what was found, if it is known, once the input was [looked at](Self::dearmor).
    pub(crate) const fn label(&self) -> Option<Label> {
        self.label
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

    /// The refusal of an input that holds something else, which another command takes.
    pub(crate) fn is_other(&self, label: Label) -> Failure {
        let taken_by = match label {
            Label::Bundle => {
                "a bundle: `sprag add NAME FILE` takes it, and `sprag device add FILE` that of another device of yours"
            }
            Label::File => "an encrypted file: `sprag decrypt -i FILE` takes it",
            Label::Message => {
                "a message between devices: `sprag device join FILE` takes the welcome of a new device, `sprag device add FILE` \
                 its answer to an invitation, and `sprag decrypt -i FILE` any other"
            }
            Label::Invitation => {
                "an invitation: `sprag device join FILE` takes it, on the new device"
            }
            Label::DeviceList => {
                "a list of devices: `sprag recovery import --list FILE` takes one of your own"
            }
            Label::Recovery => "a recovery file: `sprag recovery import FILE` takes it",
        };
        Failure::refused(format!("{self} is {taken_by}")).with(Exit::Damaged)
    }

    fn failed(&self, error: &io::Error) -> Failure {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        let exit = inner.map_or(Exit::File, |_: &ArmorError| Exit::Damaged);
        Failure::refused(match inner {
            Some(ArmorError::Other(label)) => return self.is_other(*label),
            Some(no_text @ ArmorError::NoBegin) => format!(
                "{self} is {no_text}: give all that the peer sent, from the BEGIN line on if it is text"
            ),
            Some(more @ ArmorError::Second(_)) => format!(
                "{self}: {more}: save each, from its BEGIN line to its END line, as a file of its own"
            ),
            Some(damage) => format!("{self}: {damage}: {AGAIN}"),
            None => format!("{self} cannot be read: {error}: put that right and try again"),
        })
        .with(exit)
    }
}

impl core::fmt::Display for Input {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.name)
    }
}

/// The form of an input.
enum Form {
    Empty,
    Bytes,
    Text,
    /// Text as the redirection of some shells writes it.
    Utf16(ByteOrder),
    /// Bytes that such a redirection took for text.
    BytesAsText,
}

/// The form of an input that begins with these bytes, at most four.
fn form(head: &[u8]) -> Form {
    // Bytes begin with their version, which is a control character. Text does not begin with one.
    let begins_bytes = |byte: u8| byte < b' ' && !byte.is_ascii_whitespace();
    match (head, ByteOrder::of(head)) {
        ([], _) => Form::Empty,
        ([0xff, 0xfe, byte, 0] | [0xfe, 0xff, 0, byte] | [0xef, 0xbb, 0xbf, byte], _)
            if begins_bytes(*byte) =>
        {
            Form::BytesAsText
        }
        (_, Some(order)) => Form::Utf16(order),
        ([byte, ..], None) if begins_bytes(*byte) => Form::Bytes,
        _ => Form::Text,
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
        Err(_) if USE.get() == Some(&what) => Err(Failure::refused(
            "standard input can be read once, and - stands for two files: give one of them by its name",
        )
        .with(Exit::Usage)),
        Err(_) => Err(Failure::refused(format!(
            "standard input cannot be both {} and {what}: give one of them in a file",
            USE.get().unwrap_or(&what)
        ))
        .with(Exit::Usage)),
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

/// The size of the buffer. It is smaller than a piece of a file, so that pieces are read to their place without a copy.
const BUFFER_LENGTH: usize = 32 * 1024;

/// The number of bytes by which damage is recognised.
const START_LENGTH: usize = 64 * 1024;
