//! Devices that leave: what peers read of them, and what is left of them.

use rand::rngs::StdRng;
use sprag_client::{
    ChangeError, Client, ClientError, ContentKind, DeviceMessage, Incoming, Outgoing, Reason,
    Received, Sender, Sent, Store as _, StoreKey,
};
use sprag_devices::{DeviceNumber, Revoked};

use crate::two_clients::{MemoryClient, Refusal, Two, records};

const NOW: u64 = 1_800_000_000;
const LAPTOP: DeviceNumber = DeviceNumber::new(1);

const fn gone(reason: Reason) -> Revoked {
    Revoked {
        number: LAPTOP,
        reason,
    }
}

/// Alice, Bob and his laptop, which all have sessions with each other.
fn three(seed: u64) -> (Two, MemoryClient) {
    let mut two = Two::established(seed);
    let (mut laptop, _) = two.bob_links();
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    laptop.renew("alice", &bundle, &mut two.rng).unwrap();
    let sent = writes(&mut laptop, b"from the laptop", &mut two.rng);
    for message in &sent.messages {
        if message.own {
            let incoming = Incoming::new(&message.message);
            two.bob
                .decrypt(Sender::AnyPeer, incoming, &mut two.rng)
                .unwrap();
        } else {
            two.alice_reads(&message.message).unwrap();
        }
    }
    let sent = two
        .alice
        .encrypt_to_user("bob", Outgoing::new(b"to both"), &mut two.rng)
        .unwrap();
    assert!(sent.skipped.is_empty());
    for message in &sent.messages {
        let device = if message.number == LAPTOP {
            &mut laptop
        } else {
            &mut two.bob
        };
        let incoming = Incoming::new(&message.message);
        device
            .decrypt(Sender::AnyPeer, incoming, &mut two.rng)
            .unwrap();
    }
    (two, laptop)
}

fn writes(client: &mut MemoryClient, text: &[u8], rng: &mut StdRng) -> Sent {
    let sent = client.encrypt_to_user("alice", Outgoing::new(text), rng);
    sent.expect("she is known")
}

fn to_alice(sent: &Sent) -> &DeviceMessage {
    let mut messages = sent.messages.iter();
    messages
        .find(|message| !message.own)
        .expect("she is reached")
}

impl Two {
    /// Bob writes to Alice, and she reads it, with his newest list.
    fn alice_hears_of_bob(&mut self) -> Received {
        let sent = writes(&mut self.bob, b"news", &mut self.rng);
        let message = to_alice(&sent).message.clone();
        self.alice_reads(&message).expect("it is genuine")
    }
}

#[test]
fn a_removed_device_stops_and_nothing_is_left_of_it() {
    for reason in [Reason::Retired, Reason::Lost] {
        let (mut two, mut laptop) = three(1200);
        let revocation = two.bob.revoke(gone(reason), NOW, &mut two.rng).unwrap();
        assert_eq!(two.bob.device_list(), Ok(revocation.list.clone()));
        let notice = revocation.notice.unwrap();
        assert_eq!(
            (notice.number, notice.kind, notice.own),
            (LAPTOP, ContentKind::List, true)
        );
        let incoming = Incoming::new(&notice.message);
        let read = laptop.decrypt(Sender::AnyPeer, incoming, &mut two.rng);
        assert_eq!(read, Err(ClientError::Removed));
        // Nothing but the format and the list is there, and nothing works.
        let left: Vec<u8> = records(&laptop).iter().map(|(name, _)| name[0]).collect();
        assert_eq!(left, [17, 28]);
        assert_eq!(laptop.peers(), Ok(Vec::new()));
        assert_eq!(laptop.identity(), Err(ClientError::Removed));
        assert_eq!(laptop.device_list(), Err(ClientError::Removed));
        let sent = laptop.encrypt_to_user("alice", Outgoing::new(b"still here"), &mut two.rng);
        assert_eq!(sent, Err(ClientError::Removed));
        assert_eq!(laptop.publish(&mut two.rng), Err(ClientError::Removed));
        assert_eq!(laptop.leave(&mut two.rng), Err(ClientError::Removed));
    }
}

