//! Keys from outside, and their encoding.

use sprag_primitives::Error;
use sprag_primitives::x25519::PublicKey;
use sprag_x3dh::{ENCODED_KEY_LENGTH, IdentityKey, Suite, encode_ec};

use crate::support::{identity, public_key};

/// The u-coordinates of order 8 or less, of the curve and of its twist.
const LOW_ORDER: [&str; 5] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
];

/// p, p + 1 and, where the top bit is not ignored, 2p - 1, 2p and 2p + 1.
const UNREDUCED: [&str; 5] = [
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
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
fn an_encoded_key_is_a_byte_for_the_curve_and_the_coordinate() {
    let key = public_key([5; 32]);
    let expected = [&[1], key.as_bytes().as_slice()].concat();
    assert_eq!(encode_ec(&key)[..], expected);
    assert_eq!(expected.len(), ENCODED_KEY_LENGTH);
    assert_eq!(identity([5; 32]).public().encode()[..], expected);
}

#[test]
fn there_is_one_suite_and_its_byte_is_1() {
    assert_eq!(Suite::X3dh.to_byte(), 1);
    for byte in 0..=u8::MAX {
        let expected = (byte == 1).then_some(Suite::X3dh);
        assert_eq!(Suite::from_byte(byte), expected, "byte {byte}");
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
