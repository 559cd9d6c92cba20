//! The elements of which snapshots of secret state are written and read.
//!
//! Secrets are not `Serialize`: each crate writes the snapshot of its own state, value by value, into
//! a buffer that is wiped, and reads it back. Integers are little-endian and of fixed width.

use crate::Error;
use crate::SecretBytes;
use crate::secret::SecretBuffer;
use crate::x25519::{KeyPair, PublicKey};

/// Writes the values of a snapshot, one after the other.
#[derive(Debug, Default)]
pub struct Writer(SecretBuffer);

impl Writer {
    /// A snapshot without content.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `bytes` as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Writes one byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    /// Writes 4 bytes.
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Writes 8 bytes.
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    /// Writes the number of elements that follow, 4 bytes.
    ///
    /// # Panics
    ///
    /// If `length` does not fit into 32 bits; every collection in a snapshot is bounded far below.
    pub fn length(&mut self, length: usize) {
        self.u32(u32::try_from(length).expect("collections in snapshots are bounded"));
    }

    /// Writes the length of `bytes`, 4 bytes, and then `bytes`.
    pub fn block(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.bytes(bytes);
    }

    /// Writes 0 for `None`; 1 and then the value, by `write`, for `Some`.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.u8(value.is_some().into());
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// The finished snapshot.
    #[must_use]
    pub fn finish(self) -> SecretBuffer {
        self.0
    }
}

/// Reads the values of a snapshot in the order in which they were written.
///
/// Each method fails with [`Error::SnapshotTruncated`] if the snapshot ends too early.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads from the start of `snapshot`.
    #[must_use]
    pub const fn new(snapshot: &'a [u8]) -> Self {
        Self(snapshot)
    }

    /// The next `length` bytes.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTruncated`]
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (head, tail) = self
            .0
            .split_at_checked(length)
            .ok_or(Error::SnapshotTruncated)?;
        self.0 = tail;
        Ok(head)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTruncated`]
    pub fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Error> {
        let (head, tail) = self.0.split_first_chunk().ok_or(Error::SnapshotTruncated)?;
        self.0 = tail;
        Ok(head)
    }

    /// One byte.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTruncated`]
    pub fn u8(&mut self) -> Result<u8, Error> {
        self.array().map(|[byte]| *byte)
    }

    /// 4 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTruncated`]
    pub fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// 8 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTruncated`]
    pub fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(|bytes| u64::from_le_bytes(*bytes))
    }

    /// A number of elements that follow, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTruncated`]; [`Error::SnapshotInvalid`] beyond the limit.
    pub fn length(&mut self, limit: usize) -> Result<usize, Error> {
        let length = usize::try_from(self.u32()?).map_err(|_| Error::SnapshotInvalid)?;
        if length > limit {
            return Err(Error::SnapshotInvalid);
        }
        Ok(length)
    }

    /// A length of at most `limit`, and that many bytes.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTruncated`]; [`Error::SnapshotInvalid`] beyond the limit.
    pub fn block(&mut self, limit: usize) -> Result<&'a [u8], Error> {
        let length = self.length(limit)?;
        self.bytes(length)
    }

    /// An optional value, read by `read` if it is there.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTruncated`]; [`Error::SnapshotInvalid`] if the marker is neither 0 nor 1;
    /// what `read` fails with.
    pub fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match self.u8()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(Error::SnapshotInvalid),
        }
    }

    /// `N` secret bytes.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTruncated`]
    pub fn secret<const N: usize>(&mut self) -> Result<SecretBytes<N>, Error> {
        self.array().map(SecretBytes::copy_from)
    }

    /// A public key, checked.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTruncated`]; those of [`PublicKey::from_bytes`].
    pub fn public_key(&mut self) -> Result<PublicKey, Error> {
        PublicKey::from_bytes(self.array()?)
    }

    /// A key pair, from its secret.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTruncated`]
    pub fn key_pair(&mut self) -> Result<KeyPair, Error> {
        Ok(KeyPair::from_secret(&self.secret()?))
    }

    /// All that follows, which somebody else reads.
    #[must_use]
    pub const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Demands that nothing follows.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotInvalid`] if something does.
    pub const fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::SnapshotInvalid)
        }
    }
}

impl core::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}
