//! The refusal of lists that are not valid, each signed by the user unless the signature itself is at fault.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed};
use sprag_devices::limits::{MAX_DEVICES, MAX_LIST_LENGTH, MAX_REVOKED};
use sprag_devices::{DeviceList, Error, PrimitiveError, Reason, Status};
use sprag_primitives::operations::counted;

use crate::support::{Draft, NOW, device, first, number, signed, user, varint, with, without};

const SEED: u8 = 0x11;

/// A list of version 4 with two devices and one that is revoked.
fn sample() -> DeviceList {
    let user = user(SEED);
    let two = with(&first(&user, 3), &user, 4);
    with(&without(&two, &user, 0), &user, 5)
}

fn refused(bytes: &[u8]) -> Error {
    DeviceList::decode(bytes).expect_err("it is not valid")
}

/// The error of the sample after this change of it, which the user signs.
fn refused_with(change: impl Fn(&mut Draft)) -> Error {
    let mut draft = Draft::of(&sample());
    change(&mut draft);
    refused(&draft.signed(SEED))
}

#[test]
fn the_fields_are_read_as_they_were_signed() {
    let list = sample();
    let read = DeviceList::decode(&Draft::of(&list).signed(SEED)).unwrap();
    assert_eq!(read, list);
    assert_eq!(read.version(), 4);
    assert_eq!((read.created(), read.next_number()), (NOW, number(3)));
    assert_eq!(read.status(number(0)), Status::Lost);
    assert_eq!(read.status(number(1)), Status::Listed);
    assert_eq!(read.status(number(3)), Status::Unknown);
    assert_eq!(read.revoked()[0].reason, Reason::Lost);
    let identity = read.devices()[0].identity;
    assert_eq!(read.identify(&identity).unwrap().number, number(1));
    assert_eq!((read.age(NOW + 5), read.age(0)), (Some(5), Some(0)));
}

#[test]
fn other_envelopes_and_keys_are_named() {
    assert_eq!(
        refused_with(|draft| draft.envelope[0] = 2),
        Error::UnknownVersion(2)
    );
    assert_eq!(
        refused_with(|draft| draft.envelope[1] = 5),
        Error::OtherKind(5)
    );
    assert_eq!(
        refused_with(|draft| draft.envelope[2] = 2),
        Error::UnknownKeyKind(2)
    );
    let low_order = PrimitiveError::LowOrderPublicKey;
    let neutral = |draft: &mut Draft| {
        draft.user = [0; 32];
        draft.user[0] = 1;
    };
    assert_eq!(refused_with(neutral), Error::InvalidUserKey(low_order));
    let zero = refused_with(|draft| draft.devices[0].1 = [0; 32]);
    assert_eq!(zero, Error::InvalidIdentity(number(1), low_order));
}

#[test]
fn versions_begin_at_one_with_no_list_before() {
    assert_eq!(refused_with(|draft| draft.version = 0), Error::NoVersion);
    assert_eq!(
        refused_with(|draft| draft.version = 1),
        Error::PreviousOfFirst
    );
}

#[test]
fn counts_are_bounded_before_anything_is_read() {
    let head = |count: u64| {
        let mut draft = Draft::of(&sample());
        draft.devices.clear();
        draft.revoked.clear();
        let content = draft.content();
        let (content, _) = content.split_at(content.len() - 2);
        signed(&[content, &varint(count)].concat(), SEED)
    };
    for count in [0, MAX_DEVICES as u64 + 1, u64::MAX] {
        assert_eq!(refused(&head(count)), Error::DeviceCount, "{count}");
    }
    let revoked = |count: u64| {
        let content = Draft {
            revoked: Vec::new(),
            ..Draft::of(&sample())
        }
        .content();
        let (content, _) = content.split_at(content.len() - 1);
        signed(&[content, &varint(count)].concat(), SEED)
    };
    for count in [MAX_REVOKED as u64 + 1, u64::MAX] {
        assert_eq!(refused(&revoked(count)), Error::RevokedCount, "{count}");
    }
}

#[test]
fn the_largest_list_is_read_and_one_more_of_each_is_refused() {
    let user = user(SEED);
    let mut draft = Draft::of(&first(&user, 1));
    draft.next = u32::MAX.into();
    draft.devices = (0..16)
        .map(|place| Draft::device(&device(&user, place + 1, u32::from(place))))
        .collect();
    draft.revoked = (100..164).map(|gone| (gone, 0)).collect();
    let list = draft.list(SEED);
    assert_eq!((list.devices().len(), list.revoked().len()), (16, 64));
    let mut more = draft.clone();
    more.revoked.push((164, 0));
    assert_eq!(refused(&more.signed(SEED)), Error::RevokedCount);
    more = draft;
    more.devices.push(Draft::device(&device(&user, 17, 16)));
    assert_eq!(refused(&more.signed(SEED)), Error::DeviceCount);
    assert_eq!(refused(&[1; MAX_LIST_LENGTH + 1]), Error::Oversized);
}

