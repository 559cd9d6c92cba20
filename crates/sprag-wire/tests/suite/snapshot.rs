//! The frame of snapshots: what they are of, and in which version.

use sprag_primitives::Error;
use sprag_wire::snapshot::{Kind, begin, open};

const KINDS: [(Kind, &[u8; 7]); 2] = [
    (Kind::Account, b"sprag\x01\x01"),
    (Kind::Session, b"sprag\x02\x01"),
];

#[test]
fn a_snapshot_begins_with_these_bytes() {
    for (kind, frame) in KINDS {
        assert_eq!(begin(kind).finish().expose(), frame);
    }
}

#[test]
fn what_follows_the_frame_is_read_back() {
    for (kind, _) in KINDS {
        let mut writer = begin(kind);
        writer.u32(7);
        let snapshot = writer.finish();
        let mut reader = open(kind, snapshot.expose()).unwrap();
        assert_eq!(reader.u32(), Ok(7));
        assert_eq!(reader.finish(), Ok(()));
    }
}

#[test]
fn a_snapshot_of_something_else_is_refused() {
    let [(account, of_account), (session, of_session)] = KINDS;
    assert_eq!(
        open(account, of_session).unwrap_err(),
        Error::SnapshotInvalid
    );
    assert_eq!(
        open(session, of_account).unwrap_err(),
        Error::SnapshotInvalid
    );
}

#[test]
fn every_byte_of_the_frame_counts() {
    for (kind, frame) in KINDS {
        for position in 0..frame.len() {
            for value in (0..=u8::MAX).filter(|value| *value != frame[position]) {
                let mut bytes = *frame;
                bytes[position] = value;
                let error = open(kind, &bytes).unwrap_err();
                assert_eq!(error, Error::SnapshotInvalid, "byte {position} is {value}");
            }
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    for (kind, frame) in KINDS {
        for length in 0..frame.len() {
            let error = open(kind, &frame[..length]).unwrap_err();
            assert_eq!(error, Error::SnapshotTruncated, "{length} bytes");
        }
        assert!(open(kind, frame).is_ok());
    }
}
