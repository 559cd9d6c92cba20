//! Messages of both kinds: their bytes, their round trip, and the fields that a decoder borrows.

use sprag_wire::{
    Error, MessageParts, decode_message, decode_prekey_message, encode_message,
    encode_prekey_message, encrypted_header_length,
};
use sprag_x3dh::pqxdh::KemPart;
use sprag_x3dh::{CurveMessage, InitialMessage, Suite, pqxdh, x3dh};

use crate::layouts::{self, Role};
use crate::support::{
    AROUND, CIPHERTEXT_LENGTH, KINDS, decode, encoded_again, messages, samples, varint,
};
use crate::values::{CIPHERTEXT, TAG, handshakes, header, message};

#[test]
fn a_message_has_these_bytes() {
    let encoded = encode_message(Suite::Pqxdh, CIPHERTEXT).finish(header(), &TAG);
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
    for handshake in handshakes() {
        let layout = match handshake {
            InitialMessage::X3dh(_) => layouts::x3dh_prekey_message(),
            InitialMessage::Pqxdh(_) => layouts::pqxdh_prekey_message(),
        };
        let numbers = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u32::MAX - 1, u32::MAX];
        for first in numbers {
            // The numbers differ, so that the test notices if two places are confused.
            let number = |place: u32| first.wrapping_add(place);
            let handshake = with_numbers(&handshake, [0, 1, 2].map(number));
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
    let bytes = encode_message(Suite::Pqxdh, &[]).finish(header(), &TAG);
    assert_eq!(bytes.len(), 2 + AROUND);
    let empty = MessageParts {
        ciphertext: &[],
        ..message()
    };
    let decoded = decode_message(&bytes).unwrap();
    assert_eq!(decoded.parts(Suite::Pqxdh), Ok(empty));
    for handshake in handshakes() {
        let bytes = encode_prekey_message(&handshake, &[]).finish(header(), &TAG);
        let decoded = decode_prekey_message(&bytes).unwrap();
        assert_eq!(decoded.message.parts(handshake.suite()), Ok(empty));
        assert_eq!(decoded.handshake, handshake);
    }
}

#[test]
fn the_buffer_is_the_plaintext_and_stays_in_its_place() {
    let [x3dh, pqxdh] = handshakes().map(|first| encode_prekey_message(&first, CIPHERTEXT));
    for mut encoded in [encode_message(Suite::Pqxdh, CIPHERTEXT), x3dh, pqxdh] {
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
    for encoded in [encode_message(Suite::Pqxdh, &plaintext), x3dh, pqxdh] {
        let bytes = encoded.finish(header(), &TAG);
        assert!(bytes.capacity() < bytes.len() + 1_000);
    }
}

#[test]
fn an_empty_plaintext_has_an_empty_buffer() {
    assert!(encode_message(Suite::Pqxdh, &[]).buffer().is_empty());
    for handshake in handshakes() {
        assert!(encode_prekey_message(&handshake, &[]).buffer().is_empty());
    }
}

#[test]
fn what_is_variable_in_length_is_borrowed() {
    let bytes = layouts::message().bytes();
    let message = decode_message(&bytes).unwrap();
    borrows(&bytes, &message.parts(Suite::Pqxdh).unwrap());
    for layout in [
        layouts::x3dh_prekey_message(),
        layouts::pqxdh_prekey_message(),
    ] {
        let bytes = layout.bytes();
        let decoded = decode_prekey_message(&bytes).unwrap();
        let suite = decoded.handshake.suite();
        borrows(&bytes, &decoded.message.parts(suite).unwrap());
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

#[test]
fn a_handshake_travels_as_its_clear_part_and_its_seal() {
    for handshake in handshakes() {
        let bytes = encode_prekey_message(&handshake, CIPHERTEXT).finish(header(), &TAG);
        let front = &bytes[..bytes.len() - AROUND - CIPHERTEXT.len()];
        let sealed = handshake.sealed_initiator().as_bytes();
        assert_eq!(front, [handshake.clear_part().as_slice(), sealed].concat());
        // The clear part of the message that was read is the one that was sent.
        let decoded = decode_prekey_message(&bytes).unwrap().handshake;
        assert_eq!(decoded.clear_part(), handshake.clear_part());
        assert_eq!(decoded.sealed_initiator(), handshake.sealed_initiator());
    }
}

#[test]
fn a_prekey_message_has_at_most_194_or_1767_bytes_more_than_its_plaintext() {
    for (handshake, (clear_part, more)) in handshakes().iter().zip([(46, 194), (1_619, 1_767)]) {
        let largest = with_numbers(handshake, [u32::MAX; 3]);
        assert_eq!(largest.clear_part().len(), clear_part);
        let bytes = encode_prekey_message(&largest, &[7; 160]).finish(header(), &TAG);
        assert_eq!(bytes.len(), 160 + more);
    }
}

#[test]
fn headers_of_both_suites_have_80_bytes() {
    for suite in [Suite::X3dh, Suite::Pqxdh] {
        assert_eq!(encrypted_header_length(suite), 80);
        for length in [0, 79, 81] {
            let encoded = encode_message(suite, CIPHERTEXT);
            let finished = std::panic::catch_unwind(|| encoded.finish(&vec![0; length], &TAG));
            assert!(finished.is_err(), "{length} bytes");
        }
    }
}

/// A message does not say of which suite it is, only of which version, and both suites are of version 1. No message of
/// another version can be decoded.
#[test]
fn a_message_is_of_the_version_of_its_suite() {
    let [x3dh, pqxdh] = [Suite::X3dh, Suite::Pqxdh]
        .map(|suite| encode_message(suite, CIPHERTEXT).finish(header(), &TAG));
    assert_eq!(x3dh, pqxdh);
    let decoded = decode_message(&x3dh).unwrap();
    assert_eq!(decoded.version(), 1);
    assert_eq!(decoded.parts(Suite::X3dh), Ok(message()));
    assert_eq!(decoded.parts(Suite::Pqxdh), Ok(message()));
    for handshake in handshakes() {
        let bytes = encode_prekey_message(&handshake, CIPHERTEXT).finish(header(), &TAG);
        let decoded = decode_prekey_message(&bytes).unwrap();
        assert_eq!(decoded.message.version(), handshake.suite().version());
    }
}

/// Returns the handshake with these numbers of the signed prekey, the one-time prekey and the KEM prekey, in the order
/// of the encoding.
fn with_numbers(
    handshake: &InitialMessage,
    [signed_prekey, one_time_prekey, kem_prekey]: [u32; 3],
) -> InitialMessage {
    let curve = CurveMessage {
        signed_prekey,
        one_time_prekey: Some(one_time_prekey),
        ..*handshake.curve()
    };
    let sealed = *handshake.sealed_initiator();
    match handshake {
        InitialMessage::X3dh(_) => {
            InitialMessage::X3dh(x3dh::InitialMessage::from_parts(curve, sealed))
        }
        InitialMessage::Pqxdh(message) => {
            let kem = KemPart {
                prekey: kem_prekey,
                ..message.kem().clone()
            };
            InitialMessage::Pqxdh(pqxdh::InitialMessage::from_parts(curve, kem, sealed))
        }
    }
}

fn borrows(bytes: &[u8], message: &MessageParts<'_>) {
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
