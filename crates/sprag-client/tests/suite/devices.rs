use core::convert::Infallible;

use rand::rngs::StdRng;
use sprag::decode_file_header;
use sprag_client::Store as _;
use sprag_client::{
    Client, ClientError, ContentKind, Incoming, IncomingFile, MemoryStore, Outgoing, Reason,
    Sender, Sent, SentBy, SkipReason, StoreKey,
};
use sprag_devices::{DeviceList, Revoked, UserKeyPair};
use sprag_primitives::snapshot::Snapshot as _;

use crate::records_by_hand::opened;
use crate::support::rng;
use crate::two_clients::{MemoryClient, Two};

/// Bob's second device, which is in his list and has a bundle of its own.
pub(crate) fn second_device(two: &mut Two) -> MemoryClient {
    let key = StoreKey::generate(&mut two.rng);
    let store = MemoryStore::new();
    let mut laptop = Client::create_device(store, &key, 0, &mut two.rng).unwrap();
    assert_eq!(laptop.publish(&mut two.rng), Err(ClientError::NoUser));
    let list = two.bob.device_list().unwrap();
    let device = laptop.sign_device(list.user(), list.next_number(), &mut two.rng);
    let list = two
        .bob
        .admit_device(device.unwrap(), 0, &mut two.rng)
        .unwrap();
    laptop.join(list, &mut two.rng).unwrap();
    laptop
}

fn message_to<'a>(sent: &'a Sent, device: &MemoryClient) -> &'a [u8] {
    let identity = device.identity().unwrap();
    let mut messages = sent.messages.iter();
    let message = messages.find(|message| message.identity == identity);
    &message.expect("it is for this device").message
}

fn reads(
    device: &mut MemoryClient,
    message: &[u8],
    rng: &mut StdRng,
) -> Result<sprag_client::Received, ClientError<Infallible>> {
    device.decrypt(Sender::AnyPeer, Incoming::new(message), rng)
}

/// Reads the one of the messages that is for this device.
fn read_by(
    device: &mut MemoryClient,
    sent: &Sent,
    rng: &mut StdRng,
) -> Result<sprag_client::Received, ClientError<Infallible>> {
    let message = message_to(sent, device).to_vec();
    reads(device, &message, rng)
}

/// Alice's, Bob's and his laptop's clients, which know each other.
fn three(seed: u64) -> (Two, MemoryClient) {
    let mut two = Two::established(seed);
    let laptop = second_device(&mut two);
    let bundle = laptop.publish_reusable().unwrap();
    let added = two.alice.add("bob", &bundle, &mut two.rng).unwrap();
    assert_eq!(added.new_devices.len(), 1);
    two.bob.add_own_device(&bundle, &mut two.rng).unwrap();
    (two, laptop)
}

#[test]
fn a_message_reaches_all_devices_of_a_user_and_a_copy_the_own_ones() {
    let (mut two, mut laptop) = three(900);
    let refused = two.alice.encrypt("bob", Outgoing::new(b"hi"), &mut two.rng);
    assert_eq!(refused, Err(ClientError::SeveralDevices("bob".into())));
    let sent = two
        .alice
        .encrypt_to_user("bob", Outgoing::new(b"hi"), &mut two.rng)
        .unwrap();
    assert_eq!((sent.messages.len(), sent.list_version), (2, 2));
    assert!(sent.skipped.is_empty());
    let read = read_by(&mut two.bob, &sent, &mut two.rng).unwrap();
    assert_eq!(
        (&*read.opened.plaintext, read.sent_by),
        (&b"hi"[..], SentBy::Peer)
    );
    // The laptop does not know Alice yet.
    let incoming = Incoming::new(message_to(&sent, &laptop));
    let read = laptop
        .decrypt(Sender::Named("alice"), incoming, &mut two.rng)
        .unwrap();
    assert_eq!((&*read.opened.plaintext, read.new_peer), (&b"hi"[..], true));

    // Bob's answer is copied to his laptop.
    let sent = two
        .bob
        .encrypt_to_user("alice", Outgoing::new(b"yo"), &mut two.rng)
        .unwrap();
    let read = read_by(&mut two.alice, &sent, &mut two.rng).unwrap();
    assert_eq!((&*read.opened.plaintext, &*read.peer), (&b"yo"[..], "bob"));
    let copy = message_to(&sent, &laptop).to_vec();
    let read = reads(&mut laptop, &copy, &mut two.rng).unwrap();
    assert_eq!(
        (&*read.opened.plaintext, &*read.peer),
        (&b"yo"[..], "alice")
    );
    assert_eq!(
        (read.content, read.sent_by),
        (ContentKind::Copy, SentBy::OwnDevice)
    );
}

