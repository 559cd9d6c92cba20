use sprag_client::{Client, ClientError, Incoming, NameError, Outgoing, Sender};

use crate::two_clients::{Two, client, records};

#[test]
fn a_peer_that_was_renamed_keeps_identity_session_and_messages() {
    let mut two = Two::established(95);
    let held = two.alice_sends(b"held");
    let receipt = two.bob_reads(&held).unwrap().receipt;
    let before = two.bob.status("alice").unwrap();
    two.bob
        .rename("alice", "Alice of Bern", &mut two.rng)
        .unwrap();

    let mut bob = Client::open(two.bob.into_store(), &two.bob_key).unwrap();
    let after = bob.status("Alice of Bern").unwrap();
    assert_eq!(
        (after.identity, &after.session),
        (before.identity, &before.session)
    );
    assert_eq!(bob.peers().unwrap(), [after]);
    let unknown = ClientError::UnknownPeer("alice".to_owned());
    assert_eq!(bob.status("alice"), Err(unknown));
    // Messages that are held have the new name.
    let listed = bob.unacknowledged().unwrap();
    assert!(listed.iter().all(|message| message.peer == "Alice of Bern"));
    assert_eq!(bob.read_again(&receipt).unwrap().peer, "Alice of Bern");
    let again = bob.decrypt(Sender::AnyPeer, Incoming::new(&held), &mut two.rng);
    assert_eq!(again.unwrap().peer, "Alice of Bern");
    // The conversation goes on under the new name, and under no other.
    let answer = bob.encrypt("Alice of Bern", Outgoing::new(b"answer"), &mut two.rng);
    let opened = two.alice.decrypt(
        Sender::Named("bob"),
        Incoming::new(&answer.unwrap()),
        &mut two.rng,
    );
    assert_eq!(opened.unwrap().opened.plaintext, b"answer");
    let outgoing = Outgoing::new(b"later");
    let later = two.alice.encrypt("bob", outgoing, &mut two.rng).unwrap();
    let sender = Sender::Named("Alice of Bern");
    let received = bob
        .decrypt(sender, Incoming::new(&later), &mut two.rng)
        .unwrap();
    assert_eq!(
        (received.peer.as_str(), received.new_session),
        ("Alice of Bern", false)
    );
    // The old name is free for somebody else, and not for the same identity.
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    let known = ClientError::KnownAs("Alice of Bern".to_owned());
    assert_eq!(bob.add("alice", &bundle, &mut two.rng), Err(known));
    let (mut other, _) = client(&mut two.rng);
    let bundle = other.publish(&mut two.rng).unwrap();
    bob.add("alice", &bundle, &mut two.rng).unwrap();
}

#[test]
fn a_peer_is_renamed_before_there_is_a_session() {
    let mut two = Two::new(96);
    two.alice.rename("bob", "robert", &mut two.rng).unwrap();
    let outgoing = Outgoing::new(b"hello");
    let message = two.alice.encrypt("robert", outgoing, &mut two.rng).unwrap();
    assert_eq!(two.bob_reads(&message).unwrap().opened.plaintext, b"hello");
}

#[test]
fn a_renaming_that_is_refused_changes_nothing() {
    let mut two = Two::established(97);
    let (mut carol, _) = client(&mut two.rng);
    let bundle = carol.publish(&mut two.rng).unwrap();
    two.bob.add("carol", &bundle, &mut two.rng).unwrap();
    let before = records(&two.bob);
    let long = "a".repeat(129);
    for (name, new, refusal) in [
        ("dave", "erin", ClientError::UnknownPeer("dave".to_owned())),
        (
            "alice",
            "carol",
            ClientError::OtherIdentity("carol".to_owned()),
        ),
        ("alice", "", ClientError::InvalidName(NameError::Empty)),
        (
            "alice",
            "al\nice",
            ClientError::InvalidName(NameError::Forbidden('\n')),
        ),
        ("alice", &long, ClientError::InvalidName(NameError::TooLong)),
    ] {
        let refused = two.bob.rename(name, new, &mut two.rng);
        assert_eq!(refused, Err(refusal), "{name} to {new}");
        assert_eq!(records(&two.bob), before);
    }
    assert_eq!(two.bob.rename("alice", "alice", &mut two.rng), Ok(()));
    assert_eq!(records(&two.bob), before);
}
