//! The first bytes of every value (version, kind and suite), and the limits on its length.

use sprag_wire::limits::{
    MAX_BUNDLE_LENGTH, MAX_CONTENT_BUNDLES, MAX_FILE_MESSAGE_LENGTH, MAX_FILE_MESSAGES,
    MAX_LIST_LENGTH, MAX_MESSAGE_LENGTH, MAX_UPLOAD_LENGTH, MAX_UPLOAD_PREKEYS,
};
use sprag_wire::{
    Error, Kind, Suite, decode_bundle, decode_message, decode_prekey_message, decode_upload,
    encode_message, encode_prekey_message, kind,
};

use crate::layouts::Role;
use crate::support::{
    AROUND, CIPHERTEXT_LENGTH, KINDS, all_refuse, bundles, decode, mended, messages, samples,
    uploads,
};
use crate::values::{TAG, handshakes, header};

#[test]
fn kinds_have_these_bytes() {
    assert_eq!(KINDS.map(Kind::to_byte), [1, 2, 3, 5]);
    assert_eq!(Kind::File.to_byte(), 4);
    assert_eq!(
        [Kind::Invitation, Kind::Recovery].map(Kind::to_byte),
        [8, 9]
    );
    assert_eq!([Suite::X3dh, Suite::Pqxdh].map(Suite::version), [1, 1]);
    for sample in samples() {
        let bytes = sample.layout.bytes();
        assert_eq!(kind(&bytes), Ok(sample.kind()));
        assert_eq!(kind(&bytes[..2]), Ok(sample.kind()), "two bytes suffice");
    }
}

#[test]
fn unknown_versions_are_refused() {
    for sample in samples() {
        let mut bytes = sample.layout.bytes();
        for version in (0..=u8::MAX).filter(|version| *version != 1) {
            bytes[0] = version;
            all_refuse(&bytes, Error::UnknownVersion(version));
            all_refuse(&bytes[..1], Error::UnknownVersion(version));
        }
    }
}

#[test]
fn unknown_kinds_are_refused() {
    for sample in samples() {
        let mut bytes = sample.layout.bytes();
        for unknown in (0..=u8::MAX).filter(|kind| ![1, 2, 3, 4, 5, 8, 9].contains(kind)) {
            bytes[1] = unknown;
            all_refuse(&bytes, Error::UnknownKind(unknown));
        }
    }
}

#[test]
fn no_bytes_and_half_an_envelope_are_refused() {
    all_refuse(&[], Error::Truncated);
    all_refuse(&[1], Error::Truncated);
}

#[test]
fn unknown_suites_are_refused_whatever_follows() {
    let mut with_suite = 0;
    for sample in samples() {
        let Some(place) = sample.layout.places(&[Role::Suite]).pop() else {
            assert_eq!(sample.kind(), Kind::Message, "which has no suite");
            continue;
        };
        with_suite += 1;
        for suite in (0..=u8::MAX).filter(|suite| ![1, 2].contains(suite)) {
            let refused = Err(Error::UnknownSuite(suite));
            let mut bytes = sample.layout.bytes_with(place, &[suite]);
            assert_eq!(decode(sample.kind(), &bytes), refused);
            assert_eq!(decode(sample.kind(), &bytes[..3]), refused);
            bytes[3..].fill(0xff);
            assert_eq!(decode(sample.kind(), &bytes), refused);
        }
    }
    assert_eq!(with_suite, 10);
}

#[test]
fn an_unknown_suite_is_refused_up_to_the_limit() {
    for sample in bundles() {
        let mut bytes = sample.layout.bytes();
        bytes[2] = 3;
        bytes.resize(MAX_BUNDLE_LENGTH, 0xff);
        assert_eq!(decode_bundle(&bytes), Err(Error::UnknownSuite(3)));
    }
}

#[test]
fn the_limits_have_these_values() {
    assert_eq!(MAX_LIST_LENGTH, 8_192);
    assert_eq!(MAX_BUNDLE_LENGTH, 16_384);
    assert_eq!(MAX_UPLOAD_LENGTH, 2_097_152);
    assert_eq!(MAX_MESSAGE_LENGTH, 16_777_216);
    assert_eq!(MAX_FILE_MESSAGE_LENGTH, 4_096);
    assert_eq!(MAX_FILE_MESSAGES, 24);
    assert_eq!(MAX_CONTENT_BUNDLES, 16);
    assert_eq!(MAX_UPLOAD_PREKEYS, 1_000);
}

#[test]
fn a_bundle_beyond_the_limit_is_oversized() {
    for sample in bundles() {
        let mut bytes = sample.layout.bytes();
        bytes.resize(MAX_BUNDLE_LENGTH, 0);
        assert_eq!(kind(&bytes), Ok(Kind::Bundle));
        assert_eq!(decode_bundle(&bytes), Err(Error::Damaged));
        assert_eq!(decode_bundle(&mended(&bytes)), Err(Error::Trailing));
        bytes.push(0);
        all_refuse(&bytes, Error::Oversized);
    }
}

#[test]
fn an_upload_beyond_the_limit_is_oversized() {
    for sample in uploads() {
        let mut bytes = sample.layout.bytes();
        bytes.resize(MAX_UPLOAD_LENGTH, 0);
        assert_eq!(kind(&bytes), Ok(Kind::Upload));
        assert_eq!(decode_upload(&bytes), Err(Error::Damaged));
        assert_eq!(decode_upload(&mended(&bytes)), Err(Error::Trailing));
        bytes.push(0);
        all_refuse(&bytes, Error::Oversized);
    }
}

#[test]
fn a_message_at_the_limit_is_read_and_one_byte_more_is_oversized() {
    let plaintext = vec![0x5a; MAX_MESSAGE_LENGTH - 2 - AROUND];
    let mut bytes = encode_message(Suite::Pqxdh, &plaintext).finish(header(), &TAG);
    assert_eq!(bytes.len(), MAX_MESSAGE_LENGTH);
    assert_eq!(kind(&bytes), Ok(Kind::Message));
    let decoded = decode_message(&bytes).unwrap();
    assert!(decoded.parts(Suite::Pqxdh).unwrap().ciphertext == plaintext);
    bytes.push(0);
    all_refuse(&bytes, Error::Oversized);
}

#[test]
fn a_prekey_message_at_the_limit_is_read_and_one_byte_more_is_oversized() {
    let samples = messages();
    for (handshake, sample) in handshakes().iter().zip([&samples[0], &samples[2]]) {
        let front = sample.layout.bytes().len() - AROUND - CIPHERTEXT_LENGTH;
        let plaintext = vec![0x5a; MAX_MESSAGE_LENGTH - front - AROUND];
        let mut bytes = encode_prekey_message(handshake, &plaintext).finish(header(), &TAG);
        assert_eq!(bytes.len(), MAX_MESSAGE_LENGTH);
        assert_eq!(kind(&bytes), Ok(Kind::PrekeyMessage));
        let decoded = decode_prekey_message(&bytes).unwrap();
        let parts = decoded.message.parts(handshake.suite()).unwrap();
        assert!(parts.ciphertext == plaintext);
        bytes.push(0);
        all_refuse(&bytes, Error::Oversized);
    }
}

#[test]
fn a_file_may_be_of_any_length() {
    let mut bytes = vec![0; MAX_MESSAGE_LENGTH + 1];
    bytes[..2].copy_from_slice(&[1, 4]);
    assert_eq!(kind(&bytes), Ok(Kind::File));
}
