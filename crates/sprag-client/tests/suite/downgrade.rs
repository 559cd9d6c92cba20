use sprag::{Account, Initiation};
use sprag_client::{Added, Client, ClientError, Outgoing};

use crate::ranks::converged;
use crate::second_writers::SharedStore;
use crate::support::{CONTENT, X3DH, ordinal, rng, says, with_list};
use crate::two_clients::{Outcome as _, Refusal, Two, records};

/// Two who accept X3DH.
fn two_that_accept_x3dh(mut two: Two) -> Two {
    two.alice.set_policy(X3DH);
    two.bob.set_policy(X3DH);
    two
}

fn downgrade<T>() -> Result<T, Refusal> {
    Err(ClientError::Downgrade("bob".into()))
}

fn x3dh_of_bob(two: &mut Two) -> Vec<u8> {
    two.bob
        .publish_x3dh(&mut two.rng)
        .expect("publishing works")
}

/// A first message of X3DH to Alice, from somebody with Bob's account.
fn first_message_of_bob(two: &mut Two) -> Vec<u8> {
    let bundle = two.alice.publish_x3dh(&mut two.rng).unwrap();
    let [_, bob]: [Account; 2] = two.accounts();
    let initiation = Initiation {
        policy: X3DH,
        ordinal: 77,
    };
    let session = bob.initiate_with(&bundle, &initiation, &mut two.rng);
    says(&bob, &mut session.unwrap(), b"by X3DH", &mut two.rng)
}

/// Alice refuses X3DH with Bob in every way, and no record changes.
fn refuses_x3dh(two: &mut Two) {
    let first = first_message_of_bob(two);
    let bundle = x3dh_of_bob(two);
    let before = records(&two.alice);
    assert_eq!(
        two.alice.add("bob", &bundle, &mut two.rng).outcome(),
        downgrade()
    );
    assert_eq!(
        two.alice.renew("bob", &bundle, &mut two.rng).outcome(),
        downgrade()
    );
    assert_eq!(two.alice_reads(&first), downgrade());
    assert_eq!(records(&two.alice), before);
}

#[test]
fn a_peer_met_with_pqxdh_stays_with_it_on_both_sides() {
    // By a bundle, before any session.
    let mut two = two_that_accept_x3dh(Two::new(750));
    refuses_x3dh(&mut two);
    let mut two = two_that_accept_x3dh(Two::established(751));
    refuses_x3dh(&mut two);
    // By a first message: Bob has no bundle of Alice's.
    let bundle = two.alice.publish_x3dh(&mut two.rng).unwrap();
    assert_eq!(
        two.bob.add("alice", &bundle, &mut two.rng).outcome(),
        Err(ClientError::Downgrade("alice".into()))
    );
    converged(&mut two);
}

#[test]
fn forgetting_a_peer_does_not_forget_that_it_was_met_with_pqxdh() {
    let mut two = two_that_accept_x3dh(Two::established(752));
    for _ in 0..2 {
        two.alice.forget("bob", &mut two.rng).unwrap();
        refuses_x3dh(&mut two);
        assert_eq!(two.alice_adds(), Added::New);
        refuses_x3dh(&mut two);
    }
}

#[test]
fn the_user_can_allow_x3dh_with_a_peer_until_it_is_met_with_pqxdh_again() {
    let mut two = two_that_accept_x3dh(Two::established(753));
    two.alice.allow_x3dh("bob", &mut two.rng).unwrap();
    two.bob.allow_x3dh("alice", &mut two.rng).unwrap();
    // A message in the session that there is changes nothing about it.
    converged(&mut two);
    let bundle = x3dh_of_bob(&mut two);
    let renewed = two.alice.renew("bob", &bundle, &mut two.rng).outcome();
    assert_eq!(renewed, Ok(Added::Renewed));
    converged(&mut two);
    let status = two.alice.status("bob").unwrap().session.unwrap();
    assert_eq!(status.suite.to_string(), "X3DH");
    let first = first_message_of_bob(&mut two);
    assert!(two.alice_reads(&first).unwrap().new_session);
    // By a bundle at Alice's, and by a first message at Bob's.
    two.alice_renews();
    converged(&mut two);
    refuses_x3dh(&mut two);
    let bundle = two.alice.publish_x3dh(&mut two.rng).unwrap();
    assert_eq!(
        two.bob.renew("alice", &bundle, &mut two.rng).outcome(),
        Err(ClientError::Downgrade("alice".into()))
    );
    let unknown = two.alice.allow_x3dh("carol", &mut two.rng);
    assert_eq!(unknown, Err(ClientError::UnknownPeer("carol".into())));
}

#[test]
fn peers_that_know_only_x3dh_go_on() {
    let mut two = two_that_accept_x3dh(Two::new(754));
    let mut carol = Account::generate(&mut two.rng);
    let bundle = carol.publish_x3dh(&mut two.rng).unwrap();
    let bundle = with_list(&carol, &bundle);
    let added = two.alice.add("carol", &bundle, &mut two.rng).outcome();
    assert_eq!(added, Ok(Added::New));
    for renewals in 0..3 {
        let outgoing = Outgoing::new(b"hello");
        let first = two.alice.encrypt("carol", outgoing, &mut two.rng).unwrap();
        let (_, opened) = carol.accept_under(&X3DH, &first, CONTENT).unwrap();
        assert!(opened.plaintext.ends_with(b"hello"));
        let bundle = carol.publish_x3dh(&mut two.rng).unwrap();
        let bundle = with_list(&carol, &bundle);
        let added = if renewals == 1 {
            two.alice.add("carol", &bundle, &mut two.rng).outcome()
        } else {
            two.alice.renew("carol", &bundle, &mut two.rng).outcome()
        };
        assert_eq!(added, Ok(Added::Renewed));
    }
}

