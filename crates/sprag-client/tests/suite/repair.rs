use sprag_client::limits::{MAX_UNREADABLE, MESSAGES_BEFORE_ANSWER_IS_DUE};
use sprag_client::store::{Batch, Committed};
use sprag_client::{
    Added, AutoRepair, Client, ClientError, ContentKind, CountedStore as _, DeviceMessage, Error,
    Incoming, MemoryStore, Outgoing, OwedKind, RatchetError, Received, RenewReason, RepairOutcome,
    Rules, Sender, Store, StoreKey,
};
use sprag_primitives::SecretBytes;
use sprag_wire::unread_hash;

use crate::records_by_hand::{opened, sealed};
use crate::two_clients::{MemoryClient, Refusal, Two, records, until_counted};

impl Two {
    /// Puts Bob's store back to this copy.
    pub(crate) fn bob_goes_back(&mut self, store: MemoryStore) {
        self.bob = Client::open(store, &self.bob_key).expect("the store is whole");
    }

    /// Sends a message of Bob's after a fork: Alice has read another with the same header key and another ratchet key.
    pub(crate) fn bob_forks(&mut self) -> Vec<u8> {
        let before = self.alice_sends(b"a turn");
        self.bob_reads(&before).expect("the session works");
        let copy = self.bob.store().clone();
        let read = self.bob_sends(b"before the fork");
        self.alice_reads(&read).expect("the session works");
        self.bob_goes_back(copy);
        self.bob_sends(b"after the fork")
    }

    /// Lets Alice lose so many messages that Bob cannot step over them, and returns the next one.
    pub(crate) fn alice_loses_many(&mut self) -> Vec<u8> {
        const SESSION: u8 = 4;
        // The number of the next message is the one that is counted like this.
        let counted = |content: &[u8], number: u32| -> Vec<usize> {
            let all = content.windows(4).enumerate();
            let found = all.filter(|(_, four)| **four == number.to_le_bytes());
            found.map(|(place, _)| place).collect()
        };
        for _ in 0..77 {
            self.alice_sends(b"lost");
        }
        let content = |client: &MemoryClient, secret: &SecretBytes<32>| {
            let sessions = client.store().scan(&[SESSION]).unwrap();
            let [(name, record)] = &sessions[..] else {
                panic!("there are {} sessions", sessions.len());
            };
            (name.clone(), opened(name, record.clone(), secret))
        };
        let (_, before) = content(&self.alice, &self.secrets[0]);
        self.alice_sends(b"lost");
        let (name, mut after) = content(&self.alice, &self.secrets[0]);
        let next = counted(&after, 78);
        let places: Vec<_> = { next.iter() }
            .filter(|place| counted(&before, 77).contains(place))
            .collect();
        let [place] = places[..] else {
            panic!("the counter is at {places:?}");
        };
        after[*place..*place + 4].copy_from_slice(&30_000_u32.to_le_bytes());
        let mut store = self.alice.store().clone();
        let mut batch = Batch::new();
        batch.put(name.clone(), sealed(&name, &after, &self.secrets[0]));
        assert_eq!(store.commit(&batch), Ok(Committed::Done));
        self.alice = Client::open(store, &self.alice_key).unwrap();
        self.alice_sends(b"after many")
    }

    /// Repairs Alice's sessions with Bob.
    pub(crate) fn alice_repairs(&mut self) -> RepairOutcome {
        let repairs = self.alice.repair("bob", 100, &mut self.rng).unwrap();
        let [repair] = <[_; 1]>::try_from(repairs).expect("Bob has one device");
        repair.outcome
    }

    /// Repairs Bob's sessions with Alice.
    pub(crate) fn bob_repairs(&mut self) -> RepairOutcome {
        let repairs = self.bob.repair("alice", 100, &mut self.rng).unwrap();
        let [repair] = <[_; 1]>::try_from(repairs).expect("Alice has one device");
        repair.outcome
    }

    /// Demands that each reads two messages of the other, and that one session is left to both.
    pub(crate) fn talk(&mut self) {
        for text in [b"one", b"two"] {
            let message = self.alice_sends(text);
            assert_eq!(self.bob_reads(&message).unwrap().opened.plaintext, text);
            let message = self.bob_sends(text);
            assert_eq!(self.alice_reads(&message).unwrap().opened.plaintext, text);
        }
        let fingerprint = |client: &MemoryClient, name| {
            let session = client.status(name).unwrap().session.unwrap();
            assert!(!client.status(name).unwrap().waiting);
            session.root_fingerprint
        };
        // The roots are the same once each has read the last message of the other.
        let message = self.alice_sends(b"three");
        self.bob_reads(&message).unwrap();
        let of_alice = fingerprint(&self.alice, "bob");
        assert_eq!(of_alice, fingerprint(&self.bob, "alice"));
    }
}

