//! The number of a store's format.

use sprag_primitives::snapshot_fields;

/// The number of the format of all other records of a store. Every later version can read this record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Format(pub(crate) u32);

snapshot_fields!(Format(number));

impl Format {
    /// The format that this version reads and writes. Stores of [format 1](Self::FIRST) have no such record.
    pub(crate) const CURRENT: Self = Self(3);

    /// The format of stores in which accounts had no user.
    pub(crate) const FIRST: Self = Self(1);

    /// The format of stores that knew of no repair.
    pub(crate) const SECOND: Self = Self(2);
}
