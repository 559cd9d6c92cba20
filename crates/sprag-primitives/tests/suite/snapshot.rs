//! The elements of snapshots: their bytes, their round trip, and what is refused.

use proptest::prelude::*;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_primitives::{Error, SecretBytes};

use crate::support::{key_pair, properties};

#[test]
fn elements_have_these_bytes() {
    let mut writer = Writer::new();
    writer.bytes(&[0xaa, 0xbb]);
    writer.u8(0x01);
    writer.u32(0x0203_0405);
    writer.u64(0x0607_0809_0a0b_0c0d);
    writer.length(0x0e0f);
    writer.option(None, Writer::u8);
    writer.option(Some(0x10), Writer::u8);
    let expected = "aabb0105040302\
                    0d0c0b0a09080706\
                    0f0e0000\
                    00\
                    0110";
    assert_eq!(hex::encode(writer.finish().expose()), expected);
    assert!(Writer::new().finish().expose().is_empty());
}

#[test]
fn every_element_is_read_back() {
    let snapshot = sample();
    let mut reader = Reader::new(&snapshot);
    read_sample(&mut reader).unwrap();
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn every_truncation_is_refused() {
    let snapshot = sample();
    for length in 0..snapshot.len() {
        let result = read_sample(&mut Reader::new(&snapshot[..length]));
        assert_eq!(result, Err(Error::SnapshotTruncated), "{length} bytes");
    }
}

#[test]
fn trailing_bytes_are_refused() {
    let mut snapshot = sample();
    snapshot.push(0);
    let mut reader = Reader::new(&snapshot);
    read_sample(&mut reader).unwrap();
    assert_eq!(reader.finish(), Err(Error::SnapshotInvalid));
    assert_eq!(Reader::new(&[]).finish(), Ok(()));
    assert_eq!(Reader::new(&[0]).finish(), Err(Error::SnapshotInvalid));
}

#[test]
fn markers_of_options_are_0_and_1() {
    for marker in 0..=u8::MAX {
        let bytes = [marker, 7];
        let mut reader = Reader::new(&bytes);
        let expected = match marker {
            0 => Ok(None),
            1 => Ok(Some(7)),
            _ => Err(Error::SnapshotInvalid),
        };
        assert_eq!(reader.option(Reader::u8), expected, "marker {marker}");
    }
}

#[test]
fn an_error_in_an_optional_value_is_returned() {
    let failed = Reader::new(&[1]).option(Reader::u8);
    assert_eq!(failed, Err(Error::SnapshotTruncated));
    let failed = Reader::new(&[1]).option(|_| Err::<(), _>(Error::InvalidSignature));
    assert_eq!(failed, Err(Error::InvalidSignature));
    let absent = Reader::new(&[0]).option(|_| Err::<(), _>(Error::InvalidSignature));
    assert_eq!(absent, Ok(None));
}

#[test]
fn a_length_is_at_most_its_limit() {
    let length = |written: u32, limit| Reader::new(&written.to_le_bytes()).length(limit);
    assert_eq!(length(0, 0), Ok(0));
    assert_eq!(length(5, 5), Ok(5));
    assert_eq!(length(6, 5), Err(Error::SnapshotInvalid));
    assert_eq!(length(1, 0), Err(Error::SnapshotInvalid));
    assert_eq!(length(u32::MAX, 1_000), Err(Error::SnapshotInvalid));
}

#[cfg(target_pointer_width = "64")]
#[test]
#[should_panic(expected = "collections in snapshots are bounded")]
fn a_length_beyond_32_bits_is_not_written() {
    Writer::new().length(1 << 32);
}

#[test]
fn bytes_beyond_the_end_are_refused_and_nothing_is_consumed() {
    let mut reader = Reader::new(&[1, 2, 3]);
    assert_eq!(reader.bytes(4), Err(Error::SnapshotTruncated));
    assert_eq!(reader.bytes(usize::MAX), Err(Error::SnapshotTruncated));
    assert_eq!(reader.array::<4>(), Err(Error::SnapshotTruncated));
    assert_eq!(reader.bytes(0), Ok(&[][..]));
    assert_eq!(reader.bytes(3), Ok(&[1, 2, 3][..]));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn public_keys_are_checked() {
    assert_eq!(
        Reader::new(&[0; 32]).public_key(),
        Err(Error::LowOrderPublicKey)
    );
    assert_eq!(
        Reader::new(&[0xff; 32]).public_key(),
        Err(Error::NonCanonicalPublicKey)
    );
}

proptest! {
    #![proptest_config(properties())]

    #[test]
    fn values_are_read_back(
        byte: u8,
        word: u32,
        long: u64,
        optional: Option<u64>,
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut writer = Writer::new();
        writer.u8(byte);
        writer.u32(word);
        writer.u64(long);
        writer.option(optional, Writer::u64);
        writer.length(bytes.len());
        writer.bytes(&bytes);
        let snapshot = writer.finish();

        let mut reader = Reader::new(snapshot.expose());
        prop_assert_eq!(reader.u8(), Ok(byte));
        prop_assert_eq!(reader.u32(), Ok(word));
        prop_assert_eq!(reader.u64(), Ok(long));
        prop_assert_eq!(reader.option(Reader::u64), Ok(optional));
        let length = reader.length(300).unwrap();
        prop_assert_eq!(reader.bytes(length), Ok(&bytes[..]));
        prop_assert_eq!(reader.finish(), Ok(()));
    }
}

/// A snapshot with one value of each kind.
fn sample() -> Vec<u8> {
    let pair = key_pair([0x5a; 32]);
    let mut writer = Writer::new();
    writer.bytes(b"abc");
    writer.bytes(b"wxyz");
    writer.u8(0xfe);
    writer.u32(0xfedc_ba98);
    writer.u64(0xfedc_ba98_7654_3210);
    writer.length(5);
    writer.option(None, Writer::u32);
    writer.option(Some(9), Writer::u32);
    writer.bytes(SecretBytes::copy_from(&[0xc3; 48]).expose());
    writer.bytes(pair.public().as_bytes());
    writer.bytes(pair.secret().expose());
    writer.finish().expose().to_vec()
}

/// Reads what [`sample`] wrote, and checks it.
fn read_sample(reader: &mut Reader<'_>) -> Result<(), Error> {
    let pair = key_pair([0x5a; 32]);
    assert_eq!(reader.bytes(3)?, b"abc");
    assert_eq!(reader.array()?, b"wxyz");
    assert_eq!(reader.u8()?, 0xfe);
    assert_eq!(reader.u32()?, 0xfedc_ba98);
    assert_eq!(reader.u64()?, 0xfedc_ba98_7654_3210);
    assert_eq!(reader.length(5)?, 5);
    assert_eq!(reader.option(Reader::u32)?, None);
    assert_eq!(reader.option(Reader::u32)?, Some(9));
    assert_eq!(reader.secret()?, SecretBytes::copy_from(&[0xc3; 48]));
    assert_eq!(&reader.public_key()?, pair.public());
    let read = reader.key_pair()?;
    assert_eq!(read.secret(), pair.secret());
    assert_eq!(read.public(), pair.public());
    Ok(())
}

#[test]
fn blocks_have_a_length_within_the_limit() {
    let mut writer = Writer::new();
    writer.block(b"block");
    writer.bytes(b"rest");
    let snapshot = writer.finish();
    assert_eq!(snapshot.expose(), b"\x05\0\0\0blockrest");
    let mut reader = Reader::new(snapshot.expose());
    assert_eq!(reader.block(5), Ok(&b"block"[..]));
    assert_eq!(reader.rest(), b"rest");
    let mut reader = Reader::new(snapshot.expose());
    assert_eq!(reader.block(4), Err(Error::SnapshotInvalid));
    for length in 0..9 {
        let mut reader = Reader::new(&snapshot.expose()[..length]);
        assert_eq!(reader.block(5), Err(Error::SnapshotTruncated));
    }
}
