//! Armor: bytes as lines of text, which mail clients do not change.
//!
//! ```text
//! -----BEGIN SPRAG FILE-----
//! base64 in lines of 64 characters, the last with fewer or as many
//! -----END SPRAG FILE-----
//! ```
//!
//! Text before the first line and after the last is ignored, so that a whole mail can be read. A second BEGIN line
//! is refused, because what follows it would be lost without a word.

use core::fmt;
use core::ops::Range;
use std::io::{self, BufRead, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The kind of content that armored text holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Label {
    Bundle,
    File,
}

impl Label {
    const fn begin(self) -> &'static str {
        match self {
            Self::Bundle => "-----BEGIN SPRAG BUNDLE-----",
            Self::File => "-----BEGIN SPRAG FILE-----",
        }
    }

    const fn end(self) -> &'static str {
        match self {
            Self::Bundle => "-----END SPRAG BUNDLE-----",
            Self::File => "-----END SPRAG FILE-----",
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bundle => "bundle",
            Self::File => "encrypted file",
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
    /// The line of this number begins more armored content.
    Second(u64),
}

impl fmt::Display for ArmorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBegin => f.write_str("neither of sprag's bytes nor its armored text"),
            Self::Other(label) => write!(f, "armored text of a {label}"),
            Self::Cut => f.write_str("armored text is cut: its END line is missing"),
            Self::Line(number) => write!(f, "armored text is damaged in line {number}"),
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

/// A reader that turns armored text into bytes.
pub(crate) struct Decoder<R> {
    inner: R,
    label: Label,
    line: Vec<u8>,
    number: u64,
    decoded: [u8; LINE_BYTES],
    /// The part of `decoded` that the caller has not read yet.
    unread: Range<usize>,
    next: Next,
    after: After,
}

/// The use of what comes after the END line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum After {
    /// It is read to the end, and refused if it has more armored content.
    Read,
    /// It is not read, because the input may have no end: a user types at a terminal.
    Leave,
}

/// The lines that may come next.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Next {
    /// A line of content or the END line.
    Any,
    /// Only the END line, because the last line of content was short.
    End,
    /// No line, because the END line was read.
    Nothing,
}

impl<R: BufRead> Decoder<R> {
    /// Reads up to the BEGIN line of `label`.
    pub(crate) fn new(inner: R, label: Label, after: After) -> io::Result<Self> {
        let mut decoder = Self {
            inner,
            label,
            line: Vec::with_capacity(MAX_LINE),
            number: 0,
            decoded: [0; LINE_BYTES],
            unread: 0..0,
            next: Next::Any,
            after,
        };
        // Skip the lines before the BEGIN line, for example the headers of a mail.
        for _ in 0..MAX_PREAMBLE {
            if !decoder.next_line()? {
                break;
            }
            // Recognise the BEGIN line of the other label too, for a better error.
            match decoder.begins() {
                Some(found) if found == label => return Ok(decoder),
                Some(other) => return Err(ArmorError::Other(other).into()),
                None => {}
            }
        }
        Err(ArmorError::NoBegin.into())
    }

    /// Reads the next line, or the first [`MAX_LINE`] bytes of it. Returns `false` at the end of the input.
    fn next_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let mut limited = (&mut self.inner).take(MAX_LINE as u64);
        limited.read_until(b'\n', &mut self.line)?;
        self.number += 1;
        Ok(!self.line.is_empty())
    }

    /// The label of the line, if it is a BEGIN line.
    fn begins(&self) -> Option<Label> {
        let line = self.line.trim_ascii();
        // Some editors on Windows put a byte order mark at the start of a file.
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        let mut labels = [Label::Bundle, Label::File].into_iter();
        labels.find(|label| line == label.begin().as_bytes())
    }

    /// Reads what comes after the END line, and refuses more armored content there.
    fn read_after(&mut self) -> io::Result<()> {
        while self.after == After::Read && self.next_line()? {
            if self.begins().is_some() {
                return Err(ArmorError::Second(self.number).into());
            }
        }
        Ok(())
    }

    /// Reads one line and decodes it to `decoded`, unless the line is empty or the END line.
    fn decode_line(&mut self) -> io::Result<()> {
        if !self.next_line()? {
            return Err(ArmorError::Cut.into());
        }
        // Mail clients may indent lines and insert empty ones.
        let line = self.line.trim_ascii();
        if line.is_empty() {
            return Ok(());
        }
        if line == self.label.end().as_bytes() {
            self.read_after()?;
            self.next = Next::Nothing;
            return Ok(());
        }
        // Only the last line of content may be short, so content after a short line is damage.
        let damaged = ArmorError::Line(self.number);
        if self.next == Next::End || line.len() > LINE_LENGTH {
            return Err(damaged.into());
        }
        let Ok(length) = STANDARD.decode_slice(line, &mut self.decoded) else {
            return Err(damaged.into());
        };
        if length < LINE_BYTES {
            self.next = Next::End;
        }
        self.unread = 0..length;
        Ok(())
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Fill the whole buffer if possible. Some callers take a short read for the end.
        let mut filled = 0;
        while filled < buffer.len() {
            if self.unread.is_empty() {
                if self.next == Next::Nothing {
                    break;
                }
                self.decode_line()?;
                continue;
            }
            let taken = self.unread.len().min(buffer.len() - filled);
            let from = self.unread.start;
            buffer[filled..filled + taken].copy_from_slice(&self.decoded[from..from + taken]);
            self.unread.start += taken;
            filled += taken;
        }
        Ok(filled)
    }
}