pub(crate) fn owed(client: &MemoryClient) -> Vec<OwedKind> {
    let owed = client.owed().unwrap();
    owed.into_iter().map(|owed| owed.what).collect()
}

/// Writes the only message that is owed.
pub(crate) fn written(client: &mut MemoryClient, rng: &mut rand::rngs::StdRng) -> DeviceMessage {
    let written = client.write_owed(rng).unwrap();
    let [owed] = <[_; 1]>::try_from(written).expect("one message is owed");
    owed.message
}

fn is_control(received: &Received, kind: ContentKind) {
    assert_eq!(received.content, kind);
    assert!(received.opened.plaintext.is_empty());
}

#[test]
fn a_gap_is_noted_and_a_request_repairs_it() {
    let mut two = Two::established(970);
    let message = two.alice_loses_many();
    let refusal: Refusal = Error::Ratchet(RatchetError::TooManySkipped).into();
    assert_eq!(two.bob_reads(&message), Err(refusal.clone()));
    let status = two.bob.status("alice").unwrap();
    assert_eq!(status.devices[0].due, Some(RenewReason::Gap));
    assert_eq!(status.unreadable, 1);
    assert_eq!(owed(&two.bob), [OwedKind::Request]);
    // The same message says nothing more.
    until_counted(|| assert_eq!(two.bob_reads(&message), Err(refusal.clone())));
    let before = records(&two.bob);
    assert_eq!(two.bob_reads(&message), Err(refusal));
    assert_eq!(records(&two.bob), before);
    // The request names the message, and Alice begins a session with the bundle in it.
    let request = written(&mut two.bob, &mut two.rng);
    assert_eq!(request.kind, ContentKind::Renew);
    assert_eq!(owed(&two.bob), []);
    assert!(two.bob.status("alice").unwrap().waiting);
    // While it is on its way, and after the session was renewed, the message is no evidence any more.
    let due = |two: &Two| two.bob.status("alice").unwrap().devices[0].due;
    two.bob_reads(&message).unwrap_err();
    assert_eq!(due(&two), None);
    let held = two.alice.unacknowledged().unwrap().len();
    let received = two.alice_reads(&request.message).unwrap();
    is_control(&received, ContentKind::Renew);
    assert_eq!(received.requested, Some(RenewReason::Gap));
    assert_eq!(received.unread, [unread_hash(&message)]);
    assert_eq!(two.alice.unacknowledged().unwrap().len(), held);
    assert_eq!(owed(&two.alice), [OwedKind::Renewal]);
    let renewal = written(&mut two.alice, &mut two.rng);
    assert_eq!(owed(&two.alice), []);
    let received = two.bob_reads(&renewal.message).unwrap();
    is_control(&received, ContentKind::Renew);
    assert_eq!(received.renewed, Some(RenewReason::Gap));
    assert!(received.new_session);
    let keys = received.opened.one_time_keys;
    assert!(
        keys.ec.is_some() && keys.kem.is_some(),
        "the bundle was for one reader: {keys:?}"
    );
    // The answer ends it.
    assert_eq!(owed(&two.bob), [OwedKind::Answer]);
    let answer = written(&mut two.bob, &mut two.rng);
    assert_eq!(owed(&two.bob), []);
    let received = two.alice_reads(&answer.message).unwrap();
    is_control(&received, ContentKind::Nothing);
    assert_eq!(two.bob.status("alice").unwrap().unreadable, 0);
    two.bob_reads(&message).unwrap_err();
    assert_eq!(due(&two), None);
    two.talk();
}

#[test]
fn the_next_texts_take_what_is_owed_along() {
    let mut two = Two::established(971);
    let message = two.alice_loses_many();
    two.bob_reads(&message).unwrap_err();
    let request = written(&mut two.bob, &mut two.rng);
    let received = two.alice_reads(&request.message).unwrap();
    assert_eq!(received.requested, Some(RenewReason::Gap));
    // A text begins the session that was asked for, and a text answers it.
    let text = two.alice_sends(b"renewed");
    assert_eq!(owed(&two.alice), []);
    assert!(two.alice.status("bob").unwrap().waiting);
    assert!(two.bob_reads(&text).unwrap().new_session);
    two.talk();
    assert_eq!(owed(&two.bob), []);
}

