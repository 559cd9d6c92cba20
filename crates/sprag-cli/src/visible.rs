//! Text for a terminal, with all characters made visible that would control it.

use core::fmt;
use std::io::{self, Write};

use zeroize::Zeroizing;

/// A writer of text to a terminal. Control characters and those that reverse the text are shown as `\u{1b}`, and a line
/// end is added where the text has none.
pub(crate) struct Visible<W: Write> {
    inner: W,
    /// The beginning of a character, whose end comes with the next bytes.
    cut: Zeroizing<Vec<u8>>,
    /// Set if the last character was a CR, which is shown unless an LF follows.
    after_return: bool,
    in_line: bool,
}

/// The refusal of bytes that are no text in UTF-8.
#[derive(Debug)]
pub(crate) struct NotText;

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is not text in UTF-8")
    }
}

impl core::error::Error for NotText {}

impl<W: Write> Visible<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self {
            inner,
            cut: Zeroizing::new(Vec::new()),
            after_return: false,
            in_line: false,
        }
    }

    pub(crate) const fn inner(&self) -> &W {
        &self.inner
    }

    /// Shows bytes, which may end within a character.
    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let bytes = Zeroizing::new([&self.cut, bytes].concat());
        let length = match core::str::from_utf8(&bytes) {
            Ok(_) => bytes.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(io::Error::other(NotText)),
        };
        let (text, cut) = bytes.split_at(length);
        let text = core::str::from_utf8(text).map_err(io::Error::other)?;
        // No text has this character, and almost all other files have it.
        if text.contains('\0') {
            return Err(io::Error::other(NotText));
        }
        self.cut = Zeroizing::new(cut.to_vec());
        self.show(text)
    }

    /// Ends the text.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if !self.cut.is_empty() {
            return Err(io::Error::other(NotText));
        }
        if self.after_return {
            self.inner.write_all(RETURN.as_bytes())?;
        }
        self.end_line()?;
        self.inner.flush()
    }

    fn show(&mut self, text: &str) -> io::Result<()> {
        // A string that grew would leave an unwiped one, so what would not fit is written before.
        let mut shown = Zeroizing::new(String::with_capacity(SHOWN_AT_ONCE));
        for character in text.chars() {
            if shown.len() + LONGEST_SHOWN > SHOWN_AT_ONCE {
                self.inner.write_all(shown.as_bytes())?;
                shown.clear();
            }
            // A CR in front of an LF is part of the line end.
            if core::mem::take(&mut self.after_return) && character != '\n' {
                shown.push_str(RETURN);
                self.in_line = true;
            }
            match character {
                '\r' => {
                    self.after_return = true;
                    continue;
                }
                '\n' | '\t' => shown.push(character),
                hidden if controls(hidden) => shown.extend(hidden.escape_unicode()),
                other => shown.push(other),
            }
            self.in_line = character != '\n';
        }
        self.inner.write_all(shown.as_bytes())
    }

    fn end_line(&mut self) -> io::Result<()> {
        let in_line = core::mem::take(&mut self.in_line);
        let after_return = core::mem::take(&mut self.after_return);
        if in_line || after_return {
            self.inner.write_all(b"\n")?;
        }
        Ok(())
    }
}

impl<W: Write> Drop for Visible<W> {
    fn drop(&mut self) {
        // A refusal after a part of the text begins in a line of its own.
        drop(self.end_line());
    }
}

/// A text in one line, with all characters made visible that would control a terminal.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if controls(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Tells whether a character controls a terminal, or the order in which characters are shown.
fn controls(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{fff9}'..='\u{fffb}'
        )
}

/// A CR that is no part of a line end.
const RETURN: &str = "\\u{d}";

/// The bytes that are written to the terminal at once, at most.
const SHOWN_AT_ONCE: usize = 4096;

/// The most bytes by which one character is shown: its code, behind a CR.
const LONGEST_SHOWN: usize = RETURN.len() + "\\u{10ffff}".len();

#[cfg(test)]
mod tests {
    use super::*;

    /// The text that is shown for these pieces.
    fn shown(pieces: &[&[u8]]) -> io::Result<String> {
        let mut output = Vec::new();
        let mut visible = Visible::new(&mut output);
        for piece in pieces {
            visible.write_all(piece)?;
        }
        visible.finish()?;
        Ok(String::from_utf8(output).unwrap())
    }

    #[track_caller]
    fn shows(text: &str, expected: &str) {
        assert_eq!(shown(&[text.as_bytes()]).unwrap(), expected);
        let single: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(shown(&single).unwrap(), expected);
    }

    #[test]
    fn text_is_shown_as_it_is_and_ends_a_line() {
        shows("", "");
        shows("one\n\ttwo\n", "one\n\ttwo\n");
        shows("no end", "no end\n");
        shows("Grüße, שלום, 🙂", "Grüße, שלום, 🙂\n");
        shows("one\r\ntwo\r\n", "one\ntwo\n");
    }

    #[test]
    fn long_text_is_shown_in_parts() {
        for length in SHOWN_AT_ONCE - 40..SHOWN_AT_ONCE + 40 {
            let text = format!("{}\r\u{202e}{}", "x".repeat(length), "é\n\r".repeat(5_000));
            let expected = text
                .replace('\r', "\\u{d}")
                .replace('\u{202e}', "\\u{202e}");
            let shown = shown(&[text.as_bytes()]).unwrap();
            assert!(shown == format!("{expected}\n"), "{length}");
        }
    }

    #[test]
    fn what_controls_a_terminal_is_made_visible() {
        shows("\u{1b}[31mred", "\\u{1b}[31mred\n");
        shows("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}\n");
        shows("\u{9b}2J\u{7f}\u{8}", "\\u{9b}2J\\u{7f}\\u{8}\n");
        shows("paid 1\rpaid 9", "paid 1\\u{d}paid 9\n");
        shows("end\r", "end\\u{d}\n");
        shows("\r\r\n", "\\u{d}\n");
        shows(
            "abc\u{202e}fed\u{2066}\u{200f}",
            "abc\\u{202e}fed\\u{2066}\\u{200f}\n",
        );
        shows("\u{2028}\u{61c}", "\\u{2028}\\u{61c}\n");
    }

    #[test]
    fn what_is_no_text_is_refused_after_a_line_end() {
        for bytes in [&b"\xff"[..], b"nul\0", b"caf\xe9!", b"\xc3"] {
            let error = shown(&[bytes]).unwrap_err();
            assert!(error.get_ref().unwrap().is::<NotText>(), "{bytes:?}");
        }
        let mut output = Vec::new();
        let mut visible = Visible::new(&mut output);
        visible.write_all(b"text").unwrap();
        visible.write_all(b"\xff").unwrap_err();
        drop(visible);
        assert_eq!(output, b"text\n");
    }
}
