//! Attacks on the linking of devices and on the right to sign: messages that are kept back, and devices that were removed.

use sprag::Policy;
use sprag::records::AccountCore;
use sprag_client::{
    Client, ClientError, DeviceNumber, Incoming, OwedKind, Reason, Sender, SigningStatus,
};
use sprag_devices::{Device, Revoked};
use sprag_wire::{Content, ContentKind, Copied, encode_content, encode_copy};

use crate::linking::accepts;
use crate::support::CONTENT;
use crate::two_clients::{MemoryClient, Two, records};

const NOW: u64 = 1_800_000_000;
const LAPTOP: DeviceNumber = DeviceNumber::new(1);

/// Signing goes to the laptop and back, and one of two copies of the first grant comes after that. The laptop must not sign
/// beside the device that signs.
#[test]
fn a_grant_that_comes_late_makes_no_second_signer() {
    let mut two = Two::established(1800);
    let (mut laptop, _) = two.bob_links();
    let granted = two.bob.grant(LAPTOP, &mut two.rng).unwrap();
    let kept_back = two.bob.grant(LAPTOP, &mut two.rng).unwrap();
    laptop
        .accept_welcome(&granted.message, NOW, &mut two.rng)
        .unwrap();
    let hands_back = |laptop: &mut MemoryClient, two: &mut Two| {
        let list = laptop.device_list().unwrap();
        two.bob
            .import_own_list(list.as_bytes(), &mut two.rng)
            .unwrap();
        laptop.grant(DeviceNumber::FIRST, &mut two.rng).unwrap()
    };
    let refused_late = |laptop: &mut MemoryClient, two: &mut Two| {
        let before = records(laptop);
        let late = laptop.accept_welcome(&kept_back.message, NOW, &mut two.rng);
        assert_eq!(late.map(drop), Err(ClientError::OldList(String::new())));
        assert_eq!(records(laptop), before);
    };
    // A second copy makes no further list.
    refused_late(&mut laptop, &mut two);
    assert_eq!(laptop.signing(), Ok(SigningStatus::Signs));
    // Before the laptop has seen that Bob signs again, and after.
    let granted = hands_back(&mut laptop, &mut two);
    let back = two.bob.accept_welcome(&granted.message, NOW, &mut two.rng);
    let list = back.unwrap().list;
    let identity = two.bob.identity().unwrap();
    refused_late(&mut laptop, &mut two);
    assert_eq!(laptop.signing(), Ok(SigningStatus::Granted(identity)));
    laptop
        .import_own_list(list.as_bytes(), &mut two.rng)
        .unwrap();
    refused_late(&mut laptop, &mut two);
    assert_eq!(laptop.signing(), Ok(SigningStatus::NoUserKey));
    assert_eq!(two.bob.signing(), Ok(SigningStatus::Signs));
}

/// A device that was retired says of the own list whatever it likes. It must not make a store that was put back sign.
#[test]
fn a_retired_device_does_not_make_sure() {
    let mut two = Two::established(1801);
    let core = AccountCore::generate_at(0, &mut two.rng);
    let list = two.bob.device_list().unwrap();
    let (user, number) = (list.user(), list.next_number());
    let device = Device::sign(core.identity_pair(), user, number, &mut two.rng);
    two.bob.admit_device(device, NOW, &mut two.rng).unwrap();
    let retired = Revoked {
        number,
        reason: Reason::Retired,
    };
    two.bob.revoke(retired, NOW, &mut two.rng).unwrap();
    // Bob is put back to this state, and has linked another device since.
    let backup = two.bob.store().clone();
    two.bob_links();
    two.bob = Client::open(backup, &two.bob_key).unwrap();
    two.bob.mark_restored(NOW, &mut two.rng).unwrap();
    let newest = two.bob.device_list().unwrap();
    // The retired device begins a session and says that it knows the list of this version.
    let mut says = |known: u64| {
        let bundle = two.bob.publish(&mut two.rng).unwrap();
        let bundle = sprag_wire::decode_bundle(&bundle).unwrap().keys;
        let bundle = bundle.verify(&Policy::default()).unwrap();
        let mut session = core.initiate_verified(&bundle, 1, &mut two.rng).unwrap();
        let copy = Copied {
            user: *two.alice.user_id().unwrap().as_bytes(),
            payload: b"late",
        };
        let content = encode_content(&Content {
            kind: ContentKind::Copy,
            version: list.version(),
            hash: *list.hash().first_chunk().unwrap(),
            known,
            list: None,
            payload: encode_copy(&copy).unwrap().expose(),
        });
        let content = content.unwrap();
        let message = session.encrypt_with_ad(content.expose(), CONTENT, &mut two.rng);
        let message = message.unwrap();
        let incoming = Incoming::new(&message);
        let read = two.bob.decrypt(Sender::AnyPeer, incoming, &mut two.rng);
        assert!(read.unwrap().retired_device);
        two.bob.signing()
    };
    let unsure = |own_list_behind| Ok(SigningStatus::Unsure { own_list_behind });
    assert_eq!(says(newest.version()), unsure(false));
    // That there is a newer one is reason enough to look for it.
    assert_eq!(says(newest.version() + 1), unsure(true));
}

