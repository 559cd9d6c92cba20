//! The part of a database's header that tells which of two commits is the newest.
//!
//! The format is in the [design document of redb], file format 3.
//!
//! [design document of redb]: https://github.com/cberner/redb/blob/master/docs/design.md

use twox_hash::XxHash3_128;

/// The offset of the byte of flags.
const FLAGS: usize = 9;
/// The flag that is set if the second slot is the primary one.
const SECOND_IS_PRIMARY: u8 = 1;
/// The flag that is set if the primary slot was on the medium before it became the primary one.
const TWO_PHASES: u8 = 4;

/// The offset of the first of the two slots. Each describes a commit.
const SLOTS: usize = 64;
const SLOT_LENGTH: usize = 128;
/// The offset in a slot of the commit's number.
const NUMBER: usize = 104;
/// The offset in a slot of the checksum over all that comes before it.
const CHECKSUM: usize = 112;

/// Lets the database choose between the slots if the primary one is intact and not the newest.
///
/// That state has two causes that look alike. In the first, a crash came between the two phases of a commit.
/// In the second, the bit that selects the primary slot was flipped after the commit. The database takes the
/// older commit in both cases, because a commit in two phases does not count before its second phase. So the
/// second case would undo a commit that had returned.
///
/// Without the flag for two phases, the database takes the newest commit if every page of it is intact, and the
/// older one otherwise. Both cases then end well, because a commit that did not return may have been made or not.
pub(crate) fn let_newest_win(header: &mut [u8]) {
    let slots = [slot(header, 0), slot(header, 1)];
    let Some(flags) = header.get_mut(FLAGS) else {
        return;
    };
    let [primary, other] = match *flags & SECOND_IS_PRIMARY {
        0 => slots,
        _ => [slots[1], slots[0]],
    };
    if primary.is_some() && other > primary {
        *flags &= !TWO_PHASES;
    }
}

/// The number of the commit in a slot; `None` if the slot is damaged.
fn slot(header: &[u8], index: usize) -> Option<u64> {
    let slot = header.get(SLOTS + index * SLOT_LENGTH..)?;
    let checksum = slot.get(CHECKSUM..)?.first_chunk()?;
    if XxHash3_128::oneshot(slot.get(..CHECKSUM)?) != u128::from_le_bytes(*checksum) {
        return None;
    }
    let number = slot.get(NUMBER..)?.first_chunk()?;
    Some(u64::from_le_bytes(*number))
}

#[cfg(test)]
mod tests {
    use alloc::sync::Arc;
    use alloc::vec::Vec;
    use core::ops::Bound;
    use std::io;

    use redb::backends::InMemoryBackend;
    use redb::{BackendError, Database, StorageBackend};
    use sprag_client::store::{Batch, Records};

    use crate::error::Error;
    use crate::place::database_in;
    use crate::tables;

    /// A file in memory, which can be looked at while the database has it open, as after a crash.
    #[derive(Clone, Debug, Default)]
    struct Memory(Arc<InMemoryBackend>);

    impl Memory {
        fn of(bytes: &[u8]) -> Self {
            let memory = Self::default();
            memory.set_len(bytes.len() as u64).unwrap();
            memory.write(0, bytes).unwrap();
            memory
        }

        fn bytes(&self) -> Vec<u8> {
            let mut bytes = vec![0; usize::try_from(self.len().unwrap()).unwrap()];
            self.read(0, &mut bytes).unwrap();
            bytes
        }
    }

    impl StorageBackend for Memory {
        fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
            Ok(true)
        }

        fn unlock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
            Ok(())
        }

        fn len(&self) -> Result<u64, io::Error> {
            self.0.len()
        }

        fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
            // A file answers so past its end.
            let read = StorageBackend::read(&*self.0, offset, out);
            read.map_err(|_| io::ErrorKind::UnexpectedEof.into())
        }

        fn set_len(&self, length: u64) -> Result<(), io::Error> {
            self.0.set_len(length)
        }

        fn sync_data(&self) -> Result<(), io::Error> {
            self.0.sync_data()
        }

        fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
            StorageBackend::write(&*self.0, offset, data)
        }
    }

    fn put(database: &Database, value: u8) {
        let mut batch = Batch::new();
        batch.put(vec![value % 7], vec![value; 30 + 40 * usize::from(value)]);
        let writing = tables::begin(database).unwrap();
        let counts = tables::counts(&writing).unwrap();
        tables::apply(&writing, &batch, counts).unwrap();
        writing.commit().unwrap();
    }

    fn open(bytes: &[u8]) -> Result<Records, Error> {
        let database = database_in(Memory::of(bytes))?;
        tables::check(&database)?;
        tables::scan(&database, b"")
    }

    /// Tells how often the file could be opened.
    fn flip_each_bit(file: &[u8], newest: &Records) -> usize {
        let bits = (0..320).flat_map(|offset| (0..8).map(move |bit| (offset, 1 << bit)));
        let opened = bits.filter(|(offset, mask)| {
            let mut file = file.to_vec();
            file[*offset] ^= mask;
            match open(&file) {
                Ok(records) => {
                    assert_eq!(records, *newest, "bit {mask:#x} of byte {offset}");
                    true
                }
                Err(Error::Damaged(_)) => false,
                // What the file is, and the version of either commit.
                Err(Error::NotAStore) if matches!(offset, 0..9 | 64 | 192) => false,
                Err(error) => panic!("bit {mask:#x} of byte {offset}: {error:?}"),
            }
        });
        opened.count()
    }

    #[test]
    fn no_flipped_bit_of_the_header_undoes_a_commit() {
        // Successive commits use the two slots in turn.
        for commits in [8, 9] {
            let memory = Memory::default();
            let database = database_in(memory.clone()).unwrap();
            tables::initialise(&database).unwrap();
            for value in 0..commits {
                put(&database, value);
            }
            let newest = tables::scan(&database, b"").unwrap();
            assert_eq!(open(&memory.bytes()).unwrap(), newest);
            let crashed = flip_each_bit(&memory.bytes(), &newest);
            drop(database);
            let closed = flip_each_bit(&memory.bytes(), &newest);
            // One of the two slots is not used, and its version is all that is looked at.
            assert!(crashed > 1000 && closed > 1000, "{crashed}, {closed}");
        }
    }
}
