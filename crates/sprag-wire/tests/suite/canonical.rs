//! The one encoding of each value. Other forms of the same value are refused.

use sprag_wire::{Error, Kind, decode_bundle};

use crate::layouts::{self, Role};
use crate::support::{decode, encoded_again, lengthened, mended, samples, varint};

#[test]
fn superfluous_bytes_of_a_number_are_refused() {
    let mut tried = 0;
    for (role, longest) in [
        (Role::Number, 5),
        (Role::Count, 5),
        (Role::Length, 5),
        (Role::Time, 10),
    ] {
        for sample in samples() {
            for place in sample.layout.places(&[role]) {
                let genuine = &sample.layout.fields()[place].bytes;
                for shortest in [genuine.as_slice(), &[0], &[0x7f]] {
                    for superfluous in 1..=longest - shortest.len() {
                        let bytes = lengthened(shortest, superfluous);
                        let result = decode_with(&sample.layout, place, &bytes);
                        assert_eq!(result, Err(Error::NotCanonical), "{bytes:02x?}");
                    }
                }
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 24 + 4 + 6 + 9, "numbers, counts, lengths and times");
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    let too_large = [
        varint(1 << 32),
        varint(u64::from(u32::MAX) + (1 << 32)),
        vec![0xff, 0xff, 0xff, 0xff, 0x10],
        vec![0x80, 0x80, 0x80, 0x80, 0x7f],
        vec![0x80, 0x80, 0x80, 0x80, 0x80],
        vec![0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
    ];
    for sample in samples() {
        for place in sample
            .layout
            .places(&[Role::Number, Role::Count, Role::Length])
        {
            for number in &too_large {
                let result = decode_with(&sample.layout, place, number);
                assert_eq!(result, Err(Error::Malformed), "{number:02x?}");
            }
        }
        for place in sample.layout.places(&[Role::Number]) {
            let largest = varint(u32::MAX.into());
            assert_eq!(decode_with(&sample.layout, place, &largest), Ok(()));
        }
    }
}

#[test]
fn times_that_do_not_fit_are_refused() {
    let longest = |last: &[u8]| [&[0x80; 9], last].concat();
    for sample in samples() {
        for place in sample.layout.places(&[Role::Time]) {
            for time in [
                longest(&[0x02]),
                longest(&[0x7f]),
                longest(&[0x80]),
                longest(&[0x80, 0x00]),
                [0xff; 10].to_vec(),
            ] {
                let result = decode_with(&sample.layout, place, &time);
                assert_eq!(result, Err(Error::Malformed), "{time:02x?}");
            }
            for time in [longest(&[0x01]), varint(u64::MAX)] {
                assert_eq!(decode_with(&sample.layout, place, &time), Ok(()));
            }
        }
    }
}

#[test]
fn markers_of_options_are_0_and_1() {
    let mut tried = 0;
    for sample in samples() {
        for place in sample.layout.places(&[Role::Marker]) {
            for marker in 2..=u8::MAX {
                let result = decode_with(&sample.layout, place, &[marker]);
                assert_eq!(result, Err(Error::Malformed), "marker {marker}");
            }
            tried += 1;
        }
    }
    assert_eq!(tried, 8);
}

#[test]
fn what_a_kem_prekey_is_for_is_0_or_1_in_one_byte() {
    let mut tried = 0;
    for sample in samples() {
        for place in sample.layout.places(&[Role::Usage]) {
            let genuine = &sample.layout.fields()[place].bytes;
            for superfluous in 1..=4 {
                let usage = lengthened(genuine, superfluous);
                let result = decode_with(&sample.layout, place, &usage);
                assert_eq!(result, Err(Error::NotCanonical), "{usage:02x?}");
            }
            for unknown in [2, 3, 127, 128, 129, 1 << 16, u32::MAX] {
                let result = decode_with(&sample.layout, place, &varint(unknown.into()));
                assert_eq!(result, Err(Error::Malformed), "{unknown}");
            }
            tried += 1;
        }
    }
    assert_eq!(tried, 6);
}

#[test]
fn an_absent_one_time_prekey_with_content_is_refused() {
    for (layout, refused) in [
        (layouts::x3dh_bundle(), Error::Trailing),
        (layouts::pqxdh_bundle(), Error::Malformed),
    ] {
        let place = layout.places(&[Role::Marker])[0];
        let bytes = layout.bytes_with(place, &[0]);
        assert_eq!(decode_bundle(&bytes), Err(refused));
    }
}

#[test]
fn a_present_one_time_prekey_without_content_is_refused() {
    for layout in [
        layouts::reusable_x3dh_bundle(),
        layouts::reusable_pqxdh_bundle(),
    ] {
        let place = layout.places(&[Role::Marker])[0];
        assert!(decode_bundle(&layout.bytes_with(place, &[1])).is_err());
    }
}

/// Every change of every byte of the short samples.
///
/// In samples with a KEM key or a KEM ciphertext, the test changes one bit of each byte of the long
/// fields, because every change would take too long.
#[test]
fn a_changed_byte_is_refused_or_changes_the_value() {
    for sample in samples() {
        let (kind, original) = (sample.kind(), sample.layout.bytes());
        let mut start = 0;
        for field in sample.layout.fields() {
            let end = start + field.bytes.len();
            for position in start..end {
                let bit = 1 << (position % 8);
                let changes = if original.len() < 1_000 || field.bytes.len() < 11 {
                    1..=u8::MAX
                } else {
                    bit..=bit
                };
                for change in changes {
                    let mut bytes = original.clone();
                    bytes[position] ^= change;
                    let context = format!("{}, byte {position}", sample.name);
                    if field.role != Role::Checksum {
                        bytes = mended(&bytes);
                    }
                    match encoded_again(kind, &bytes) {
                        Ok(again) => assert_eq!(again, bytes, "{context}"),
                        Err(_) => assert_ne!(field.role, Role::Opaque, "{context}"),
                    }
                }
            }
            start = end;
        }
    }
}

#[test]
fn a_removed_or_doubled_byte_is_refused_or_changes_the_value() {
    for sample in samples() {
        let (kind, original) = (sample.kind(), sample.layout.bytes());
        for position in 0..original.len() {
            let mut shorter = original.clone();
            let byte = shorter.remove(position);
            let mut longer = original.clone();
            longer.insert(position, byte);
            for bytes in [mended(&shorter), mended(&longer), shorter, longer] {
                if let Ok(again) = encoded_again(kind, &bytes) {
                    assert_eq!(again, bytes, "{}, byte {position}", sample.name);
                    assert!(bytes.len() >= sample.least_length() - 1);
                }
            }
        }
    }
}

/// Decodes the layout with other bytes in one field.
fn decode_with(layout: &layouts::Layout, place: usize, bytes: &[u8]) -> Result<(), Error> {
    let bytes = layout.bytes_with(place, bytes);
    let kind = match bytes[1] {
        1 => Kind::Bundle,
        2 => Kind::PrekeyMessage,
        3 => Kind::Message,
        _ => Kind::Upload,
    };
    decode(kind, &bytes).map(drop)
}