/// The laptop is put back to before it was granted the key and signed a list, and the grant is delivered again. It must not sign
/// another list of that version.
#[test]
fn a_grant_that_is_delivered_again_after_a_restore_signs_nothing() {
    let mut two = Two::established(1802);
    let invitation = two.bob_invites();
    let (mut laptop, key, accepted) = accepts(&mut two, &invitation);
    let linked = two.bob_admits(&accepted).unwrap();
    laptop
        .accept_welcome(&linked.welcome, NOW, &mut two.rng)
        .unwrap();
    let backup = laptop.store().clone();
    let granted = two.bob.grant(LAPTOP, &mut two.rng).unwrap();
    laptop
        .accept_welcome(&granted.message, NOW, &mut two.rng)
        .unwrap();
    let mut laptop = Client::open(backup, &key).unwrap();
    laptop.mark_restored(NOW, &mut two.rng).unwrap();
    let before = records(&laptop);
    let again = laptop.accept_welcome(&granted.message, NOW + 1, &mut two.rng);
    assert_eq!(again.map(drop), Err(ClientError::SigningUnsure));
    assert_eq!(records(&laptop), before);
}

/// Bob has linked a tablet, and the laptop, which signs by now, revokes it. The welcome with all his peers must not stay.
#[test]
fn nothing_is_left_of_a_device_that_another_one_revokes() {
    const LINKED_DEVICE_AND_WELCOME: [u8; 2] = [26, 27];
    let mut two = Two::established(1803);
    let (mut laptop, _) = two.bob_links();
    let invitation = two.bob_invites();
    let (_, _, accepted) = accepts(&mut two, &invitation);
    let tablet = two.bob_admits(&accepted).unwrap().device.number;
    let granted = two.bob.grant(LAPTOP, &mut two.rng).unwrap();
    laptop
        .accept_welcome(&granted.message, NOW, &mut two.rng)
        .unwrap();
    let kept = |two: &Two| {
        let records = records(&two.bob).into_iter();
        records
            .filter(|(name, _)| LINKED_DEVICE_AND_WELCOME.contains(&name[0]))
            .count()
    };
    let before = kept(&two);
    let lost = Revoked {
        number: tablet,
        reason: Reason::Lost,
    };
    let list = laptop.revoke(lost, NOW, &mut two.rng).unwrap().list;
    two.bob
        .import_own_list(list.as_bytes(), &mut two.rng)
        .unwrap();
    assert_eq!(kept(&two), before - 2);
}

/// The laptop is put back to before it was welcomed, and is told so. The welcome comes again, and so does a grant.
#[test]
fn a_device_that_is_welcomed_again_after_a_restore_sends_nothing_in_the_session_from_before() {
    let mut two = Two::established(1804);
    let invitation = two.bob_invites();
    let (mut laptop, key, accepted) = accepts(&mut two, &invitation);
    let backup = laptop.store().clone();
    let linked = two.bob_admits(&accepted).unwrap();
    let granted = two.bob.grant(LAPTOP, &mut two.rng).unwrap();
    laptop
        .accept_welcome(&linked.welcome, NOW, &mut two.rng)
        .unwrap();
    assert_eq!(laptop.owed(), Ok(Vec::new()));
    laptop
        .accept_welcome(&granted.message, NOW, &mut two.rng)
        .unwrap();
    let mut laptop = Client::open(backup, &key).unwrap();
    laptop.mark_restored(NOW, &mut two.rng).unwrap();
    laptop
        .accept_welcome(&linked.welcome, NOW, &mut two.rng)
        .unwrap();
    let owed = laptop.owed().unwrap();
    let owed: Vec<_> = owed.iter().map(|owed| (owed.own, owed.what)).collect();
    assert_eq!(owed, [(true, OwedKind::Offer)]);
    assert!(!laptop.own_devices().unwrap()[0].can_be_reached);
    let before = records(&laptop);
    let again = laptop.accept_welcome(&granted.message, NOW + 1, &mut two.rng);
    assert_eq!(again.map(drop), Err(ClientError::SigningUnsure));
    assert_eq!(records(&laptop), before);
}