#[test]
fn a_device_that_cannot_be_reached_is_named_and_no_error_for_the_others() {
    let mut two = Two::established(901);
    let laptop = second_device(&mut two);
    // The list travels in Bob's next message.
    let sent = two
        .bob
        .encrypt_to_user("alice", Outgoing::new(b"new list"), &mut two.rng)
        .unwrap();
    assert_eq!(sent.skipped.len(), 1);
    assert!(sent.skipped[0].own);
    let read = read_by(&mut two.alice, &sent, &mut two.rng).unwrap();
    assert_eq!(read.new_devices[0].identity, laptop.identity().unwrap());
    let sent = two
        .alice
        .encrypt_to_user("bob", Outgoing::new(b"hi"), &mut two.rng)
        .unwrap();
    assert_eq!(sent.messages.len(), 1);
    assert_eq!(sent.skipped[0].identity, laptop.identity().unwrap());
    assert_eq!(sent.skipped[0].reason, SkipReason::NoBundle);
    // Content 2 brings the bundle.
    let bundle = laptop.publish_reusable().unwrap();
    let sent = two
        .bob
        .encrypt_list("alice", &[&bundle], &mut two.rng)
        .unwrap();
    let read = read_by(&mut two.alice, &sent, &mut two.rng).unwrap();
    assert_eq!(
        (read.content, read.opened.plaintext.len()),
        (ContentKind::List, 0)
    );
    let sent = two
        .alice
        .encrypt_to_user("bob", Outgoing::new(b"hi"), &mut two.rng)
        .unwrap();
    assert_eq!((sent.messages.len(), sent.skipped.len()), (2, 0));
}

#[test]
fn a_file_is_read_by_every_device() {
    let (mut two, mut laptop) = three(902);
    let file = two.alice.encrypt_file("bob", &mut two.rng).unwrap();
    let (header, _) = decode_file_header(&file.header).unwrap();
    assert_eq!(header.messages.len(), 2);
    let incoming = IncomingFile {
        commitment: &header.commitment,
        messages: &header.messages,
        now: 0,
    };
    for device in [&mut two.bob, &mut laptop] {
        let read = device
            .decrypt_file(Sender::Named("alice"), incoming, &mut two.rng)
            .unwrap();
        assert_eq!(read.key.as_plaintext(), file.key.as_plaintext());
    }
}

#[test]
fn a_file_that_is_copied_says_whom_it_went_to() {
    let (mut two, mut laptop) = three(915);
    let alice = two.alice.user_id().unwrap();
    let file = two.bob.encrypt_file("alice", &mut two.rng).unwrap();
    let (header, _) = decode_file_header(&file.header).unwrap();
    let incoming = IncomingFile {
        commitment: &header.commitment,
        messages: &header.messages,
        now: 0,
    };
    let read = two
        .alice
        .decrypt_file(Sender::AnyPeer, incoming, &mut two.rng)
        .unwrap();
    let bob = two.bob.user_id().unwrap();
    assert_eq!((&*read.peer, read.user), ("bob", Some(bob)));
    assert_eq!(read.sent_by, SentBy::Peer);
    // The laptop does not know Alice by any name at first. The key is held, and says the same when it is read again.
    let mut name = alice.to_string();
    for _ in 0..2 {
        let read = laptop
            .decrypt_file(Sender::AnyPeer, incoming, &mut two.rng)
            .unwrap();
        assert_eq!((&*read.peer, read.user), (&*name, Some(alice)));
        assert_eq!(read.sent_by, SentBy::OwnDevice);
        assert_eq!(read.key.as_plaintext(), file.key.as_plaintext());
        assert_eq!(laptop.unacknowledged().unwrap()[0].peer, name);
        let bundle = two.alice.publish_reusable().unwrap();
        laptop.add("alice", &bundle, &mut two.rng).unwrap();
        name = "alice".into();
    }
}

