//! The target `messages`: messages of both kinds, headers and the headers of files. No decoder panics, each value
//! has one encoding, and decoding takes no cryptography.

use sprag_primitives::operations::{Counts, counted};
use sprag_ratchet::{HEADER_LENGTH, Header};
use sprag_wire::limits::MAX_FILE_MESSAGES;
use sprag_wire::{
    EncodedMessage, Kind, MessageParts, Suite, decode_file_header, decode_message,
    decode_prekey_message, encode_file_header, encode_message, encode_prekey_message, kind,
};

pub(crate) fn run(input: &[u8]) {
    let ((), work) = counted(|| {
        check_message(input);
        check_prekey_message(input);
        check_file_header(input);
        check_header(input);
    });
    assert_eq!(work, Counts::NONE);
}

fn check_message(bytes: &[u8]) {
    if let Ok(message) = decode_message(bytes) {
        assert_eq!(kind(bytes), Ok(Kind::Message));
        for suite in [Suite::X3dh, Suite::Pqxdh] {
            let parts = message.parts(suite).expect("it is long enough");
            let encoded = finish(encode_message(suite, parts.ciphertext), &parts);
            assert_eq!(encoded, bytes);
        }
    }
}

fn check_prekey_message(bytes: &[u8]) {
    if let Ok(decoded) = decode_prekey_message(bytes) {
        assert_eq!(kind(bytes), Ok(Kind::PrekeyMessage));
        let handshake = decoded.handshake;
        let parts = decoded.message.parts(handshake.suite());
        let parts = parts.expect("it was decoded as one of this suite");
        let encoding = encode_prekey_message(&handshake, parts.ciphertext);
        assert_eq!(finish(encoding, &parts), bytes);
        // The seal covers the bytes in front of it as they travel.
        let sealed = handshake.sealed_initiator().as_bytes();
        assert!(bytes.starts_with(&[handshake.clear_part().as_slice(), sealed].concat()));
    }
}

/// The encoding of a message around the ciphertext that it already has.
fn finish(encoding: EncodedMessage, message: &MessageParts<'_>) -> Vec<u8> {
    encoding.finish(message.header, message.tag)
}

fn check_header(bytes: &[u8]) {
    let Some(bytes) = bytes.first_chunk::<HEADER_LENGTH>() else {
        return;
    };
    if let Ok(header) = Header::decode(bytes) {
        assert_eq!(&header.encode(), bytes);
    }
}

fn check_file_header(bytes: &[u8]) {
    let Ok((header, chunks)) = decode_file_header(bytes) else {
        return;
    };
    assert_eq!(kind(bytes), Ok(Kind::File));
    assert!((1..=MAX_FILE_MESSAGES).contains(&header.messages.len()));
    // The messages are not decoded with the header, but encoded only if they are messages.
    let mut kinds = header.messages.iter().map(|message| kind(message));
    let are_messages = kinds.all(|kind| matches!(kind, Ok(Kind::PrekeyMessage | Kind::Message)));
    let encoded = encode_file_header(&header.commitment, &header.messages);
    assert_eq!(encoded.is_ok(), are_messages);
    if let Ok(encoded) = encoded {
        assert_eq!([encoded.as_slice(), chunks].concat(), bytes);
    }
}
