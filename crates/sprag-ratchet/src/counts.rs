use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Writer};

/// What has happened in a session so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Counts {
    /// Messages encrypted.
    pub sent: u64,
    /// Messages decrypted.
    pub received: u64,
    /// Root steps taken, for sending and for receiving chains.
    pub dh_steps: u64,
}

impl Counts {
    pub(crate) fn write_snapshot(self, writer: &mut Writer) {
        writer.u64(self.sent);
        writer.u64(self.received);
        writer.u64(self.dh_steps);
    }

    pub(crate) fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            sent: read_count(reader)?,
            received: read_count(reader)?,
            dh_steps: read_count(reader)?,
        })
    }
}

/// Reads a number of events. What no session lives to see is refused, so that counting on cannot
/// overflow.
pub(crate) fn read_count(reader: &mut Reader<'_>) -> Result<u64, PrimitiveError> {
    let count = reader.u64()?;
    if count > MAX_COUNT {
        return Err(PrimitiveError::SnapshotInvalid);
    }
    Ok(count)
}

const MAX_COUNT: u64 = u64::MAX / 2;
