//! Public keys from outside, the encodings of keys, and the bytes of the suites.

use sprag_primitives::Error;
use sprag_primitives::ml_kem_1024::EncapsulationKey;
use sprag_primitives::x25519::PublicKey;
use sprag_x3dh::{
    ENCODED_KEM_KEY_LENGTH, ENCODED_KEY_LENGTH, IdentityKey, ParseIdentityKeyError, Suite,
    encode_ec, encode_kem,
};

use crate::support::{encapsulation_key, identity, public_key};

/// The u-coordinates of the points of order 8 or less, on the curve and on its twist.
const LOW_ORDER: [&str; 5] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
];

/// The u-coordinates p and p + 1, without and with the top bit, and 2p - 1, 2p and 2p + 1.
///
/// The last three are aliases of keys of small order in a decoder that does not ignore the top bit.
const UNREDUCED: [&str; 7] = [
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "d9ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "daffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "dbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

#[test]
fn keys_of_small_order_are_refused_under_every_alias() {
    for u in LOW_ORDER {
        let mut bytes = key(u);
        refused(&bytes, Error::LowOrderPublicKey);
        bytes[31] |= 0x80;
        refused(&bytes, Error::NonCanonicalPublicKey);
    }
    for u in UNREDUCED {
        refused(&key(u), Error::NonCanonicalPublicKey);
    }
}

#[test]
fn a_key_has_one_encoding() {
    let mut bytes = *public_key([5; 32]).as_bytes();
    let read = IdentityKey::from_bytes(&bytes).unwrap();
    assert_eq!(read.as_bytes(), &bytes);
    bytes[31] |= 0x80;
    refused(&bytes, Error::NonCanonicalPublicKey);
}

#[test]
fn an_identity_key_is_written_as_64_digits_and_read_in_either_case() {
    let key = *identity([5; 32]).public();
    let text = hex::encode(key.as_bytes());
    assert_eq!(key.to_string(), text);
    assert_eq!(text.parse(), Ok(key));
    assert_eq!(text.to_uppercase().parse(), Ok(key));
}

#[test]
fn a_text_that_is_no_identity_key_is_refused_with_the_reason() {
    let parse = |text: &str| {
        text.parse::<IdentityKey>()
            .map_err(|error| (error, error.to_string()))
    };
    let text = hex::encode(identity([5; 32]).public().as_bytes());
    let length = "an identity key has 64 hexadecimal digits";
    for other in ["", "0", &text[1..], &format!("{text}0"), &text.repeat(2)] {
        let expected = (ParseIdentityKeyError::Length, length.to_owned());
        assert_eq!(parse(other), Err(expected), "{other}");
    }
    for (place, wrong) in [
        (0, 'g'),
        (9, ' '),
        (31, '`'),
        (40, '@'),
        (63, 'é'),
        (63, '/'),
    ] {
        let mut digits: Vec<char> = text.chars().collect();
        digits[place] = wrong;
        let error = parse(&String::from_iter(digits)).unwrap_err();
        let expected = format!("character {} is not a hexadecimal digit", place + 1);
        assert_eq!(error, (ParseIdentityKeyError::Digit(place + 1), expected));
    }
    for (digits, fault) in [
        (LOW_ORDER[3], Error::LowOrderPublicKey),
        (UNREDUCED[0], Error::NonCanonicalPublicKey),
    ] {
        let expected = format!("identity key: {fault}");
        assert_eq!(
            parse(digits),
            Err((ParseIdentityKeyError::Key(fault), expected))
        );
    }
}

#[test]
fn an_encoded_key_is_a_byte_for_the_curve_and_the_coordinate() {
    let key = public_key([5; 32]);
    let expected = [&[1], key.as_bytes().as_slice()].concat();
    assert_eq!(encode_ec(&key)[..], expected);
    assert_eq!(expected.len(), ENCODED_KEY_LENGTH);
    assert_eq!(identity([5; 32]).public().encode()[..], expected);
}

#[test]
fn an_encoded_kem_key_is_a_byte_for_the_kem_and_the_key() {
    let key = encapsulation_key(5);
    let expected = [&[2], key.as_bytes().as_slice()].concat();
    assert_eq!(encode_kem(&key), expected);
    assert_eq!(expected.len(), ENCODED_KEM_KEY_LENGTH);
    assert_eq!(ENCODED_KEM_KEY_LENGTH, 1569);
}

/// A requirement of PQXDH §2.1, so that a key of one kind is never taken for one of the other.
#[test]
fn no_encoding_of_a_kem_key_is_or_begins_as_one_of_a_curve_key() {
    for seed in 0..8 {
        let kem = encode_kem(&encapsulation_key(seed.into()));
        let curve = encode_ec(&public_key([seed; 32]));
        assert_ne!(kem.first(), curve.first());
        assert_ne!(kem.len(), curve.len());
    }
}

#[test]
fn a_kem_key_with_a_coefficient_above_the_modulus_is_refused() {
    let genuine = *encapsulation_key(5).as_bytes();
    for coefficient in 0..4 * 256 {
        for (value, valid) in [(3328, true), (3329, false), (3330, false), (4095, false)] {
            let mut bytes = genuine;
            set_coefficient(&mut bytes, coefficient, value);
            let read = EncapsulationKey::from_bytes(&bytes).map(|key| *key.as_bytes());
            let expected = valid.then_some(bytes).ok_or(Error::InvalidEncapsulationKey);
            assert_eq!(read, expected, "coefficient {coefficient}, {value}");
        }
    }
}

#[test]
fn there_are_two_suites_in_version_1_and_their_bytes_are_1_and_2() {
    for (suite, byte) in [(Suite::X3dh, 1), (Suite::Pqxdh, 2)] {
        assert_eq!((suite.version(), suite.to_byte()), (1, byte));
    }
    for version in 0..=u8::MAX {
        for byte in 0..=u8::MAX {
            let expected = match (version, byte) {
                (1, 1) => Some(Suite::X3dh),
                (1, 2) => Some(Suite::Pqxdh),
                _ => None,
            };
            let suite = Suite::from_bytes(version, byte);
            assert_eq!(suite, expected, "version {version}, byte {byte}");
        }
    }
}

/// Sets one coefficient of an encoded KEM key.
///
/// Three bytes hold two coefficients of twelve bits, the lower bits first (FIPS 203 §4.2.1).
fn set_coefficient(bytes: &mut [u8], coefficient: usize, value: u16) {
    let [low, high] = value.to_le_bytes();
    let at = coefficient / 2 * 3;
    if coefficient.is_multiple_of(2) {
        bytes[at] = low;
        bytes[at + 1] = bytes[at + 1] & 0xf0 | high;
    } else {
        bytes[at + 1] = bytes[at + 1] & 0x0f | low << 4;
        bytes[at + 2] = high << 4 | low >> 4;
    }
}

fn refused(bytes: &[u8; 32], error: Error) {
    assert_eq!(PublicKey::from_bytes(bytes), Err(error));
    assert_eq!(IdentityKey::from_bytes(bytes), Err(error));
}

fn key(hexadecimal: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    hex::decode_to_slice(hexadecimal, &mut bytes).expect("it is hexadecimal");
    bytes
}
