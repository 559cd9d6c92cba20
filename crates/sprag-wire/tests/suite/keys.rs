//! Keys that are none, in every slot.

use sprag_primitives::Error as PrimitiveError;
use sprag_wire::{Error, decode_bundle, decode_message, decode_prekey_message};
use sprag_x3dh::Slot;

use crate::support::{BundleParts, PrekeyMessageParts, key, message_bytes_with};

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
fn keys_that_are_none_are_named_by_their_slot_in_a_bundle() {
    for (bad, fault) in refused_keys() {
        let refused = |slot, parts: BundleParts| {
            let result = decode_bundle(&parts.bytes());
            assert_eq!(result, Err(Error::InvalidKey(Some(slot), fault)));
        };
        let identity = BundleParts {
            identity: bad,
            ..BundleParts::sample()
        };
        refused(Slot::Identity, identity);
        let signed_prekey = BundleParts {
            signed_prekey: bad,
            ..BundleParts::sample()
        };
        refused(Slot::SignedPrekey, signed_prekey);
        let one_time_prekey = BundleParts {
            one_time_prekey: [&[1, 7], bad.as_slice()].concat(),
            ..BundleParts::sample()
        };
        refused(Slot::OneTimePrekey, one_time_prekey);
    }
}

#[test]
fn keys_that_are_none_are_named_by_their_slot_in_a_message() {
    for (bad, fault) in refused_keys() {
        let refused = |slot, parts: PrekeyMessageParts| {
            let bytes = parts.bytes();
            let result = decode_prekey_message(&bytes);
            assert_eq!(result, Err(Error::InvalidKey(slot, fault)));
        };
        let identity = PrekeyMessageParts {
            identity: bad,
            ..PrekeyMessageParts::sample()
        };
        refused(Some(Slot::Identity), identity);
        let ephemeral = PrekeyMessageParts {
            ephemeral: bad,
            ..PrekeyMessageParts::sample()
        };
        refused(Some(Slot::Ephemeral), ephemeral);
        let ratchet_key = PrekeyMessageParts {
            ratchet_key: bad,
            ..PrekeyMessageParts::sample()
        };
        refused(None, ratchet_key);

        let bytes = message_bytes_with(&bad);
        let result = decode_message(&bytes);
        assert_eq!(result, Err(Error::InvalidKey(None, fault)));
    }
}

/// Keys of small order, their aliases, and a good key's alias.
fn refused_keys() -> Vec<([u8; 32], PrimitiveError)> {
    let with_top_bit = |mut bytes: [u8; 32]| {
        bytes[31] |= 0x80;
        (bytes, PrimitiveError::NonCanonicalPublicKey)
    };
    let low_order = LOW_ORDER.map(bytes);
    let mut keys = vec![with_top_bit(key(1))];
    keys.extend(low_order.map(|bytes| (bytes, PrimitiveError::LowOrderPublicKey)));
    keys.extend(low_order.map(with_top_bit));
    keys.extend(UNREDUCED.map(|u| (bytes(u), PrimitiveError::NonCanonicalPublicKey)));
    keys
}

fn bytes(hexadecimal: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    hex::decode_to_slice(hexadecimal, &mut bytes).expect("it is hexadecimal");
    bytes
}