#[test]
fn numbers_ascend_and_were_given() {
    let swapped = refused_with(|draft| draft.devices.swap(0, 1));
    assert_eq!(swapped, Error::NotAscending(number(1)));
    let twice = refused_with(|draft| draft.devices[1].0 = 1);
    assert_eq!(twice, Error::NotAscending(number(1)));
    let revoked_twice = refused_with(|draft| draft.revoked.push((0, 1)));
    assert_eq!(revoked_twice, Error::NotAscending(number(0)));
    let not_given = refused_with(|draft| draft.next = 2);
    assert_eq!(not_given, Error::NumberNotGiven(number(2)));
    let not_given = refused_with(|draft| draft.revoked.push((3, 0)));
    assert_eq!(not_given, Error::NumberNotGiven(number(3)));
    let beyond = refused_with(|draft| draft.next = 1 << 32);
    assert_eq!(beyond, Error::Malformed);
}

#[test]
fn one_key_is_one_device_and_one_number_has_one_state() {
    let shared = refused_with(|draft| draft.devices[1].1 = draft.devices[0].1);
    assert_eq!(shared, Error::SharedIdentity(number(2)));
    let both = refused_with(|draft| draft.revoked.push((1, 0)));
    assert_eq!(both, Error::ListedAndRevoked(number(1)));
    let reason = refused_with(|draft| draft.revoked[0].1 = 2);
    assert_eq!(reason, Error::UnknownReason(2));
}

/// A server adds a device.
#[test]
fn a_list_that_another_key_signed_is_refused() {
    let mut draft = Draft::of(&sample());
    let added = device(&user(SEED), 6, 3);
    draft.devices.push(Draft::device(&added));
    draft.next = 4;
    draft.version += 1;
    assert_eq!(refused(&draft.signed(0x22)), Error::InvalidListSignature);
    assert!(DeviceList::decode(&draft.signed(SEED)).is_ok());
}

/// A user adopts a device of somebody else.
#[test]
fn a_device_that_does_not_say_that_it_belongs_to_the_user_is_refused() {
    let stranger = user(0x22);
    for device in [
        // It is a device of another user.
        device(&stranger, 6, 3),
        // It signed another number.
        device(&user(SEED), 6, 4),
    ] {
        let error = refused_with(|draft| {
            let (_, key, signature) = Draft::device(&device);
            draft.devices.push((3, key, signature));
            draft.next = 4;
        });
        assert_eq!(error, Error::InvalidDeviceSignature(number(3)));
    }
}

#[test]
fn a_list_that_the_user_did_not_sign_costs_one_verification() {
    let mut draft = Draft::of(&sample());
    draft.created += 1;
    let forged = draft.signed(0x22);
    let (result, counts) = counted(|| DeviceList::decode(&forged));
    assert_eq!(result, Err(Error::InvalidListSignature));
    assert_eq!(counts.signature_verification, 1);
    let bytes = sample().as_bytes().to_vec();
    let (_, counts) = counted(|| DeviceList::decode(&bytes));
    assert_eq!(counts.signature_verification, 3);
}

#[test]
fn every_flipped_bit_truncation_and_addition_is_refused() {
    let bytes = sample().as_bytes().to_vec();
    for place in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[place / 8] ^= 1 << (place % 8);
        assert!(DeviceList::decode(&flipped).is_err(), "bit {place}");
    }
    for length in 0..bytes.len() {
        assert_eq!(
            refused(&bytes[..length]),
            Error::Truncated,
            "{length} bytes"
        );
    }
    for byte in 0..=u8::MAX {
        assert_eq!(refused(&[&bytes, &[byte][..]].concat()), Error::Trailing);
    }
}

#[test]
fn superfluous_bytes_of_a_number_are_refused() {
    let content = Draft::of(&sample()).content();
    let (head, rest) = content.split_at(35);
    assert_eq!(rest[0], 4, "the version");
    let longer = [head, &[0x84, 0x00], &rest[1..]].concat();
    assert_eq!(refused(&signed(&longer, SEED)), Error::NotCanonical);
}

proptest! {
    #![proptest_config(Config {
        rng_seed: RngSeed::Fixed(0x5eed),
        failure_persistence: None,
        cases: 256,
        ..Config::default()
    })]

    #[test]
    fn any_content_that_the_user_signs_is_refused_or_canonical(
        edits in vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let mut content = Draft::of(&sample()).content();
        for (place, value) in edits {
            let place = place.index(content.len());
            content[place] = value;
        }
        let bytes = signed(&content, SEED);
        if let Ok(list) = DeviceList::decode(&bytes) {
            prop_assert_eq!(list.as_bytes(), &bytes);
            prop_assert_eq!(Draft::of(&list).content(), content);
        }
    }

    #[test]
    fn any_bytes_are_refused(bytes in vec(any::<u8>(), 0..300)) {
        let behind_an_envelope = [&[1, 6, 1], bytes.as_slice()].concat();
        prop_assert!(DeviceList::decode(&bytes).is_err());
        prop_assert!(DeviceList::decode(&behind_an_envelope).is_err());
    }
}
