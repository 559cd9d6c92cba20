//! The right to sign the list of the user's devices: stores that were put back, keys that came from a file, and signing that
//! is handed over.

use rand::rngs::StdRng;
use sprag_client::{
    Admission, ChangeError, Client, ClientError, ContentKind, DeviceMessage, DeviceNumber,
    Incoming, LinkDigits, Outgoing, Reason, Recovery, Sender, Sent, SigningStatus,
};
use sprag_devices::{Device, DeviceList, Revoked};
use sprag_wire::Content;
use sprag_x3dh::IdentityKeyPair;

use crate::device_lists::{encoded, known, read};
use crate::linking::accepts;
use crate::two_clients::{MemoryClient, Refusal, Two, records};

const NOW: u64 = 1_800_000_000;
const LAPTOP: DeviceNumber = DeviceNumber::new(1);
const UNSURE: SigningStatus = SigningStatus::Unsure {
    own_list_behind: false,
};
const BEHIND: SigningStatus = SigningStatus::Unsure {
    own_list_behind: true,
};

/// Every act that signs a list or leads to one.
fn acts(
    client: &mut MemoryClient,
    number: DeviceNumber,
    rng: &mut StdRng,
) -> Vec<Result<(), Refusal>> {
    let list = client.device_list().unwrap();
    let device = Device::sign(
        &IdentityKeyPair::generate(rng),
        list.user(),
        list.next_number(),
        rng,
    );
    let digits: LinkDigits = "123456".parse().unwrap();
    let admission = Admission {
        acceptance: b"",
        digits: &digits,
        now: NOW,
    };
    let lost = Revoked {
        number,
        reason: Reason::Lost,
    };
    vec![
        client.invite(NOW, 600, rng).map(drop),
        client.admit(admission, rng).map(drop),
        client.admit_device(device, NOW, rng).map(drop),
        client.revoke(lost, NOW, rng).map(drop),
        client.grant(LAPTOP, rng).map(drop),
    ]
}

/// Nothing is signed, for this reason, and nothing changes.
fn signs_nothing(client: &mut MemoryClient, refusal: &Refusal, rng: &mut StdRng) {
    let before = records(client);
    for act in acts(client, LAPTOP, rng) {
        assert_eq!(act.as_ref(), Err(refusal));
    }
    assert_eq!(records(client), before);
}

fn message_for(sent: &Sent, own: bool, number: u32) -> &DeviceMessage {
    let mut messages = sent.messages.iter();
    let found = messages.find(|sent| sent.own == own && sent.number.to_u32() == number);
    found.expect("it is reached")
}

/// Bob with his laptop, whose store is put back to before he linked a tablet. Alice knows of the tablet if `told`. A message
/// of hers from before is on its way.
struct PutBack {
    two: Two,
    laptop: MemoryClient,
    late: Vec<u8>,
    newest: DeviceList,
}

impl PutBack {
    fn new(seed: u64, told: bool) -> Self {
        let mut two = Two::established(seed);
        let (laptop, _) = two.bob_links();
        two.alice_hears();
        // Alice knows the list with the laptop and says so, in the store that is lost and before.
        let heard = two.alice_writes();
        two.bob_reads(&heard).unwrap();
        assert_eq!(two.bob.signing(), Ok(SigningStatus::Signs));
        let late = two.alice_writes();
        let backup = two.bob.store().clone();
        let newest = if told {
            two.bob_links();
            two.alice_hears();
            two.bob.device_list().unwrap()
        } else {
            two.bob.device_list().unwrap()
        };
        two.bob = Client::open(backup, &two.bob_key).unwrap();
        two.bob.mark_restored(NOW, &mut two.rng).unwrap();
        Self {
            two,
            laptop,
            late,
            newest,
        }
    }
}

impl Two {
    /// Bob writes to Alice, who learns his list.
    fn alice_hears(&mut self) {
        let sent = self
            .bob
            .encrypt_to_user("alice", Outgoing::new(b"news"), &mut self.rng)
            .unwrap();
        let message = message_for(&sent, false, 0).message.clone();
        self.alice_reads(&message).unwrap();
    }

