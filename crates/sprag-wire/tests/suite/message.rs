//! Messages of both kinds: their bytes, their round trip, and the fields that a decoder borrows.

use sprag_wire::{
    Error, Message, PrekeyMessage, decode_message, decode_prekey_message, encode_message,
    encode_prekey_message,
};
use sprag_x3dh::InitialMessage;

use crate::layouts::{self, Role};
use crate::support::{
    AROUND, CIPHERTEXT_LENGTH, KINDS, decode, encoded_again, messages, samples, varint,
};
use crate::values::{CIPHERTEXT, TAG, handshakes, header, message};

#[test]
fn a_message_has_these_bytes() {
    let encoded = encode_message(CIPHERTEXT).finish(header(), &TAG);
    assert_eq!(encoded, layouts::message().bytes());
    assert_eq!(encoded.len(), 2 + AROUND + CIPHERTEXT.len());
}

#[test]
fn prekey_messages_of_both_suites_have_these_bytes() {
    for sample in messages() {
        assert_eq!(
            sample.value.encode(),
            sample.layout.bytes(),
            "{}",
            sample.name
        );
    }
}

#[test]
fn messages_are_read_back() {
    for sample in messages() {
        let bytes = sample.layout.bytes();
        assert_eq!(decode(sample.kind(), &bytes), Ok(sample.value.clone()));
    }
}

#[test]
fn every_number_of_a_handshake_is_read_back() {
    for mut handshake in handshakes() {
        let layout = match handshake {
            InitialMessage::X3dh(_) => layouts::x3dh_prekey_message(),
            InitialMessage::Pqxdh(_) => layouts::pqxdh_prekey_message(),
        };
        let numbers = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u32::MAX - 1, u32::MAX];
        for first in numbers {
            // The numbers differ, so that the test notices if two places are confused.
            let number = |place: u32| first.wrapping_add(place);
            set_numbers(&mut handshake, [0, 1, 2, 3].map(number));
            let mut expected = layout.clone();
            for (count, place) in (0..).zip(layout.places(&[Role::Number])) {
                expected = expected.with(place, &varint(number(count).into()));
            }
            let bytes = encode_prekey_message(&handshake, CIPHERTEXT).finish(header(), &TAG);
            assert_eq!(bytes, expected.bytes());
            let decoded = decode_prekey_message(&bytes).unwrap();
            assert_eq!(decoded.handshake, handshake);
        }
    }
}

#[test]
fn an_empty_message_is_a_message() {
    let bytes = encode_message(&[]).finish(header(), &TAG);
    assert_eq!(bytes.len(), 2 + AROUND);
    let empty = Message {
        ciphertext: &[],
        ..message()
    };
    assert_eq!(decode_message(&bytes), Ok(empty));
    for handshake in handshakes() {
        let bytes = encode_prekey_message(&handshake, &[]).finish(header(), &TAG);
        let expected = PrekeyMessage {
            handshake,
            message: empty,
        };
        assert_eq!(decode_prekey_message(&bytes), Ok(expected));
    }
}

#[test]
fn the_buffer_is_the_plaintext_and_stays_in_its_place() {
    let [x3dh, pqxdh] = handshakes().map(|first| encode_prekey_message(&first, CIPHERTEXT));
    for mut encoded in [encode_message(CIPHERTEXT), x3dh, pqxdh] {
        assert_eq!(encoded.buffer(), CIPHERTEXT);
        encoded.buffer().fill(0x5a);
        assert_eq!(encoded.buffer(), [0x5a; CIPHERTEXT.len()]);
        let place = encoded.buffer().as_ptr_range();
        let bytes = encoded.finish(header(), &TAG);
        let end = bytes.len() - TAG.len();
        let ciphertext = &bytes[end - CIPHERTEXT.len()..end];
        assert_eq!(ciphertext, [0x5a; CIPHERTEXT.len()]);
        assert_eq!(ciphertext.as_ptr_range(), place, "nothing was copied");
        assert_eq!(bytes[end..], TAG);
        assert_eq!(
            bytes[end - CIPHERTEXT.len() - 80..end - CIPHERTEXT.len()],
            *header()
        );
    }
}

/// A buffer that has room for the whole message from the start.
///
/// If it grew, it would leave copies of the plaintext behind.
#[test]
fn the_room_around_a_plaintext_is_reserved_at_once() {
    let plaintext = [0x5a; 10_000];
    let [x3dh, pqxdh] = handshakes().map(|first| encode_prekey_message(&first, &plaintext));
    for encoded in [encode_message(&plaintext), x3dh, pqxdh] {
        let bytes = encoded.finish(header(), &TAG);
        assert!(bytes.capacity() < bytes.len() + 1_000);
    }
}

#[test]
fn an_empty_plaintext_has_an_empty_buffer() {
    assert!(encode_message(&[]).buffer().is_empty());
    for handshake in handshakes() {
        assert!(encode_prekey_message(&handshake, &[]).buffer().is_empty());
    }
}

#[test]
fn what_is_variable_in_length_is_borrowed() {
    let bytes = layouts::message().bytes();
    borrows(&bytes, &decode_message(&bytes).unwrap());
    for layout in [
        layouts::x3dh_prekey_message(),
        layouts::pqxdh_prekey_message(),
    ] {
        let bytes = layout.bytes();
        borrows(&bytes, &decode_prekey_message(&bytes).unwrap().message);
    }
}

#[test]
fn every_truncation_is_refused_or_is_a_shorter_message() {
    assert_eq!(CIPHERTEXT.len(), CIPHERTEXT_LENGTH);
    for sample in messages() {
        let (kind, bytes) = (sample.kind(), sample.layout.bytes());
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            let expected = if length < sample.least_length() {
                Err(Error::Truncated)
            } else {
                Ok(cut.to_vec())
            };
            let result = encoded_again(kind, cut);
            assert_eq!(result, expected, "{} of {length} bytes", sample.name);
        }
    }
}

#[test]
fn what_follows_a_message_is_part_of_it() {
    for sample in messages() {
        let mut bytes = sample.layout.bytes();
        bytes.push(0);
        assert_eq!(encoded_again(sample.kind(), &bytes).as_ref(), Ok(&bytes));
    }
}

#[test]
fn a_kind_is_read_by_its_own_decoder_alone() {
    for sample in samples() {
        let (kind, bytes) = (sample.kind(), sample.layout.bytes());
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

/// Sets the ordinal and the numbers of the prekeys.
///
/// They come in the order of the encoding: ordinal, signed prekey, one-time prekey, KEM prekey.
fn set_numbers(
    handshake: &mut InitialMessage,
    [ordinal, signed_prekey, one_time_prekey, kem_prekey]: [u32; 4],
) {
    let curve = match handshake {
        InitialMessage::X3dh(message) => &mut message.curve,
        InitialMessage::Pqxdh(message) => {
            message.kem_prekey = kem_prekey;
            &mut message.curve
        }
    };
    curve.ordinal = ordinal;
    curve.signed_prekey = signed_prekey;
    curve.one_time_prekey = Some(one_time_prekey);
}

fn borrows(bytes: &[u8], message: &Message<'_>) {
    let tag = bytes.len() - TAG.len();
    let ciphertext = tag - CIPHERTEXT.len();
    let header = ciphertext - message.header.len();
    assert_eq!(
        message.header.as_ptr_range(),
        bytes[header..ciphertext].as_ptr_range()
    );
    assert_eq!(
        message.ciphertext.as_ptr_range(),
        bytes[ciphertext..tag].as_ptr_range()
    );
    assert_eq!(message.tag.as_ptr_range(), bytes[tag..].as_ptr_range());
}