#[test]
fn a_fork_is_noted_and_an_offer_repairs_it() {
    let mut two = Two::established(969);
    let forked = two.bob_forks();
    let refusal: Refusal = Error::Ratchet(RatchetError::Forked).into();
    assert_eq!(two.alice_reads(&forked), Err(refusal));
    let status = two.alice.status("bob").unwrap();
    assert_eq!(status.devices[0].due, Some(RenewReason::Fork));
    // What Alice sends answers the ratchet key that Bob lost, so he could not read a request.
    let message = two.alice_sends(b"lost");
    assert_eq!(two.bob_reads(&message), Err(ClientError::NoSession));
    assert_eq!(owed(&two.alice), [OwedKind::Offer]);
    let RepairOutcome::Offer(offer) = two.alice_repairs() else {
        panic!("there is no bundle of Bob's");
    };
    // Bob could not read Alice's last message, so that he wants the bundle.
    let added = two.bob.add("alice", &offer, &mut two.rng).unwrap();
    assert_eq!(added.added, Added::Renewed);
    let message = two.bob_sends(b"renewed");
    assert!(two.alice_reads(&message).unwrap().new_session);
    assert_eq!(owed(&two.alice), []);
    two.talk();
}

#[test]
fn evidence_is_noted_by_the_rules_alone() {
    for (auto_repair, of_fork, of_junk) in [
        (AutoRepair::Never, None, None),
        (AutoRepair::OnEvidence, Some(RenewReason::Fork), None),
        (
            AutoRepair::Always,
            Some(RenewReason::Fork),
            Some(RenewReason::Lost),
        ),
    ] {
        let rules = Rules {
            auto_repair,
            ..Rules::default()
        };
        let due = |two: &Two| two.alice.status("bob").unwrap().devices[0].due;
        let mut two = Two::established(972);
        let forked = two.bob_forks();
        two.alice.set_rules(rules);
        two.alice_reads(&forked).unwrap_err();
        assert_eq!(due(&two), of_fork);
        let mut two = Two::established(973);
        let foreign = foreign_message();
        two.alice.set_rules(rules);
        two.alice_reads(&foreign).unwrap_err();
        assert_eq!(due(&two), of_junk);
    }
}

/// A message of a session of others.
fn foreign_message() -> Vec<u8> {
    Two::established(974).alice_sends(b"to another Bob")
}

#[test]
fn junk_by_a_name_is_counted_to_a_few_and_changes_nothing_more() {
    let mut two = Two::established(975);
    let mut junk = vec![foreign_message()];
    let old = two.bob_sends(b"old");
    two.alice_reads(&old).unwrap();
    for _ in 0..40 {
        let message = two.bob_sends(b"more");
        let received = two.alice_reads(&message).unwrap();
        two.alice.acknowledge(&received.receipt).unwrap();
        junk.push(message);
    }
    // A copy of a message that is not remembered any more, and others with another body behind a genuine header.
    junk.push(old);
    for message in &mut junk[2..] {
        let last = message.len() - 1;
        message[last] ^= 1;
    }
    let by_any_peer = records(&two.alice);
    for message in &junk {
        let incoming = Incoming::new(message);
        let read = two.alice.decrypt(Sender::AnyPeer, incoming, &mut two.rng);
        assert!(read.is_err());
    }
    assert_eq!(records(&two.alice), by_any_peer);
    until_counted(|| assert!(two.alice_reads(&junk[0]).is_err()));
    let before = records(&two.alice);
    for message in &junk {
        two.alice_reads(message).unwrap_err();
    }
    assert_eq!(records(&two.alice), before);
    assert_eq!(owed(&two.alice), []);
    assert_eq!(two.alice.write_owed(&mut two.rng), Ok(Vec::new()));
    assert_eq!(records(&two.alice), before);
    let status = two.alice.status("bob").unwrap();
    assert_eq!(status.unreadable, MAX_UNREADABLE);
    assert_eq!(status.devices[0].due, None);
    two.talk();
    assert_eq!(two.alice.status("bob").unwrap().unreadable, 0);
}

