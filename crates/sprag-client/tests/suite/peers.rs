use sprag::{Error, HandshakeError};
use sprag_client::{Added, ClientError, Incoming, NameError, Outgoing, Sender};

use crate::two_clients::{MemoryClient, Outcome as _, Two, client, records};

#[test]
fn a_name_is_bound_to_one_identity() {
    let mut two = Two::new(64);
    let message = two.alice_sends(b"hello");
    let incoming = Incoming::new(&message);
    let alice = two.alice.identity().unwrap();
    assert_eq!(
        two.bob.decrypt(Sender::AnyPeer, incoming, &mut two.rng),
        Err(ClientError::UnknownSender(two.alice.user_id().unwrap()))
    );
    two.bob_reads(&message).unwrap();
    assert_eq!(two.bob.status("alice").unwrap().identity, alice);

    let (mut mallory, _) = client(&mut two.rng);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    mallory.add("bob", &bundle, &mut two.rng).outcome().unwrap();
    let forged = mallory
        .encrypt("bob", Outgoing::new(b"I am Alice"), &mut two.rng)
        .unwrap();
    let other = Err(ClientError::OtherIdentity("alice".into()));
    assert_eq!(two.bob_reads(&forged), other);
    let bundle = mallory.publish(&mut two.rng).unwrap();
    assert_eq!(
        two.bob.add("alice", &bundle, &mut two.rng).outcome(),
        Err(ClientError::OtherIdentity("alice".into()))
    );
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    assert_eq!(
        two.bob.add("carol", &bundle, &mut two.rng).outcome(),
        Err(ClientError::KnownAs("alice".into()))
    );
    assert_eq!(
        two.bob.add("alice", &bundle, &mut two.rng).outcome(),
        Ok(Added::Known)
    );
    assert_eq!(
        two.bob.renew("alice", &bundle, &mut two.rng).outcome(),
        Ok(Added::Renewed)
    );
}

#[test]
fn names_and_bundles_are_checked() {
    let mut two = Two::new(65);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    for (name, fault) in [
        ("", NameError::Empty),
        ("tab\there", NameError::Forbidden('\t')),
        (&"x".repeat(129), NameError::TooLong),
    ] {
        assert_eq!(
            two.alice.add(name, &bundle, &mut two.rng).outcome(),
            Err(ClientError::InvalidName(fault))
        );
    }
    let own = two.alice.publish(&mut two.rng).unwrap();
    assert_eq!(
        two.alice.add("me", &own, &mut two.rng).outcome(),
        Err(Error::Handshake(HandshakeError::OwnBundle).into())
    );
    let mut damaged = bundle;
    damaged[50] ^= 1;
    assert!(matches!(
        two.alice.add("carol", &damaged, &mut two.rng).outcome(),
        Err(ClientError::Protocol(_))
    ));
    assert_eq!(
        two.alice.encrypt("carol", Outgoing::new(b""), &mut two.rng),
        Err(ClientError::UnknownPeer("carol".into()))
    );
}

#[test]
fn forgetting_leaves_one_record_of_a_peer() {
    let mut two = Two::new(67);
    let message = two.alice_sends(b"hello");
    two.bob_reads(&message).unwrap();
    let answer = two.bob_sends(b"hi");
    two.alice_reads(&answer).unwrap();
    assert_eq!(
        kinds(&two.alice),
        [1, 2, 3, 3, 4, 5, 6, 8, 9, 17, 18, 19, 21, 21]
    );
    two.alice.forget("bob", &mut two.rng).unwrap();
    assert_eq!(kinds(&two.alice), [1, 3, 7, 8, 17, 18, 19, 21, 22]);
    two.alice_reads(&answer).unwrap_err();
}

/// The kinds of the records, which the first bytes of their names say.
fn kinds(client: &MemoryClient) -> Vec<u8> {
    records(client).iter().map(|(name, _)| name[0]).collect()
}
