//! One encoding of each value: other forms of the same are refused.

use sprag_wire::{Error, decode_bundle, decode_prekey_message};

use crate::support::{
    BundleParts, PrekeyMessageParts, encoded_again, key, least_length, samples, varint,
};

#[test]
fn superfluous_bytes_of_a_number_are_refused() {
    for id in superfluous(300, 5) {
        let result = decode_with_id(&id);
        assert_eq!(result, [Err(Error::NotCanonical); 4], "{id:02x?}");
    }
    for created in superfluous(1_767_225_600, 10) {
        let result = decode_with_time(&created);
        assert_eq!(result, Err(Error::NotCanonical), "{created:02x?}");
    }
    for zero in superfluous(0, 5) {
        assert_eq!(decode_with_id(&zero), [Err(Error::NotCanonical); 4]);
        assert_eq!(decode_with_time(&zero), Err(Error::NotCanonical));
    }
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    for id in [
        varint(1 << 32),
        varint(u64::from(u32::MAX) + (1 << 32)),
        vec![0xff, 0xff, 0xff, 0xff, 0x10],
        vec![0x80, 0x80, 0x80, 0x80, 0x7f],
        vec![0x80, 0x80, 0x80, 0x80, 0x80],
        vec![0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
    ] {
        let result = decode_with_id(&id);
        assert_eq!(result, [Err(Error::Malformed); 4], "{id:02x?}");
    }
    assert_eq!(decode_with_id(&varint(u32::MAX.into())), [Ok(()); 4]);

    let longest = |last: &[u8]| [&[0x80; 9], last].concat();
    for created in [
        longest(&[0x02]),
        longest(&[0x7f]),
        longest(&[0x80]),
        longest(&[0x80, 0x00]),
        [0xff; 10].to_vec(),
    ] {
        let result = decode_with_time(&created);
        assert_eq!(result, Err(Error::Malformed), "{created:02x?}");
    }
    assert_eq!(decode_with_time(&longest(&[0x01])), Ok(()));
    assert_eq!(decode_with_time(&varint(u64::MAX)), Ok(()));
}

#[test]
fn markers_of_options_are_0_and_1() {
    for marker in 2..=u8::MAX {
        let mut bundle = BundleParts::sample();
        bundle.one_time_prekey[0] = marker;
        let result = decode_bundle(&bundle.bytes());
        assert_eq!(result, Err(Error::Malformed), "marker {marker}");

        let mut message = PrekeyMessageParts::sample();
        message.one_time_prekey[0] = marker;
        let bytes = message.bytes();
        let result = decode_prekey_message(&bytes);
        assert_eq!(result, Err(Error::Malformed), "marker {marker}");
    }
}

#[test]
fn an_absent_one_time_prekey_with_content_is_refused() {
    let mut bundle = BundleParts::sample();
    bundle.one_time_prekey[0] = 0;
    assert_eq!(decode_bundle(&bundle.bytes()), Err(Error::Trailing));
}

/// Exhaustive: each byte of each sample, with each other value.
#[test]
fn a_changed_byte_is_refused_or_changes_the_value() {
    for (kind, sample) in samples() {
        let mut accepted = 0;
        for position in 0..sample.len() {
            for value in (0..=u8::MAX).filter(|value| *value != sample[position]) {
                let mut bytes = sample.clone();
                bytes[position] = value;
                if let Ok(again) = encoded_again(kind, &bytes) {
                    assert_eq!(again, bytes, "{kind}, byte {position} is {value}");
                    accepted += 1;
                }
            }
        }
        assert!(accepted > 64 * 255, "most signatures and ciphertexts are");
    }
}

#[test]
fn a_removed_or_doubled_byte_is_refused_or_changes_the_value() {
    for (kind, sample) in samples() {
        for position in 0..sample.len() {
            let mut shorter = sample.clone();
            let byte = shorter.remove(position);
            let mut longer = sample.clone();
            longer.insert(position, byte);
            for bytes in [shorter, longer] {
                if let Ok(again) = encoded_again(kind, &bytes) {
                    assert_eq!(again, bytes, "{kind}, byte {position}");
                    assert!(bytes.len() >= least_length(kind, &sample) - 1);
                }
            }
        }
    }
}

/// Decodes with `id` in each place of a prekey's number.
fn decode_with_id(id: &[u8]) -> [Result<(), Error>; 4] {
    let marked = [&[1], id].concat();
    let bundles = [
        BundleParts {
            id: id.to_vec(),
            ..BundleParts::sample()
        },
        BundleParts {
            one_time_prekey: [&marked, key(3).as_slice()].concat(),
            ..BundleParts::sample()
        },
    ];
    let messages = [
        PrekeyMessageParts {
            signed_prekey: id.to_vec(),
            ..PrekeyMessageParts::sample()
        },
        PrekeyMessageParts {
            one_time_prekey: marked,
            ..PrekeyMessageParts::sample()
        },
    ];
    let [first, second] = bundles.map(|parts| decode_bundle(&parts.bytes()).map(drop));
    let [third, fourth] = messages.map(|parts| decode_prekey_message(&parts.bytes()).map(drop));
    [first, second, third, fourth]
}

fn decode_with_time(created: &[u8]) -> Result<(), Error> {
    let parts = BundleParts {
        created: created.to_vec(),
        ..BundleParts::sample()
    };
    decode_bundle(&parts.bytes()).map(drop)
}

/// The longer forms of `value`, up to `longest` bytes.
fn superfluous(value: u64, longest: usize) -> impl Iterator<Item = Vec<u8>> {
    let shortest = varint(value);
    (shortest.len() + 1..=longest).map(move |length| {
        let mut bytes = shortest.clone();
        bytes.resize(length, 0);
        for byte in &mut bytes[..length - 1] {
            *byte |= 0x80;
        }
        bytes
    })
}