#[test]
fn by_hand_there_is_a_renewal_with_an_unused_bundle_and_an_offer_without() {
    let mut two = Two::established(976);
    // Without evidence, a session to send in is no way: Bob may have finished it.
    let RepairOutcome::Offer(offer) = two.alice_repairs() else {
        panic!("there is no bundle of Bob's");
    };
    assert!(!two.alice.status("bob").unwrap().waiting);
    let added = two.bob.renew("alice", &offer, &mut two.rng).unwrap();
    assert_eq!(added.added, Added::Renewed);
    let RepairOutcome::Renewal(renewal) = two.bob_repairs() else {
        panic!("Alice's bundle is unused");
    };
    assert_eq!(two.bob_repairs(), RepairOutcome::Waiting);
    let before = records(&two.bob);
    assert_eq!(two.bob_repairs(), RepairOutcome::Waiting);
    assert_eq!(records(&two.bob), before);
    let received = two.alice_reads(&renewal).unwrap();
    assert_eq!(received.renewed, Some(RenewReason::Lost));
    assert_eq!(owed(&two.alice), [OwedKind::Answer]);
    two.talk();
}

#[test]
fn renewals_that_nobody_can_read_do_not_go_on_for_ever() {
    // Of two sessions of one rank the ids decide, which are random.
    for seed in 0..8 {
        an_unreadable_renewal_is_followed_by_another(Two::established(9_770 + seed));
    }
}

fn an_unreadable_renewal_is_followed_by_another(mut two: Two) {
    two.alice_adds();
    // Bob's prekeys are gone.
    two.bob.mark_restored(5, &mut two.rng).unwrap();
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    two.bob.mark_restored(6, &mut two.rng).unwrap();
    two.alice.renew("bob", &bundle, &mut two.rng).unwrap();
    let RepairOutcome::Renewal(unreadable) = two.alice_repairs() else {
        panic!("there is a bundle");
    };
    assert!(two.bob_reads(&unreadable).is_err());
    assert_eq!(two.alice_repairs(), RepairOutcome::Waiting);
    let repairs = two.alice.repair_again("bob", 100, &mut two.rng).unwrap();
    let RepairOutcome::Offer(offer) = &repairs[0].outcome else {
        panic!("the bundle was used");
    };
    // What was begun before is given up.
    assert!(!two.alice.status("bob").unwrap().waiting);
    two.bob.add("alice", offer, &mut two.rng).unwrap();
    assert_eq!(owed(&two.bob), [OwedKind::Renewal]);
    let RepairOutcome::Renewal(renewal) = two.bob_repairs() else {
        panic!("there is a bundle");
    };
    let received = two.alice_reads(&renewal).unwrap();
    assert_eq!(received.renewed, Some(RenewReason::Restored));
    two.talk();
}

#[test]
fn a_restored_party_owes_offers_and_then_renewals_that_rank_above_what_it_forgot() {
    let mut two = Two::established(978);
    let old = two.bob.store().clone();
    // Three sessions more, which Bob's copy does not know.
    for _ in 0..3 {
        two.alice_renews();
        two.talk();
    }
    two.bob_goes_back(old);
    two.bob.mark_restored(50, &mut two.rng).unwrap();
    assert_eq!(owed(&two.bob), [OwedKind::Offer]);
    assert_eq!(two.bob.write_owed(&mut two.rng), Ok(Vec::new()));
    // A bundle of Alice's from before is as good as a new one.
    let bundle = two.alice.publish_reusable().unwrap();
    two.bob.add("alice", &bundle, &mut two.rng).unwrap();
    let renewal = written(&mut two.bob, &mut two.rng);
    let received = two.alice_reads(&renewal.message).unwrap();
    assert_eq!(received.renewed, Some(RenewReason::Restored));
    assert!(received.new_session && !received.old_session);
    two.talk();
}

#[test]
fn an_answer_is_due_after_many_messages_and_one_that_says_nothing_is_enough() {
    let mut two = Two::established(979);
    let turn = two.alice_sends(b"a turn");
    two.bob_reads(&turn).unwrap();
    for number in 1..=MESSAGES_BEFORE_ANSWER_IS_DUE + 1 {
        let message = two.bob_sends(b"more");
        let received = two.alice_reads(&message).unwrap();
        let is_due = number >= MESSAGES_BEFORE_ANSWER_IS_DUE;
        assert_eq!(received.answer_due, is_due, "{number}");
        two.alice.acknowledge(&received.receipt).unwrap();
    }
    let sent = two.alice.nothing("bob", &mut two.rng).unwrap();
    let [nothing] = &sent.messages[..] else {
        panic!("Bob has one device");
    };
    assert_eq!(nothing.kind, ContentKind::Nothing);
    let held = two.bob.unacknowledged().unwrap().len();
    is_control(
        &two.bob_reads(&nothing.message).unwrap(),
        ContentKind::Nothing,
    );
    assert_eq!(two.bob.unacknowledged().unwrap().len(), held);
    let message = two.bob_sends(b"more");
    assert!(!two.alice_reads(&message).unwrap().answer_due);
}

