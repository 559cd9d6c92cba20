//! Uploads: their bytes, their round trip, and the limits on their keys.

use sprag_wire::limits::{MAX_LIST_LENGTH, MAX_UPLOAD_LENGTH, MAX_UPLOAD_PREKEYS};
use sprag_wire::{CHECKSUM_LENGTH, Error, Published, decode_upload, encode_upload};
use sprag_x3dh::{KemPrekey, KemPrekeyUse, OneTimePrekey, PrekeyId, Suite, Upload};

use crate::layouts::{self, Role, upload_head, whole};
use crate::support::{
    decode, kem_key, key, mended, signature, uploads, varint, with_checksum, without_checksum,
};
use crate::values::{SHORT_LIST as LIST, empty_upload, one_time_kem_prekey, one_time_prekey};

#[test]
fn an_upload_has_these_bytes() {
    for sample in uploads() {
        assert_eq!(
            sample.value.encode(),
            sample.layout.bytes(),
            "{}",
            sample.name
        );
    }
}

#[test]
fn an_upload_is_read_back() {
    for sample in uploads() {
        let bytes = sample.layout.bytes();
        assert_eq!(decode(sample.kind(), &bytes), Ok(sample.value));
    }
}

#[test]
fn an_upload_with_another_number_of_keys_of_each_kind_has_these_bytes_and_is_read_back() {
    for (curve, kem) in [(3, 0), (0, 2), (1, 2), (130, 1)] {
        let total = curve + kem;
        let upload = upload_with(curve, kem);
        let bytes = encode_upload(&upload, LIST).unwrap();
        let [curve, total] = [curve, total].map(|count| u64::try_from(count).unwrap());
        assert_eq!(bytes, layout_with(0..curve, curve..total));
        assert_eq!(decode_upload(&bytes), Ok(with_list(upload)));
    }
}

#[test]
fn the_largest_upload_has_these_bytes_and_is_read_back() {
    let largest = upload_with(MAX_UPLOAD_PREKEYS, MAX_UPLOAD_PREKEYS);
    let bytes = encode_upload(&largest, LIST).unwrap();
    assert_eq!(bytes, layout_with(0..1_000, 1_000..2_000));
    assert_eq!(decode_upload(&bytes), Ok(with_list(largest)));
}

#[test]
fn an_upload_has_at_most_1685000_bytes_of_which_8194_are_the_list() {
    let mut largest = upload_with(MAX_UPLOAD_PREKEYS, MAX_UPLOAD_PREKEYS);
    largest.signed_prekey.terms.id = u32::MAX;
    largest.signed_prekey.terms.created = u64::MAX;
    largest.last_resort_kem_prekey.id = u32::MAX;
    largest.last_resort_kem_prekey.usage = KemPrekeyUse::LastResort { created: u64::MAX };
    for prekey in &mut largest.one_time_prekeys {
        prekey.id = u32::MAX;
    }
    for prekey in &mut largest.one_time_kem_prekeys {
        prekey.id = u32::MAX;
    }
    for (list, with_its_length) in [(0, 1), (127, 128), (128, 130), (MAX_LIST_LENGTH, 8_194)] {
        let list = vec![0xd1; list];
        let bytes = encode_upload(&largest, &list).unwrap();
        let keys = 1_806 + 1_000 * (37 + 1_638);
        assert_eq!(bytes.len(), keys + with_its_length);
        assert!(bytes.len() <= 1_685_000 && bytes.len() <= MAX_UPLOAD_LENGTH);
        let decoded = decode_upload(&bytes).unwrap();
        assert!(decoded.keys == largest && decoded.list == list);
    }
}

#[test]
fn an_upload_with_more_keys_of_a_kind_is_not_encoded() {
    let [limit, more] = [MAX_UPLOAD_PREKEYS, MAX_UPLOAD_PREKEYS + 1];
    for (curve, kem) in [(more, 0), (0, more), (more, limit), (limit, more)] {
        let upload = upload_with(curve, kem);
        assert_eq!(encode_upload(&upload, &[]), Err(Error::Oversized));
    }
    assert!(encode_upload(&upload_with(limit, 0), &[]).is_ok());
    assert!(encode_upload(&upload_with(0, limit), &[]).is_ok());
}

#[test]
fn an_upload_with_one_key_too_many_is_refused() {
    let bytes = layout_with(0..1_001, 0..0);
    assert_eq!(decode_upload(&bytes), Err(Error::Oversized));
    let bytes = layout_with(0..0, 0..1_001);
    assert_eq!(decode_upload(&bytes), Err(Error::Oversized));
}

/// An upload that ends after its counts.
///
/// A decoder that went on to the first key would report that the key is missing.
#[test]
fn a_count_beyond_the_limit_is_refused_before_a_key_is_read() {
    let layout = layouts::empty_upload();
    let counts = layout.places(&[Role::Count]);
    for count in [1_001, 0xffff, 1 << 31, u32::MAX] {
        for place in &counts {
            let bytes = layout.bytes_with(*place, &varint(count.into()));
            assert_eq!(decode_upload(&bytes), Err(Error::Oversized), "{count}");
        }
    }
    for place in &counts {
        for count in [1, 1_000] {
            let bytes = layout.bytes_with(*place, &varint(count));
            assert_eq!(decode_upload(&bytes), Err(Error::Truncated), "{count}");
        }
    }
}