const LINE_LENGTH: usize = 64;
const LINE_BYTES: usize = LINE_LENGTH / 4 * 3;

/// The most bytes of a line that are read at once. An armored line is always shorter, and a longer line
/// before the BEGIN line is read in parts.
const MAX_LINE: usize = 1024;

/// The most lines before the BEGIN line: enough for a mail with its headers, and at most 8 MiB.
const MAX_PREAMBLE: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(bytes: &[u8]) -> String {
        let mut encoder = Encoder::new(Vec::new(), Label::File).unwrap();
        let (first, second) = bytes.split_at(bytes.len() / 3);
        encoder.write_all(first).unwrap();
        encoder.write_all(second).unwrap();
        String::from_utf8(encoder.finish().unwrap()).unwrap()
    }

    fn decode(text: &str) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        Decoder::new(text.as_bytes(), Label::File, After::Read)
            .and_then(|mut decoder| decoder.read_to_end(&mut bytes))
            .map(|_| bytes)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_length_comes_back() {
        for length in 0..200 {
            let bytes: Vec<u8> = (0..length).collect();
            let text = encode(&bytes);
            assert!(text.lines().all(|line| line.len() <= LINE_LENGTH));
            assert_eq!(decode(&text).unwrap(), bytes);
        }
    }

    #[test]
    fn what_mail_does_is_tolerated() {
        let text = encode(&[7; 100]);
        let windows = text.replace('\n', "\r\n");
        let indented = text.replace('\n', " \n\n  ");
        let long = "x".repeat(5000);
        let inside = format!("From: alice\n\nHello!\n{long}\n{text}\n-- \nAlice\n");
        for text in [windows, indented, inside, format!("\u{feff}{text}")] {
            assert_eq!(decode(&text).unwrap(), [7; 100]);
        }
    }

    #[test]
    fn at_a_terminal_nothing_is_read_after_the_end() {
        let first = encode(&[7; 100]);
        let mut both = io::Cursor::new(first.repeat(2));
        let mut bytes = Vec::new();
        let mut decoder = Decoder::new(&mut both, Label::File, After::Leave).unwrap();
        decoder.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, [7; 100]);
        assert_eq!(both.position(), first.len() as u64);
    }

    #[test]
    fn damage_is_named() {
        let text = encode(&[7; 100]);
        let lines: Vec<&str> = text.lines().collect();
        let without = |gone: usize| {
            let mut lines = lines.clone();
            lines.remove(gone);
            decode(&lines.join("\n"))
        };
        let is = |text: &str| Err(text.to_owned());
        let cut = "armored text is cut: its END line is missing";
        let nothing = "neither of sprag's bytes nor its armored text";
        let in_line = |number: u64| is(&format!("armored text is damaged in line {number}"));
        assert_eq!(without(0), is(nothing));
        assert_eq!(without(lines.len() - 1), is(cut));
        assert_eq!(decode(""), is(nothing));
        assert_eq!(decode(&text.replacen('B', "*", 2)), is(nothing));
        assert_eq!(decode(&text.replace(lines[1], "B*cH")), in_line(2));
        assert_eq!(decode(&text.replace(lines[1], &lines[1][1..])), in_line(2));
        assert_eq!(decode(&text.replace(lines[1], &lines[1][4..])), in_line(3));
        assert_eq!(decode(&text.replace("==", "")), in_line(4));
        for second in [text.clone(), text.replace("FILE", "BUNDLE")] {
            let second = format!("{text}\nand this:\n\u{feff}{second}");
            assert_eq!(decode(&second), is("more armored text begins in line 8"));
        }
        assert_eq!(
            decode(&text.replace("FILE", "BUNDLE")),
            is("armored text of a bundle")
        );
    }
}
