//! Tests of the elements of snapshots: their bytes, their round trip, and the inputs that are refused.

use proptest::prelude::*;
use sprag_primitives::ml_kem_1024::{Ciphertext, DecapsulationKey};
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::x25519::{KeyPair, PublicKey, SecretKey};
use sprag_primitives::xeddsa::Signature;
use sprag_primitives::{Error, SecretBytes, snapshot_fields};

use crate::support::{key_pair, properties};

#[test]
fn elements_have_these_bytes() {
    let mut writer = Writer::new();
    writer.bytes(&[0xaa, 0xbb]);
    writer.put(&0x01_u8);
    writer.put(&0x0203_0405_u32);
    writer.put(&0x0607_0809_0a0b_0c0d_u64);
    writer.length(0x0e0f);
    writer.put(&None::<u8>);
    writer.put(&Some(0x10_u8));
    writer.put(&[false, true].map(u8::from));
    writer.put(&true);
    writer.put(&Box::new(0x11_u8));
    writer.put(&());
    let expected = "aabb0105040302\
                    0d0c0b0a09080706\
                    0f0e0000\
                    00\
                    0110\
                    0001\
                    01\
                    11";
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
        assert_eq!(reader.get::<Option<u8>>(), expected, "marker {marker}");
    }
}

#[test]
fn an_error_in_an_optional_value_is_returned() {
    let failed = Reader::new(&[1]).get::<Option<u8>>();
    assert_eq!(failed, Err(Error::SnapshotTruncated));
    let mut low_order = [0; 33];
    low_order[0] = 1;
    let failed = Reader::new(&low_order).get::<Option<PublicKey>>();
    assert_eq!(failed, Err(Error::LowOrderPublicKey));
    let absent = Reader::new(&[0]).get::<Option<PublicKey>>();
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
        PublicKey::from_snapshot(&[0; 32]),
        Err(Error::LowOrderPublicKey)
    );
    assert_eq!(
        PublicKey::from_snapshot(&[0xff; 32]),
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
        writer.put(&byte);
        writer.put(&word);
        writer.put(&long);
        writer.put(&optional);
        writer.length(bytes.len());
        writer.bytes(&bytes);
        let snapshot = writer.finish();

        let mut reader = Reader::new(snapshot.expose());
        prop_assert_eq!(reader.get(), Ok(byte));
        prop_assert_eq!(reader.get(), Ok(word));
        prop_assert_eq!(reader.get(), Ok(long));
        prop_assert_eq!(reader.get(), Ok(optional));
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
    writer.put(&0xfe_u8);
    writer.put(&0xfedc_ba98_u32);
    writer.put(&0xfedc_ba98_7654_3210_u64);
    writer.length(5);
    writer.put(&None::<u32>);
    writer.put(&Some(9_u32));
    writer.put(&SecretBytes::copy_from(&[0xc3; 48]));
    writer.put(pair.public());
    writer.put(&pair);
    writer.finish().expose().to_vec()
}

/// Reads a snapshot of [`sample`], and checks its values.
fn read_sample(reader: &mut Reader<'_>) -> Result<(), Error> {
    let pair = key_pair([0x5a; 32]);
    assert_eq!(reader.bytes(3)?, b"abc");
    assert_eq!(reader.array()?, b"wxyz");
    assert_eq!(reader.get::<u8>()?, 0xfe);
    assert_eq!(reader.get::<u32>()?, 0xfedc_ba98);
    assert_eq!(reader.get::<u64>()?, 0xfedc_ba98_7654_3210);
    assert_eq!(reader.length(5)?, 5);
    assert_eq!(reader.get::<Option<u32>>()?, None);
    assert_eq!(reader.get::<Option<u32>>()?, Some(9));
    let secret: SecretBytes<48> = reader.get()?;
    assert_eq!(secret, SecretBytes::copy_from(&[0xc3; 48]));
    assert_eq!(&reader.get::<PublicKey>()?, pair.public());
    let read: KeyPair = reader.get()?;
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
    assert_eq!(reader.bytes(4), Ok(&b"rest"[..]));
    let mut reader = Reader::new(snapshot.expose());
    assert_eq!(reader.block(4), Err(Error::SnapshotInvalid));
    for length in 0..9 {
        let mut reader = Reader::new(&snapshot.expose()[..length]);
        assert_eq!(reader.block(5), Err(Error::SnapshotTruncated));
    }
}

struct Fields {
    number: u32,
    secret: SecretBytes<4>,
    last: bool,
}
snapshot_fields!(Fields {
    number,
    secret,
    last,
});

#[test]
fn a_struct_is_its_fields_in_the_order_given() {
    let fields = Fields {
        number: 7,
        secret: SecretBytes::copy_from(b"wxyz"),
        last: true,
    };
    let snapshot = fields.to_snapshot();
    assert_eq!(snapshot.expose(), b"\x07\0\0\0wxyz\x01");
    let read = Fields::from_snapshot(snapshot.expose()).unwrap();
    assert_eq!((read.number, read.last), (7, true));
    assert_eq!(read.secret, fields.secret);
}

#[test]
fn a_snapshot_of_one_value_has_nothing_after_it() {
    assert_eq!(u32::from_snapshot(&[1, 0, 0, 0]), Ok(1));
    assert_eq!(
        u32::from_snapshot(&[1, 0, 0, 0, 0]),
        Err(Error::SnapshotInvalid)
    );
    assert_eq!(
        u32::from_snapshot(&[1, 0, 0]),
        Err(Error::SnapshotTruncated)
    );
    assert_eq!(<()>::from_snapshot(&[]), Ok(()));
    assert_eq!(<()>::from_snapshot(&[0]), Err(Error::SnapshotInvalid));
}

/// The snapshot of a value, and the snapshot of the value that is read from the first.
fn there_and_back<T: Snapshot>(value: &T) -> [Vec<u8>; 2] {
    let first = value.to_snapshot();
    let read = T::from_snapshot(first.expose()).expect("it is whole");
    [&first, &read.to_snapshot()].map(|snapshot| snapshot.expose().to_vec())
}

#[test]
fn keys_signatures_and_ciphertexts_are_their_encodings() {
    let pair = key_pair([0x5a; 32]);
    let public = pair.public().as_bytes().to_vec();
    assert_eq!(there_and_back(pair.public()), [public.clone(), public]);
    let secret = || vec![0x5a; 32];
    assert_eq!(there_and_back(&pair), [secret(), secret()]);
    let key = SecretKey::from_secret(&SecretBytes::copy_from(&[0x5a; 32]));
    assert_eq!(there_and_back(&key), [secret(), secret()]);
    let signature = || (0..64).collect::<Vec<u8>>();
    let parsed = Signature::from_bytes(core::array::from_fn(|byte| signature()[byte]));
    assert_eq!(there_and_back(&parsed), [signature(), signature()]);
    let seed = || vec![0xc3; 64];
    let key = DecapsulationKey::from_seed(SecretBytes::copy_from(&[0xc3; 64]));
    assert_eq!(there_and_back(&key), [seed(), seed()]);
    let ciphertext = || vec![0x77; 1568];
    let parsed = Ciphertext::from_bytes(&[0x77; 1568]);
    assert_eq!(there_and_back(&parsed), [ciphertext(), ciphertext()]);
}