#[test]
fn a_removed_device_is_not_opened_again() {
    let mut two = Two::established(1201);
    let invitation = two.bob_invites();
    let (mut laptop, key, accepted) = crate::linking::accepts(&mut two, &invitation);
    let linked = two.bob_admits(&accepted).unwrap();
    laptop
        .accept_welcome(&linked.welcome, NOW, &mut two.rng)
        .unwrap();
    let gone = gone(Reason::Retired);
    let revocation = two.bob.revoke(gone, NOW, &mut two.rng).unwrap();
    let notice = revocation.notice.unwrap().message;
    let incoming = Incoming::new(&notice);
    laptop
        .decrypt(Sender::AnyPeer, incoming, &mut two.rng)
        .unwrap_err();
    let mut store = laptop.into_store();
    let opened = Client::open(&mut store, &key).map(drop);
    assert_eq!(opened, Err(ClientError::Removed));
    let opened = Client::carry_over(&mut store, &key, NOW, &mut two.rng).map(drop);
    assert_eq!(opened, Err(ClientError::Removed));
    let created = Client::create(&mut store, &key, &mut two.rng).map(drop);
    assert_eq!(created, Err(ClientError::AccountExists));
    assert_eq!(
        Client::removed_by(&mut store, &key),
        Ok(Some(revocation.list))
    );
    let other = StoreKey::generate(&mut two.rng);
    assert_eq!(Client::removed_by(store, &other), Err(ClientError::Damaged));
}

/// The file with the notice may be lost. It is the same message again.
#[test]
fn the_notice_can_be_had_again() {
    for reason in [Reason::Retired, Reason::Lost] {
        let (mut two, mut laptop) = three(1213);
        let revocation = two.bob.revoke(gone(reason), NOW, &mut two.rng).unwrap();
        let before = records(&two.bob);
        let again = two.bob.revoke(gone(reason), NOW + 1, &mut two.rng);
        assert_eq!(again, Ok(revocation.clone()));
        assert_eq!(records(&two.bob), before);
        let notice = again.unwrap().notice.unwrap();
        let incoming = Incoming::new(&notice.message);
        let read = laptop.decrypt(Sender::AnyPeer, incoming, &mut two.rng);
        assert_eq!(read, Err(ClientError::Removed));
    }
}

#[test]
fn a_retired_device_can_be_declared_lost_and_is_read_no_more() {
    let (mut two, mut laptop) = three(1214);
    let late: Vec<Sent> = (0..2)
        .map(|_| writes(&mut laptop, b"late", &mut two.rng))
        .collect();
    let retired = two.bob.revoke(gone(Reason::Retired), NOW, &mut two.rng);
    let retired = retired.unwrap();
    two.alice_hears_of_bob();
    let read = two.alice_reads(&to_alice(&late[0]).message).unwrap();
    assert!(read.retired_device);
    let before = [sessions(&two.bob), sessions(&two.alice)];
    let lost = two.bob.revoke(gone(Reason::Lost), NOW + 1, &mut two.rng);
    let lost = lost.unwrap();
    assert_eq!(lost.list.version(), retired.list.version() + 1);
    assert_eq!(lost.list.revoked(), [gone(Reason::Lost)]);
    assert_eq!(lost.notice, retired.notice);
    assert_eq!(two.bob.device_list(), Ok(lost.list));
    two.alice_hears_of_bob();
    let after = [sessions(&two.bob), sessions(&two.alice)];
    assert_eq!(after, before.map(|sessions| sessions - 1));
    assert!(two.alice_reads(&to_alice(&late[1]).message).is_err());
    // Nor does it begin anew.
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    laptop.renew("alice", &bundle, &mut two.rng).unwrap();
    let late = writes(&mut laptop, b"late", &mut two.rng);
    let identity = laptop.identity().unwrap();
    let refused = two.alice_reads(&to_alice(&late).message);
    assert_eq!(refused, Err(ClientError::LostDevice(identity)));
    // It stays lost.
    let before = records(&two.bob);
    let refused = two.bob.revoke(gone(Reason::Retired), NOW, &mut two.rng);
    let unknown = ChangeError::NotListed(LAPTOP);
    assert_eq!(refused, Err(ClientError::Change(unknown)));
    assert_eq!(records(&two.bob), before);
}

/// A device that does not sign changes no reason.
#[test]
fn only_who_signs_declares_a_device_lost() {
    let (mut two, _laptop) = three(1215);
    let (mut tablet, _) = two.bob_links();
    let retired = two.bob.revoke(gone(Reason::Retired), NOW, &mut two.rng);
    let list = retired.unwrap().list;
    tablet
        .import_own_list(list.as_bytes(), &mut two.rng)
        .unwrap();
    let before = records(&tablet);
    let refused = tablet.revoke(gone(Reason::Lost), NOW, &mut two.rng);
    assert_eq!(refused, Err(ClientError::NoUserKey));
    assert_eq!(records(&tablet), before);
    // Nor does one that may lack the newest list.
    two.bob.mark_restored(NOW, &mut two.rng).unwrap();
    let before = records(&two.bob);
    let refused = two.bob.revoke(gone(Reason::Lost), NOW, &mut two.rng);
    assert_eq!(refused, Err(ClientError::SigningUnsure));
    assert_eq!(records(&two.bob), before);
}

