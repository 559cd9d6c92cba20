use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};

/// The numbers of events in a session so far.
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

impl Snapshot for Counts {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.sent);
        writer.put(&self.received);
        writer.put(&self.dh_steps);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            sent: read_count(reader)?,
            received: read_count(reader)?,
            dh_steps: read_count(reader)?,
        })
    }
}

/// Gets a number of events. A number that no session lives to see is refused, so that counting on from it
/// cannot overflow.
pub(crate) fn read_count(reader: &mut Reader<'_>) -> Result<u64, PrimitiveError> {
    let count = reader.get()?;
    if count > MAX_COUNT {
        return Err(PrimitiveError::SnapshotInvalid);
    }
    Ok(count)
}

const MAX_COUNT: u64 = u64::MAX / 2;