/// An upload with an invalid curve prekey and a count beyond the limit.
///
/// The decoder reports the count, because it checks both counts before it reads a key.
#[test]
fn both_counts_are_looked_at_before_the_keys_of_either() {
    let layout = layouts::upload();
    let [curve, kem]: [usize; 2] = layout.places(&[Role::Count]).try_into().unwrap();
    let key = layout.places(&[Role::Key(sprag_x3dh::Slot::OneTimePrekey)])[0];
    let layout = layout.with(key, &[0xff; 32]);
    for place in [curve, kem] {
        let bytes = layout.bytes_with(place, &varint(1_001));
        assert_eq!(decode_upload(&bytes), Err(Error::Oversized));
    }
}

#[test]
fn fewer_keys_than_counted_are_missing_and_more_are_trailing() {
    let layout = layouts::upload();
    let [curve, kem]: [usize; 2] = layout.places(&[Role::Count]).try_into().unwrap();
    let bytes = layout.bytes_with(kem, &[3]);
    assert_eq!(decode_upload(&bytes), Err(Error::Truncated));
    let bytes = layout.bytes_with(kem, &[1]);
    assert_eq!(decode_upload(&bytes), Err(Error::Trailing));
    for count in [0, 1, 3] {
        let bytes = layout.bytes_with(curve, &[count]);
        assert!(decode_upload(&bytes).is_err(), "{count} curve prekeys");
    }
}

#[test]
fn every_truncation_is_refused() {
    for sample in uploads() {
        let bytes = sample.layout.bytes();
        for length in 0..bytes.len() {
            let result = decode_upload(&bytes[..length]);
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
            let result = decode_upload(&shorter);
            assert!(result.is_err(), "{length} bytes");
            if length > 2 {
                assert_eq!(result, Err(Error::Truncated), "{length} bytes");
            }
        }
    }
}

#[test]
fn a_byte_behind_an_upload_is_refused() {
    for sample in uploads() {
        let mut bytes = sample.layout.bytes();
        for byte in 0..=u8::MAX {
            bytes.push(byte);
            assert_eq!(decode_upload(&bytes), Err(Error::Damaged), "byte {byte}");
            bytes.pop();
            let longer = with_checksum(&[without_checksum(&bytes), &[byte]].concat());
            assert_eq!(decode_upload(&longer), Err(Error::Trailing), "byte {byte}");
        }
    }
}

#[test]
fn an_upload_for_x3dh_is_refused_whatever_follows() {
    let refused = Error::OtherSuite(Suite::X3dh);
    for sample in uploads() {
        let suite = sample.layout.places(&[Role::Suite])[0];
        let mut bytes = sample.layout.bytes_with(suite, &[1]);
        assert_eq!(decode_upload(&bytes), Err(refused));
        assert_eq!(decode_upload(&with_checksum(&bytes[..3])), Err(refused));
        bytes[3..].fill(0xff);
        assert_eq!(decode_upload(&bytes), Err(Error::Damaged));
        assert_eq!(decode_upload(&mended(&bytes)), Err(refused));
    }
}

fn with_list(keys: Upload) -> Published<'static, Upload> {
    Published { keys, list: LIST }
}

/// Returns an upload with this many prekeys, which are numbered from 0, curve before KEM.
fn upload_with(curve: usize, kem: usize) -> Upload {
    let kem_prekey = one_time_kem_prekey();
    let mut ids: core::ops::RangeFrom<PrekeyId> = 0..;
    let one_time_prekeys = ids.by_ref().take(curve).map(|id| OneTimePrekey {
        id,
        ..one_time_prekey()
    });
    let one_time_prekeys = one_time_prekeys.collect();
    let one_time_kem_prekeys = ids.take(kem).map(|id| KemPrekey {
        id,
        ..kem_prekey.clone()
    });
    Upload {
        one_time_prekeys,
        one_time_kem_prekeys: one_time_kem_prekeys.collect(),
        ..empty_upload()
    }
}

/// Returns the bytes of an upload with one-time prekeys of these numbers.
fn layout_with(curve: core::ops::Range<u64>, kem: core::ops::Range<u64>) -> Vec<u8> {
    let count = |range: &core::ops::Range<u64>| varint(range.end - range.start);
    let mut bytes = [
        whole([upload_head(LIST)]).bytes(),
        count(&curve),
        count(&kem),
    ]
    .concat();
    let curve_key = key(3);
    for id in curve {
        bytes.extend([varint(id), curve_key.to_vec()].concat());
    }
    let kem_key = kem_key(1);
    for id in kem {
        let id = varint(id);
        let fields: [&[u8]; 4] = [&[0], &id, &signature(0x80), kem_key.as_bytes()];
        bytes.extend(fields.concat());
    }
    with_checksum(&bytes)
}
