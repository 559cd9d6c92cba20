//! Messages of both kinds: their bytes, the way there and back, and what a decoder borrows.

use sprag_wire::{
    Error, Message, PrekeyMessage, decode_message, decode_prekey_message, encode_message,
    encode_prekey_message,
};
use sprag_x3dh::InitialMessage;

use crate::support::{
    AROUND, CIPHERTEXT, KINDS, PrekeyMessageParts, TAG, encoded_again, handshake, header,
    least_length, message, message_bytes, samples, varint,
};

#[test]
fn a_message_has_these_bytes() {
    let encoded = encode_message(CIPHERTEXT).finish(&header(), &TAG);
    assert_eq!(encoded, message_bytes());
    assert_eq!(encoded.len(), 2 + AROUND + CIPHERTEXT.len());
}

#[test]
fn a_prekey_message_has_these_bytes() {
    let encoded = encode_prekey_message(&handshake(), CIPHERTEXT).finish(&header(), &TAG);
    assert_eq!(encoded, PrekeyMessageParts::sample().bytes());

    let none = InitialMessage {
        one_time_prekey: None,
        ..handshake()
    };
    let parts = PrekeyMessageParts {
        one_time_prekey: vec![0],
        ..PrekeyMessageParts::sample()
    };
    let encoded = encode_prekey_message(&none, CIPHERTEXT).finish(&header(), &TAG);
    assert_eq!(encoded, parts.bytes());
}

#[test]
fn messages_are_read_back() {
    assert_eq!(decode_message(&message_bytes()), Ok(message()));
    let expected = PrekeyMessage {
        handshake: handshake(),
        message: message(),
    };
    let bytes = PrekeyMessageParts::sample().bytes();
    assert_eq!(decode_prekey_message(&bytes), Ok(expected));
}

#[test]
fn every_number_of_a_prekey_is_read_back() {
    for number in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u32::MAX - 1, u32::MAX] {
        let handshake = InitialMessage {
            signed_prekey: number,
            one_time_prekey: Some(number),
            ..handshake()
        };
        let parts = PrekeyMessageParts {
            signed_prekey: varint(number.into()),
            one_time_prekey: [vec![1], varint(number.into())].concat(),
            ..PrekeyMessageParts::sample()
        };
        let bytes = encode_prekey_message(&handshake, CIPHERTEXT).finish(&header(), &TAG);
        assert_eq!(bytes, parts.bytes());
        let decoded = decode_prekey_message(&bytes).unwrap();
        assert_eq!(decoded.handshake, handshake);
    }
}

#[test]
fn an_empty_message_is_a_message() {
    let bytes = encode_message(&[]).finish(&header(), &TAG);
    assert_eq!(bytes.len(), 2 + AROUND);
    let empty = Message {
        ciphertext: &[],
        ..message()
    };
    assert_eq!(decode_message(&bytes), Ok(empty));
    let bytes = encode_prekey_message(&handshake(), &[]).finish(&header(), &TAG);
    assert_eq!(decode_prekey_message(&bytes).unwrap().message, empty);
}

#[test]
fn the_buffer_is_the_plaintext_and_stays_in_its_place() {
    for mut encoded in [
        encode_message(CIPHERTEXT),
        encode_prekey_message(&handshake(), CIPHERTEXT),
    ] {
        assert_eq!(encoded.buffer(), CIPHERTEXT);
        encoded.buffer().fill(0x5a);
        assert_eq!(encoded.buffer(), [0x5a; CIPHERTEXT.len()]);
        let place = encoded.buffer().as_ptr_range();
        let bytes = encoded.finish(&header(), &TAG);
        let end = bytes.len() - TAG.len();
        let ciphertext = &bytes[end - CIPHERTEXT.len()..end];
        assert_eq!(ciphertext, [0x5a; CIPHERTEXT.len()]);
        assert_eq!(ciphertext.as_ptr_range(), place, "nothing was copied");
        assert_eq!(bytes[end..], TAG);
        assert_eq!(
            bytes[end - CIPHERTEXT.len() - 40..end - CIPHERTEXT.len()],
            header().encode()
        );
    }
}

/// Growing would leave copies of the plaintext behind.
#[test]
fn the_room_around_a_plaintext_is_reserved_at_once() {
    let plaintext = [0x5a; 10_000];
    for encoded in [
        encode_message(&plaintext),
        encode_prekey_message(&handshake(), &plaintext),
    ] {
        let bytes = encoded.finish(&header(), &TAG);
        assert!(bytes.capacity() < bytes.len() + 1_000);
    }
}

#[test]
fn an_empty_plaintext_has_an_empty_buffer() {
    assert!(encode_message(&[]).buffer().is_empty());
    assert!(encode_prekey_message(&handshake(), &[]).buffer().is_empty());
}

#[test]
fn what_is_variable_in_length_is_borrowed() {
    let bytes = message_bytes();
    borrows(&bytes, &decode_message(&bytes).unwrap());
    let bytes = PrekeyMessageParts::sample().bytes();
    borrows(&bytes, &decode_prekey_message(&bytes).unwrap().message);
}

#[test]
fn every_truncation_is_refused_or_is_a_shorter_message() {
    for (kind, bytes) in &samples()[2..] {
        let least = least_length(*kind, bytes);
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            let expected = if length < least {
                Err(Error::Truncated)
            } else {
                Ok(cut.to_vec())
            };
            assert_eq!(encoded_again(*kind, cut), expected, "{kind} of {length}");
        }
    }
}

#[test]
fn what_follows_a_message_is_part_of_it() {
    for (kind, bytes) in &mut samples()[2..] {
        bytes.push(0);
        assert_eq!(encoded_again(*kind, bytes).as_ref(), Ok(&*bytes));
    }
}

#[test]
fn a_kind_is_read_by_its_own_decoder_alone() {
    for (kind, bytes) in samples() {
        for other in KINDS {
            let expected = if other == kind {
                Ok(bytes.clone())
            } else {
                Err(Error::OtherKind(kind))
            };
            assert_eq!(encoded_again(other, &bytes), expected, "{kind} as {other}");
        }
    }
}

fn borrows(bytes: &[u8], message: &Message<'_>) {
    let tag = bytes.len() - TAG.len();
    let ciphertext = tag - CIPHERTEXT.len();
    assert_eq!(
        message.ciphertext.as_ptr_range(),
        bytes[ciphertext..tag].as_ptr_range()
    );
    assert_eq!(message.tag.as_ptr_range(), bytes[tag..].as_ptr_range());
}
