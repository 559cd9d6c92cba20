//! The first bytes of everything: version, kind and suite, and the limits on the whole.

use sprag_wire::limits::{MAX_BUNDLE_LENGTH, MAX_MESSAGE_LENGTH};
use sprag_wire::{
    Error, Kind, VERSION, decode_bundle, decode_message, decode_prekey_message, encode_message,
    encode_prekey_message, kind,
};

use crate::support::{
    AROUND, BundleParts, CIPHERTEXT, KINDS, PrekeyMessageParts, TAG, encoded_again, handshake,
    header, samples,
};

#[test]
fn kinds_have_these_bytes() {
    assert_eq!(KINDS.map(Kind::to_byte), [1, 2, 3]);
    assert_eq!(VERSION, 1);
    for (expected, bytes) in samples() {
        assert_eq!(kind(&bytes), Ok(expected));
        assert_eq!(kind(&bytes[..2]), Ok(expected), "two bytes suffice");
    }
}

#[test]
fn unknown_versions_are_refused() {
    for (_, mut bytes) in samples() {
        for version in (0..=u8::MAX).filter(|version| *version != 1) {
            bytes[0] = version;
            all_refuse(&bytes, Error::UnknownVersion(version));
            all_refuse(&bytes[..1], Error::UnknownVersion(version));
        }
    }
}

#[test]
fn unknown_kinds_are_refused() {
    for (_, mut bytes) in samples() {
        for unknown in (0..=u8::MAX).filter(|kind| !(1..=4).contains(kind)) {
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
    for suite in (0..=u8::MAX).filter(|suite| *suite != 1) {
        let refused = Error::UnknownSuite(suite);
        let bundle = BundleParts {
            suite,
            identity: [0xff; 32],
            ..BundleParts::sample()
        };
        let mut bytes = bundle.bytes();
        assert_eq!(decode_bundle(&bytes), Err(refused));
        assert_eq!(decode_bundle(&bytes[..3]), Err(refused));
        bytes.resize(MAX_BUNDLE_LENGTH, 0xff);
        assert_eq!(decode_bundle(&bytes), Err(refused));

        let message = PrekeyMessageParts {
            suite,
            identity: [0xff; 32],
            one_time_prekey: vec![2],
            ..PrekeyMessageParts::sample()
        };
        assert_eq!(decode_prekey_message(&message.bytes()), Err(refused));
        assert_eq!(decode_prekey_message(&message.bytes()[..3]), Err(refused));
    }
}

#[test]
fn a_bundle_beyond_the_limit_is_oversized() {
    let mut bytes = BundleParts::sample().bytes();
    bytes.resize(MAX_BUNDLE_LENGTH, 0);
    assert_eq!(kind(&bytes), Ok(Kind::Bundle));
    assert_eq!(decode_bundle(&bytes), Err(Error::Trailing));
    bytes.push(0);
    all_refuse(&bytes, Error::Oversized);
}

#[test]
fn a_message_at_the_limit_is_read_and_one_byte_more_is_oversized() {
    let plaintext = vec![0x5a; MAX_MESSAGE_LENGTH - 2 - AROUND];
    let mut bytes = encode_message(&plaintext).finish(&header(), &TAG);
    assert_eq!(bytes.len(), MAX_MESSAGE_LENGTH);
    assert_eq!(kind(&bytes), Ok(Kind::Message));
    let decoded = decode_message(&bytes).unwrap();
    assert!(decoded.ciphertext == plaintext);
    bytes.push(0);
    all_refuse(&bytes, Error::Oversized);
}

#[test]
fn a_prekey_message_at_the_limit_is_read_and_one_byte_more_is_oversized() {
    let sample = PrekeyMessageParts::sample().bytes();
    let front = sample.len() - AROUND - CIPHERTEXT.len();
    let plaintext = vec![0x5a; MAX_MESSAGE_LENGTH - front - AROUND];
    let mut bytes = encode_prekey_message(&handshake(), &plaintext).finish(&header(), &TAG);
    assert_eq!(bytes.len(), MAX_MESSAGE_LENGTH);
    assert_eq!(kind(&bytes), Ok(Kind::PrekeyMessage));
    let decoded = decode_prekey_message(&bytes).unwrap();
    assert!(decoded.message.ciphertext == plaintext);
    bytes.push(0);
    all_refuse(&bytes, Error::Oversized);
}

#[test]
fn the_limits_are_8_kib_and_16_mib() {
    assert_eq!(MAX_BUNDLE_LENGTH, 8_192);
    assert_eq!(MAX_MESSAGE_LENGTH, 16_777_216);
}

fn all_refuse(bytes: &[u8], error: Error) {
    assert_eq!(kind(bytes), Err(error));
    for kind in KINDS {
        assert_eq!(encoded_again(kind, bytes), Err(error), "as a {kind}");
    }
}
