use alloc::vec::Vec;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_wire::limits::MAX_LIST_LENGTH;

/// Two device lists of one user that contradict each other.
pub(crate) struct Contradiction {
    /// The list that was known, which stays the known one.
    pub(crate) known: Vec<u8>,
    /// The list that contradicts it.
    pub(crate) other: Vec<u8>,
}

impl Snapshot for Contradiction {
    fn put(&self, writer: &mut Writer) {
        writer.block(&self.known);
        writer.block(&self.other);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            known: reader.block(MAX_LIST_LENGTH)?.to_vec(),
            other: reader.block(MAX_LIST_LENGTH)?.to_vec(),
        })
    }
}
