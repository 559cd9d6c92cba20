//! The bundles of own devices that others hand on: a device tells when its prekeys were replaced, so that peers reach it.

use rand::rngs::StdRng;
use sprag_client::store::{Batch, Committed};
use sprag_client::{
    Acceptance, Client, ClientError, DeviceMessage, Incoming, MemoryStore, Outgoing, OwedKind,
    Reason, Received, Sender, Store as _,
};
use sprag_devices::{DeviceNumber, Revoked};
use sprag_primitives::SecretBytes;
use sprag_wire::{Content, ContentKind, encode_bundles, encode_content};

use crate::records_by_hand::key_of;
use crate::repair::{owed, written};
use crate::support::{CONTENT, decoded, newest_session};
use crate::two_clients::{MemoryClient, Refusal, Two};

const NOW: u64 = 1_800_000_000;
const LAPTOP: DeviceNumber = DeviceNumber::new(1);

impl Two {
    /// Another device of Bob's, which he has linked, and the secret in the key of its store.
    fn bob_links_with_secret(&mut self, now: u64) -> (MemoryClient, SecretBytes<32>) {
        let invitation = self.bob_invites();
        let secret = SecretBytes::random(&mut self.rng);
        let acceptance = Acceptance {
            invitation: &invitation.bytes,
            code: &invitation.code,
            name: "laptop",
            now,
        };
        let (store, key) = (MemoryStore::new(), key_of(&secret));
        let accepted = Client::accept_invitation(store, &key, acceptance, &mut self.rng);
        let (mut device, accepted) = accepted.expect("the invitation is genuine");
        let linked = self.bob_admits(&accepted).expect("all is genuine");
        let welcomed = device.accept_welcome(&linked.welcome, now, &mut self.rng);
        welcomed.expect("it waits for this");
        (device, secret)
    }

    fn bob_reads_own(&mut self, message: &[u8]) -> Result<Received, Refusal> {
        reads(&mut self.bob, message, &mut self.rng)
    }

    /// Bob hands on what he has to Alice.
    fn bob_hands_on(&mut self) {
        let wanted = |name: Option<&str>| name == Some("alice");
        let messages = self.bob.write_owed_to(wanted, &mut self.rng).unwrap();
        let [list] = &messages[..] else {
            panic!("{messages:?}");
        };
        assert_eq!(list.message.kind, ContentKind::List);
        self.alice_reads(&list.message.message)
            .expect("it is genuine");
    }

    /// The signed prekey of the laptop in the bundle that Bob hands on.
    fn handed_on(&self) -> u32 {
        let bundles = self.bob.bundles_for("alice").unwrap();
        let [bundle] = &bundles[..] else {
            panic!("{} bundles", bundles.len());
        };
        decoded(bundle).curve.signed_prekey.terms.id
    }

    /// Alice writes to all of Bob's devices, and the laptop reads it.
    fn alice_reaches(&mut self, laptop: &mut MemoryClient) -> Result<Received, Refusal> {
        let text = Outgoing::new(b"to all");
        let sent = self.alice.encrypt_to_user("bob", text, &mut self.rng);
        let sent = sent.expect("she knows Bob");
        assert_eq!(sent.skipped, []);
        let mut messages = sent.messages.iter();
        let message = messages.find(|message| message.number == LAPTOP).unwrap();
        reads(laptop, &message.message, &mut self.rng)
    }

    /// Bob writes to Alice, and the laptop reads the copy.
    fn bob_copies(&mut self, laptop: &mut MemoryClient) {
        let copy = copy(&mut self.bob, &mut self.rng);
        reads(laptop, &copy, &mut self.rng).unwrap();
    }

    /// The laptop writes to Alice, and Bob reads the copy.
    fn laptop_copies(&mut self, laptop: &mut MemoryClient) {
        let copy = copy(laptop, &mut self.rng);
        self.bob_reads_own(&copy).unwrap();
    }
}

fn reads(client: &mut MemoryClient, message: &[u8], rng: &mut StdRng) -> Result<Received, Refusal> {
    client.decrypt(Sender::AnyPeer, Incoming::new(message), rng)
}

/// The copy of a text to Alice, for the only other device of Bob's.
fn copy(of: &mut MemoryClient, rng: &mut StdRng) -> Vec<u8> {
    let sent = of.encrypt_to_user("alice", Outgoing::new(b"with a copy"), rng);
    let sent = sent.expect("she is known");
    let mut messages = sent.messages.into_iter();
    let copy = messages.find(|message| message.own);
    copy.expect("there is another device").message
}

