use core::ops::Range;
use std::io::{self, BufRead, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::line::{Lines, behind_end, has_begin};
use super::{ArmorError, Label};

/// A reader that turns armored text into bytes.
pub(crate) struct Decoder<R> {
    lines: Lines<R>,
    label: Label,
    /// The number of times that the BEGIN line is quoted.
    depth: usize,
    after: After,
    /// Characters that were read and not decoded yet: fewer than four, between two lines.
    pending: Vec<u8>,
    /// The number of `=` behind them.
    padding: usize,
    decoded: Vec<u8>,
    /// The part of `decoded` that the caller has not read yet.
    unread: Range<usize>,
    is_done: bool,
}

/// The use of what comes after the END line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum After {
    /// It is read to the end, and refused if it has more armored content.
    Read,
    /// It is not read, because the input may have no end: a user types at a terminal.
    Leave,
}

impl<R: BufRead> Decoder<R> {
    /// Reads up to the BEGIN line of one of `labels`.
    pub(crate) fn new(inner: R, labels: &[Label], after: After) -> io::Result<Self> {
        let mut lines = Lines::new(inner);
        // Skip the lines before the BEGIN line, for example the headers of a mail.
        for _ in 0..MAX_PREAMBLE {
            if !lines.next()? {
                break;
            }
            if lines.current.begins().is_some() {
                return Self::begin(lines, labels, after);
            }
        }
        Err(ArmorError::NoBegin.into())
    }

    /// Begins with the BEGIN line that is the current one.
    fn begin(mut lines: Lines<R>, labels: &[Label], after: After) -> io::Result<Self> {
        // An answer below a mail that it quotes comes later than that mail, and is the one to be read. The mail may quote
        // others in turn.
        let mut depth = lines.current.depth;
        while depth > 0 && after == After::Read {
            if !lines.skip_to(|line| line.depth < depth && line.begins().is_some())? {
                break;
            }
            depth = lines.current.depth;
        }
        // Recognise the BEGIN line of another label too, for a better error.
        let (label, content) = match lines.current.begins() {
            Some((found, end)) if labels.contains(&found) => {
                (found, lines.current.text.split_off(end))
            }
            Some((other, _)) => return Err(ArmorError::Other(other).into()),
            None => return Err(ArmorError::NoBegin.into()),
        };
        let mut decoder = Self {
            depth: lines.current.depth,
            lines,
            label,
            after,
            pending: Vec::new(),
            padding: 0,
            decoded: Vec::new(),
            unread: 0..0,
            is_done: false,
        };
        // Content may follow in the same line, if a program made one line of all.
        decoder.take_text(&content)?;
        Ok(decoder)
    }

    /// Reads the next line or part of one, and decodes it.
    fn decode_next(&mut self) -> io::Result<()> {
        if !self.lines.next()? {
            return Err(ArmorError::Cut.into());
        }
        let text = core::mem::take(&mut self.lines.current.text);
        self.take_text(&text)?;
        self.lines.current.text = text;
        Ok(())
    }

    /// Takes the text of a line: content, the END mark, or both.
    fn take_text(&mut self, text: &[u8]) -> io::Result<()> {
        // No character of the content is a hyphen.
        let length = text.iter().position(|byte| *byte == b'-');
        let (content, mark) = text.split_at(length.unwrap_or(text.len()));
        let damaged = ArmorError::Line(self.lines.number);
        let padding_before = self.padding;
        for &byte in content {
            match byte {
                // Padding is two at most, and one more may say that a line goes on. All are kept until the END mark.
                b'=' if self.padding > 2 => return Err(damaged.into()),
                b'=' => self.padding += 1,
                b'+' | b'/' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                    // One `=` at the end of a line is no padding if content follows, but quoted-printable for a line
                    // that goes on.
                    if self.padding > padding_before || self.padding > 1 {
                        return Err(damaged.into());
                    }
                    self.padding = 0;
                    self.pending.push(byte);
                }
                byte if byte.is_ascii_whitespace() => {}
                _ => return Err(damaged.into()),
            }
        }
        if mark.is_empty() {
            let whole = self.pending.len() / 4 * 4;
            return self.decode(whole);
        }
        self.end(mark.to_vec())
    }

    /// Decodes so many of the characters that are pending.
    fn decode(&mut self, length: usize) -> io::Result<()> {
        self.decoded.clear();
        let characters = &self.pending[..length];
        let decoded = STANDARD.decode_vec(characters, &mut self.decoded);
        decoded.map_err(|_| ArmorError::Line(self.lines.number))?;
        self.pending.drain(..length);
        self.unread = 0..self.decoded.len();
        Ok(())
    }

    /// Decodes what is left, and demands that `mark` is the END mark.
    fn end(&mut self, mut mark: Vec<u8>) -> io::Result<()> {
        if !self.lines.is_whole() && self.lines.next()? {
            mark.extend_from_slice(&self.lines.current.text);
        }
        let number = self.lines.number;
        match behind_end(&mark, self.label) {
            Some(rest) if has_begin(rest) => return Err(ArmorError::Second(number).into()),
            Some(_) => {}
            None if mark.starts_with(b"-----BEGIN") => return Err(ArmorError::Cut.into()),
            None => return Err(ArmorError::Line(number).into()),
        }
        self.pending
            .extend(core::iter::repeat_n(b'=', self.padding));
        if !self.pending.len().is_multiple_of(4) {
            return Err(ArmorError::Lost.into());
        }
        self.decode(self.pending.len())?;
        self.is_done = true;
        self.read_after()
    }

    /// Goes to the next armored content, which must have the same label. Returns `false` if there is none, or if nothing is read
    /// after the END line.
    pub(crate) fn next_content(&mut self) -> io::Result<bool> {
        while self.after != After::Leave && self.lines.next()? {
            let Some((label, end)) = self.lines.current.begins() else {
                continue;
            };
            // What is quoted deeper is the mail before, which this one answers.
            if self.lines.current.depth > self.depth {
                continue;
            }
            if label != self.label {
                return Err(ArmorError::Second(self.lines.number).into());
            }
            let content = self.lines.current.text.split_off(end);
            self.pending.clear();
            self.padding = 0;
            self.is_done = false;
            self.take_text(&content)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// The label of the content.
    pub(crate) const fn label(&self) -> Label {
        self.label
    }

    /// Reads what comes after the END line, and refuses more armored content there, unless it is quoted deeper: then it is
    /// the mail before, which the answer quotes.
    fn read_after(&mut self) -> io::Result<()> {
        // Messages for several devices may follow one another.
        if self.label == Label::Message {
            return Ok(());
        }
        while self.after == After::Read && self.lines.next()? {
            let line = &self.lines.current;
            if line.begins().is_some() && line.depth <= self.depth {
                return Err(ArmorError::Second(self.lines.number).into());
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Fill the whole buffer if possible. Some callers take a short read for the end.
        let mut filled = 0;
        while filled < buffer.len() {
            if self.unread.is_empty() {
                if self.is_done {
                    break;
                }
                self.decode_next()?;
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

/// The most lines before the BEGIN line: enough for a mail with its headers, and at most 8 MiB.
const MAX_PREAMBLE: usize = 8192;
