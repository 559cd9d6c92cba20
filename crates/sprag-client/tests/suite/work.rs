use sprag::limits::MAX_MESSAGE_LENGTH;
use sprag::{Error, HandshakeError, RatchetError};
use sprag_client::limits::MAX_SESSIONS_PER_PEER;
use sprag_client::{ClientError, Incoming, Outgoing, Sender};
use sprag_primitives::operations::{Counts, bytes, counted};

use crate::two_clients::{Two, client};

/// Agreements and decapsulations: what costs a client most.
const fn expensive(counts: Counts) -> (u64, u64) {
    (counts.diffie_hellman, counts.decapsulation)
}

/// DH1 to DH4 and one agreement of the ratchet, and one decapsulation.
const FIRST_CONTACT: (u64, u64) = (4 + 1, 1);

#[test]
fn a_first_contact_costs_four_agreements_of_the_handshake_and_one_decapsulation() {
    let mut two = Two::new(66);
    let first = two.alice_sends(b"first");
    let (received, counts) = counted(|| two.bob_reads(&first));
    assert!(received.unwrap().new_session);
    assert_eq!(expensive(counts), FIRST_CONTACT);
}

/// Nobody but the receiver can read who begins a session, and the receiver not before it has agreed.
#[test]
fn a_first_message_from_another_identity_costs_no_more_than_a_first_contact() {
    let mut two = Two::established(66);
    let (mut mallory, _) = client(&mut two.rng);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    mallory.add("bob", &bundle, &mut two.rng).unwrap();
    let forged = mallory.encrypt("bob", Outgoing::new(b"I am Alice"), &mut two.rng);
    let mut forged = forged.unwrap();
    let (result, counts) = counted(|| two.bob_reads(&forged));
    assert_eq!(result, Err(ClientError::OtherIdentity("alice".into())));
    assert_eq!(expensive(counts), FIRST_CONTACT);
    // A damaged one costs less: there is no identity to agree with.
    forged[100] ^= 1;
    let (result, counts) = counted(|| two.bob_reads(&forged));
    let not_authentic = Error::Handshake(HandshakeError::NotAuthentic);
    assert_eq!(result, Err(ClientError::Protocol(not_authentic)));
    assert_eq!(expensive(counts), (3, 1));
}

#[test]
fn a_first_message_of_a_session_that_is_known_costs_no_agreement() {
    let mut two = Two::new(67);
    let messages = [(); 3].map(|()| two.alice_sends(b"not answered yet"));
    let receipt = two.bob_reads(&messages[0]).unwrap().receipt;
    two.bob_sends(b"an answer that is late");
    let reads = |message: &[u8], two: &mut Two| {
        let (result, counts) = counted(|| two.bob_reads(message));
        assert_eq!(expensive(counts), (0, 0));
        result
    };
    // It is held, it is new, it was acknowledged, and it is damaged.
    reads(&messages[0], &mut two).unwrap();
    assert!(!reads(&messages[1], &mut two).unwrap().new_session);
    two.bob.acknowledge(&receipt).unwrap();
    let refusal = |error: RatchetError| Err(ClientError::Protocol(Error::Ratchet(error)));
    let already_read = Err(ClientError::AlreadyRead("alice".into()));
    assert_eq!(reads(&messages[0], &mut two), already_read);
    let mut damaged = messages[2].clone();
    *damaged.last_mut().unwrap() ^= 1;
    let not_authentic = refusal(RatchetError::NotAuthentic);
    assert_eq!(reads(&damaged, &mut two), not_authentic);
}

#[test]
fn a_repeat_of_a_session_that_left_costs_no_agreement() {
    let mut two = Two::new(68);
    let [first, late] = [(); 2].map(|()| two.alice_sends(b"in the session that leaves"));
    let left = two.bob_reads(&first).unwrap();
    two.bob.acknowledge(&left.receipt).unwrap();
    for _ in 0..MAX_SESSIONS_PER_PEER {
        two.alice_renews();
        let message = two.alice_sends(b"in a new session");
        two.bob_reads(&message).unwrap();
    }
    for message in [first, late] {
        let (result, counts) = counted(|| two.bob_reads(&message));
        assert_eq!(result, Err(ClientError::SessionEnded));
        assert_eq!(expensive(counts), (0, 0));
    }
}

/// Bob, who has received a message of Alice's and has begun sessions with twenty more peers.
fn with_twenty_more_sessions(seed: u64) -> Two {
    let mut two = Two::new(seed);
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
    two
}

/// A message of `length` bytes that is of no session.
fn forged(length: usize) -> Vec<u8> {
    let mut forged = vec![1, 3];
    forged.resize(length, 0x55);
    forged
}

#[test]
fn a_forged_message_costs_one_opening_for_each_header_key_and_no_other_work() {
    let mut two = with_twenty_more_sessions(78);
    // Alice's session has two header keys, the others, in which nothing was received, one.
    let header_keys = 2 + 20;
    let forged = forged(202);
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
fn a_forged_message_of_any_length_costs_the_bytes_of_a_short_one() {
    let mut two = with_twenty_more_sessions(79);
    // Longer than the start that is hashed for the receipt.
    let [short, long] = [3_000, MAX_MESSAGE_LENGTH].map(|length| {
        let forged = forged(length);
        let incoming = Incoming::new(&forged);
        let (result, bytes) = bytes(|| two.bob.decrypt(Sender::AnyPeer, incoming, &mut two.rng));
        assert_eq!(result, Err(ClientError::NoSession));
        bytes
    });
    assert_eq!(long, short);
    assert!(long.total() < 200_000, "{long:?}");
}

#[test]
fn a_genuine_header_makes_its_session_the_only_one_that_works() {
    let mut two = Two::established(80);
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