/// The signed prekey in the present bundle of a device.
fn signed_prekey(client: &MemoryClient) -> u32 {
    let bundle = client.publish_reusable().unwrap();
    decoded(&bundle).curve.signed_prekey.terms.id
}

/// Replaces the prekeys, and returns the message that tells Bob.
fn rotates(laptop: &mut MemoryClient, now: u64, rng: &mut StdRng) -> Vec<u8> {
    laptop.rotate(now, 0, rng).unwrap();
    assert_eq!(owed(laptop), [OwedKind::OwnBundle]);
    let message = written(laptop, rng);
    let DeviceMessage {
        kind, number, own, ..
    } = message;
    let parts = (kind, number, own);
    assert_eq!(parts, (ContentKind::List, DeviceNumber::FIRST, true));
    message.message
}

#[test]
fn peers_get_the_bundle_that_a_linked_device_has_at_present() {
    let mut two = Two::established(1_300);
    let (mut laptop, _) = two.bob_links();
    assert_eq!(owed(&laptop), []);
    let before = two.handed_on();
    assert_eq!(before, signed_prekey(&laptop));
    let message = rotates(&mut laptop, NOW + 100, &mut two.rng);
    assert_eq!(owed(&laptop), []);
    let received = two.bob_reads_own(&message).unwrap();
    assert_eq!(received.content, ContentKind::List);
    assert_eq!(two.handed_on(), signed_prekey(&laptop));
    assert_ne!(two.handed_on(), before);
    two.bob_hands_on();
    let read = two.alice_reaches(&mut laptop).unwrap();
    assert_eq!(read.opened.plaintext, b"to all");
    // The name that the device gave itself stays.
    let devices = two.bob.own_devices().unwrap();
    assert_eq!(devices[1].name.as_deref(), Some("laptop"));
}

/// Without the message, what a peer writes first is lost.
#[test]
fn a_bundle_that_was_replaced_is_of_no_use() {
    let mut two = Two::established(1_301);
    let (mut laptop, _) = two.bob_links();
    rotates(&mut laptop, NOW + 100, &mut two.rng);
    two.bob_hands_on();
    let lost = two.alice_reaches(&mut laptop);
    let is_gone = matches!(
        lost,
        Err(ClientError::Protocol(sprag::Error::PrekeyGone(..)))
    );
    assert!(is_gone, "{lost:?}");
}

/// The messages of two rotations arrive in the other order. A device without a clock numbers its prekeys and dates none.
#[test]
fn a_bundle_that_comes_late_does_not_replace_a_newer_one() {
    for now in [0, NOW] {
        let mut two = Two::established(1_302);
        let (mut laptop, _) = two.bob_links_with_secret(now);
        let first = rotates(&mut laptop, now, &mut two.rng);
        let second = rotates(&mut laptop, now, &mut two.rng);
        for message in [&second, &first] {
            two.bob_reads_own(message).unwrap();
            assert_eq!(two.handed_on(), signed_prekey(&laptop));
        }
        two.bob_reads_own(&first).unwrap_err();
        assert_eq!(two.handed_on(), signed_prekey(&laptop));
    }
}

/// A device that was put back tells once there is a session again.
#[test]
fn a_device_that_was_put_back_tells_of_its_new_prekeys() {
    let mut two = Two::established(1_303);
    let (mut laptop, _) = two.bob_links();
    laptop.mark_restored(NOW + 100, &mut two.rng).unwrap();
    assert_eq!(owed(&laptop), [OwedKind::Offer; 2]);
    let bundle = laptop.publish(&mut two.rng).unwrap();
    two.bob.renew_own_device(&bundle, &mut two.rng).unwrap();
    two.bob_copies(&mut laptop);
    assert_eq!(owed(&laptop), [OwedKind::Offer, OwedKind::OwnBundle]);
    let messages = laptop.write_owed_to(|name| name.is_none(), &mut two.rng);
    let message = &messages.unwrap()[0].message.message;
    two.bob_reads_own(message).unwrap();
    assert_eq!(two.handed_on(), signed_prekey(&laptop));
}

