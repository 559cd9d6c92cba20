//! The device list in bundles and uploads: opaque bytes behind the identity key, and the limit on their length.

use sprag_wire::limits::MAX_LIST_LENGTH;
use sprag_wire::{Error, Kind, encode_bundle, encode_upload};

use crate::layouts::{Layout, Role};
use crate::support::{
    Sample, Value, bundles, decode, uploads, varint, with_checksum, without_checksum,
};
use crate::values::{empty_upload, pqxdh_bundle, x3dh_bundle};

#[test]
fn a_list_of_any_length_up_to_the_limit_stands_behind_the_identity_key() {
    for length in [0, 1, 127, 128, 233, 1_693, MAX_LIST_LENGTH] {
        // The bytes of the list are those of no field, and not looked at.
        let list: Vec<u8> = (0..length).map(|index| index.to_le_bytes()[0]).collect();
        for sample in [bundles(), uploads()].concat() {
            let layout = with_list(&sample.layout, &list);
            let bytes = layout.bytes();
            let end = 3 + 32 + varint(length as u64).len() + length;
            assert_eq!(bytes[3..35], sample.layout.bytes()[3..35], "the key");
            assert_eq!(bytes[end - length..end], list);
            let value = decode(sample.kind(), &bytes).unwrap();
            assert_eq!(list_of(&value), list);
            assert_eq!(value.encode(), bytes);
        }
    }
}

#[test]
fn a_list_beyond_the_limit_is_not_encoded() {
    let list = [0; MAX_LIST_LENGTH + 1];
    for bundle in [x3dh_bundle(), pqxdh_bundle()] {
        assert_eq!(encode_bundle(&bundle, &list), Err(Error::Oversized));
        assert!(encode_bundle(&bundle, &list[1..]).is_ok());
    }
    assert_eq!(encode_upload(&empty_upload(), &list), Err(Error::Oversized));
    assert!(encode_upload(&empty_upload(), &list[1..]).is_ok());
}

/// The whole list is there, so that only the limit can be the reason.
#[test]
fn a_list_beyond_the_limit_is_refused() {
    let list = [0xd1; MAX_LIST_LENGTH + 1];
    for sample in [bundles(), uploads()].concat() {
        let bytes = with_list(&sample.layout, &list).bytes();
        let result = decode(sample.kind(), &bytes).map(drop);
        assert_eq!(result, Err(Error::Oversized), "{}", sample.name);
        let bytes = with_list(&sample.layout, &list[1..]).bytes();
        assert!(decode(sample.kind(), &bytes).is_ok(), "{}", sample.name);
    }
}

#[test]
fn a_length_beyond_the_limit_is_refused_whether_the_list_is_there_or_not() {
    for sample in [bundles(), uploads()].concat() {
        let place = sample.layout.places(&[Role::Length])[0];
        for length in [8_193, 1 << 20, u64::from(u32::MAX)] {
            let bytes = sample.layout.bytes_with(place, &varint(length));
            let result = decode(sample.kind(), &bytes).map(drop);
            assert_eq!(result, Err(Error::Oversized), "{length}");
        }
    }
    let bundle = &bundles()[0].layout;
    let place = bundle.places(&[Role::Length])[0];
    let bytes = bundle.bytes_with(place, &varint(8_192));
    let result = decode(Kind::Bundle, &bytes).map(drop);
    assert_eq!(result, Err(Error::Truncated), "within the limit");
}

#[test]
fn keys_as_they_were_before_device_lists_are_told_from_others() {
    for sample in [bundles(), uploads()].concat() {
        let early = without_list(&sample.layout).bytes();
        let result = decode(sample.kind(), &early).map(drop);
        assert_eq!(result, Err(Error::Earlier), "{}", sample.name);
        // Damage comes first, because it may be all that is wrong.
        let mut damaged = early.clone();
        damaged[200 % early.len()] ^= 1;
        let result = decode(sample.kind(), &damaged).map(drop);
        assert_eq!(result, Err(Error::Damaged), "{}", sample.name);
        // What is not whole in that form either is no more of an earlier version than of this one.
        let content = without_checksum(&early);
        for other in [&content[..content.len() - 1], &[content, &[0]].concat()] {
            let result = decode(sample.kind(), &with_checksum(other)).map(drop);
            assert!(
                result.is_err_and(|error| error != Error::Earlier),
                "{}",
                sample.name
            );
        }
    }
}

#[test]
fn the_samples_have_lists_whose_length_takes_no_one_and_two_bytes() {
    let lengths = [bundles(), uploads()].concat();
    let lengths: Vec<_> = lengths.iter().map(Sample::list_length).collect();
    assert_eq!(lengths, [13, 0, 200, 0, 200, 0]);
}

impl Sample {
    fn list_length(&self) -> usize {
        list_of(&self.value).len()
    }
}

fn list_of<'a>(value: &Value<'a>) -> &'a [u8] {
    match value {
        Value::Bundle(bundle) => bundle.list,
        Value::Upload(upload) => upload.list,
        other => unreachable!("{other:?} has no list"),
    }
}

/// Puts another list in the place of the one that there is.
fn with_list(layout: &Layout, list: &[u8]) -> Layout {
    with_block(layout, &[varint(list.len() as u64), list.to_vec()].concat())
}

/// Leaves out the list and its length, as if there were no such field.
fn without_list(layout: &Layout) -> Layout {
    with_block(layout, &[])
}

/// Puts these bytes in the place of the list and its length.
fn with_block(layout: &Layout, block: &[u8]) -> Layout {
    let place = layout.places(&[Role::Length])[0];
    let had_one = layout.fields()[place].bytes != [0];
    let layout = layout.with(place, block);
    if had_one {
        layout.with(place + 1, &[])
    } else {
        layout
    }
}