#[test]
fn a_list_by_hand_and_a_bundle_remove_a_device_too() {
    let (mut two, mut laptop) = three(1202);
    let list = two
        .bob
        .revoke(gone(Reason::Lost), NOW, &mut two.rng)
        .unwrap()
        .list;
    let imported = laptop.import_own_list(list.as_bytes(), &mut two.rng);
    assert_eq!(imported, Err(ClientError::Removed));
    assert_eq!(records(&laptop).len(), 2);
    let (mut two, mut laptop) = three(1202);
    two.bob
        .revoke(gone(Reason::Lost), NOW, &mut two.rng)
        .unwrap();
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    let added = laptop.add_own_device(&bundle, &mut two.rng);
    assert_eq!(added, Err(ClientError::Removed));
    assert_eq!(records(&laptop).len(), 2);
}

#[test]
fn what_was_kept_for_a_removed_device_goes() {
    let mut two = Two::established(1212);
    two.bob_links();
    let kept = |two: &Two| {
        let records = records(&two.bob).into_iter();
        records
            .filter(|(name, _)| [26, 27].contains(&name[0]))
            .count()
    };
    assert_eq!(kept(&two), 2);
    two.bob
        .revoke(gone(Reason::Retired), NOW, &mut two.rng)
        .unwrap();
    assert_eq!(kept(&two), 0);
    let unknown = ChangeError::NotListed(LAPTOP);
    assert_eq!(
        two.bob.welcome_again(LAPTOP),
        Err(ClientError::Change(unknown))
    );
}

#[test]
fn a_device_leaves_by_itself() {
    let (mut two, mut laptop) = three(1203);
    laptop.leave(&mut two.rng).unwrap();
    assert_eq!(laptop.identity(), Err(ClientError::Removed));
    assert_eq!(records(&laptop).len(), 2);
    // The list has it until another device revokes it.
    assert_eq!(two.bob.device_list().unwrap().devices().len(), 2);
}

#[test]
fn only_other_devices_that_are_listed_are_revoked() {
    let (mut two, _laptop) = three(1204);
    let before = records(&two.bob);
    let this = Revoked {
        number: DeviceNumber::FIRST,
        reason: Reason::Lost,
    };
    let refused = two.bob.revoke(this, NOW, &mut two.rng);
    assert_eq!(refused, Err(ClientError::ThisDevice));
    let number = DeviceNumber::new(2);
    let nobody = Revoked {
        number,
        reason: Reason::Lost,
    };
    let refused = two.bob.revoke(nobody, NOW, &mut two.rng);
    let unknown = ChangeError::NotListed(number);
    assert_eq!(refused, Err(ClientError::Change(unknown)));
    assert_eq!(records(&two.bob), before);
}

#[test]
fn nothing_is_sent_to_a_removed_device_once_the_list_has_come() {
    for reason in [Reason::Retired, Reason::Lost] {
        let (mut two, _laptop) = three(1205);
        two.bob.revoke(gone(reason), NOW, &mut two.rng).unwrap();
        let received = two.alice_hears_of_bob();
        assert_eq!(received.gone_devices[0].reason, Some(reason));
        let sent = two
            .alice
            .encrypt_to_user("bob", Outgoing::new(b"secret"), &mut two.rng)
            .unwrap();
        let numbers: Vec<u32> = sent
            .messages
            .iter()
            .map(|sent| sent.number.to_u32())
            .collect();
        assert_eq!(numbers, [0]);
        // Nor are there copies to it.
        let sent = writes(&mut two.bob, b"secret", &mut two.rng);
        assert_eq!((sent.messages.len(), sent.skipped.len()), (1, 0));
    }
}

#[test]
fn a_lost_device_is_refused_at_once() {
    let (mut two, mut laptop) = three(1206);
    let late = writes(&mut laptop, b"late", &mut two.rng);
    two.bob
        .revoke(gone(Reason::Lost), NOW, &mut two.rng)
        .unwrap();
    two.alice_hears_of_bob();
    assert!(two.alice_reads(&to_alice(&late).message).is_err());
    // Not even in a session that it begins.
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    laptop.renew("alice", &bundle, &mut two.rng).unwrap();
    let late = writes(&mut laptop, b"late", &mut two.rng);
    let identity = laptop.identity().unwrap();
    let before = records(&two.alice);
    let refused = two.alice_reads(&to_alice(&late).message);
    assert_eq!(refused, Err(ClientError::LostDevice(identity)));
    assert_eq!(records(&two.alice), before);
    // The same holds for copies to the own devices.
    let copy = late.messages.iter().find(|message| message.own).unwrap();
    let incoming = Incoming::new(&copy.message);
    let refused = two.bob.decrypt(Sender::AnyPeer, incoming, &mut two.rng);
    assert!(refused.is_err(), "{refused:?}");
}