/// Bob's store is put back to a time before he was told.
#[test]
fn a_session_that_begins_anew_has_the_bundle_told_again() {
    for bob_begins in [false, true] {
        let mut two = Two::established(1_304);
        let (mut laptop, _) = two.bob_links();
        two.bob_copies(&mut laptop);
        let bundle = two.alice.publish(&mut two.rng).unwrap();
        laptop.renew("alice", &bundle, &mut two.rng).unwrap();
        let before = two.bob.store().clone();
        let message = rotates(&mut laptop, NOW + 100, &mut two.rng);
        two.bob_reads_own(&message).unwrap();
        two.bob_goes_back(before);
        two.bob.mark_restored(NOW + 200, &mut two.rng).unwrap();
        assert_ne!(two.handed_on(), signed_prekey(&laptop));
        assert_eq!(owed(&laptop), []);
        let bundle = two.alice.publish(&mut two.rng).unwrap();
        two.bob.renew("alice", &bundle, &mut two.rng).unwrap();
        if bob_begins {
            let bundle = laptop.publish(&mut two.rng).unwrap();
            two.bob.renew_own_device(&bundle, &mut two.rng).unwrap();
        } else {
            let bundle = two.bob.publish(&mut two.rng).unwrap();
            laptop.renew_own_device(&bundle, &mut two.rng).unwrap();
            two.laptop_copies(&mut laptop);
            // In a session that is not answered, a message can be lost.
            assert_eq!(owed(&laptop), []);
        }
        two.bob_copies(&mut laptop);
        assert_eq!(owed(&laptop), [OwedKind::OwnBundle]);
        let message = written(&mut laptop, &mut two.rng);
        two.bob_reads_own(&message.message).unwrap();
        assert_eq!(two.handed_on(), signed_prekey(&laptop));
        assert_eq!(owed(&laptop), []);
    }
}

/// A device that was there before another was not linked by it.
#[test]
fn only_devices_that_were_there_before_are_told() {
    let mut two = Two::established(1_305);
    let (mut laptop, _) = two.bob_links();
    let message = rotates(&mut laptop, NOW + 100, &mut two.rng);
    two.bob_reads_own(&message).unwrap();
    two.bob.rotate(NOW + 100, 0, &mut two.rng).unwrap();
    let of_laptop = two.bob.owed_to(|name| name.is_none());
    assert_eq!(of_laptop, Ok(Vec::new()));
}

/// The kind of the records that say what own devices were told.
const TOLD: u8 = 29;

/// A store from before devices were told has no record of it.
#[test]
fn without_a_record_a_device_tells_once() {
    let mut two = Two::established(1_306);
    let (laptop, secret) = two.bob_links_with_secret(NOW);
    let mut store = laptop.into_store();
    let told = store.scan(&[TOLD]).unwrap();
    assert_eq!(told.len(), 1);
    let mut batch = Batch::new();
    batch.delete(told[0].0.clone());
    assert_eq!(store.commit(&batch), Ok(Committed::Done));
    let mut laptop = Client::open(store, &key_of(&secret)).unwrap();
    assert_eq!(owed(&laptop), [OwedKind::OwnBundle]);
    let message = written(&mut laptop, &mut two.rng);
    two.bob_reads_own(&message.message).unwrap();
    assert_eq!(owed(&laptop), []);
    assert_eq!(two.handed_on(), signed_prekey(&laptop));
}

/// A list of the device with this secret, with these bundles.
fn says_bundles(
    (device, secret): (&MemoryClient, &SecretBytes<32>),
    bundles: &[&[u8]],
    rng: &mut StdRng,
) -> Vec<u8> {
    let list = device.device_list().unwrap();
    let payload = encode_bundles(bundles).unwrap();
    let content = Content {
        kind: ContentKind::List,
        version: list.version(),
        hash: *list.hash().first_chunk().unwrap(),
        known: list.version(),
        list: Some(list.as_bytes()),
        payload: &payload,
    };
    let content = encode_content(&content).unwrap();
    let mut session = newest_session(device, secret);
    { session.encrypt_with_ad(content.expose(), CONTENT, rng) }.unwrap()
}

#[test]
fn a_device_tells_of_its_own_reusable_bundle_alone() {
    let mut two = Two::established(1_307);
    let (mut laptop, secret) = two.bob_links_with_secret(NOW);
    let before = two.handed_on();
    // A bundle for one reader would be given to many.
    laptop.rotate(NOW + 100, 1_000, &mut two.rng).unwrap();
    let for_one = laptop.publish(&mut two.rng).unwrap();
    let message = says_bundles((&laptop, &secret), &[&for_one], &mut two.rng);
    two.bob_reads_own(&message).unwrap();
    assert_eq!(two.handed_on(), before);
    // Another device speaks of the laptop's.
    let (tablet, tablet_secret) = two.bob_links_with_secret(NOW);
    let of_both = |two: &Two| two.bob.bundles_for("alice").unwrap();
    let before = of_both(&two);
    assert_eq!(before.len(), 2);
    let reusable = laptop.publish_reusable().unwrap();
    let message = says_bundles((&tablet, &tablet_secret), &[&reusable], &mut two.rng);
    two.bob_reads_own(&message).unwrap();
    assert_eq!(of_both(&two), before);
}

