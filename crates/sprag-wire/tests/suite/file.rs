//! The prefix and the header at the beginning of a file.

use sprag_wire::limits::MAX_FILE_MESSAGE_LENGTH;
use sprag_wire::{
    Error, FILE_PREFIX_LENGTH, FilePrefix, Kind, decode_bundle, decode_file_prefix, decode_message,
    decode_prekey_message, decode_upload, encode_file_header, kind,
};

const COMMITMENT: [u8; 32] = [0xc0; 32];

fn prefix(length: u32) -> [u8; FILE_PREFIX_LENGTH] {
    let mut bytes = [0; FILE_PREFIX_LENGTH];
    bytes[..2].copy_from_slice(&[1, 4]);
    bytes[2..34].copy_from_slice(&COMMITMENT);
    bytes[34..].copy_from_slice(&length.to_le_bytes());
    bytes
}

#[test]
fn a_prefix_has_38_bytes() {
    assert_eq!(FILE_PREFIX_LENGTH, 38);
}

#[test]
fn a_header_has_these_bytes() {
    let header = encode_file_header(&COMMITMENT, b"\x01\x03 a message").unwrap();
    assert_eq!(header, [&prefix(12)[..], b"\x01\x03 a message"].concat());
    assert_eq!(kind(&header), Ok(Kind::File));
    assert_eq!(Kind::File.to_byte(), 4);
    assert_eq!(Kind::File.to_string(), "file");
}

#[test]
fn a_prefix_is_read_back() {
    for length in [0, 1, 255, 4_096] {
        let expected = FilePrefix {
            commitment: COMMITMENT,
            message_length: length as usize,
        };
        assert_eq!(decode_file_prefix(&prefix(length)), Ok(expected));
    }
}

#[test]
fn a_length_beyond_the_limit_is_refused_before_anything_is_read() {
    assert_eq!(MAX_FILE_MESSAGE_LENGTH, 4_096);
    for length in [4_097, 65_536, u32::MAX] {
        assert_eq!(decode_file_prefix(&prefix(length)), Err(Error::Oversized));
    }
    let mut largest = [0; MAX_FILE_MESSAGE_LENGTH];
    largest[..2].copy_from_slice(&[1, 3]);
    encode_file_header(&COMMITMENT, &largest).unwrap();
    let mut larger = [0; MAX_FILE_MESSAGE_LENGTH + 1];
    larger[..2].copy_from_slice(&[1, 3]);
    assert_eq!(
        encode_file_header(&COMMITMENT, &larger),
        Err(Error::Oversized)
    );
}

#[test]
fn no_header_is_made_around_what_is_no_message() {
    for (bytes, error) in [
        (&[][..], Error::Truncated),
        (&[1], Error::Truncated),
        (&[2, 3], Error::UnknownVersion(2)),
        (&[1, 9], Error::UnknownKind(9)),
    ] {
        assert_eq!(encode_file_header(&COMMITMENT, bytes), Err(error));
    }
}

#[test]
fn other_versions_and_kinds_are_refused() {
    for version in (0..=u8::MAX).filter(|version| *version != 1) {
        let mut bytes = prefix(7);
        bytes[0] = version;
        assert_eq!(
            decode_file_prefix(&bytes),
            Err(Error::UnknownVersion(version))
        );
    }
    for (byte, other) in [
        (1, Kind::Bundle),
        (2, Kind::PrekeyMessage),
        (3, Kind::Message),
        (5, Kind::Upload),
    ] {
        let mut bytes = prefix(7);
        bytes[1] = byte;
        assert_eq!(decode_file_prefix(&bytes), Err(Error::OtherKind(other)));
    }
}

#[test]
fn a_file_is_nothing_else() {
    let header = encode_file_header(&COMMITMENT, &[1, 3, 7, 7]).unwrap();
    let refused = Error::OtherKind(Kind::File);
    assert_eq!(decode_bundle(&header), Err(refused));
    assert_eq!(decode_message(&header), Err(refused));
    assert_eq!(decode_prekey_message(&header), Err(refused));
    assert_eq!(decode_upload(&header), Err(refused));
}
