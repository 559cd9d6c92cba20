//! Bundles and uploads that were damaged on the way. The checksum covers the curve one-time prekeys too, which no
//! signature covers.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag_wire::{
    CHECKSUM_LENGTH, Error, Kind, decode_bundle, decode_upload, encode_bundle, encode_upload,
};
use sprag_x3dh::{
    Bundle, IdentityKeyPair, KemPrekeyPair, LastResortKemPrekeyPair, LastResortKemPrekeyTerms,
    OneTimePrekeyPair, SignedPrekeyPair, SignedPrekeyTerms, Slot, Suite, Upload,
};

use crate::layouts::Role;
use crate::support::{
    Sample, bundles, checksum, decode, mended, uploads, with_checksum, without_checksum,
};

#[test]
fn a_checksum_is_the_first_8_bytes_of_sha_256_over_all_bytes_before() {
    assert_eq!(CHECKSUM_LENGTH, 8);
    // The hash of "abc" is a known answer of FIPS 180.
    let known = [0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea];
    assert_eq!(checksum(b"abc"), known);
    for sample in samples() {
        let bytes = sample.value.encode();
        assert_eq!(bytes, with_checksum(without_checksum(&bytes)));
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    for sample in samples() {
        let genuine = sample.value.encode();
        for bit in 0..8 * genuine.len() {
            let mut bytes = genuine.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let error = match bit / 8 {
                0 => Error::UnknownVersion(bytes[0]),
                // Other kinds have other forms.
                1 => match bytes[1] {
                    1 => Error::OtherKind(Kind::Bundle),
                    2 => Error::OtherKind(Kind::PrekeyMessage),
                    3 => Error::OtherKind(Kind::Message),
                    4 => Error::OtherKind(Kind::File),
                    5 => Error::OtherKind(Kind::Upload),
                    8 => Error::OtherKind(Kind::Invitation),
                    9 => Error::OtherKind(Kind::Recovery),
                    other => Error::UnknownKind(other),
                },
                2 if !(1..=2).contains(&bytes[2]) => Error::UnknownSuite(bytes[2]),
                _ => Error::Damaged,
            };
            let result = decode(sample.kind(), &bytes);
            assert_eq!(result, Err(error), "{}, bit {bit}", sample.name);
        }
    }
}

/// Without the checksum, a damaged one-time prekey would often be another valid key.
#[test]
fn a_damaged_one_time_prekey_is_noticed_by_the_checksum_alone() {
    let mut noticed = 0;
    for sample in samples() {
        for place in sample.layout.places(&[Role::Key(Slot::OneTimePrekey)]) {
            let start: usize = sample.layout.fields()[..place]
                .iter()
                .map(|field| field.bytes.len())
                .sum();
            for bit in 0..255 {
                let mut bytes = sample.layout.bytes();
                bytes[start + bit / 8] ^= 1 << (bit % 8);
                assert_eq!(decode(sample.kind(), &bytes), Err(Error::Damaged));
                assert!(decode(sample.kind(), &mended(&bytes)).is_ok());
                noticed += 1;
            }
        }
    }
    assert_eq!(noticed, 4 * 255, "two in bundles, two in an upload");
}

#[test]
fn two_parts_that_changed_places_are_refused() {
    for sample in samples() {
        let mut bytes = sample.layout.bytes();
        let middle = bytes.len() / 2;
        bytes.swap(middle, middle + 1);
        assert_ne!(bytes, sample.layout.bytes());
        assert_eq!(decode(sample.kind(), &bytes), Err(Error::Damaged));
    }
}

#[test]
fn a_checksum_under_which_nothing_is_left_is_refused() {
    for kind in [1, 5] {
        let kind_name = if kind == 1 {
            Kind::Bundle
        } else {
            Kind::Upload
        };
        for length in 0..CHECKSUM_LENGTH {
            let bytes = [&[1, kind, 2][..], &vec![0; length]].concat();
            assert_eq!(decode(kind_name, &bytes), Err(Error::Truncated));
        }
        let bytes = with_checksum(&[1, kind, 2]);
        assert_eq!(decode(kind_name, &bytes), Err(Error::Truncated));
    }
}

/// A directory reads an upload and writes bundles, each with a checksum of its own.
#[test]
fn the_bundles_that_a_directory_composes_arrive_whole() {
    let mut directory = {
        let bytes = encode_upload(&upload(), LIST).unwrap();
        let upload = decode_upload(&bytes).unwrap();
        assert_eq!(upload.list, LIST);
        upload.keys.verify().unwrap()
    };
    for slot in [
        Slot::OneTimeKemPrekey,
        Slot::OneTimeKemPrekey,
        Slot::LastResortKemPrekey,
    ] {
        let bundle = directory.next_bundle();
        let bytes = encode_bundle(&Bundle::Pqxdh(bundle.clone()), LIST).unwrap();
        assert_eq!(bytes, with_checksum(without_checksum(&bytes)));
        let published = decode_bundle(&bytes).unwrap();
        assert_eq!(published.list, LIST);
        let Bundle::Pqxdh(received) = published.keys else {
            panic!("it is a bundle for PQXDH")
        };
        assert_eq!(received, bundle);
        assert_eq!(received.kem_prekey.slot(), slot);
        assert!(received.verify().is_ok());
        let mut damaged = bytes.clone();
        damaged[200] ^= 1;
        assert_eq!(decode_bundle(&damaged), Err(Error::Damaged));
    }
}

/// The device list that travels from the upload to each bundle.
const LIST: &[u8] = b"the list of the user";

fn samples() -> Vec<Sample> {
    [bundles(), uploads()].concat()
}

/// An upload with two one-time prekeys of each kind.
fn upload() -> Upload {
    let mut rng = StdRng::seed_from_u64(1);
    let identity = IdentityKeyPair::generate(&mut rng);
    let terms = SignedPrekeyTerms {
        suite: Suite::Pqxdh,
        id: 1,
        created: 7,
    };
    let signed_prekey = SignedPrekeyPair::generate(terms, &identity, &mut rng).public();
    let terms = LastResortKemPrekeyTerms { id: 2, created: 7 };
    let last_resort = LastResortKemPrekeyPair::generate(terms, &signed_prekey, &identity, &mut rng);
    Upload {
        identity: *identity.public(),
        signed_prekey,
        last_resort_kem_prekey: last_resort.public(),
        one_time_prekeys: [3, 4]
            .map(|id| OneTimePrekeyPair::generate(id, &mut rng).public())
            .into(),
        one_time_kem_prekeys: [5, 6]
            .map(|id| KemPrekeyPair::generate_one_time(id, &identity, &mut rng).1)
            .into(),
    }
}