    /// Alice writes to Bob's first device.
    fn alice_writes(&mut self) -> Vec<u8> {
        let sent = self
            .alice
            .encrypt_to_user("bob", Outgoing::new(b"text"), &mut self.rng)
            .unwrap();
        message_for(&sent, false, 0).message.clone()
    }

    /// Alice begins a new session with Bob, which he reads.
    fn alice_begins_anew(&mut self) {
        let bundle = self.bob.publish(&mut self.rng).unwrap();
        self.alice.renew("bob", &bundle, &mut self.rng).unwrap();
        let message = self.alice_writes();
        assert!(self.bob_reads(&message).unwrap().new_session);
    }

    /// The laptop writes to Alice, and Bob reads the copy.
    fn bob_reads_copy_of(&mut self, laptop: &mut MemoryClient) {
        let sent = laptop
            .encrypt_to_user("alice", Outgoing::new(b"hi"), &mut self.rng)
            .unwrap();
        let incoming = Incoming::new(&message_for(&sent, true, 0).message);
        let read = self.bob.decrypt(Sender::AnyPeer, incoming, &mut self.rng);
        assert_eq!(read.unwrap().content, ContentKind::Copy);
    }

    fn bob_revokes_laptop(&mut self) -> Result<DeviceList, Refusal> {
        let lost = Revoked {
            number: LAPTOP,
            reason: Reason::Lost,
        };
        let revoked = self.bob.revoke(lost, NOW, &mut self.rng);
        revoked.map(|revocation| revocation.list)
    }
}

#[test]
fn a_store_that_was_put_back_signs_nothing() {
    let PutBack { mut two, .. } = PutBack::new(1300, true);
    assert_eq!(two.bob.signing(), Ok(UNSURE));
    signs_nothing(&mut two.bob, &ClientError::SigningUnsure, &mut two.rng);
}

#[test]
fn a_message_in_a_session_from_before_says_nothing() {
    let PutBack { mut two, late, .. } = PutBack::new(1301, true);
    // Anybody on the way can deliver it again.
    two.bob_reads(&late).unwrap();
    assert_eq!(two.bob.signing(), Ok(UNSURE));
    signs_nothing(&mut two.bob, &ClientError::SigningUnsure, &mut two.rng);
}

#[test]
fn a_peer_that_knows_a_newer_list_says_that_there_is_one() {
    let PutBack {
        mut two,
        late,
        newest,
        ..
    } = PutBack::new(1302, true);
    two.alice_begins_anew();
    assert_eq!(two.bob.signing(), Ok(BEHIND));
    signs_nothing(&mut two.bob, &ClientError::SigningUnsure, &mut two.rng);
    // What comes late does not hide that.
    drop(two.bob_reads(&late));
    assert_eq!(two.bob.signing(), Ok(BEHIND));
    // The user brings the list.
    two.bob
        .import_own_list(newest.as_bytes(), &mut two.rng)
        .unwrap();
    assert_eq!(two.bob.signing(), Ok(SigningStatus::Signs));
    let list = two.bob_revokes_laptop().unwrap();
    assert_eq!(list.version(), newest.version() + 1);
    assert_eq!(list.previous(), &newest.hash());
    two.alice_hears();
    assert!(!two.alice.status("bob").unwrap().equivocated);
}

#[test]
fn a_peer_that_knows_the_same_list_makes_sure() {
    let PutBack {
        mut two, newest, ..
    } = PutBack::new(1303, false);
    assert_eq!(two.bob.signing(), Ok(UNSURE));
    two.alice_begins_anew();
    assert_eq!(two.bob.signing(), Ok(SigningStatus::Signs));
    let list = two.bob_revokes_laptop().unwrap();
    assert_eq!(list.previous(), &newest.hash());
    two.alice_hears();
    assert!(!two.alice.status("bob").unwrap().equivocated);
}

