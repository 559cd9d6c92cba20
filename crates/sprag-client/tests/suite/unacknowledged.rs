use sprag_client::{Client, ClientError, Incoming, Sender};

use crate::two_clients::{Two, records, until_counted};

#[test]
fn after_a_restart_what_was_not_acknowledged_is_listed_and_read_without_the_messages() {
    let mut two = Two::new(90);
    let messages =
        [b"one".as_slice(), b"second", b"number three"].map(|text| two.alice_sends(text));
    let received = messages
        .each_ref()
        .map(|message| two.bob_reads(message).unwrap());
    two.bob.acknowledge(&received[1].receipt).unwrap();

    let bob = Client::open(two.bob.into_store(), &two.bob_key).unwrap();
    let before = records(&bob);
    let listed = bob.unacknowledged().unwrap();
    let described: Vec<_> = listed
        .iter()
        .map(|message| (message.peer.as_str(), message.length))
        .collect();
    assert_eq!(described, [("alice", 3), ("alice", 12)]);
    for (message, received) in listed.iter().zip([&received[0], &received[2]]) {
        assert_eq!(message.receipt, received.receipt);
        assert_eq!(bob.read_again(&message.receipt).as_ref(), Ok(received));
    }
    let acknowledged = bob.read_again(&received[1].receipt);
    assert_eq!(acknowledged, Err(ClientError::NotHeld));
    assert_eq!(records(&bob), before);
}

#[test]
fn the_list_is_in_the_order_of_arrival_and_names_each_sender() {
    let mut two = Two::established(91);
    for answer in two.bob.unacknowledged().unwrap() {
        two.bob.acknowledge(&answer.receipt).unwrap();
    }
    assert_eq!(two.bob.unacknowledged(), Ok(Vec::new()));
    let (mut carol, _) = crate::two_clients::client(&mut two.rng);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    carol.add("bob", &bundle, &mut two.rng).unwrap();
    for length in 1..=4 {
        let text = vec![b'a'; length];
        let outgoing = sprag_client::Outgoing::new(&text);
        let (name, message) = if length % 2 == 0 {
            ("alice", two.alice_sends(&text))
        } else {
            (
                "carol",
                carol.encrypt("bob", outgoing, &mut two.rng).unwrap(),
            )
        };
        let incoming = Incoming::new(&message);
        let sender = Sender::Named(name);
        two.bob.decrypt(sender, incoming, &mut two.rng).unwrap();
    }
    let listed = two.bob.unacknowledged().unwrap();
    let described: Vec<_> = listed
        .iter()
        .map(|message| (message.peer.as_str(), message.length))
        .collect();
    assert_eq!(
        described,
        [("carol", 1), ("alice", 2), ("carol", 3), ("alice", 4)]
    );
}

/// The receipt covers the start of a message alone.
#[test]
fn a_damaged_copy_of_a_held_message_is_not_taken_for_it() {
    let mut two = Two::established(97);
    let message = two.alice_sends(&[1; 100_000]);
    let received = two.bob_reads(&message).unwrap();
    let last = message.len() - 1;
    until_counted(|| assert!(two.bob_reads(&message[..last]).is_err()));
    let before = records(&two.bob);
    for place in [2, 50, 2_047, 2_048, 50_000, last - 16, last - 15, last] {
        let mut damaged = message.clone();
        damaged[place] ^= 1;
        assert!(two.bob_reads(&damaged).is_err(), "place {place}");
    }
    for length in [0, 1, 15, 16, 2_047, 2_048, 2_064, last] {
        assert!(two.bob_reads(&message[..length]).is_err());
    }
    let incoming = Incoming {
        associated_data: b"another",
        ..Incoming::new(&message)
    };
    let sender = Sender::Named("alice");
    assert!(two.bob.decrypt(sender, incoming, &mut two.rng).is_err());
    assert_eq!(records(&two.bob), before);
    assert_eq!(two.bob_reads(&message), Ok(received));
}