#[test]
fn a_removed_device_is_neither_handed_on_nor_told() {
    let mut two = Two::established(1_308);
    let (mut laptop, _) = two.bob_links();
    let (mut tablet, _) = two.bob_links();
    let told = |client: &MemoryClient| client.store().scan(&[TOLD]).unwrap().len();
    assert_eq!(told(&tablet), 2);
    let gone = Revoked {
        number: LAPTOP,
        reason: Reason::Retired,
    };
    two.bob.revoke(gone, NOW, &mut two.rng).unwrap();
    let left = two.bob.bundles_for("alice").unwrap();
    assert_eq!(left.len(), 1);
    let message = rotates(&mut laptop, NOW + 100, &mut two.rng);
    let identity = laptop.identity().unwrap();
    let refused = two.bob_reads_own(&message);
    assert_eq!(refused, Err(ClientError::RetiredDevice(identity)));
    assert_eq!(two.bob.bundles_for("alice").unwrap(), left);
    // The tablet hears of it.
    let list = two.bob.device_list().unwrap();
    tablet
        .import_own_list(list.as_bytes(), &mut two.rng)
        .unwrap();
    assert_eq!(told(&tablet), 1);
}

/// A clock that was ahead is put right by the user, as it is where a bundle is added.
#[test]
fn a_bundle_that_was_dated_wrongly_is_replaced_by_hand() {
    let mut two = Two::established(1_309);
    let (mut laptop, _) = two.bob_links();
    let message = rotates(&mut laptop, NOW + 1_000_000, &mut two.rng);
    two.bob_reads_own(&message).unwrap();
    let ahead = two.handed_on();
    laptop.redate(NOW + 100, 0, &mut two.rng).unwrap();
    let bundle = laptop.publish_reusable().unwrap();
    two.bob.add_own_device(&bundle, &mut two.rng).unwrap();
    assert_eq!(two.handed_on(), ahead);
    two.bob.renew_own_device(&bundle, &mut two.rng).unwrap();
    assert_eq!(two.handed_on(), signed_prekey(&laptop));
}

/// Alice has heard of the laptop and has written to nobody since, and hears from Bob again much later.
#[test]
fn a_bundle_that_waits_at_a_peer_is_replaced_by_a_newer_one() {
    let mut two = Two::established(1_310);
    let (mut laptop, _) = two.bob_links();
    two.bob_hands_on();
    let message = rotates(&mut laptop, NOW + 100, &mut two.rng);
    two.bob_reads_own(&message).unwrap();
    two.bob_hands_on();
    let read = two.alice_reaches(&mut laptop).unwrap();
    assert_eq!(read.opened.plaintext, b"to all");
}

#[test]
fn a_bundle_for_one_reader_is_not_replaced_by_one_for_many() {
    const BUNDLE: u8 = 20;
    let mut two = Two::established(1_311);
    let (mut laptop, _) = two.bob_links();
    let for_one = laptop.publish(&mut two.rng).unwrap();
    two.alice.add("bob", &for_one, &mut two.rng).unwrap();
    let kept = two.alice.store().scan(&[BUNDLE]).unwrap();
    assert_eq!(kept.len(), 1);
    laptop.rotate(NOW + 100, 10_000, &mut two.rng).unwrap();
    let message = written(&mut laptop, &mut two.rng);
    two.bob_reads_own(&message.message).unwrap();
    let bundles = two.bob.bundles_for("alice").unwrap();
    let bundles: Vec<&[u8]> = bundles.iter().map(Vec::as_slice).collect();
    assert_eq!(bundles.len(), 1);
    let sent = two.bob.encrypt_list("alice", &bundles, &mut two.rng);
    let message = &sent.unwrap().messages[0].message;
    two.alice_reads(message).unwrap();
    assert_eq!(two.alice.store().scan(&[BUNDLE]).unwrap(), kept);
    two.alice_reaches(&mut laptop).unwrap();
}