#[test]
fn a_peer_that_knows_an_older_list_says_nothing() {
    let mut two = Two::established(1304);
    let first = two.bob.device_list().unwrap();
    two.bob_links();
    // Alice has not heard of the laptop.
    two.bob.mark_restored(NOW, &mut two.rng).unwrap();
    let reusable = two.bob.publish_reusable().unwrap();
    let keys = sprag_wire::decode_bundle(&reusable).unwrap().keys;
    let old = two.alice.status("bob").unwrap().list_version;
    assert_eq!(old, Some(1));
    // She gets the keys with the list that she knows.
    let bundle = sprag_wire::encode_bundle(&keys, first.as_bytes()).unwrap();
    two.alice.renew("bob", &bundle, &mut two.rng).unwrap();
    let message = two.alice_writes();
    two.bob_reads(&message).unwrap();
    assert_eq!(two.bob.signing(), Ok(UNSURE));
    // Bob's answer has his list, and hers says that she knows it.
    two.alice_hears();
    let message = two.alice_writes();
    two.bob_reads(&message).unwrap();
    assert_eq!(two.bob.signing(), Ok(SigningStatus::Signs));
}

#[test]
fn an_own_device_brings_the_newest_list() {
    let PutBack {
        mut two,
        mut laptop,
        newest,
        ..
    } = PutBack::new(1305, true);
    laptop
        .import_own_list(newest.as_bytes(), &mut two.rng)
        .unwrap();
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    laptop.renew("alice", &bundle, &mut two.rng).unwrap();
    // In the session from before, the list may be one that the laptop had long ago.
    two.bob_reads_copy_of(&mut laptop);
    assert_eq!(two.bob.device_list(), Ok(newest));
    assert_eq!(two.bob.signing(), Ok(UNSURE));
    // In one that begins from now on, it is not.
    let bundle = laptop.publish(&mut two.rng).unwrap();
    two.bob.add_own_device(&bundle, &mut two.rng).unwrap();
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    two.bob.renew("alice", &bundle, &mut two.rng).unwrap();
    let sent = two
        .bob
        .encrypt_to_user("alice", Outgoing::new(b"hi"), &mut two.rng)
        .unwrap();
    let incoming = Incoming::new(&message_for(&sent, true, 1).message);
    laptop
        .decrypt(Sender::AnyPeer, incoming, &mut two.rng)
        .unwrap();
    two.bob_reads_copy_of(&mut laptop);
    assert_eq!(two.bob.signing(), Ok(SigningStatus::Signs));
}

#[test]
fn a_key_from_a_file_signs_nothing_before_somebody_was_heard() {
    let mut two = Two::established(1306);
    let (mut laptop, _) = two.bob_links();
    let file = two.bob.export_recovery(b"pass", &mut two.rng).unwrap();
    let recovery = Recovery::open(&file, b"pass").unwrap();
    assert_eq!(laptop.signing(), Ok(SigningStatus::NoUserKey));
    // What the laptop heard of Alice before says nothing of what was signed since.
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    laptop.renew("alice", &bundle, &mut two.rng).unwrap();
    let sent = laptop
        .encrypt_to_user("alice", Outgoing::new(b"hi"), &mut two.rng)
        .unwrap();
    two.alice_reads(&message_for(&sent, false, 0).message)
        .unwrap();
    let sent = two
        .alice
        .encrypt_to_user("bob", Outgoing::new(b"to both"), &mut two.rng)
        .unwrap();
    let incoming = Incoming::new(&message_for(&sent, false, 1).message);
    laptop
        .decrypt(Sender::Named("alice"), incoming, &mut two.rng)
        .unwrap();
    laptop.import_user_key(&recovery, &mut two.rng).unwrap();
    assert_eq!(laptop.signing(), Ok(UNSURE));
    let refused = laptop.invite(NOW, 600, &mut two.rng).map(drop);
    assert_eq!(refused, Err(ClientError::SigningUnsure));
    // Bob says by his next message which list he knows.
    let sent = two
        .bob
        .encrypt_to_user("alice", Outgoing::new(b"hi"), &mut two.rng)
        .unwrap();
    let incoming = Incoming::new(&message_for(&sent, true, 1).message);
    laptop
        .decrypt(Sender::AnyPeer, incoming, &mut two.rng)
        .unwrap();
    assert_eq!(laptop.signing(), Ok(SigningStatus::Signs));
    // On a device that signs already, nothing changes.
    let before = records(&two.bob);
    two.bob.import_user_key(&recovery, &mut two.rng).unwrap();
    assert_eq!(records(&two.bob), before);
}

