use sprag_client::{ClientError, Incoming, Outgoing, Sender};
use sprag_primitives::operations::{Counts, counted};

use crate::two_clients::{Two, client};

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
