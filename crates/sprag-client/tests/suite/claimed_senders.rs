use sprag::{Error, HandshakeError, RatchetError};
use sprag_client::{ClientError, Incoming, NameError, Outgoing, Received, Sender};

use crate::two_clients::{MemoryClient, Refusal, Two, client, records, until_counted};

/// Lets Bob decrypt, and demands that a refusal changes no record but the count of unreadable messages.
fn bob_reads_as(two: &mut Two, sender: Sender<'_>, message: &[u8]) -> Result<Received, Refusal> {
    const PEER: u8 = 2;
    let others = |client: &MemoryClient| {
        let mut records = records(client);
        records.retain(|(name, _)| name[0] != PEER);
        records
    };
    let before = others(&two.bob);
    let incoming = Incoming::new(message);
    let result = two.bob.decrypt(sender, incoming, &mut two.rng);
    if result.is_err() {
        let mut again = || assert!(two.bob.decrypt(sender, incoming, &mut two.rng).is_err());
        until_counted(&mut again);
        assert_eq!(others(&two.bob), before);
        let counted = records(&two.bob);
        assert_eq!(two.bob.decrypt(sender, incoming, &mut two.rng), result);
        assert_eq!(records(&two.bob), counted);
    }
    result
}

/// A client that has a new bundle of Bob's.
fn stranger(two: &mut Two) -> MemoryClient {
    let (mut stranger, _) = client(&mut two.rng);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    stranger.add("bob", &bundle, &mut two.rng).unwrap();
    stranger
}

fn sends(stranger: &mut MemoryClient, two: &mut Two) -> Vec<u8> {
    let outgoing = Outgoing::new(b"from a stranger");
    stranger.encrypt("bob", outgoing, &mut two.rng).unwrap()
}

#[test]
fn a_first_message_under_a_wrong_name_is_refused_and_can_be_read_under_the_right_one() {
    let mut two = Two::established(650);
    let mut carol = stranger(&mut two);
    let identity = carol.identity().unwrap();
    let [first, second] = [(); 2].map(|()| sends(&mut carol, &mut two));
    let other = Err(ClientError::OtherIdentity("alice".into()));
    assert_eq!(
        bob_reads_as(&mut two, Sender::Named("alice"), &first),
        other
    );
    let unknown = Err(ClientError::UnknownSender(carol.user_id().unwrap()));
    assert_eq!(bob_reads_as(&mut two, Sender::AnyPeer, &first), unknown);
    let invalid = Err(ClientError::InvalidName(NameError::Empty));
    assert_eq!(bob_reads_as(&mut two, Sender::Named(""), &first), invalid);
    // Its one-time prekeys are still there.
    let received = bob_reads_as(&mut two, Sender::Named("carol"), &first).unwrap();
    assert!(received.new_session);
    assert_eq!(received.opened.sender, identity);
    // Nor does a message of the session that is there now.
    assert_eq!(
        bob_reads_as(&mut two, Sender::Named("alice"), &second),
        other
    );
    let known = Err(ClientError::KnownAs("carol".into()));
    assert_eq!(
        bob_reads_as(&mut two, Sender::Named("dave"), &second),
        known
    );
    let received = bob_reads_as(&mut two, Sender::AnyPeer, &second).unwrap();
    assert_eq!(received.peer, "carol");
}

/// No name is compared with a sender that is not authenticated, so a forger learns nothing of the names that Bob has.
#[test]
fn a_forged_first_message_is_refused_alike_under_every_name() {
    let mut two = Two::established(651);
    let mut carol = stranger(&mut two);
    let first = sends(&mut carol, &mut two);
    let names = [
        Sender::Named("alice"),
        Sender::Named("carol"),
        Sender::AnyPeer,
    ];
    let handshake = Error::Handshake(HandshakeError::NotAuthentic);
    let message = Error::Ratchet(RatchetError::NotAuthentic);
    let length = first.len();
    for (place, error) in [(10, handshake), (100, handshake), (length - 1, message)] {
        let mut forged = first.clone();
        forged[place] ^= 1;
        for sender in names {
            let refusal = bob_reads_as(&mut two, sender, &forged);
            assert_eq!(refusal, Err(ClientError::Protocol(error)));
        }
    }
    // So is one of a session that is known.
    let second = sends(&mut carol, &mut two);
    bob_reads_as(&mut two, Sender::Named("carol"), &first).unwrap();
    let mut forged = second;
    *forged.last_mut().unwrap() ^= 1;
    for sender in names {
        let refusal = bob_reads_as(&mut two, sender, &forged);
        assert_eq!(refusal, Err(ClientError::Protocol(message)));
    }
}

#[test]
fn a_message_without_handshake_is_tried_in_the_sessions_of_the_named_peer_alone() {
    let mut two = Two::established(652);
    let mut carol = stranger(&mut two);
    let first = sends(&mut carol, &mut two);
    bob_reads_as(&mut two, Sender::Named("carol"), &first).unwrap();
    let later = two.alice_sends(b"later");
    let refusal = bob_reads_as(&mut two, Sender::Named("carol"), &later);
    assert_eq!(refusal, Err(ClientError::NoSession));
    let unknown = Err(ClientError::UnknownPeer("dave".into()));
    assert_eq!(
        bob_reads_as(&mut two, Sender::Named("dave"), &later),
        unknown
    );
    let received = bob_reads_as(&mut two, Sender::Named("alice"), &later);
    assert_eq!(received.unwrap().peer, "alice");
}
