//! Invalid keys in every slot.

use sprag_primitives::Error as PrimitiveError;
use sprag_wire::{Error, Kind};
use sprag_x3dh::Slot;

use crate::layouts::Role;
use crate::support::{Sample, bundles, decode, kem_key, key, messages, uploads};

/// The u-coordinates of the points of order 8 or less, on the curve and on its twist.
const LOW_ORDER: [&str; 5] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
];

/// The u-coordinates p, p + 1, 2p - 1, 2p and 2p + 1.
///
/// The last three are aliases of keys of small order in a decoder that does not ignore the top bit.
const UNREDUCED: [&str; 5] = [
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "d9ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "daffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "dbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

#[test]
fn keys_that_are_none_are_named_by_their_slot_in_a_bundle() {
    let [x3dh, reusable_x3dh, pqxdh, reusable_pqxdh] = bundles().try_into().unwrap();
    let always = [Slot::Identity, Slot::SignedPrekey];
    let all = [always.as_slice(), &[Slot::OneTimePrekey]].concat();
    curve_keys_are_named(&x3dh, &all);
    curve_keys_are_named(&reusable_x3dh, &always);
    curve_keys_are_named(&pqxdh, &all);
    curve_keys_are_named(&reusable_pqxdh, &always);

    kem_keys_are_named(&x3dh, &[]);
    kem_keys_are_named(&pqxdh, &[Slot::OneTimeKemPrekey]);
    kem_keys_are_named(&reusable_pqxdh, &[Slot::LastResortKemPrekey]);
}

#[test]
fn keys_that_are_none_are_named_by_their_slot_in_a_prekey_message() {
    let mut samples = messages();
    samples.retain(|sample| sample.kind() == Kind::PrekeyMessage);
    assert_eq!(samples.len(), 4);
    for sample in samples {
        curve_keys_are_named(&sample, &[Slot::Ephemeral]);
    }
}

#[test]
fn keys_that_are_none_are_named_by_their_slot_in_an_upload() {
    let [upload, empty] = uploads().try_into().unwrap();
    let always = [Slot::Identity, Slot::SignedPrekey];
    let one_time = [Slot::OneTimePrekey; 2];
    curve_keys_are_named(&upload, &[always, one_time].concat());
    curve_keys_are_named(&empty, &always);

    let one_time = Slot::OneTimeKemPrekey;
    kem_keys_are_named(&upload, &[Slot::LastResortKemPrekey, one_time, one_time]);
    kem_keys_are_named(&empty, &[Slot::LastResortKemPrekey]);
}

/// Valid KEM keys at the edge of the modulus check.
///
/// The check concerns the coefficients alone, because the seed of the matrix may be any 32 bytes.
#[test]
fn kem_keys_with_the_largest_coefficients_and_any_seed_are_keys() {
    for sample in [bundles(), uploads()].concat() {
        for place in kem_places(&sample) {
            for good in [
                with_first_coefficient(3_328),
                with_last_coefficient(3_328),
                with_seed(0x00),
                with_seed(0xff),
            ] {
                let bytes = sample.layout.bytes_with(place, &good);
                let value = decode(sample.kind(), &bytes).unwrap();
                assert_eq!(value.encode(), bytes);
            }
        }
    }
}

/// Asserts that the sample has keys in these slots, and that the error names the slot of a bad one.
fn curve_keys_are_named(sample: &Sample, slots: &[Slot]) {
    let mut seen = Vec::new();
    for (place, field) in sample.layout.fields().iter().enumerate() {
        let Role::Key(slot) = field.role else {
            continue;
        };
        seen.push(slot);
        for (bad, fault) in refused_keys() {
            let bytes = sample.layout.bytes_with(place, &bad);
            let result = decode(sample.kind(), &bytes);
            let expected = Err(Error::InvalidKey(slot, fault));
            assert_eq!(result, expected, "{} with {bad:02x?}", sample.name);
        }
    }
    assert_eq!(seen, slots, "{}", sample.name);
}

fn kem_keys_are_named(sample: &Sample, slots: &[Slot]) {
    let mut seen = Vec::new();
    for place in kem_places(sample) {
        let Role::KemKey(slot) = sample.layout.fields()[place].role else {
            unreachable!("it is the place of a KEM key")
        };
        seen.push(slot);
        for bad in [
            with_first_coefficient(3_329),
            with_first_coefficient(4_095),
            with_last_coefficient(3_329),
            with_last_coefficient(4_095),
            [0xff; 1568],
        ] {
            let bytes = sample.layout.bytes_with(place, &bad);
            let fault = PrimitiveError::InvalidEncapsulationKey;
            let expected = Err(Error::InvalidKey(slot, fault));
            assert_eq!(decode(sample.kind(), &bytes), expected, "{}", sample.name);
        }
    }
    assert_eq!(seen, slots, "{}", sample.name);
}

fn kem_places(sample: &Sample) -> Vec<usize> {
    let one_time = Role::KemKey(Slot::OneTimeKemPrekey);
    let last_resort = Role::KemKey(Slot::LastResortKemPrekey);
    sample.layout.places(&[one_time, last_resort])
}

/// Returns a KEM key with this first coefficient.
///
/// A coefficient is a number of 12 bits, the lowest first (FIPS 203, algorithm 5).
fn with_first_coefficient(value: u16) -> [u8; 1568] {
    let mut key = *kem_key(9).as_bytes();
    let [low, high] = value.to_le_bytes();
    key[0] = low;
    key[1] = key[1] & 0xf0 | high;
    key
}

fn with_last_coefficient(value: u16) -> [u8; 1568] {
    let mut key = *kem_key(9).as_bytes();
    let [low, high] = (value << 4).to_le_bytes();
    key[1534] = key[1534] & 0x0f | low;
    key[1535] = high;
    key
}

fn with_seed(byte: u8) -> [u8; 1568] {
    let mut key = *kem_key(9).as_bytes();
    key[1536..].fill(byte);
    key
}

/// Lists keys of small order, their aliases, and the alias of a valid key, each with its error.
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