#[test]
fn a_file_of_another_user_is_refused() {
    let mut two = Two::established(1307);
    let file = two.alice.export_recovery(b"pass", &mut two.rng).unwrap();
    let recovery = Recovery::open(&file, b"pass").unwrap();
    let (mut laptop, _) = two.bob_links();
    let before = records(&laptop);
    let refused = laptop.import_user_key(&recovery, &mut two.rng);
    let other = ClientError::List(sprag_devices::Error::OtherUser);
    assert_eq!(refused, Err(other));
    assert_eq!(records(&laptop), before);
}

#[test]
fn an_own_list_by_hand_must_be_one_and_no_older() {
    let mut two = Two::established(1308);
    let first = two.bob.device_list().unwrap();
    two.bob_links();
    let before = records(&two.bob);
    let refused = two.bob.import_own_list(first.as_bytes(), &mut two.rng);
    assert_eq!(refused, Err(ClientError::OldList(String::new())));
    let alice = two.alice.device_list().unwrap();
    let refused = two.bob.import_own_list(alice.as_bytes(), &mut two.rng);
    let other = ClientError::List(sprag_devices::Error::OtherUser);
    assert_eq!(refused, Err(other));
    let mut forged = two.bob.device_list().unwrap().as_bytes().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let refused = two.bob.import_own_list(&forged, &mut two.rng);
    assert!(matches!(refused, Err(ClientError::List(_))));
    assert_eq!(records(&two.bob), before);
}

#[test]
fn signing_is_handed_over() {
    let mut two = Two::established(1309);
    let (mut laptop, linked) = two.bob_links();
    let (_, tablet) = two.bob_links();
    let granted = two.bob.grant(LAPTOP, &mut two.rng).unwrap();
    let identity = linked.device.identity;
    assert_eq!((granted.number, granted.own), (LAPTOP, true));
    assert_eq!(two.bob.signing(), Ok(SigningStatus::Granted(identity)));
    // Bob signs no more, and can repeat the message.
    let mut refused = acts(&mut two.bob, tablet.device.number, &mut two.rng);
    let again = refused.pop().unwrap();
    assert_eq!(again, Ok(()));
    for act in refused {
        assert_eq!(act, Err(ClientError::Granted(identity)));
    }
    let exported = two.bob.export_recovery(b"pass", &mut two.rng);
    assert_eq!(exported, Err(ClientError::Granted(identity)));
    // The laptop signs the next list at once.
    let incoming = Incoming::new(&granted.message);
    let before = records(&laptop);
    let refused = laptop.decrypt(Sender::AnyPeer, incoming, &mut two.rng);
    let kind = ContentKind::LinkWelcome;
    assert_eq!(refused, Err(ClientError::LinkContent(kind)));
    assert_eq!(records(&laptop), before);
    let welcomed = laptop.accept_welcome(&granted.message, NOW, &mut two.rng);
    let welcomed = welcomed.unwrap();
    assert!(welcomed.signs);
    assert_eq!(welcomed.list.version(), tablet.list.version() + 1);
    assert_eq!(welcomed.list.devices(), tablet.list.devices());
    assert_eq!(laptop.signing(), Ok(SigningStatus::Signs));
    // Once Bob sees that list, the key is gone from his device.
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    laptop.renew("alice", &bundle, &mut two.rng).unwrap();
    let sent = laptop
        .encrypt_to_user("alice", Outgoing::new(b"hi"), &mut two.rng)
        .unwrap();
    let incoming = Incoming::new(&message_for(&sent, true, 0).message);
    two.bob
        .decrypt(Sender::AnyPeer, incoming, &mut two.rng)
        .unwrap();
    assert_eq!(two.bob.signing(), Ok(SigningStatus::NoUserKey));
    assert!(records(&two.bob).iter().all(|(name, _)| name[0] != 19));
    assert!(laptop.invite(NOW, 600, &mut two.rng).is_ok());
}

