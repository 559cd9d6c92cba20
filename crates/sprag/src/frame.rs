//! The frame of snapshots, 7 bytes, which say what the snapshot is of.

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Writer};

/// The beginning of a snapshot: `"sprag" ‖ kind ‖ version`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Frame {
    Account,
    Session,
    AccountCore,
}

impl Frame {
    const fn kind(self) -> u8 {
        match self {
            Self::Account => 1,
            Self::Session => 2,
            Self::AccountCore => 3,
        }
    }

    const fn version(self) -> u8 {
        match self {
            Self::Account => 3,
            Self::Session => 2,
            Self::AccountCore => 1,
        }
    }

    /// Writes the frame.
    pub(crate) fn put(self, writer: &mut Writer) {
        writer.bytes(MAGIC);
        writer.put(&self.kind());
        writer.put(&self.version());
    }

    /// Demands that the snapshot begins with this frame.
    pub(crate) fn expect(self, reader: &mut Reader<'_>) -> Result<(), PrimitiveError> {
        let genuine = reader.array::<{ MAGIC.len() }>()? == MAGIC
            && reader.get::<u8>()? == self.kind()
            && reader.get::<u8>()? == self.version();
        if genuine {
            Ok(())
        } else {
            Err(PrimitiveError::SnapshotInvalid)
        }
    }
}

const MAGIC: &[u8; 5] = b"sprag";

#[cfg(test)]
mod tests {
    use super::*;

    const FRAMES: [(Frame, &[u8; 7]); 3] = [
        (Frame::Account, b"sprag\x01\x03"),
        (Frame::Session, b"sprag\x02\x02"),
        (Frame::AccountCore, b"sprag\x03\x01"),
    ];

    fn read(frame: Frame, bytes: &[u8]) -> Result<(), PrimitiveError> {
        frame.expect(&mut Reader::new(bytes))
    }

    #[test]
    fn a_snapshot_begins_with_these_bytes() {
        for (frame, bytes) in FRAMES {
            let mut writer = Writer::new();
            frame.put(&mut writer);
            assert_eq!(writer.finish().expose(), bytes);
        }
    }

    #[test]
    fn what_follows_the_frame_is_left_to_be_read() {
        for (frame, _) in FRAMES {
            let mut writer = Writer::new();
            frame.put(&mut writer);
            writer.put(&7_u32);
            let snapshot = writer.finish();
            let mut reader = Reader::new(snapshot.expose());
            assert_eq!(frame.expect(&mut reader), Ok(()));
            assert_eq!(reader.get(), Ok(7_u32));
            assert_eq!(reader.finish(), Ok(()));
        }
    }

    #[test]
    fn a_snapshot_of_something_else_is_refused() {
        for (frame, own) in FRAMES {
            for (_, bytes) in FRAMES.into_iter().filter(|(_, bytes)| *bytes != own) {
                assert_eq!(read(frame, bytes), Err(PrimitiveError::SnapshotInvalid));
            }
        }
    }

    #[test]
    fn every_byte_of_the_frame_counts() {
        for (frame, bytes) in FRAMES {
            for position in 0..bytes.len() {
                for value in (0..=u8::MAX).filter(|value| *value != bytes[position]) {
                    let mut damaged = *bytes;
                    damaged[position] = value;
                    let error = read(frame, &damaged).unwrap_err();
                    assert_eq!(error, PrimitiveError::SnapshotInvalid, "byte {position}");
                }
            }
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        for (frame, bytes) in FRAMES {
            for length in 0..bytes.len() {
                let error = read(frame, &bytes[..length]).unwrap_err();
                assert_eq!(error, PrimitiveError::SnapshotTruncated, "{length} bytes");
            }
            assert_eq!(read(frame, bytes), Ok(()));
        }
    }
}
