//! Armor: bytes as lines of text, which mail clients do not change.
//!
//! ```text
//! -----BEGIN SPRAG FILE-----
//! base64 in lines of 64 characters, the last with fewer or as many
//! -----END SPRAG FILE-----
//! ```
//!
//! Text before the first line and after the last is ignored, so that a whole mail can be read. A second BEGIN line
//! is refused, because what follows it would be lost without a word; unless it is quoted deeper, as an answer quotes
//! the mail before.
//!
//! A reader undoes what programs on the way do to text. Lines may have any length and be quoted, indented, in UTF-16
//! or quoted-printable. Nothing is lost by that, because the content authenticates itself.

mod decoder;
mod line;
mod utf16;

use core::fmt;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(crate) use decoder::{After, Decoder};
pub(crate) use utf16::{ByteOrder, Utf16};

/// The kind of content that armored text holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Label {
    Bundle,
    File,
    Message,
    Invitation,
    DeviceList,
    Recovery,
}

impl Label {
    /// All of them.
    pub(crate) const ALL: [Self; 6] = [
        Self::Bundle,
        Self::File,
        Self::Message,
        Self::Invitation,
        Self::DeviceList,
        Self::Recovery,
    ];

    const fn begin(self) -> &'static str {
        match self {
            Self::Bundle => "-----BEGIN SPRAG BUNDLE-----",
            Self::File => "-----BEGIN SPRAG FILE-----",
            Self::Message => "-----BEGIN SPRAG MESSAGE-----",
            Self::Invitation => "-----BEGIN SPRAG INVITATION-----",
            Self::DeviceList => "-----BEGIN SPRAG DEVICE LIST-----",
            Self::Recovery => "-----BEGIN SPRAG RECOVERY FILE-----",
        }
    }

    const fn end(self) -> &'static str {
        match self {
            Self::Bundle => "-----END SPRAG BUNDLE-----",
            Self::File => "-----END SPRAG FILE-----",
            Self::Message => "-----END SPRAG MESSAGE-----",
            Self::Invitation => "-----END SPRAG INVITATION-----",
            Self::DeviceList => "-----END SPRAG DEVICE LIST-----",
            Self::Recovery => "-----END SPRAG RECOVERY FILE-----",
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bundle => "bundle",
            Self::File => "encrypted file",
            Self::Message => "message",
            Self::Invitation => "invitation",
            Self::DeviceList => "device list",
            Self::Recovery => "recovery file",
        })
    }
}

/// The reason for which text is not the expected armor.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum ArmorError {
    /// There is no BEGIN line.
    NoBegin,
    /// The BEGIN line names another kind of content.
    Other(Label),
    /// The text ends before the END line.
    Cut,
    /// The line of this number is damaged.
    Line(u64),
    /// Characters of the content are missing, or there are too many.
    Lost,
    /// The line of this number begins more armored content.
    Second(u64),
}

impl fmt::Display for ArmorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBegin => f.write_str("neither sprag's bytes nor its armored text"),
            Self::Other(label) => write!(f, "armored text of a {label}"),
            Self::Cut => f.write_str("armored text is cut: its END line is missing"),
            Self::Line(number) => write!(f, "armored text is damaged in line {number}"),
            Self::Lost => {
                f.write_str("characters of the armored text are missing, or some were added")
            }
            Self::Second(number) => {
                write!(f, "more armored text begins in line {number}")
            }
        }
    }
}

impl core::error::Error for ArmorError {}

impl From<ArmorError> for io::Error {
    fn from(error: ArmorError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// A writer that turns bytes into armored text.
pub(crate) struct Encoder<W> {
    inner: W,
    label: Label,
    /// The bytes of a line that is not full yet: the first `length` are used.
    line: [u8; LINE_BYTES],
    length: usize,
}

impl<W: Write> Encoder<W> {
    pub(crate) fn new(mut inner: W, label: Label) -> io::Result<Self> {
        writeln!(inner, "{}", label.begin())?;
        Ok(Self {
            inner,
            label,
            line: [0; LINE_BYTES],
            length: 0,
        })
    }

    /// Writes the bytes that are left, and the END line.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        if self.length > 0 {
            encode_line(&mut self.inner, &self.line[..self.length])?;
        }
        writeln!(self.inner, "{}", self.label.end())?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Complete the line that an earlier call left unfinished.
        let mut rest = bytes;
        if self.length > 0 {
            let taken = rest.len().min(LINE_BYTES - self.length);
            self.line[self.length..self.length + taken].copy_from_slice(&rest[..taken]);
            self.length += taken;
            rest = &rest[taken..];
            if self.length == LINE_BYTES {
                encode_line(&mut self.inner, &self.line)?;
                self.length = 0;
            }
        }
        // Write full lines directly, without a copy.
        let mut lines = rest.chunks_exact(LINE_BYTES);
        for line in &mut lines {
            encode_line(&mut self.inner, line)?;
        }
        // Keep the rest for the next call, because only the last line may be short.
        let left = lines.remainder();
        if !left.is_empty() {
            self.line[..left.len()].copy_from_slice(left);
            self.length = left.len();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn encode_line(inner: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let mut line = [b'\n'; LINE_LENGTH + 1];
    let length = STANDARD
        .encode_slice(bytes, &mut line[..LINE_LENGTH])
        .map_err(io::Error::other)?;
    line[length] = b'\n';
    inner.write_all(&line[..=length])
}

const LINE_LENGTH: usize = 64;
const LINE_BYTES: usize = LINE_LENGTH / 4 * 3;

#[cfg(test)]
mod tests;