/// A bundle that was allowed waits, and the peer begins a session with PQXDH before it is used.
#[test]
fn a_renewal_with_x3dh_that_has_not_begun_is_dropped_once_the_peer_is_met_with_pqxdh() {
    let mut two = two_that_accept_x3dh(Two::established(755));
    two.alice.allow_x3dh("bob", &mut two.rng).unwrap();
    let bundle = x3dh_of_bob(&mut two);
    let renewed = two.alice.renew("bob", &bundle, &mut two.rng).outcome();
    assert_eq!(renewed, Ok(Added::Renewed));
    two.bob_renews();
    let first = two.bob_sends(b"by PQXDH");
    let session = two.alice_reads(&first).unwrap().opened.session_id;
    assert_eq!(converged(&mut two), session);
    refuses_x3dh(&mut two);
}

/// A renewal with PQXDH waits for the next message all the same.
#[test]
fn a_renewal_with_pqxdh_is_not_dropped_when_the_peer_is_met_with_pqxdh() {
    let mut two = two_that_accept_x3dh(Two::established(756));
    two.alice_renews();
    two.alice.allow_x3dh("bob", &mut two.rng).unwrap();
    two.bob_renews();
    let first = two.bob_sends(b"by PQXDH");
    let session = two.alice_reads(&first).unwrap().opened.session_id;
    assert_ne!(converged(&mut two), session);
}

#[test]
fn the_user_can_allow_x3dh_with_a_peer_that_was_forgotten() {
    let mut two = two_that_accept_x3dh(Two::established(757));
    let [_, bob] = two.accounts().map(|account| *account.identity());
    two.alice.forget("bob", &mut two.rng).unwrap();
    refuses_x3dh(&mut two);
    two.alice.allow_x3dh_of(&bob, &mut two.rng).unwrap();
    let first = first_message_of_bob(&mut two);
    assert!(two.alice_reads(&first).unwrap().new_session);
    two.alice.forget("bob", &mut two.rng).unwrap();
    let bundle = x3dh_of_bob(&mut two);
    let added = two.alice.add("bob", &bundle, &mut two.rng).outcome();
    assert_eq!(added, Ok(Added::New));
    // The highest rank is still known.
    let first = two.alice_sends(b"by X3DH");
    assert_eq!(ordinal(&first, &two.accounts()[1]), 78);
    // It goes for a peer that has a name, too, and changes nothing for an identity that is not known.
    assert_eq!(two.alice_adds(), Added::Renewed);
    refuses_x3dh(&mut two);
    two.alice.allow_x3dh_of(&bob, &mut two.rng).unwrap();
    let added = two.alice.renew("bob", &bundle, &mut two.rng).outcome();
    assert_eq!(added, Ok(Added::Used));
    let bundle = x3dh_of_bob(&mut two);
    let added = two.alice.renew("bob", &bundle, &mut two.rng).outcome();
    assert_eq!(added, Ok(Added::Renewed));
    let stranger = *Account::generate(&mut two.rng).identity();
    let before = records(&two.alice);
    two.alice.allow_x3dh_of(&stranger, &mut two.rng).unwrap();
    assert_eq!(records(&two.alice), before);
}

/// Another writer adds a forgotten peer while it is allowed X3DH: the permission must not be lost without a word.
#[test]
fn allowing_x3dh_with_a_forgotten_peer_conflicts_with_adding_it() {
    let mut two = Two::established(758);
    let [_, bob] = two.accounts().map(|account| *account.identity());
    two.alice.forget("bob", &mut two.rng).unwrap();
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    for call in 0..3 {
        let store = SharedStore::new(two.alice.store().clone());
        let mut alice = Client::open(store.clone(), &two.alice_key).unwrap();
        let mut second = Client::open(store.alone(), &two.alice_key).unwrap();
        let bundle = bundle.clone();
        let add = move || {
            let added = second.add("bob", &bundle, &mut rng(759));
            assert_eq!(added.outcome(), Ok(Added::New));
        };
        store.before_call(call, Box::new(add));
        let allowed = alice.allow_x3dh_of(&bob, &mut two.rng);
        let conflicts = call > 0;
        assert_eq!(allowed.is_err(), conflicts);
        if conflicts {
            assert_eq!(allowed, Err(ClientError::Conflict));
            alice.allow_x3dh_of(&bob, &mut two.rng).unwrap();
        }
        // The permission holds for the peer that has a name now.
        alice.set_policy(X3DH);
        let bundle = x3dh_of_bob(&mut two);
        let added = alice.add("bob", &bundle, &mut two.rng).outcome();
        assert_eq!(added, Ok(Added::Pending));
    }
}
