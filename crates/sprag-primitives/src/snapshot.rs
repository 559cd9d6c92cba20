//! Snapshots: state as bytes, to be stored where nobody else can read or write.
//!
//! Secrets are not `Serialize`, because a general serializer leaves copies that nobody wipes. Instead,
//! a type that is kept implements [`Snapshot`]: it puts its values into a [`Writer`], whose buffer is
//! wiped on drop, and gets them back from a [`Reader`] in the same order. Integers are little-endian
//! and of fixed width.
//!
//! ```
//! use sprag_primitives::snapshot::Snapshot;
//! use sprag_primitives::{SecretBytes, snapshot_fields};
//!
//! struct Position {
//!     key: SecretBytes<32>,
//!     number: u32,
//! }
//! snapshot_fields!(Position { key, number });
//!
//! let position = Position { key: SecretBytes::copy_from(&[7; 32]), number: 3 };
//! let bytes = position.to_snapshot();
//! assert_eq!(bytes.expose().len(), 36);
//! assert_eq!(Position::from_snapshot(bytes.expose())?.number, 3);
//! # Ok::<(), sprag_primitives::Error>(())
//! ```

use alloc::boxed::Box;
use core::fmt;

use crate::Error;
use crate::secret::SecretBuffer;

/// A value that has a place in snapshots.
pub trait Snapshot: Sized {
    /// Puts this value after what `writer` has.
    fn put(&self, writer: &mut Writer);

    /// Gets the value that [`put`](Self::put) wrote.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTruncated`] if the snapshot ends too early, [`Error::SnapshotInvalid`] if the
    /// bytes are no value of this type, and for public keys those of
    /// [`PublicKey::from_bytes`](crate::x25519::PublicKey::from_bytes).
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error>;

    /// A snapshot of this value alone.
    #[must_use]
    fn to_snapshot(&self) -> SecretBuffer {
        let mut writer = Writer::new();
        self.put(&mut writer);
        writer.finish()
    }

    /// The value that [`to_snapshot`](Self::to_snapshot) wrote.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Self::get); [`Error::SnapshotInvalid`] if bytes follow.
    fn from_snapshot(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        let value = reader.get()?;
        reader.finish()?;
        Ok(value)
    }
}

/// Implements [`Snapshot`](crate::snapshot::Snapshot) for a struct: its fields in the order given.
///
/// A field that is left out does not compile, so that what is written and what is read cannot differ.
#[macro_export]
macro_rules! snapshot_fields {
    ($type:ident($field:ident)) => {
        impl $crate::snapshot::Snapshot for $type {
            fn put(&self, writer: &mut $crate::snapshot::Writer) {
                let Self($field) = self;
                writer.put($field);
            }

            #[inline]
            fn get(reader: &mut $crate::snapshot::Reader<'_>) -> ::core::result::Result<Self, $crate::Error> {
                reader.get().map(Self)
            }
        }
    };
    ($type:ident { $($field:ident),* $(,)? }) => {
        impl $crate::snapshot::Snapshot for $type {
            fn put(&self, writer: &mut $crate::snapshot::Writer) {
                let Self { $($field),* } = self;
                $(writer.put($field);)*
            }

            #[inline]
            fn get(reader: &mut $crate::snapshot::Reader<'_>) -> ::core::result::Result<Self, $crate::Error> {
                Ok(Self { $($field: reader.get()?),* })
            }
        }
    };
}

/// The snapshot that is being written.
#[derive(Debug, Default)]
pub struct Writer(SecretBuffer);

impl Writer {
    /// A snapshot without content.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `value`.
    pub fn put(&mut self, value: &impl Snapshot) {
        value.put(self);
    }

    /// Writes `bytes` as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Writes the number of elements that follow, 4 bytes.
    ///
    /// # Panics
    ///
    /// If `length` does not fit into 32 bits; every collection in a snapshot is bounded far below.
    pub fn length(&mut self, length: usize) {
        self.put(&u32::try_from(length).expect("collections in snapshots are bounded"));
    }

    /// Writes the length of `bytes`, 4 bytes, and then `bytes`.
    pub fn block(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.bytes(bytes);
    }

    /// The finished snapshot.
    #[must_use]
    pub fn finish(self) -> SecretBuffer {
        self.0
    }
}

/// The snapshot that is being read, from its start to its end.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads from the start of `snapshot`.
    #[must_use]
    pub const fn new(snapshot: &'a [u8]) -> Self {
        Self(snapshot)
    }

    /// The next value.
    ///
    /// # Errors
    ///
    /// Those of [`Snapshot::get`].
    #[inline]
    pub fn get<T: Snapshot>(&mut self) -> Result<T, Error> {
        T::get(self)
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

    /// The next `N` bytes, where they lie.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTruncated`]
    pub fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Error> {
        let (head, tail) = self.0.split_first_chunk().ok_or(Error::SnapshotTruncated)?;
        self.0 = tail;
        Ok(head)
    }

    /// A number of elements that follow, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTruncated`]; [`Error::SnapshotInvalid`] beyond the limit.
    pub fn length(&mut self, limit: usize) -> Result<usize, Error> {
        let length = usize::try_from(self.get::<u32>()?).map_err(|_| Error::SnapshotInvalid)?;
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

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

/// No bytes.
impl Snapshot for () {
    fn put(&self, _: &mut Writer) {}

    fn get(_: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(())
    }
}

/// One byte.
impl Snapshot for u8 {
    fn put(&self, writer: &mut Writer) {
        writer.bytes(&[*self]);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.array().map(|[byte]| *byte)
    }
}

/// 2 bytes, little-endian.
impl Snapshot for u16 {
    fn put(&self, writer: &mut Writer) {
        writer.bytes(&self.to_le_bytes());
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.array().map(|bytes| Self::from_le_bytes(*bytes))
    }
}

/// 4 bytes, little-endian.
impl Snapshot for u32 {
    fn put(&self, writer: &mut Writer) {
        writer.bytes(&self.to_le_bytes());
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.array().map(|bytes| Self::from_le_bytes(*bytes))
    }
}

/// 8 bytes, little-endian.
impl Snapshot for u64 {
    fn put(&self, writer: &mut Writer) {
        writer.bytes(&self.to_le_bytes());
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.array().map(|bytes| Self::from_le_bytes(*bytes))
    }
}

/// One byte, 0 or 1.
impl Snapshot for bool {
    fn put(&self, writer: &mut Writer) {
        writer.put(&u8::from(*self));
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        match reader.get::<u8>()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Error::SnapshotInvalid),
        }
    }
}

/// `N` bytes as they are, for what is not secret.
impl<const N: usize> Snapshot for [u8; N] {
    fn put(&self, writer: &mut Writer) {
        writer.bytes(self);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.array().copied()
    }
}

/// The byte 0 for `None`; 1 and then the value for `Some`.
impl<T: Snapshot> Snapshot for Option<T> {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.is_some());
        if let Some(value) = self {
            writer.put(value);
        }
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let is_some: bool = reader.get()?;
        is_some.then(|| reader.get()).transpose()
    }
}

/// The value in the box.
impl<T: Snapshot> Snapshot for Box<T> {
    fn put(&self, writer: &mut Writer) {
        writer.put(&**self);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.get().map(Self::new)
    }
}
