//! Lines of armored text, with what mail programs and editors changed in them undone.

use alloc::borrow::Cow;
use alloc::collections::VecDeque;
use std::io::{self, BufRead, Read as _};

use super::Label;

/// A reader of lines. A line that is longer than [`MAX_LINE`] is read in parts.
pub(super) struct Lines<R> {
    inner: R,
    /// Lines that were read ahead.
    ahead: VecDeque<Vec<u8>>,
    /// The line as it was read.
    raw: Vec<u8>,
    /// The line or part that was read last.
    pub(super) current: Line,
    /// The number of lines that were read, the current one included.
    pub(super) number: u64,
    is_whole: bool,
}

/// A line or a part of one in ASCII, without its quoting. A character that no armored text has is [`FOREIGN`].
#[derive(Default)]
pub(super) struct Line {
    pub(super) text: Vec<u8>,
    /// The number of times that the line is quoted.
    pub(super) depth: usize,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            ahead: VecDeque::new(),
            raw: Vec::new(),
            current: Line::default(),
            number: 0,
            is_whole: true,
        }
    }

    /// Tells whether the end of the current line was read.
    pub(super) const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Goes to the next line or part. Returns `false` at the end of the input.
    pub(super) fn next(&mut self) -> io::Result<bool> {
        self.raw.clear();
        match self.ahead.pop_front() {
            Some(raw) => self.raw = raw,
            None => read_line(&mut self.inner, &mut self.raw)?,
        }
        if self.raw.is_empty() {
            return Ok(false);
        }
        let continues = !self.is_whole;
        self.is_whole = self.raw.ends_with(b"\n");
        self.number += u64::from(!continues);
        self.current.set(&self.raw, continues);
        Ok(true)
    }

    /// Looks for a line that `is_wanted`, and goes there. Returns `false` if there is none; then the current line stays.
    pub(super) fn skip_to(&mut self, is_wanted: impl Fn(&Line) -> bool) -> io::Result<bool> {
        let mut line = Line::default();
        while self.ahead.len() < MAX_AHEAD {
            let mut raw = Vec::new();
            read_line(&mut self.inner, &mut raw)?;
            if raw.is_empty() {
                break;
            }
            line.set(&raw, false);
            self.ahead.push_back(raw);
            if is_wanted(&line) {
                while !self.ahead.is_empty() {
                    self.next()?;
                }
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn read_line(inner: &mut impl BufRead, raw: &mut Vec<u8>) -> io::Result<()> {
    let mut limited = inner.take(MAX_LINE as u64);
    limited.read_until(b'\n', raw).map(drop)
}

impl Line {
    /// Takes a line as it was read. One that continues another has no quoting.
    fn set(&mut self, raw: &[u8], continues: bool) {
        self.text.clear();
        let raw = undo_quoted_printable(raw);
        if raw.is_ascii() {
            self.text.extend_from_slice(&raw);
        } else {
            to_ascii(&raw, &mut self.text);
        }
        // No armored text begins with a mark of quoting.
        self.depth = 0;
        if !continues {
            let is_quoting = |byte: u8| matches!(byte, b'>' | b'|') || byte.is_ascii_whitespace();
            let quoting = self.text.iter().take_while(|byte| is_quoting(**byte));
            let length = quoting.count();
            let marks = self.text.drain(..length);
            self.depth = marks.filter(|mark| !mark.is_ascii_whitespace()).count();
        }
    }

    /// The label of a BEGIN line, and the place behind the mark.
    pub(super) fn begins(&self) -> Option<(Label, usize)> {
        let (words, end) = marked(&self.text)?;
        let mut labels = Label::ALL.into_iter();
        let label = labels
            .find(|label| marked(label.begin().as_bytes()) == Some((words, label.begin().len())))?;
        Some((label, end))
    }
}

/// The text behind the END mark of a label, if text begins with that mark.
pub(super) fn behind_end(text: &[u8], label: Label) -> Option<&[u8]> {
    let (words, end) = marked(text)?;
    let (expected, _) = marked(label.end().as_bytes())?;
    (words == expected).then(|| &text[end..])
}

/// Tells whether text has the words of a BEGIN mark in it. Their hyphens may be one row with those of the mark before.
pub(super) fn has_begin(text: &[u8]) -> bool {
    Label::ALL.into_iter().any(|label| {
        let words = label.begin().trim_matches('-').as_bytes();
        text.windows(words.len()).any(|window| window == words)
    })
}

/// The words between two rows of hyphens that text begins with, and the place behind the second row. A row may have lost
/// some, because editors make one dash of two hyphens.
fn marked(text: &[u8]) -> Option<(&[u8], usize)> {
    let is_row = |row: &[u8]| row.len() >= SHORTEST_ROW;
    let length = |text: &[u8], of: fn(&u8) -> bool| text.iter().take_while(|byte| of(byte)).count();
    let (row, rest) = text.split_at(length(text, |byte| *byte == b'-'));
    let (words, last) = rest.split_at(length(rest, |byte| *byte != b'-'));
    let last = length(last, |byte| *byte == b'-');
    let end = row.len() + words.len() + last;
    (is_row(row) && last >= SHORTEST_ROW).then(|| (words.trim_ascii(), end))
}

/// Undoes the encoding quoted-printable (RFC 2045 §6.7), except that a `=` at the end of a line stays.
fn undo_quoted_printable(raw: &[u8]) -> Cow<'_, [u8]> {
    let escaped = |bytes: &[u8]| match bytes {
        &[b'=', high, low, ..] => {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let byte = digit(high)? * 16 + digit(low)?;
            u8::try_from(byte).ok()
        }
        _ => None,
    };
    if !raw.windows(3).any(|bytes| escaped(bytes).is_some()) {
        return Cow::Borrowed(raw);
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, behind)) = rest.split_first() {
        let byte = escaped(rest);
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &rest[3..] } else { behind };
    }
    Cow::Owned(bytes)
}

/// Appends text in ASCII: other spaces and hyphens become common ones, and what is not seen is left out.
fn to_ascii(raw: &[u8], text: &mut Vec<u8>) {
    for chunk in raw.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => {}
                '\u{2010}'..='\u{2015}' | '\u{2212}' => text.push(b'-'),
                character if character.is_whitespace() && character != '\n' => text.push(b' '),
                character => text.push(
                    u8::try_from(character)
                        .ok()
                        .filter(u8::is_ascii)
                        .unwrap_or(FOREIGN),
                ),
            }
        }
        // A non-breaking space in Latin-1.
        let invalid = chunk.invalid().iter();
        text.extend(invalid.map(|byte| if *byte == 0xa0 { b' ' } else { FOREIGN }));
    }
}

/// A byte in the place of a character that no armored text has.
const FOREIGN: u8 = 0xff;

/// The fewest hyphens on each side of a mark. There are five, which an editor can join to three dashes.
const SHORTEST_ROW: usize = 2;

/// The most bytes of a line that are read at once.
const MAX_LINE: usize = 1024;

/// The most lines that are read ahead, at most 8 MiB.
const MAX_AHEAD: usize = 8192;
