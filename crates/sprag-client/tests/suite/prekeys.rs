use sprag::{Error, HandshakeError, Policy, Slot};
use sprag_client::{Added, Client, ClientError, Incoming, MemoryStore, Outgoing, Sender, StoreKey};

use crate::support::{decoded, decoded_x3dh, encoded, rng};
use crate::two_clients::{
    MemoryClient, Outcome as _, Two, client, not_added, records, until_counted,
};

/// Closes the client and opens it again.
fn reopened(client: MemoryClient, key: &StoreKey) -> MemoryClient {
    Client::open(client.into_store(), key).expect("the store is as it was")
}

#[test]
fn what_was_published_is_there_when_the_store_is_opened_again() {
    let mut rng = rng(600);
    let (mut bob, key) = client(&mut rng);
    let bundle = decoded(&bob.publish(&mut rng).unwrap());
    bob = reopened(bob, &key);
    let signed_prekey = bundle.curve.signed_prekey.terms.id;
    let one_time_prekey = bundle.curve.one_time_prekey.unwrap();
    assert_eq!(one_time_prekey.id, signed_prekey + 2);
    let x3dh = decoded_x3dh(&bob.publish_x3dh(&mut rng).unwrap());
    // The numbers count on: the KEM prekey had the third, and the signed prekey for X3DH has the fourth.
    assert_eq!(x3dh.curve.signed_prekey.terms.id, signed_prekey + 4);
    bob = reopened(bob, &key);
    let left = bob.one_time_prekeys().unwrap();
    assert_eq!((left.ec, left.kem, left.uploaded_ec), (2, 1, 0));
    let upload = bob.replenish(&mut rng).unwrap();
    let upload = sprag_wire::decode_upload(&upload).unwrap().keys;
    bob = reopened(bob, &key);
    let left = bob.one_time_prekeys().unwrap();
    assert_eq!((left.ec, left.kem), (102, 101));
    assert_eq!((left.uploaded_ec, left.uploaded_kem), (100, 100));
    let mut directory = upload.verify().unwrap();
    bob.rotate(7, 100, &mut rng).unwrap();
    bob = reopened(bob, &key);
    let rotated = decoded(&bob.publish_reusable().unwrap());
    assert_eq!(rotated.curve.signed_prekey.terms.created, 7);

    let (mut alice, _) = client(&mut rng);
    let bundle = encoded(directory.next_bundle());
    alice.add("bob", &bundle, &mut rng).outcome().unwrap();
    let first = alice.encrypt("bob", Outgoing::new(b"first"), &mut rng);
    let sender = Sender::Named("alice");
    let first = first.unwrap();
    let incoming = Incoming::new(&first);
    bob.decrypt(sender, incoming, &mut rng).unwrap();
    let left = reopened(bob, &key).one_time_prekeys().unwrap();
    assert_eq!((left.uploaded_ec, left.uploaded_kem), (99, 99));
}

#[test]
fn replaced_prekeys_of_a_client_serve_until_their_time_is_up() {
    let mut two = Two::new(601);
    let reusable = two.bob.publish_reusable().unwrap();
    two.bob.rotate(1_000, 50, &mut two.rng).unwrap();
    let before = records(&two.bob);
    assert_eq!(two.bob.expire(1_049, &mut two.rng), Ok(false));
    assert_eq!(records(&two.bob), before);
    let first = two.alice_sends(b"first");
    two.bob_reads(&first).unwrap();
    assert_eq!(
        two.alice.add("bob", &reusable, &mut two.rng).outcome(),
        Ok(Added::Renewed)
    );
    let late = two.alice_sends(b"late");
    assert_eq!(two.bob.expire(1_050, &mut two.rng), Ok(true));
    let mut bob = reopened(two.bob, &two.bob_key);
    assert_eq!(bob.expire(1_050, &mut two.rng), Ok(false));
    two.bob = bob;
    let dropped = decoded(&reusable).curve.signed_prekey.terms.id;
    let gone = Error::PrekeyGone(Slot::SignedPrekey, dropped);
    until_counted(|| assert!(two.bob_reads(&late).is_err()));
    let before = records(&two.bob);
    assert_eq!(two.bob_reads(&late), Err(ClientError::Protocol(gone)));
    assert_eq!(records(&two.bob), before);
    // The session that they were needed for at first goes on.
    let answer = two.bob_sends(b"answer");
    two.alice_reads(&answer).unwrap();
}

#[test]
fn a_client_that_limits_the_age_of_bundles_refuses_what_does_not_state_it() {
    let mut rng = rng(602);
    let (mut alice, _) = client(&mut rng);
    alice.set_policy(Policy::default().max_age(1_000, 10));
    let (bob, _) = client(&mut rng);
    let stale = Error::Handshake(HandshakeError::Stale(Slot::SignedPrekey));
    let unstated = bob.publish_reusable().unwrap();
    let refusal = not_added(&mut alice, &unstated, &mut rng);
    assert_eq!(refusal, stale);
    for (created, fresh) in [(989, false), (990, true), (1_010, true), (1_011, false)] {
        let key = StoreKey::generate(&mut rng);
        let store = MemoryStore::new();
        let carol = Client::create_at(store, &key, created, &mut rng).unwrap();
        let bundle = carol.publish_reusable().unwrap();
        if fresh {
            let added = alice.add(&created.to_string(), &bundle, &mut rng).outcome();
            assert_eq!(added, Ok(Added::New));
        } else {
            let refusal = not_added(&mut alice, &bundle, &mut rng);
            assert_eq!(refusal, stale);
        }
    }
}

#[test]
fn a_bundle_that_has_aged_since_it_was_added_begins_no_session() {
    let mut rng = rng(603);
    let (mut alice, _) = client(&mut rng);
    let key = StoreKey::generate(&mut rng);
    let bob = Client::create_at(MemoryStore::new(), &key, 1_000, &mut rng).unwrap();
    alice.set_policy(Policy::default().max_age(1_005, 10));
    let bundle = bob.publish_reusable().unwrap();
    alice.add("bob", &bundle, &mut rng).outcome().unwrap();
    alice.set_policy(Policy::default().max_age(1_011, 10));
    let before = records(&alice);
    let stale = Error::Handshake(HandshakeError::Stale(Slot::SignedPrekey));
    assert_eq!(
        alice.encrypt("bob", Outgoing::new(b"first"), &mut rng),
        Err(ClientError::Protocol(stale))
    );
    assert_eq!(records(&alice), before);
    alice.set_policy(Policy::default());
    alice
        .encrypt("bob", Outgoing::new(b"first"), &mut rng)
        .unwrap();
}
