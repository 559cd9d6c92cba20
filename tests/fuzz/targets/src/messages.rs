//! The target `messages`: messages of both kinds, headers and file prefixes. No decoder panics, each value
//! has one encoding, and decoding takes no cryptography.

use sprag_primitives::operations::{Counts, counted};
use sprag_ratchet::{HEADER_LENGTH, Header};
use sprag_wire::{
    EncodedMessage, FILE_PREFIX_LENGTH, Kind, MessageParts, Suite, decode_file_prefix,
    decode_message, decode_prekey_message, encode_file_header, encode_message,
    encode_prekey_message, kind,
};

pub(crate) fn run(input: &[u8]) {
    let ((), work) = counted(|| {
        check_message(input);
        check_prekey_message(input);
        check_file_prefix(input);
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

fn check_file_prefix(bytes: &[u8]) {
    let Some(bytes) = bytes.first_chunk::<FILE_PREFIX_LENGTH>() else {
        return;
    };
    if let Ok(prefix) = decode_file_prefix(bytes) {
        let mut message = vec![0; prefix.message_length];
        let Some(envelope) = message.first_chunk_mut() else {
            return;
        };
        *envelope = [bytes[0], Kind::Message.to_byte()];
        let header = encode_file_header(&prefix.commitment, &message);
        let header = header.expect("the prefix keeps to the limit");
        assert_eq!(header.first_chunk(), Some(bytes));
        assert_eq!(header.len(), FILE_PREFIX_LENGTH + prefix.message_length);
    }
}