/// A device without the key sees only lists that others have signed, so these make it doubt nothing, and the word of a peer
/// about lists does not count.
#[test]
fn a_peer_cannot_keep_a_device_from_signing_once_it_gets_the_key() {
    let mut two = Two::established(1318);
    let (mut laptop, _) = two.bob_links();
    let granted = two.bob.grant(LAPTOP, &mut two.rng).unwrap().message;
    let signed = laptop.accept_welcome(&granted, NOW, &mut two.rng);
    told_of_own_list(&mut two, &mut laptop);
    assert_eq!(two.bob.signing(), Ok(SigningStatus::NoUserKey));
    let list = signed.unwrap().list;
    let identity = IdentityKeyPair::generate(&mut two.rng);
    let device = Device::sign(&identity, list.user(), list.next_number(), &mut two.rng);
    laptop.admit_device(device, NOW, &mut two.rng).unwrap();
    told_of_own_list(&mut two, &mut laptop);
    let mut carol = known(&mut two);
    let claim = encoded(&Content {
        known: u64::MAX,
        ..carol.content()
    });
    let message = carol.encrypt(&claim, &mut two.rng);
    read(&mut two, &message).unwrap();
    let back = laptop.grant(DeviceNumber::FIRST, &mut two.rng).unwrap();
    let welcomed = two.bob.accept_welcome(&back.message, NOW, &mut two.rng);
    assert!(welcomed.unwrap().signs);
    assert_eq!(two.bob.signing(), Ok(SigningStatus::Signs));
}

/// Bob reads the list that his laptop owes him.
fn told_of_own_list(two: &mut Two, laptop: &mut MemoryClient) {
    let owed = laptop.write_owed(&mut two.rng).unwrap();
    let bob = two.bob.identity().unwrap();
    let mut owed = owed.iter().map(|owed| &owed.message);
    let message = owed.find(|message| message.identity == bob).unwrap();
    let incoming = Incoming::new(&message.message);
    let read = two.bob.decrypt(Sender::AnyPeer, incoming, &mut two.rng);
    assert_eq!(read.unwrap().content, ContentKind::List);
    assert_eq!(two.bob.device_list(), laptop.device_list());
}

/// The user gives the file to the laptop once more after its store was put back, and has not forgotten to say so.
#[test]
fn a_key_that_comes_again_to_a_store_that_was_put_back_signs_nothing() {
    let mut two = Two::established(1316);
    let invitation = two.bob_invites();
    let (mut laptop, key, accepted) = accepts(&mut two, &invitation);
    let linked = two.bob_admits(&accepted).unwrap();
    laptop
        .accept_welcome(&linked.welcome, NOW, &mut two.rng)
        .unwrap();
    let backup = laptop.store().clone();
    let granted = two.bob.grant(LAPTOP, &mut two.rng).unwrap().message;
    let welcomed = laptop.accept_welcome(&granted, NOW, &mut two.rng).unwrap();
    let signed = welcomed.list;
    assert_eq!((signed.version(), welcomed.signs), (3, true));
    let mut laptop = Client::open(backup, &key).unwrap();
    laptop.mark_restored(NOW, &mut two.rng).unwrap();
    let before = records(&laptop);
    let welcomed = laptop.accept_welcome(&granted, NOW + 1, &mut two.rng);
    assert_eq!(welcomed.err(), Some(ClientError::SigningUnsure));
    assert!(records(&laptop) == before);
    // The list that it signed before is no evidence against the user.
    laptop
        .import_own_list(signed.as_bytes(), &mut two.rng)
        .unwrap();
    assert_eq!(laptop.signing(), Ok(SigningStatus::NoUserKey));
}

