//! Bundles: their bytes, their round trip, and their greatest length.

use sprag_primitives::ml_kem_1024::ENCAPSULATION_KEY_LENGTH;
use sprag_wire::limits::{MAX_BUNDLE_LENGTH, MAX_LIST_LENGTH};
use sprag_wire::{CHECKSUM_LENGTH, Error, Published, decode_bundle, encode_bundle};
use sprag_x3dh::{Bundle, CurveBundle, KemPrekey, KemPrekeyUse};

use crate::layouts::Role;
use crate::support::{Value, bundles, decode, varint, with_checksum, without_checksum};
use crate::values::{pqxdh_bundle, reusable_pqxdh_bundle, reusable_x3dh_bundle, x3dh_bundle};

#[test]
fn a_bundle_has_these_bytes() {
    for sample in bundles() {
        assert_eq!(
            sample.value.encode(),
            sample.layout.bytes(),
            "{}",
            sample.name
        );
    }
}

#[test]
fn a_bundle_is_read_back() {
    for sample in bundles() {
        let bytes = sample.layout.bytes();
        assert_eq!(decode(sample.kind(), &bytes), Ok(sample.value));
    }
}

#[test]
fn every_number_is_read_back() {
    let mut last_resort = pqxdh_bundle();
    *parts(&mut last_resort).kem_prekey.unwrap() = match reusable_pqxdh_bundle() {
        Bundle::Pqxdh(reusable) => reusable.kem_prekey,
        Bundle::X3dh(_) => unreachable!("it is for PQXDH"),
    };
    for original in [x3dh_bundle(), pqxdh_bundle(), last_resort] {
        for number in edges() {
            let mut bundle = original.clone();
            set_times(&mut bundle, number);
            is_read_back(&bundle);
        }
        for number in edges().filter_map(|number| u32::try_from(number).ok()) {
            let mut bundle = original.clone();
            set_ids(&mut bundle, number);
            is_read_back(&bundle);
        }
    }
}

#[test]
fn every_number_has_its_shortest_form_in_its_place() {
    for sample in bundles() {
        let Value::Bundle(original) = sample.value else {
            unreachable!("it is a bundle")
        };
        for number in edges() {
            let mut bundle = original.keys.clone();
            set_times(&mut bundle, number);
            let mut layout = sample.layout.clone();
            for place in layout.places(&[Role::Time]) {
                layout = layout.with(place, &varint(number));
            }
            if let Ok(id) = u32::try_from(number) {
                set_ids(&mut bundle, id);
                for place in layout.places(&[Role::Number]) {
                    layout = layout.with(place, &varint(number));
                }
            }
            let list = original.list;
            let bytes = layout.bytes();
            assert_eq!(
                encode_bundle(&bundle, list).as_ref(),
                Ok(&bytes),
                "{number}"
            );
            let keys = bundle;
            assert_eq!(
                decode_bundle(&bytes),
                Ok(Published { keys, list }),
                "{number}"
            );
        }
    }
}

#[test]
fn an_x3dh_bundle_has_at_most_192_bytes_and_the_list() {
    has_at_most(192, x3dh_bundle());
    has_at_most(192 - 37, reusable_x3dh_bundle());
}

#[test]
fn a_pqxdh_bundle_has_at_most_1840_bytes_and_the_list() {
    let mut with_one_time_prekey = reusable_pqxdh_bundle();
    let mut donor = pqxdh_bundle();
    let one_time_prekey = parts(&mut donor).curve.one_time_prekey.take();
    parts(&mut with_one_time_prekey).curve.one_time_prekey = one_time_prekey;
    has_at_most(1_840, with_one_time_prekey);
    has_at_most(1_840 - 37, reusable_pqxdh_bundle());
    has_at_most(1_840 - 10, pqxdh_bundle());
}

#[test]
fn every_truncation_is_refused() {
    for sample in bundles() {
        let bytes = sample.layout.bytes();
        for length in 0..bytes.len() {
            let result = decode_bundle(&bytes[..length]);
            let expected = if length < 3 + CHECKSUM_LENGTH {
                Error::Truncated
            } else {
                Error::Damaged
            };
            assert_eq!(result, Err(expected), "{length} bytes");
        }
        // The checksum is computed again.
        let content = without_checksum(&bytes);
        for length in 1..content.len() {
            let shorter = with_checksum(&content[..length]);
            let result = decode_bundle(&shorter);
            assert!(result.is_err(), "{length} bytes");
            if length > 2 {
                assert_eq!(result, Err(Error::Truncated), "{length} bytes");
            }
        }
    }
}