#[test]
fn a_retired_device_is_read_and_flagged_for_a_time() {
    let (mut two, mut laptop) = three(1207);
    let late: Vec<Sent> = (0..4)
        .map(|_| writes(&mut laptop, b"late", &mut two.rng))
        .collect();
    two.bob
        .revoke(gone(Reason::Retired), NOW, &mut two.rng)
        .unwrap();
    two.alice_hears_of_bob();
    let read = two.alice_reads(&to_alice(&late[0]).message).unwrap();
    assert!(read.retired_device);
    // These two and so many more of the user end it.
    for _ in 0..253 {
        two.alice_hears_of_bob();
    }
    let read = two.alice_reads(&to_alice(&late[1]).message).unwrap();
    assert!(read.retired_device);
    let identity = laptop.identity().unwrap();
    let refused = two.alice_reads(&to_alice(&late[2]).message);
    assert_eq!(refused, Err(ClientError::RetiredDevice(identity)));
    two.alice_hears_of_bob();
    let refused = two.alice_reads(&to_alice(&late[3]).message);
    assert_eq!(refused, Err(ClientError::NoSession));
    // Nor does it begin anew.
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    laptop.renew("alice", &bundle, &mut two.rng).unwrap();
    let late = writes(&mut laptop, b"late", &mut two.rng);
    let refused = two.alice_reads(&to_alice(&late).message);
    assert_eq!(refused, Err(ClientError::RetiredDevice(identity)));
}

#[test]
fn the_sessions_of_a_retired_device_end_by_the_next_message_of_the_user() {
    let (mut two, mut laptop) = three(1208);
    let late = writes(&mut laptop, b"late", &mut two.rng);
    two.bob
        .revoke(gone(Reason::Retired), NOW, &mut two.rng)
        .unwrap();
    let before = sessions(&two.alice);
    for _ in 0..255 {
        two.alice_hears_of_bob();
    }
    assert_eq!(sessions(&two.alice), before);
    two.alice_hears_of_bob();
    assert_eq!(sessions(&two.alice), before - 1);
    assert!(two.alice_reads(&to_alice(&late).message).is_err());
}

#[test]
fn expiring_ends_the_sessions_of_a_retired_device() {
    let (mut two, mut laptop) = three(1209);
    let late = writes(&mut laptop, b"late", &mut two.rng);
    two.bob
        .revoke(gone(Reason::Retired), NOW, &mut two.rng)
        .unwrap();
    two.alice_hears_of_bob();
    two.alice.expire_sessions("bob", &mut two.rng).unwrap();
    let refused = two.alice_reads(&to_alice(&late).message);
    assert_eq!(refused, Err(ClientError::NoSession));
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    laptop.renew("alice", &bundle, &mut two.rng).unwrap();
    let late = writes(&mut laptop, b"late", &mut two.rng);
    let identity = laptop.identity().unwrap();
    let refused = two.alice_reads(&to_alice(&late).message);
    assert_eq!(refused, Err(ClientError::RetiredDevice(identity)));
}

#[test]
fn control_contents_of_a_retired_device_are_refused() {
    let (mut two, mut laptop) = three(1210);
    let list = laptop.encrypt_list("alice", &[], &mut two.rng).unwrap();
    two.bob
        .revoke(gone(Reason::Retired), NOW, &mut two.rng)
        .unwrap();
    two.alice_hears_of_bob();
    let identity = laptop.identity().unwrap();
    let before = records(&two.alice);
    let refused = two.alice_reads(&to_alice(&list).message);
    assert_eq!(refused, Err(ClientError::RetiredDevice(identity)));
    assert_eq!(records(&two.alice), before);
}

fn sessions(client: &MemoryClient) -> usize {
    client.store().scan(&[4]).unwrap().len()
}

/// A list that was signed twice removes nobody, because the first one stands.
#[test]
fn a_list_that_contradicts_the_known_one_removes_nobody() {
    let (mut two, mut laptop) = three(1211);
    let backup = two.bob.store().clone();
    // Bob revokes the laptop, and in an old state of his store signs another list of the same version.
    let revocation = two.bob.revoke(gone(Reason::Lost), NOW, &mut two.rng);
    let contradicting = revocation.unwrap().list;
    two.bob = Client::open(backup, &two.bob_key).unwrap();
    let (_, linked) = two.bob_links();
    assert_eq!(linked.list.version(), contradicting.version());
    laptop
        .import_own_list(linked.list.as_bytes(), &mut two.rng)
        .unwrap();
    let refused: Result<(), Refusal> =
        laptop.import_own_list(contradicting.as_bytes(), &mut two.rng);
    assert_eq!(refused, Err(ClientError::Equivocation(String::new())));
    assert_eq!(laptop.device_list(), Ok(linked.list));
}
