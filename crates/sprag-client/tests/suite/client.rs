use sprag::{Error, HandshakeError, RatchetError};
use sprag_client::limits::MAX_UNACKNOWLEDGED;
use sprag_client::{Added, Client, ClientError, Incoming, Outgoing, Sender, Store};
use sprag_primitives::operations::{Counts, counted};

use crate::support::rng;
use crate::two::{MemoryClient, Two, client, records};

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
        Err(ClientError::Protocol(Error::Ratchet(
            RatchetError::Duplicate
        )))
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
fn a_name_is_bound_to_one_identity() {
    let mut two = Two::new(64);
    let message = two.alice_sends(b"hello");
    let incoming = Incoming::new(&message);
    let alice = two.alice.identity().unwrap();
    assert_eq!(
        two.bob.decrypt(Sender::AnyPeer, incoming, &mut two.rng),
        Err(ClientError::UnknownSender(alice))
    );
    two.bob_reads(&message).unwrap();
    assert_eq!(two.bob.status("alice").unwrap().identity, alice);

    let (mut mallory, _) = client(&mut two.rng);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    mallory.add("bob", &bundle, &mut two.rng).unwrap();
    let forged = mallory
        .encrypt("bob", Outgoing::new(b"I am Alice"), &mut two.rng)
        .unwrap();
    let other = Err(ClientError::OtherIdentity("alice".into()));
    assert_eq!(two.bob_reads(&forged), other);
    let bundle = mallory.publish(&mut two.rng).unwrap();
    assert_eq!(
        two.bob.add("alice", &bundle, &mut two.rng),
        Err(ClientError::OtherIdentity("alice".into()))
    );
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    assert_eq!(
        two.bob.add("carol", &bundle, &mut two.rng),
        Err(ClientError::KnownAs("alice".into()))
    );
    assert_eq!(
        two.bob.add("alice", &bundle, &mut two.rng),
        Ok(Added::Renewed)
    );
}

#[test]
fn a_message_from_another_identity_costs_no_agreement() {
    let mut two = Two::established(66);
    let (mut mallory, _) = client(&mut two.rng);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    mallory.add("bob", &bundle, &mut two.rng).unwrap();
    let forged = mallory.encrypt("bob", Outgoing::new(b"I am Alice"), &mut two.rng);
    let forged = forged.unwrap();
    let (result, counts) = counted(|| two.bob_reads(&forged));
    assert_eq!(result, Err(ClientError::OtherIdentity("alice".into())));
    assert_eq!((counts.diffie_hellman, counts.decapsulation), (0, 0));
}

#[test]
fn names_and_bundles_are_checked() {
    let mut two = Two::new(65);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    for name in ["", "tab\there", &"x".repeat(129)] {
        assert_eq!(
            two.alice.add(name, &bundle, &mut two.rng),
            Err(ClientError::InvalidName)
        );
    }
    let own = two.alice.publish(&mut two.rng).unwrap();
    assert_eq!(
        two.alice.add("me", &own, &mut two.rng),
        Err(Error::Handshake(HandshakeError::OwnBundle).into())
    );
    let mut damaged = bundle;
    damaged[50] ^= 1;
    assert!(matches!(
        two.alice.add("carol", &damaged, &mut two.rng),
        Err(ClientError::Protocol(_))
    ));
    assert_eq!(
        two.alice.encrypt("carol", Outgoing::new(b""), &mut two.rng),
        Err(ClientError::UnknownPeer("carol".into()))
    );
}

#[test]
fn forgetting_leaves_nothing_of_a_peer_but_how_many_sessions_there_were() {
    let mut two = Two::new(67);
    let message = two.alice_sends(b"hello");
    two.bob_reads(&message).unwrap();
    let answer = two.bob_sends(b"hi");
    two.alice_reads(&answer).unwrap();
    assert_eq!(kinds(&two.alice), [1, 2, 3, 4, 5, 6, 8]);
    two.alice.forget("bob", &mut two.rng).unwrap();
    assert_eq!(kinds(&two.alice), [1, 7, 8]);
    two.alice_reads(&answer).unwrap_err();
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
fn a_forged_message_costs_one_opening_for_each_header_key_and_no_other_work() {
    let mut two = Two::new(78);
    let first = two.alice_sends(b"first");
    two.bob_reads(&first).unwrap();
    for number in 0..20 {
        let (mut peer, _) = client(&mut two.rng);
        let bundle = peer.publish(&mut two.rng).unwrap();
        let name = format!("peer {number}");
        two.bob.add(&name, &bundle, &mut two.rng).unwrap();
        two.bob
            .encrypt(&name, Outgoing::new(b""), &mut two.rng)
            .unwrap();
    }
    // Alice's session has two header keys, the others, in which nothing was received, one.
    let header_keys = 2 + 20;
    let mut forged = vec![1, 3];
    forged.extend([0x55; 200]);
    let incoming = Incoming::new(&forged);
    let (result, counts) = counted(|| two.bob.decrypt(Sender::AnyPeer, incoming, &mut two.rng));
    assert_eq!(result, Err(ClientError::NoSession));
    let sessions = 21;
    // To read a session from its snapshot takes a multiplication where it has a key pair.
    let expected = Counts {
        open: header_keys + sessions,
        base_point_multiplication: 20,
        hmac: counts.hmac,
        ..Counts::NONE
    };
    assert_eq!(counts, expected);
    assert!(counts.hmac < 10, "names of records alone: {counts:?}");
}

#[test]
fn a_genuine_header_makes_its_session_the_only_one_that_works() {
    let mut two = Two::established(79);
    let (mut carol, _) = client(&mut two.rng);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    carol.add("bob", &bundle, &mut two.rng).unwrap();
    for _ in 0..10 {
        let message = carol.encrypt("bob", Outgoing::new(b""), &mut two.rng);
        let incoming = Incoming::new(message.as_ref().unwrap());
        let sender = Sender::Named("carol");
        two.bob.decrypt(sender, incoming, &mut two.rng).unwrap();
    }
    let later = two.alice_sends(b"later");
    two.bob_reads(&later).unwrap();
    let last = two.alice_sends(b"last");
    let incoming = Incoming::new(&last);
    let (result, counts) = counted(|| two.bob.decrypt(Sender::AnyPeer, incoming, &mut two.rng));
    result.unwrap();
    assert_eq!(counts.diffie_hellman, 0, "{counts:?}");
}

#[test]
fn parameters_print_no_plaintext() {
    let outgoing = Outgoing {
        plaintext: b"secret",
        associated_data: b"",
    };
    assert_eq!(format!("{outgoing:?}"), "Outgoing { .. }");
}

/// The kinds of the records, which the first bytes of their names say.
fn kinds(client: &MemoryClient) -> Vec<u8> {
    records(client).iter().map(|(name, _)| name[0]).collect()
}
