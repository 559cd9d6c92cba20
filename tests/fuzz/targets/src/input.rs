//! An input that is read as a program: bytes are taken from its front until none is left.

/// The rest of an input.
#[derive(Clone, Debug)]
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(crate) fn short(&mut self) -> Option<usize> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_le_bytes(*first).into())
    }

    /// The next `length` bytes, or all that are left.
    pub(crate) fn bytes(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// An index below `length`, chosen by one byte.
    pub(crate) fn index(&mut self, length: usize) -> Option<usize> {
        usize::from(self.byte()?).checked_rem(length)
    }

    pub(crate) const fn rest(self) -> &'a [u8] {
        self.0
    }
}