#[test]
fn a_byte_behind_a_bundle_is_refused() {
    for sample in bundles() {
        let mut bytes = sample.layout.bytes();
        for byte in 0..=u8::MAX {
            bytes.push(byte);
            assert_eq!(decode_bundle(&bytes), Err(Error::Damaged), "byte {byte}");
            bytes.pop();
            let longer = with_checksum(&[without_checksum(&bytes), &[byte]].concat());
            assert_eq!(decode_bundle(&longer), Err(Error::Trailing), "byte {byte}");
        }
    }
}

#[test]
fn a_kem_key_behind_an_x3dh_bundle_is_refused() {
    let bundle = encode_bundle(&reusable_x3dh_bundle(), &[]).unwrap();
    let pqxdh = encode_bundle(&reusable_pqxdh_bundle(), &[]).unwrap();
    let (bundle, pqxdh) = (without_checksum(&bundle), without_checksum(&pqxdh));
    let kem_prekey = &pqxdh[bundle.len()..];
    assert!(kem_prekey.len() > ENCAPSULATION_KEY_LENGTH);
    let bytes = with_checksum(&[bundle, kem_prekey].concat());
    assert_eq!(decode_bundle(&bytes), Err(Error::Trailing));
}

fn has_at_most(length: usize, mut bundle: Bundle) {
    set_times(&mut bundle, u64::MAX);
    set_ids(&mut bundle, u32::MAX);
    for (list, with_its_length) in [(0, 1), (127, 128), (128, 130), (MAX_LIST_LENGTH, 8_194)] {
        let list = vec![0xd1; list];
        let bytes = encode_bundle(&bundle, &list).expect("it is within the limits");
        assert_eq!(bytes.len(), length + with_its_length);
        assert!(bytes.len() <= MAX_BUNDLE_LENGTH);
        let decoded = decode_bundle(&bytes).expect("it was encoded");
        assert_eq!(decoded.keys, bundle);
        assert_eq!(decoded.list, list);
    }
}

fn is_read_back(bundle: &Bundle) {
    for list in [&[][..], b"a list"] {
        let bytes = encode_bundle(bundle, list).expect("the list is short");
        let keys = bundle.clone();
        assert_eq!(decode_bundle(&bytes), Ok(Published { keys, list }));
    }
}

/// The curve keys of a bundle, and its KEM prekey if it is for PQXDH.
struct Parts<'a> {
    curve: &'a mut CurveBundle,
    kem_prekey: Option<&'a mut KemPrekey>,
}

fn parts(bundle: &mut Bundle) -> Parts<'_> {
    match bundle {
        Bundle::X3dh(bundle) => Parts {
            curve: &mut bundle.curve,
            kem_prekey: None,
        },
        Bundle::Pqxdh(bundle) => Parts {
            curve: &mut bundle.curve,
            kem_prekey: Some(&mut bundle.kem_prekey),
        },
    }
}

fn set_times(bundle: &mut Bundle, created: u64) {
    let parts = parts(bundle);
    parts.curve.signed_prekey.terms.created = created;
    if let Some(prekey) = parts.kem_prekey
        && prekey.usage != KemPrekeyUse::OneTime
    {
        prekey.usage = KemPrekeyUse::LastResort { created };
    }
}

fn set_ids(bundle: &mut Bundle, id: u32) {
    let parts = parts(bundle);
    parts.curve.signed_prekey.terms.id = id;
    if let Some(prekey) = &mut parts.curve.one_time_prekey {
        prekey.id = id;
    }
    if let Some(prekey) = parts.kem_prekey {
        prekey.id = id;
    }
}

/// Returns the numbers on both sides of each point at which a varint grows by a byte.
///
/// The least and the greatest numbers of 32 and of 64 bits are among them.
fn edges() -> impl Iterator<Item = u64> {
    let powers = (1..10).map(|bytes| 1 << (7 * bytes));
    let around = powers.flat_map(|power: u64| [power - 1, power]);
    around.chain([0, u32::MAX.into(), 1 << 32, u64::MAX])
}
