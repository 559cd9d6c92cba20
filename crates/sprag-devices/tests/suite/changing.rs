//! The lists that a user makes, and those that are not made.

use sprag_devices::limits::MAX_OWN_DEVICES;
use sprag_devices::snapshot::Snapshot;
use sprag_devices::{
    ChangeError, DeviceList, KnownList, Reason, Replacing, Revoked, Status, UserKeyPair,
};

use crate::support::{Draft, NOW, device, first, lost, number, user, with};

#[test]
fn a_user_has_at_most_eight_devices_by_our_own_commands() {
    let alice = user(1);
    let mut list = first(&alice, 10);
    for secret in 1..8 {
        list = with(&list, &alice, 10 + secret);
    }
    assert_eq!(list.devices().len(), MAX_OWN_DEVICES);
    let ninth = device(&alice, 30, 8);
    let error = list.with_device(&alice, ninth, NOW).unwrap_err();
    assert_eq!(error, ChangeError::TooManyDevices);
}

#[test]
fn a_device_that_readers_would_refuse_is_not_added() {
    let alice = user(1);
    let list = first(&alice, 10);
    let refused = |device| list.with_device(&alice, device, NOW).unwrap_err();
    let other_number = ChangeError::OtherNumber(number(1));
    assert_eq!(refused(device(&alice, 11, 2)), other_number);
    let shared = ChangeError::SharedIdentity(number(0));
    assert_eq!(refused(device(&alice, 10, 1)), shared);
    let invalid = ChangeError::InvalidDeviceSignature(number(1));
    assert_eq!(refused(device(&user(2), 11, 1)), invalid);
}

/// A thief of an ordinary device has no user key, and a key of its own does not help.
#[test]
fn another_user_key_changes_nothing() {
    let (alice, mallory) = (user(1), user(2));
    let list = with(&first(&alice, 10), &alice, 11);
    let added = device(&alice, 12, 2);
    let error = list.with_device(&mallory, added, NOW).unwrap_err();
    assert_eq!(error, ChangeError::OtherUser);
    let error = list.without_device(&mallory, lost(1), NOW).unwrap_err();
    assert_eq!(error, ChangeError::OtherUser);
}

#[test]
fn the_last_device_and_unknown_ones_are_not_revoked() {
    let alice = user(1);
    let list = first(&alice, 10);
    let refused = |gone| list.without_device(&alice, lost(gone), NOW).unwrap_err();
    assert_eq!(refused(0), ChangeError::LastDevice);
    assert_eq!(refused(1), ChangeError::NotListed(number(1)));
}

#[test]
fn a_retired_device_is_named_as_lost_later_and_a_lost_one_stays_lost() {
    let alice = user(1);
    let gone = |reason| Revoked {
        number: number(1),
        reason,
    };
    let list = with(&first(&alice, 10), &alice, 11);
    let retired = { list.without_device(&alice, gone(Reason::Retired), NOW) }.unwrap();
    let refused = retired.without_device(&alice, gone(Reason::Retired), NOW);
    assert_eq!(refused, Err(ChangeError::NotListed(number(1))));
    let lost = { retired.without_device(&alice, gone(Reason::Lost), NOW) }.unwrap();
    assert_eq!(lost.revoked(), [gone(Reason::Lost)]);
    assert_eq!(DeviceList::decode(lost.as_bytes()), Ok(lost.clone()));
    for reason in [Reason::Retired, Reason::Lost] {
        let refused = lost.without_device(&alice, gone(reason), NOW);
        assert_eq!(refused, Err(ChangeError::NotListed(number(1))));
    }
    // A reader takes it for the next list.
    let mut known = KnownList::new(list);
    for next in [retired, lost.clone()] {
        let replaced = known.replace(next).unwrap();
        assert!(matches!(replaced, Replacing::Newer(_)), "{replaced:?}");
    }
    assert_eq!(known.status(number(1)), Status::Lost);
}

#[test]
fn versions_and_numbers_end() {
    let alice = user(1);
    let mut draft = Draft::of(&with(&first(&alice, 10), &alice, 11));
    draft.version = u64::MAX;
    let error = draft
        .list(1)
        .without_device(&alice, lost(1), NOW)
        .unwrap_err();
    assert_eq!(error, ChangeError::Exhausted);
    draft.version = 2;
    draft.next = u32::MAX.into();
    let last = device(&alice, 12, u32::MAX);
    let error = draft.list(1).with_device(&alice, last, NOW).unwrap_err();
    assert_eq!(error, ChangeError::Exhausted);
}

#[test]
fn a_user_key_is_stored_as_its_seed_and_prints_nothing_of_it() {
    let alice = user(b's');
    let bytes = alice.to_snapshot();
    assert_eq!(bytes.expose(), [b's'; 32]);
    let read = UserKeyPair::from_snapshot(bytes.expose()).unwrap();
    assert_eq!(read.public(), alice.public());
    assert_eq!(read.seed(), alice.seed());
    let printed = format!("{alice:?}");
    let public = hex::encode(alice.public().as_bytes());
    assert_eq!(
        printed,
        format!("UserKeyPair {{ public: UserKey(PublicKey({public})), .. }}")
    );
    assert_eq!(
        DeviceList::decode(first(&read, 10).as_bytes())
            .unwrap()
            .user(),
        alice.public()
    );
}

/// The list by which a device that was granted the user key shows that it signs.
#[test]
fn a_list_is_renewed_with_the_same_devices() {
    let (alice, mallory) = (user(1), user(2));
    let list = with(&first(&alice, 10), &alice, 11);
    let renewed = list.renewed(&alice, NOW + 1).unwrap();
    assert_eq!(renewed.version(), list.version() + 1);
    assert_eq!(renewed.previous(), &list.hash());
    assert_eq!(renewed.devices(), list.devices());
    assert_eq!(renewed.next_number(), list.next_number());
    assert_eq!(renewed.created(), NOW + 1);
    assert_eq!(DeviceList::decode(renewed.as_bytes()), Ok(renewed));
    assert_eq!(list.renewed(&mallory, NOW), Err(ChangeError::OtherUser));
}
