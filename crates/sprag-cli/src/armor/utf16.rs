//! Armored text in UTF-16, as the redirection of some shells writes it.

use std::io::{self, BufRead, Read};

/// The order of the two bytes of each character.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    /// The order in a text that begins with these bytes; `None` if it is not UTF-16.
    pub(crate) fn of(start: &[u8]) -> Option<Self> {
        let is_text = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
        match *start {
            [0xff, 0xfe, ..] => Some(Self::Little),
            [0xfe, 0xff, ..] => Some(Self::Big),
            // Without a mark, as some editors save it.
            [a, 0, b, 0] if is_text(a) && is_text(b) => Some(Self::Little),
            [0, a, 0, b] if is_text(a) && is_text(b) => Some(Self::Big),
            _ => None,
        }
    }

    const fn unit(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }
}

/// A reader that turns UTF-16 into UTF-8. Characters of two units become two marks of replacement, because armored text
/// has none.
pub(crate) struct Utf16<R> {
    inner: R,
    order: ByteOrder,
    /// The first byte of a character whose second was not read yet.
    half: Option<u8>,
    text: Vec<u8>,
    /// The number of bytes of `text` that the caller has read.
    taken: usize,
}

impl<R: BufRead> Utf16<R> {
    pub(crate) const fn new(inner: R, order: ByteOrder) -> Self {
        Self {
            inner,
            order,
            half: None,
            text: Vec::new(),
            taken: 0,
        }
    }

    /// Reads more text. There is none at the end of the input.
    fn refill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.taken = 0;
        while self.text.is_empty() {
            let bytes = self.inner.fill_buf()?;
            if bytes.is_empty() {
                return Ok(());
            }
            let length = bytes.len();
            for &byte in bytes {
                let Some(first) = self.half.take() else {
                    self.half = Some(byte);
                    continue;
                };
                let unit = self.order.unit([first, byte]);
                let character = char::from_u32(unit.into());
                let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
                let mut buffer = [0; 4];
                let encoded = character.encode_utf8(&mut buffer);
                self.text.extend_from_slice(encoded.as_bytes());
            }
            self.inner.consume(length);
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.text.len() {
            self.refill()?;
        }
        let mut rest = &self.text[self.taken..];
        let length = rest.read(buffer)?;
        self.taken += length;
        Ok(length)
    }
}