/// The other devices of the sender get a copy, which must not show among the messages.
#[test]
fn all_messages_of_a_file_have_one_length_once_every_device_has_answered() {
    let (mut two, mut laptop) = three(916);
    let bundle = two.alice.publish_reusable().unwrap();
    laptop.add("alice", &bundle, &mut two.rng).unwrap();
    // Each writes to all others, who read it, so that all know the list of Bob's by then.
    for _ in 0..2 {
        for writer in 0..3 {
            let name = if writer == 0 { "bob" } else { "alice" };
            let mut devices = [&mut two.alice, &mut two.bob, &mut laptop];
            let text = Outgoing::new(b"hi");
            let sent = devices[writer].encrypt_to_user(name, text, &mut two.rng);
            for message in sent.unwrap().messages {
                let reader = devices
                    .iter_mut()
                    .find(|device| device.identity().unwrap() == message.identity);
                reads(reader.unwrap(), &message.message, &mut two.rng).unwrap();
            }
        }
    }
    let file = two.bob.encrypt_file("alice", &mut two.rng).unwrap();
    let (header, _) = decode_file_header(&file.header).unwrap();
    let lengths: Vec<usize> = header.messages.iter().map(|one| one.len()).collect();
    assert!(
        lengths.len() == 2 && lengths[0] == lengths[1],
        "{lengths:?}"
    );
}

/// The user key of Bob, as a thief of his store and its key has it.
pub(crate) fn user_key(two: &Two) -> UserKeyPair {
    let (name, sealed) = two.bob.store().scan(&[19]).unwrap().remove(0);
    let content = opened(&name, sealed, &two.secrets[1]);
    UserKeyPair::from_snapshot(&content).unwrap()
}

/// A bundle of Bob's with another list in it.
pub(crate) fn with_other_list(bundle: &[u8], list: &DeviceList) -> Vec<u8> {
    let keys = sprag_wire::decode_bundle(bundle).unwrap().keys;
    sprag_wire::encode_bundle(&keys, list.as_bytes()).unwrap()
}

#[test]
fn a_lost_device_is_refused_and_its_list_does_not_come_back_even_after_the_peer_was_forgotten() {
    let (mut two, laptop) = three(903);
    let old = two.bob.publish(&mut two.rng).unwrap();
    let list = two.bob.device_list().unwrap();
    let lost = Revoked {
        number: list.identify(&laptop.identity().unwrap()).unwrap().number,
        reason: Reason::Lost,
    };
    let newer = list.without_device(&user_key(&two), lost, 0).unwrap();
    let bundle = with_other_list(&two.bob.publish(&mut two.rng).unwrap(), &newer);
    let added = two.alice.add("bob", &bundle, &mut two.rng).unwrap();
    assert_eq!(added.gone_devices.len(), 1);
    let of_laptop = laptop.publish_reusable().unwrap();
    let refused = two.alice.add("bob", &of_laptop, &mut two.rng);
    assert_eq!(
        refused,
        Err(ClientError::LostDevice(laptop.identity().unwrap()))
    );
    let sent = two
        .alice
        .encrypt_to_user("bob", Outgoing::new(b"hi"), &mut two.rng)
        .unwrap();
    assert_eq!((sent.messages.len(), sent.skipped.len()), (1, 0));
    two.alice.forget("bob", &mut two.rng).unwrap();
    let refused = two.alice.add("bob", &old, &mut two.rng);
    assert_eq!(refused, Err(ClientError::OldList("bob".into())));
}

#[test]
fn evidence_stops_sending_and_ends_a_verification_until_the_user_decides() {
    let mut two = Two::established(904);
    two.alice
        .confirm_safety_number("bob", &mut two.rng)
        .unwrap();
    assert!(two.alice.status("bob").unwrap().verification.is_verified());
    let key = user_key(&two);
    // Another first list of the same user, with another time.
    let [_, bob] = two.accounts();
    let snapshot = bob.snapshot();
    let pair = sprag_x3dh::IdentityKeyPair::from_snapshot(&snapshot.expose()[14..][..32]).unwrap();
    let other = DeviceList::first(&key, &pair, 77, &mut rng(1));
    let bundle = with_other_list(&two.bob.publish(&mut two.rng).unwrap(), &other);
    let evidence = || ClientError::Equivocation("bob".into());
    let refused = two.alice.add("bob", &bundle, &mut two.rng);
    assert_eq!(refused, Err(evidence()));
    assert!(two.alice.evidence("bob").unwrap().is_some());
    let refused = two.alice.encrypt("bob", Outgoing::new(b"hi"), &mut two.rng);
    assert_eq!(refused, Err(evidence()));
    two.alice.dismiss_evidence("bob", &mut two.rng).unwrap();
    two.alice_sends(b"hi");
    assert!(!two.alice.status("bob").unwrap().verification.is_verified());
}
