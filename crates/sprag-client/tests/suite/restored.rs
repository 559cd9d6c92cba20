use sprag::Error;
use sprag_client::{
    Added, Client, ClientError, DeviceRepair, Incoming, Outgoing, RepairOutcome, Sender,
};

use crate::ranks::converged;
use crate::two_clients::{MemoryClient, Outcome as _, Refusal, Two, records};

const NOW: u64 = 1_800_000_000;

/// Alice is put back to before she sent a message that Bob has read, and is told. A message of Bob's is on its way.
fn restored(seed: u64) -> (Two, Vec<u8>) {
    let mut two = Two::established(seed);
    two.bob_renews_with_alice();
    let late = two.bob_sends(b"late");
    let backup = two.alice.store().clone();
    let lost = two.alice_sends(b"lost");
    two.bob_reads(&lost).unwrap();
    two.alice = Client::open(backup, &two.alice_key).unwrap();
    two.alice.mark_restored(NOW, &mut two.rng).unwrap();
    (two, late)
}

impl Two {
    /// Bob renews with a reusable bundle, and Alice reads his first message, which is returned.
    fn bob_renews_with_alice(&mut self) -> Vec<u8> {
        let bundle = self.alice.publish_reusable().unwrap();
        self.bob
            .renew("alice", &bundle, &mut self.rng)
            .outcome()
            .unwrap();
        let first = self.bob_sends(b"anew");
        let receipt = self.alice_reads(&first).unwrap().receipt;
        self.alice.acknowledge(&receipt).unwrap();
        first
    }
}

fn alice_encrypts(two: &mut Two) -> Result<Vec<u8>, Refusal> {
    two.alice
        .encrypt("bob", Outgoing::new(b"text"), &mut two.rng)
}

#[test]
fn nothing_is_sent_in_a_session_from_before() {
    let (mut two, late) = restored(1600);
    let before = records(&two.alice);
    let refusal = alice_encrypts(&mut two);
    assert_eq!(refusal, Err(ClientError::NoBundle("bob".into())));
    assert_eq!(records(&two.alice), before);
    // Messages that come in it are read.
    assert!(!two.alice_reads(&late).unwrap().new_session);
    alice_encrypts(&mut two).unwrap_err();
    // Any new bundle begins a new one.
    assert_eq!(two.alice_adds(), Added::Renewed);
    let first = two.alice_sends(b"anew");
    assert!(two.bob_reads(&first).unwrap().new_session);
    converged(&mut two);
}

#[test]
fn a_session_that_the_peer_begins_is_sent_in() {
    let (mut two, _) = restored(1601);
    two.bob_renews_with_alice();
    let answer = two.alice_sends(b"answer");
    two.bob_reads(&answer).unwrap();
    converged(&mut two);
}

#[test]
fn a_bundle_that_waited_is_not_used_and_prekeys_from_before_are_gone() {
    let mut two = Two::established(1602);
    two.alice_renews();
    let of_alice = two.alice.publish(&mut two.rng).unwrap();
    two.alice.mark_restored(NOW, &mut two.rng).unwrap();
    let refusal = alice_encrypts(&mut two);
    assert_eq!(refusal, Err(ClientError::NoBundle("bob".into())));
    two.bob
        .renew("alice", &of_alice, &mut two.rng)
        .outcome()
        .unwrap();
    let first = two.bob_sends(b"by a bundle from before");
    let refusal = two.alice_reads(&first);
    let gone = matches!(refusal, Err(ClientError::Protocol(Error::PrekeyGone(..))));
    assert!(gone, "{refusal:?}");
}

#[test]
fn first_messages_that_were_read_before_are_not_accepted_again() {
    let mut two = Two::established(1603);
    let backup = two.alice.store().clone();
    let first = two.bob_renews_with_alice();
    let mut old = Client::open(backup.clone(), &two.alice_key).unwrap();
    old.mark_restored(NOW, &mut two.rng).unwrap();
    two.alice = old;
    two.alice_reads(&first).unwrap_err();
}

/// The bundle in the offer of a device to the only other one of its user.
fn offered(repairs: &[DeviceRepair]) -> &[u8] {
    match repairs {
        [
            DeviceRepair {
                outcome: RepairOutcome::Offer(bundle),
                ..
            },
        ] => bundle,
        other => panic!("{other:?}"),
    }
}

/// The copy of a text to Alice that another device of Bob's gets.
fn copied(two: &mut Two, laptop: &mut MemoryClient, from_bob: bool) -> Vec<u8> {
    let sender = if from_bob { &mut two.bob } else { laptop };
    let sent = sender.encrypt_to_user("alice", Outgoing::new(b"copied"), &mut two.rng);
    let sent = sent.unwrap().messages.into_iter();
    let mut copies = sent.filter(|message| message.own).map(|copy| copy.message);
    copies.next().expect("the other device can be reached")
}

/// The laptop has a session with Bob's other device that works for all it knows, and has never taken a bundle of it.
#[test]
fn a_device_that_was_put_back_comes_together_with_the_other_of_its_user() {
    let mut two = Two::established(1605);
    let (mut laptop, _) = two.bob_links();
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    laptop.add("alice", &bundle, &mut two.rng).unwrap();
    let backup = two.bob.store().clone();
    let copy = copied(&mut two, &mut laptop, true);
    laptop
        .decrypt(Sender::AnyPeer, Incoming::new(&copy), &mut two.rng)
        .unwrap();
    two.bob = Client::open(backup, &two.bob_key).unwrap();
    two.bob.mark_restored(NOW, &mut two.rng).unwrap();
    let repairs = two.bob.repair_own_devices(NOW + 1, &mut two.rng).unwrap();
    let offer = offered(&repairs);
    let added = laptop.add_own_device(offer, &mut two.rng).unwrap().added;
    assert_eq!(added, Added::Known);
    let added = laptop.renew_own_device(offer, &mut two.rng).unwrap().added;
    assert_eq!(added, Added::Renewed);
    for from_bob in [false, true] {
        let copy = copied(&mut two, &mut laptop, from_bob);
        let reader = if from_bob {
            &mut laptop
        } else {
            let bundle = two.alice.publish(&mut two.rng).unwrap();
            two.bob.renew("alice", &bundle, &mut two.rng).unwrap();
            &mut two.bob
        };
        let read = reader.decrypt(Sender::AnyPeer, Incoming::new(&copy), &mut two.rng);
        assert_eq!(read.unwrap().opened.plaintext, b"copied");
    }
}

/// The renewal of an own device was lost.
#[test]
fn own_devices_are_repaired_again() {
    let mut two = Two::established(1606);
    let (laptop, _) = two.bob_links();
    let bundle = laptop.publish_reusable().unwrap();
    two.bob.renew_own_device(&bundle, &mut two.rng).unwrap();
    let repairs = two.bob.repair_own_devices(NOW, &mut two.rng).unwrap();
    assert!(matches!(repairs[0].outcome, RepairOutcome::Renewal(_)));
    let repairs = two.bob.repair_own_devices(NOW, &mut two.rng).unwrap();
    assert_eq!(repairs[0].outcome, RepairOutcome::Waiting);
    let repairs = two.bob.repair_own_devices_again(NOW, &mut two.rng).unwrap();
    offered(&repairs);
}
