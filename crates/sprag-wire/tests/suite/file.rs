//! The prefix and the header at the beginning of a file.

use sprag_wire::limits::{MAX_FILE_MESSAGE_LENGTH, MAX_FILE_MESSAGES};
use sprag_wire::{
    Error, FILE_MESSAGE_PREFIX_LENGTH, FILE_PREFIX_LENGTH, FileHeader, FilePrefix, Kind,
    decode_bundle, decode_file_header, decode_file_message_length, decode_file_prefix,
    decode_message, decode_prekey_message, decode_upload, encode_file_header, kind,
};

const COMMITMENT: [u8; 32] = [0xc0; 32];
const MESSAGE: &[u8] = b"\x01\x03 a message";

fn prefix(messages: u8) -> [u8; FILE_PREFIX_LENGTH] {
    let mut bytes = [0; FILE_PREFIX_LENGTH];
    bytes[..2].copy_from_slice(&[1, 4]);
    bytes[2..34].copy_from_slice(&COMMITMENT);
    bytes[34] = messages;
    bytes
}

#[test]
fn a_prefix_has_35_bytes_and_a_length_4() {
    assert_eq!(FILE_PREFIX_LENGTH, 35);
    assert_eq!(FILE_MESSAGE_PREFIX_LENGTH, 4);
}

#[test]
fn a_header_has_these_bytes() {
    let header = encode_file_header(&COMMITMENT, &[MESSAGE]).unwrap();
    let expected = [&prefix(1)[..], &[12, 0, 0, 0], MESSAGE].concat();
    assert_eq!(header, expected);
    assert_eq!(kind(&header), Ok(Kind::File));
    assert_eq!(Kind::File.to_byte(), 4);
    assert_eq!(Kind::File.to_string(), "file");
}

#[test]
fn a_header_of_several_messages_has_these_bytes() {
    let long = [&[1, 2][..], &[7; 300]].concat();
    let header = encode_file_header(&COMMITMENT, &[MESSAGE, &long, &[1, 3]]).unwrap();
    let expected: [&[u8]; 7] = [
        &prefix(3),
        &[12, 0, 0, 0],
        MESSAGE,
        &[0x2e, 1, 0, 0],
        &long,
        &[2, 0, 0, 0],
        &[1, 3],
    ];
    assert_eq!(
        header,
        expected.concat(),
        "in the order in which they were given"
    );
}

#[test]
fn a_prefix_and_a_length_are_read_back() {
    for messages in 1..=24 {
        let expected = FilePrefix {
            commitment: COMMITMENT,
            messages: usize::from(messages),
        };
        assert_eq!(decode_file_prefix(&prefix(messages)), Ok(expected));
    }
    for length in [0, 1, 255, 4_096] {
        let bytes = u32::to_le_bytes(length);
        assert_eq!(decode_file_message_length(bytes), Ok(length as usize));
    }
}

#[test]
fn a_number_of_messages_beyond_the_limit_is_refused_before_anything_is_read() {
    assert_eq!(MAX_FILE_MESSAGES, 24);
    for messages in 25..=u8::MAX {
        let result = decode_file_prefix(&prefix(messages));
        assert_eq!(result, Err(Error::Oversized), "{messages}");
    }
    for messages in [25, 255, 256, 257] {
        let messages = vec![MESSAGE; messages];
        let result = encode_file_header(&COMMITMENT, &messages);
        assert_eq!(result, Err(Error::Oversized), "{}", messages.len());
    }
    let header = encode_file_header(&COMMITMENT, &[MESSAGE; 24]).unwrap();
    assert_eq!(header[..FILE_PREFIX_LENGTH], prefix(24));
}

#[test]
fn a_file_that_nobody_can_read_is_refused() {
    assert_eq!(decode_file_prefix(&prefix(0)), Err(Error::Malformed));
    let none: [&[u8]; 0] = [];
    assert_eq!(
        encode_file_header(&COMMITMENT, &none),
        Err(Error::Malformed)
    );
}