#[test]
fn a_list_is_owed_until_the_device_says_that_it_knows_it() {
    let mut two = Two::established(980);
    assert_eq!(owed(&two.alice), []);
    let key = StoreKey::generate(&mut two.rng);
    let store = MemoryStore::new();
    let other = Client::create_device(store, &key, 0, &mut two.rng).unwrap();
    let list = two.alice.device_list().unwrap();
    let device = other.sign_device(list.user(), list.next_number(), &mut two.rng);
    let list = two
        .alice
        .admit_device(device.unwrap(), 0, &mut two.rng)
        .unwrap();
    assert_eq!(owed(&two.alice), [OwedKind::List]);
    let message = written(&mut two.alice, &mut two.rng);
    assert_eq!(message.kind, ContentKind::List);
    let received = two.bob_reads(&message.message).unwrap();
    assert_eq!(received.new_devices.len(), 1);
    let version = two.bob.status("alice").unwrap().list_version;
    assert_eq!(version, Some(list.version()));
    // Until he has said so, he may not have it.
    assert_eq!(owed(&two.alice), [OwedKind::List]);
    let sent = two.bob.nothing("alice", &mut two.rng).unwrap();
    two.alice_reads(&sent.messages[0].message).unwrap();
    assert_eq!(owed(&two.alice), []);
}

/// There is nothing to copy of a message that says nothing.
#[test]
fn nothing_goes_to_the_devices_of_the_peer_alone() {
    let mut two = Two::established(1_004);
    let (mut laptop, _) = two.bob_links();
    let sent = two.bob.nothing("alice", &mut two.rng).unwrap();
    assert!(sent.messages.iter().all(|message| !message.own));
    assert_eq!(sent.messages.len(), 1);
    let received = two.alice_reads(&sent.messages[0].message).unwrap();
    assert_eq!(received.content, ContentKind::Nothing);
    // A text has a copy for the laptop, which reads it.
    let text = Outgoing::new(b"with a copy");
    let sent = two
        .bob
        .encrypt_to_user("alice", text, &mut two.rng)
        .unwrap();
    let copy = sent.messages.iter().find(|message| message.own).unwrap();
    let incoming = Incoming::new(&copy.message);
    let read = laptop.decrypt(Sender::AnyPeer, incoming, &mut two.rng);
    assert_eq!(read.unwrap().opened.plaintext, b"with a copy");
}

#[test]
fn a_renewal_is_not_answered_by_a_renewal() {
    let mut two = Two::established(985);
    two.alice_renews();
    two.bob_renews();
    let RepairOutcome::Renewal(renewal) = two.alice_repairs() else {
        panic!("there is a bundle");
    };
    two.bob_reads(&renewal).unwrap();
    assert_eq!(owed(&two.bob), [OwedKind::Answer]);
    let answer = two.bob_sends(b"in the session that began");
    assert!(!two.alice_reads(&answer).unwrap().new_session);
    two.talk();
}

#[test]
fn a_session_that_the_peer_begins_settles_what_was_due() {
    let mut two = Two::established(1_005);
    let message = two.alice_loses_many();
    two.bob_reads(&message).unwrap_err();
    assert_eq!(owed(&two.bob), [OwedKind::Request]);
    two.alice_renews();
    let text = two.alice_sends(b"in a new session");
    assert!(two.bob_reads(&text).unwrap().new_session);
    assert_eq!(owed(&two.bob), []);
    assert_eq!(two.bob.status("alice").unwrap().devices[0].due, None);
    two.talk();
}

/// The first message of a session that was followed by another comes late, and repairs nothing.
#[test]
fn a_session_that_is_old_from_the_start_settles_nothing() {
    let mut two = Two::established(1_006);
    two.bob_renews();
    let late = two.bob_sends(b"late");
    two.bob_renews();
    let first = two.bob_sends(b"in a session that follows");
    two.alice_reads(&first).unwrap();
    two.talk();
    let forked = two.bob_forks();
    two.alice_reads(&forked).unwrap_err();
    let due = |two: &Two| two.alice.status("bob").unwrap().devices[0].due;
    assert_eq!(due(&two), Some(RenewReason::Fork));
    let received = two.alice_reads(&late).unwrap();
    assert!(received.new_session && received.old_session);
    assert_eq!(due(&two), Some(RenewReason::Fork));
    assert_eq!(owed(&two.alice), [OwedKind::Offer]);
}