/// Bob wrote the key twice for the laptop, which has handed it back when the second message comes.
#[test]
fn a_key_that_comes_again_after_it_was_handed_on_signs_nothing() {
    let mut two = Two::established(1317);
    let (mut laptop, _) = two.bob_links();
    let [first, second, third] =
        [(); 3].map(|()| two.bob.grant(LAPTOP, &mut two.rng).unwrap().message);
    laptop.accept_welcome(&first, NOW, &mut two.rng).unwrap();
    let back = laptop.grant(DeviceNumber::FIRST, &mut two.rng).unwrap();
    let old_list = Err(ClientError::OldList(String::new()));
    let refused = laptop.accept_welcome(&second, NOW + 1, &mut two.rng);
    assert_eq!(refused, old_list);
    let signed = two.bob.accept_welcome(&back.message, NOW + 2, &mut two.rng);
    let signed = signed.unwrap().list;
    // Nor does it once it knows that Bob signs again.
    laptop
        .import_own_list(signed.as_bytes(), &mut two.rng)
        .unwrap();
    let refused = laptop.accept_welcome(&third, NOW + 3, &mut two.rng);
    assert_eq!(refused, old_list);
    assert_eq!(laptop.signing(), Ok(SigningStatus::NoUserKey));
    assert_eq!(two.bob.signing(), Ok(SigningStatus::Signs));
}

#[test]
fn signing_is_handed_over_to_one_other_device_of_the_user() {
    let mut two = Two::established(1310);
    let (_laptop, linked) = two.bob_links();
    let (_tablet, other) = two.bob_links();
    let refused = two.bob.grant(DeviceNumber::FIRST, &mut two.rng);
    assert_eq!(refused, Err(ClientError::ThisDevice));
    let nobody = DeviceNumber::new(3);
    let refused = two.bob.grant(nobody, &mut two.rng);
    let unknown = ChangeError::NotListed(nobody);
    assert_eq!(refused, Err(ClientError::Change(unknown)));
    two.bob.grant(LAPTOP, &mut two.rng).unwrap();
    let refused = two.bob.grant(other.device.number, &mut two.rng);
    let identity = linked.device.identity;
    assert_eq!(refused, Err(ClientError::Granted(identity)));
    // Being put back does not take it back.
    two.bob.mark_restored(NOW, &mut two.rng).unwrap();
    assert_eq!(two.bob.signing(), Ok(SigningStatus::Granted(identity)));
    // Only the device that signing was handed over to can be removed, and then Bob signs again.
    let revoked = |number| Revoked {
        number,
        reason: Reason::Lost,
    };
    let tablet = revoked(other.device.number);
    let refused = two.bob.revoke(tablet, NOW, &mut two.rng).err();
    assert_eq!(refused, Some(ClientError::Granted(identity)));
    // A store that was put back may lack a list that the laptop has signed.
    let refused = two.bob.revoke(revoked(LAPTOP), NOW, &mut two.rng).err();
    assert_eq!(refused, Some(ClientError::SigningUnsure));
    let mut two = Two::established(1312);
    two.bob_links();
    two.bob.grant(LAPTOP, &mut two.rng).unwrap();
    two.bob.revoke(revoked(LAPTOP), NOW, &mut two.rng).unwrap();
    assert_eq!(two.bob.signing(), Ok(SigningStatus::Signs));
}

#[test]
fn a_device_that_cannot_be_reached_is_not_granted() {
    let mut two = Two::established(1311);
    two.bob_links();
    two.bob.mark_restored(NOW, &mut two.rng).unwrap();
    let newest = two.bob.device_list().unwrap();
    two.bob
        .import_own_list(newest.as_bytes(), &mut two.rng)
        .unwrap();
    let before = records(&two.bob);
    let refused = two.bob.grant(LAPTOP, &mut two.rng);
    assert_eq!(refused, Err(ClientError::NoBundle("device 1".into())));
    assert_eq!(records(&two.bob), before);
    assert_eq!(two.bob.signing(), Ok(SigningStatus::Signs));
}