#[test]
fn a_length_beyond_the_limit_is_refused_before_anything_is_read() {
    assert_eq!(MAX_FILE_MESSAGE_LENGTH, 4_096);
    for length in [4_097_u32, 65_536, u32::MAX] {
        let result = decode_file_message_length(length.to_le_bytes());
        assert_eq!(result, Err(Error::Oversized));
    }
    let mut largest = [0; MAX_FILE_MESSAGE_LENGTH];
    largest[..2].copy_from_slice(&[1, 3]);
    let header = encode_file_header(&COMMITMENT, &[largest; 24]).unwrap();
    assert_eq!(header.len(), 35 + 24 * (4 + 4_096));
    let mut larger = [0; MAX_FILE_MESSAGE_LENGTH + 1];
    larger[..2].copy_from_slice(&[1, 3]);
    for messages in [[larger.as_slice(), MESSAGE], [MESSAGE, &larger]] {
        let result = encode_file_header(&COMMITMENT, &messages);
        assert_eq!(result, Err(Error::Oversized));
    }
}

#[test]
fn no_header_is_made_around_what_is_no_message() {
    for (bytes, error) in [
        (&[][..], Error::Truncated),
        (&[1], Error::Truncated),
        (&[2, 3], Error::UnknownVersion(2)),
        (&[1, 7], Error::UnknownKind(7)),
        (&[1, 1], Error::OtherKind(Kind::Bundle)),
        (&[1, 4], Error::OtherKind(Kind::File)),
        (&[1, 5], Error::OtherKind(Kind::Upload)),
        (&[1, 8], Error::OtherKind(Kind::Invitation)),
        (&[1, 9], Error::OtherKind(Kind::Recovery)),
    ] {
        for messages in [&[bytes][..], &[bytes, MESSAGE], &[MESSAGE, bytes]] {
            assert_eq!(encode_file_header(&COMMITMENT, messages), Err(error));
        }
    }
}

#[test]
fn a_header_that_lies_in_memory_is_read_as_a_whole() {
    let long = [&[1, 2][..], &[7; 300]].concat();
    for messages in [&[MESSAGE][..], &[&long, MESSAGE], &[MESSAGE; 24]] {
        let header = encode_file_header(&COMMITMENT, messages).unwrap();
        for chunks in [&b""[..], b"the chunks"] {
            let file = [header.as_slice(), chunks].concat();
            let expected = FileHeader {
                commitment: COMMITMENT,
                messages: messages.to_vec(),
            };
            assert_eq!(decode_file_header(&file), Ok((expected, chunks)));
        }
        for length in 0..header.len() {
            let result = decode_file_header(&header[..length]);
            assert_eq!(result, Err(Error::Truncated), "{length} bytes");
        }
    }
    let beyond = [&prefix(1)[..], &4_097_u32.to_le_bytes(), &[0; 4_097]].concat();
    assert_eq!(decode_file_header(&beyond), Err(Error::Oversized));
    let many = [&prefix(25)[..], &[0; 100]].concat();
    assert_eq!(decode_file_header(&many), Err(Error::Oversized));
    let none = [&prefix(0)[..], &[0; 100]].concat();
    assert_eq!(decode_file_header(&none), Err(Error::Malformed));
}

#[test]
fn other_versions_and_kinds_are_refused() {
    for version in (0..=u8::MAX).filter(|version| *version != 1) {
        let mut bytes = prefix(1);
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
        let mut bytes = prefix(1);
        bytes[1] = byte;
        assert_eq!(decode_file_prefix(&bytes), Err(Error::OtherKind(other)));
    }
}

#[test]
fn a_file_is_nothing_else() {
    let header = encode_file_header(&COMMITMENT, &[[1, 3, 7, 7]]).unwrap();
    let refused = Error::OtherKind(Kind::File);
    assert_eq!(decode_bundle(&header), Err(refused));
    assert_eq!(decode_message(&header), Err(refused));
    assert_eq!(decode_prekey_message(&header), Err(refused));
    assert_eq!(decode_upload(&header), Err(refused));
}