#[test]
fn own_devices_repair_their_sessions_too() {
    let mut two = Two::established(983);
    let key = StoreKey::generate(&mut two.rng);
    let mut other = Client::create_device(MemoryStore::new(), &key, 0, &mut two.rng).unwrap();
    let list = two.alice.device_list().unwrap();
    let device = other.sign_device(list.user(), list.next_number(), &mut two.rng);
    let list = two.alice.admit_device(device.unwrap(), 0, &mut two.rng);
    other.join(list.unwrap(), &mut two.rng).unwrap();
    let repairs = other.repair_own_devices(7, &mut two.rng).unwrap();
    let RepairOutcome::Offer(offer) = &repairs[0].outcome else {
        panic!("there is no bundle");
    };
    assert_eq!(repairs[0].identity, two.alice.identity().unwrap());
    two.alice.add_own_device(offer, &mut two.rng).unwrap();
    let repairs = two.alice.repair_own_devices(8, &mut two.rng).unwrap();
    let RepairOutcome::Renewal(renewal) = &repairs[0].outcome else {
        panic!("there is a bundle");
    };
    let incoming = Incoming::new(renewal);
    let received = other.decrypt(Sender::AnyPeer, incoming, &mut two.rng);
    assert_eq!(received.unwrap().renewed, Some(RenewReason::Lost));
    let owed = other.owed().unwrap();
    assert!(owed.len() == 1 && owed[0].own && owed[0].name.is_none());
    let answer = written(&mut other, &mut two.rng);
    let incoming = Incoming::new(&answer.message);
    let received = two.alice.decrypt(Sender::AnyPeer, incoming, &mut two.rng);
    // The offer has replaced the prekeys, so the answer is the present bundle.
    is_control(&received.unwrap(), ContentKind::List);
}

#[test]
fn evidence_in_the_header_of_a_file_is_noted() {
    let mut two = Two::established(984);
    let turn = two.alice_sends(b"a turn");
    two.bob_reads(&turn).unwrap();
    let copy = two.bob.store().clone();
    let read = two.bob_sends(b"before the fork");
    two.alice_reads(&read).unwrap();
    two.bob_goes_back(copy);
    let header = two.bob.encrypt_file("alice", &mut two.rng).unwrap().header;
    let (header, _) = sprag::decode_file_header(&header).unwrap();
    let file = sprag_client::IncomingFile {
        commitment: &header.commitment,
        messages: &header.messages,
        now: 0,
    };
    let sender = Sender::Named("bob");
    let read = two.alice.decrypt_file(sender, file, &mut two.rng);
    assert!(read.is_err());
    let status = two.alice.status("bob").unwrap();
    assert_eq!(status.devices[0].due, Some(RenewReason::Fork));
}

#[test]
fn a_store_that_was_put_back_is_told_by_its_commits() {
    let mut two = Two::established(982);
    let old = two.alice.store().clone();
    two.alice_sends(b"one commit more");
    let commits = two.alice.store().commits().unwrap();
    let opened = |store: &MemoryStore, commits| {
        Client::open_expecting(store.clone(), &two.alice_key, commits).map(drop)
    };
    assert_eq!(opened(two.alice.store(), commits), Ok(()));
    assert_eq!(opened(&old, commits), Err(ClientError::RolledBack));
    assert_eq!(opened(&old, commits - 1), Ok(()));
    // What does not change the store is no commit.
    two.alice.write_owed(&mut two.rng).unwrap();
    two.alice.owed().unwrap();
    assert_eq!(two.alice.store().commits(), Ok(commits));
}

#[test]
fn nothing_is_written_to_a_peer_against_the_rules() {
    let mut two = Two::established(981);
    let forked = two.bob_forks();
    two.alice_reads(&forked).unwrap_err();
    two.alice.set_rules(Rules {
        verified_only: true,
        ..Rules::default()
    });
    assert_eq!(owed(&two.alice), []);
    assert_eq!(two.alice.write_owed(&mut two.rng), Ok(Vec::new()));
    let refusal = ClientError::NotVerified("bob".into());
    assert_eq!(two.alice.repair("bob", 0, &mut two.rng), Err(refusal));
    let text = Outgoing::new(b"x");
    assert!(two.alice.encrypt("bob", text, &mut two.rng).is_err());
}
