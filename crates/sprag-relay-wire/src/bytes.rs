//! The integers and lengths of which bodies are made, read and written.

use alloc::vec::Vec;

use sprag_primitives::secret::SecretBuffer;

use crate::Error;

/// The bytes that are still to be read.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader of a whole body.
    ///
    /// # Errors
    ///
    /// [`Error::Oversized`] if there are more than `limit` bytes.
    pub(crate) const fn new(bytes: &'a [u8], limit: usize) -> Result<Self, Error> {
        if bytes.len() > limit {
            return Err(Error::Oversized);
        }
        Ok(Self(bytes))
    }

    /// The next `length` bytes.
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Error::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Error> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Error::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        self.array().copied().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        self.array().copied().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        self.array().copied().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        self.array().copied().map(u64::from_le_bytes)
    }

    /// A marker: 0 for false and 1 for true.
    pub(crate) fn flag(&mut self) -> Result<bool, Error> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Error::Malformed),
        }
    }

    /// The number of items that follow, each of at least `least` bytes. All that many bytes must be there, so that memory
    /// can be reserved for the items.
    pub(crate) fn count(&mut self, limit: usize, least: usize) -> Result<usize, Error> {
        let count = usize::from(self.u16()?);
        if count > limit {
            return Err(Error::Oversized);
        }
        // The limits are far below the greatest number, so the product is, too.
        if self.0.len() < count.saturating_mul(least) {
            return Err(Error::Truncated);
        }
        Ok(count)
    }

    /// Something sealed: its length, and at most `limit` bytes.
    pub(crate) fn sealed(&mut self, limit: usize) -> Result<&'a [u8], Error> {
        let length = usize::from(self.u16()?);
        check_sealed(length, limit)?;
        self.take(length)
    }

    /// Checks that nothing follows.
    pub(crate) const fn end(self) -> Result<(), Error> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Trailing)
        }
    }
}

/// Checks the length of something sealed.
pub(crate) const fn check_sealed(length: usize, limit: usize) -> Result<(), Error> {
    if length > limit {
        return Err(Error::Oversized);
    }
    if length < crate::limits::MIN_SEALED_LENGTH {
        return Err(Error::Undersized);
    }
    Ok(())
}

/// Memory that a body is written into: one that is wiped if the body has secrets.
pub(crate) trait Output {
    fn put(&mut self, bytes: &[u8]);

    /// Appends the number of items or bytes that follow.
    fn put_count(&mut self, count: usize, limit: usize) -> Result<(), Error> {
        let written = u16::try_from(count).ok().filter(|_| count <= limit);
        self.put(&written.ok_or(Error::Oversized)?.to_le_bytes());
        Ok(())
    }

    /// Appends something sealed behind its length.
    fn put_sealed(&mut self, sealed: &[u8], limit: usize) -> Result<(), Error> {
        check_sealed(sealed.len(), limit)?;
        self.put_count(sealed.len(), limit)?;
        self.put(sealed);
        Ok(())
    }
}

impl Output for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Output for SecretBuffer {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Checks that `next` comes after the one before it, if there is one: the items of a set have one order, and none is there
/// twice.
pub(crate) fn check_ascending<T: Ord>(before: Option<&T>, next: &T) -> Result<(), Error> {
    if before.is_some_and(|before| before >= next) {
        return Err(Error::NotCanonical);
    }
    Ok(())
}
