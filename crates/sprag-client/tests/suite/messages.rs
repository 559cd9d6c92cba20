use sprag_client::limits::MAX_UNACKNOWLEDGED;
use sprag_client::{Client, ClientError, Incoming, Outgoing, Sender, Store};

use crate::support::rng;
use crate::two_clients::{Two, client, records, until_counted};

#[test]
fn a_conversation_survives_closing_and_opening() {
    let mut rng = rng(60);
    let (mut alice, alice_key) = client(&mut rng);
    let (mut bob, bob_key) = client(&mut rng);
    alice
        .add("bob", &bob.publish(&mut rng).unwrap(), &mut rng)
        .unwrap();
    for round in 0..10_u8 {
        let message = alice
            .encrypt("bob", Outgoing::new(&[round]), &mut rng)
            .unwrap();
        let sender = Sender::Named("alice");
        let received = bob
            .decrypt(sender, Incoming::new(&message), &mut rng)
            .unwrap();
        assert_eq!(received.opened.plaintext, [round]);
        assert_eq!(received.peer, "alice");
        bob.acknowledge(&received.receipt).unwrap();
        let answer = bob
            .encrypt("alice", Outgoing::new(&[round]), &mut rng)
            .unwrap();
        let received = alice
            .decrypt(Sender::AnyPeer, Incoming::new(&answer), &mut rng)
            .unwrap();
        assert_eq!(
            (received.peer.as_str(), &received.opened.plaintext[..]),
            ("bob", &[round][..])
        );
        alice.acknowledge(&received.receipt).unwrap();
        alice = Client::open(alice.into_store(), &alice_key).unwrap();
        bob = Client::open(bob.into_store(), &bob_key).unwrap();
    }
    let (status, peer) = (alice.status("bob").unwrap(), bob.status("alice").unwrap());
    let (one, other) = (status.session.unwrap(), peer.session.unwrap());
    assert_eq!((one.sent, one.received), (10, 10));
    assert_eq!(one.root_fingerprint, other.root_fingerprint);
    assert_eq!(status.identity, bob.identity().unwrap());
}

#[test]
fn a_message_can_be_read_again_until_it_is_acknowledged() {
    let mut two = Two::new(61);
    let message = two.alice_sends(b"hello");
    let first = two.bob_reads(&message).unwrap();
    let again = two.bob_reads(&message).unwrap();
    assert_eq!(first, again);
    two.bob.acknowledge(&first.receipt).unwrap();
    two.bob.acknowledge(&first.receipt).unwrap();
    let before = records(&two.bob);
    assert_eq!(
        two.bob_reads(&message),
        Err(ClientError::AlreadyRead("alice".into()))
    );
    assert_eq!(records(&two.bob), before);
}

#[test]
fn what_is_not_acknowledged_is_bounded_and_the_oldest_leaves() {
    let mut two = Two::new(62);
    let messages: Vec<_> = (0..=MAX_UNACKNOWLEDGED)
        .map(|_| two.alice_sends(b"hello"))
        .collect();
    for message in &messages {
        two.bob_reads(message).unwrap();
    }
    two.bob_reads(&messages[0]).unwrap_err();
    two.bob_reads(&messages[1]).unwrap();
    two.bob_reads(&messages[MAX_UNACKNOWLEDGED]).unwrap();
}

#[test]
fn a_refused_message_changes_no_record() {
    let mut two = Two::new(63);
    let message = two.alice_sends(b"hello");
    let before = records(&two.bob);
    for position in (0..message.len()).filter(|at| !(80..1_600).contains(at) || at % 20 == 0) {
        let mut damaged = message.clone();
        damaged[position] ^= 1;
        two.bob_reads(&damaged).unwrap_err();
    }
    assert_eq!(records(&two.bob), before);
    two.bob_reads(&message).unwrap();
    let later = two.alice_sends(b"later");
    until_counted(|| {
        two.bob_reads(&later[1..]).unwrap_err();
        let mut damaged = later.clone();
        damaged[later.len() - 1] ^= 1;
        two.bob_reads(&damaged).unwrap_err();
    });
    let before = records(&two.bob);
    for position in 0..later.len() {
        let mut damaged = later.clone();
        damaged[position] ^= 1;
        two.bob_reads(&damaged).unwrap_err();
    }
    assert_eq!(records(&two.bob), before);
    two.bob_reads(&later).unwrap();
}

#[test]
fn what_one_peer_sends_does_not_push_out_what_another_sent() {
    let mut two = Two::new(77);
    let held = two.alice_sends(b"not acknowledged yet");
    two.bob_reads(&held).unwrap();
    let (mut mallory, _) = client(&mut two.rng);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    mallory.add("bob", &bundle, &mut two.rng).unwrap();
    for _ in 0..MAX_UNACKNOWLEDGED + 10 {
        let flood = mallory
            .encrypt("bob", Outgoing::new(b"flood"), &mut two.rng)
            .unwrap();
        two.bob
            .decrypt(
                Sender::Named("mallory"),
                Incoming::new(&flood),
                &mut two.rng,
            )
            .unwrap();
    }
    assert_eq!(
        two.bob.store().scan(&[5]).unwrap().len(),
        MAX_UNACKNOWLEDGED
    );
    assert_eq!(
        two.bob.store().scan(&[6]).unwrap().len(),
        MAX_UNACKNOWLEDGED
    );
    two.bob_reads(&held).unwrap();
}

#[test]
fn parameters_print_no_plaintext() {
    let outgoing = Outgoing {
        plaintext: b"secret",
        associated_data: b"",
    };
    assert_eq!(format!("{outgoing:?}"), "Outgoing { .. }");
}
