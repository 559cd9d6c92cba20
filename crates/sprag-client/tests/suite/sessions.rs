use core::cmp::Ordering;

use sprag::{Account, Initiation, Policy, Session, SessionId};
use sprag_client::limits::MAX_SESSIONS_PER_PEER;
use sprag_client::store::{Batch, Committed};
use sprag_client::{
    Added, Client, ClientError, Incoming, MemoryStore, Outgoing, Sender, Store, StoreKey,
};

use crate::support::{FirstNumberIs1, decoded, encoded, hears, ordinal, rng, says, with_list};
use crate::two_clients::{MemoryClient, Outcome as _, Two, client, records};

#[test]
fn a_bundle_begins_one_session_only() {
    let mut rng = rng(66);
    let (mut alice, key) = client(&mut rng);
    let (mut bob, _) = client(&mut rng);
    let bundle = bob.publish(&mut rng).unwrap();
    alice.add("bob", &bundle, &mut rng).outcome().unwrap();
    alice.encrypt("bob", Outgoing::new(b""), &mut rng).unwrap();
    // Even when the session is lost, the bundle that began it does not begin another.
    let mut store = alice.into_store();
    let mut batch = Batch::new();
    for (name, _) in store.scan(&[4]).unwrap() {
        batch.delete(name);
    }
    assert_eq!(store.commit(&batch), Ok(Committed::Done));
    let mut alice = Client::open(store, &key).unwrap();
    assert_eq!(
        alice.encrypt("bob", Outgoing::new(b""), &mut rng),
        Err(ClientError::NoBundle("bob".into()))
    );
}

#[test]
fn a_new_bundle_begins_a_new_session_and_old_messages_still_open() {
    let mut two = Two::new(76);
    let first = two.alice_sends(b"first");
    assert!(two.bob_reads(&first).unwrap().new_session);
    let late = two.alice_sends(b"late");
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    assert_eq!(
        two.alice.renew("bob", &bundle, &mut two.rng).outcome(),
        Ok(Added::Renewed)
    );
    let renewed = two.alice_sends(b"renewed");
    let received = two.bob_reads(&renewed).unwrap();
    assert!(received.new_session);
    let again = two.alice_sends(b"and on");
    let received_again = two.bob_reads(&again).unwrap();
    assert!(!received_again.new_session);
    assert_eq!(received.opened.session_id, received_again.opened.session_id);
    // The bundle has done its work: added again, it leaves the session alone.
    for added in [
        two.alice.add("bob", &bundle, &mut two.rng).outcome(),
        two.alice.renew("bob", &bundle, &mut two.rng).outcome(),
    ] {
        assert_eq!(added, Ok(Added::Used));
    }
    let still = two.alice_sends(b"and on");
    assert!(!two.bob_reads(&still).unwrap().new_session);
    let received_late = two.bob_reads(&late).unwrap();
    assert_ne!(received_late.opened.session_id, received.opened.session_id);
}

#[test]
fn sessions_with_one_peer_are_bounded() {
    let mut two = Two::new(68);
    for _ in 0..2 * MAX_SESSIONS_PER_PEER {
        let bundle = two.bob.publish(&mut two.rng).unwrap();
        two.alice
            .renew("bob", &bundle, &mut two.rng)
            .outcome()
            .unwrap();
        let message = two.alice_sends(b"hello");
        two.bob_reads(&message).unwrap();
    }
    for client in [&two.alice, &two.bob] {
        let sessions = client.store().scan(&[4]).unwrap();
        assert_eq!(sessions.len(), MAX_SESSIONS_PER_PEER);
    }
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    two.alice
        .renew("bob", &bundle, &mut two.rng)
        .outcome()
        .unwrap();
    let message = two.alice_sends(b"the latest");
    two.bob_reads(&message).unwrap();
    let answer = two.bob_sends(b"reaches the latest session");
    two.alice_reads(&answer).unwrap();
}

#[test]
fn both_sides_may_begin_at_once() {
    let mut two = Two::new(69);
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    two.bob
        .add("alice", &bundle, &mut two.rng)
        .outcome()
        .unwrap();
    let (to_bob, to_alice) = (two.alice_sends(b"hello"), two.bob_sends(b"hi"));
    assert_eq!(two.bob_reads(&to_bob).unwrap().opened.plaintext, b"hello");
    assert_eq!(two.alice_reads(&to_alice).unwrap().opened.plaintext, b"hi");
    for round in 0..10_u8 {
        let (to_bob, to_alice) = (two.alice_sends(&[round]), two.bob_sends(&[round]));
        assert_eq!(
            two.alice_reads(&to_alice).unwrap().opened.plaintext,
            [round]
        );
        assert_eq!(two.bob_reads(&to_bob).unwrap().opened.plaintext, [round]);
    }
}

#[test]
fn a_bundle_whose_one_time_prekey_began_a_session_changes_nothing() {
    let mut rng = rng(610);
    let (mut alice, _) = client(&mut rng);
    let (mut bob, _) = client(&mut rng);
    let bundle = decoded(&bob.publish(&mut rng).unwrap());
    let reusable = decoded(&bob.publish_reusable().unwrap());
    let mut without_ec = bundle.clone();
    without_ec.curve.one_time_prekey = None;
    let mut without_kem = bundle.clone();
    without_kem.kem_prekey = reusable.kem_prekey.clone();
    for (begins, again, added) in [
        (&bundle, &bundle, Added::Used),
        (&bundle, &without_ec, Added::Used),
        (&bundle, &without_kem, Added::Used),
        (&without_ec, &bundle, Added::Used),
        (&without_kem, &bundle, Added::Used),
        (&without_kem, &without_ec, Added::Renewed),
        (&bundle, &reusable, Added::Renewed),
        (&reusable, &reusable, Added::Renewed),
    ] {
        alice
            .add("bob", &encoded(begins.clone()), &mut rng)
            .unwrap();
        alice.encrypt("bob", Outgoing::new(b""), &mut rng).unwrap();
        let result = alice.add("bob", &encoded(again.clone()), &mut rng);
        assert_eq!(result.outcome(), Ok(added));
        alice.forget("bob", &mut rng).unwrap();
    }
}

#[test]
fn that_the_peer_began_with_prekeys_of_the_same_numbers_says_nothing_of_a_bundle() {
    let mut rng = rng(611);
    let mut alice = Account::generate(&mut FirstNumberIs1(&mut rng));
    let (store, key) = (MemoryStore::new(), StoreKey::generate(&mut rng));
    let mut bob = Client::create(store, &key, &mut FirstNumberIs1(&mut rng)).unwrap();
    let bundle = bob.publish(&mut rng).unwrap();
    let mut session = alice.initiate(&bundle, &mut rng).unwrap();
    let first = says(&alice, &mut session, b"first", &mut rng);
    let sender = Sender::Named("alice");
    let received = bob
        .decrypt(sender, Incoming::new(&first), &mut rng)
        .unwrap();
    assert_eq!(received.opened.one_time_keys.ec, Some(3));
    let bundle = alice.publish(&mut rng);
    let bundle = with_list(&alice, &bundle);
    let published = decoded(&bundle).curve.one_time_prekey;
    assert_eq!(published.map(|prekey| prekey.id), Some(3));
    assert_eq!(
        bob.renew("alice", &bundle, &mut rng).outcome(),
        Ok(Added::Renewed)
    );
}

/// A bundle of an account, with the list of its user.
fn published(account: &mut Account, rng: &mut rand::rngs::StdRng) -> Vec<u8> {
    let bundle = account.publish(rng);
    with_list(account, &bundle)
}

/// The session of a message, as the receiver says.
fn session_of(message: &[u8], receiver: &mut MemoryClient, seed: u64) -> SessionId {
    let mut rng = rng(seed);
    let received = receiver.decrypt(Sender::AnyPeer, Incoming::new(message), &mut rng);
    received.expect("the message opens").opened.session_id
}

/// Runs `case` with seeds until it has compared ids both ways.
fn in_both_orders(case: impl Fn(u64) -> Ordering) {
    let mut seen = Vec::new();
    for seed in 620.. {
        let order = case(seed);
        if !seen.contains(&order) {
            seen.push(order);
        }
        if seen.len() == 2 {
            break;
        }
    }
}

#[test]
fn after_forgetting_the_new_session_wins_at_the_peer_even_over_one_that_the_peer_began() {
    in_both_orders(|seed| {
        let mut two = Two::established(seed);
        let message = two.alice_sends(b"in the old session");
        let old = session_of(&message, &mut two.bob, seed);
        // Alice began the old session, and it is Bob who forgets.
        two.bob.forget("alice", &mut two.rng).unwrap();
        assert_eq!(two.bob_adds(), Added::New);
        let first = two.bob_sends(b"anew");
        assert_eq!(ordinal(&first, &two.accounts()[0]), 2);
        let new = session_of(&first, &mut two.alice, seed);
        let answer = two.alice_sends(b"answer");
        assert_eq!(session_of(&answer, &mut two.bob, seed), new);
        new.cmp(&old)
    });
}

#[test]
fn the_highest_ordinal_of_forgotten_sessions_is_kept() {
    let mut two = Two::established(612);
    two.alice_renews();
    let renewed = two.alice_sends(b"renewed");
    assert_eq!(ordinal(&renewed, &two.accounts()[1]), 2);
    let mut carol = Account::generate(&mut two.rng);
    let bundle = carol.publish(&mut two.rng);
    let bundle = with_list(&carol, &bundle);
    two.alice
        .add("carol", &bundle, &mut two.rng)
        .outcome()
        .unwrap();
    let outgoing = Outgoing::new(b"first");
    let to_carol = two.alice.encrypt("carol", outgoing, &mut two.rng).unwrap();
    assert_eq!(ordinal(&to_carol, &carol), 1);
    for name in ["bob", "carol"] {
        two.alice.forget(name, &mut two.rng).unwrap();
    }
    assert_eq!(two.alice_adds(), Added::New);
    let anew = two.alice_sends(b"anew");
    assert_eq!(ordinal(&anew, &two.accounts()[1]), 3);
}

/// A peer without a client, which can count its sessions as it likes.
struct Peer {
    account: Account,
    rng: rand::rngs::StdRng,
}

impl Peer {
    fn new(seed: u64) -> Self {
        let mut rng = rng(seed);
        let account = Account::generate(&mut rng);
        Self { account, rng }
    }

    /// Begins a session of this ordinal, which the client accepts.
    fn begins(&mut self, client: &mut MemoryClient, ordinal: u32) -> Session {
        let initiation = Initiation {
            ordinal,
            ..Initiation::default()
        };
        let bundle = client.publish_reusable().expect("the store reads");
        let session = self
            .account
            .initiate_with(&bundle, &initiation, &mut self.rng);
        let mut session = session.expect("the bundle is genuine");
        let first = says(&self.account, &mut session, b"first", &mut self.rng);
        let received = client.decrypt(Sender::Named("peer"), Incoming::new(&first), &mut self.rng);
        let received = received.expect("the first message opens");
        assert!(received.new_session);
        session
    }
}

#[test]
fn the_session_to_send_in_stays_whatever_other_sessions_the_peer_begins() {
    let mut peer = Peer::new(613);
    let (mut alice, _) = client(&mut peer.rng);
    let mut high = peer.begins(&mut alice, 7);
    for low in 0..4 * MAX_SESSIONS_PER_PEER as u32 {
        let mut session = peer.begins(&mut alice, low % 7);
        let again = says(&peer.account, &mut session, b"again", &mut peer.rng);
        let sender = Sender::Named("peer");
        alice
            .decrypt(sender, Incoming::new(&again), &mut peer.rng)
            .unwrap();
        let sessions = alice.store().scan(&[4]).unwrap().len();
        assert_eq!(sessions, MAX_SESSIONS_PER_PEER.min(low as usize + 2));
    }
    let message = alice
        .encrypt("peer", Outgoing::new(b"still here"), &mut peer.rng)
        .unwrap();
    assert_eq!(hears(&mut high, &message).unwrap(), b"still here");
}

#[test]
fn of_the_other_sessions_those_that_were_quiet_longest_leave() {
    let mut peer = Peer::new(614);
    let (mut alice, _) = client(&mut peer.rng);
    let _sending = peer.begins(&mut alice, 7);
    let [mut active, mut quiet] = [(); 2].map(|()| peer.begins(&mut alice, 1));
    peer.begins(&mut alice, 1);
    peer.begins(&mut alice, 1);
    let sender = Sender::Named("peer");
    let [again, late] = [&mut active, &mut quiet]
        .map(|session| says(&peer.account, session, b"again", &mut peer.rng));
    alice
        .decrypt(sender, Incoming::new(&again), &mut peer.rng)
        .unwrap();
    peer.begins(&mut alice, 1);
    // The session is gone, and its handshake in front cannot begin it again.
    let refusal = alice.decrypt(sender, Incoming::new(&late), &mut peer.rng);
    assert_eq!(refusal, Err(ClientError::SessionEnded));
    let again = says(&peer.account, &mut active, b"and again", &mut peer.rng);
    alice
        .decrypt(sender, Incoming::new(&again), &mut peer.rng)
        .unwrap();
}

#[test]
fn what_a_forgotten_peer_counted_does_not_show_to_others() {
    let mut peer = Peer::new(615);
    let (mut alice, _) = client(&mut peer.rng);
    peer.begins(&mut alice, 0x123);
    alice.forget("peer", &mut peer.rng).unwrap();
    let mut bob = Account::generate(&mut peer.rng);
    for expected in [1, 2] {
        let bundle = bob.publish(&mut peer.rng);
        let bundle = with_list(&bob, &bundle);
        alice.add("bob", &bundle, &mut peer.rng).outcome().unwrap();
        let first = alice.encrypt("bob", Outgoing::new(b"hi"), &mut peer.rng);
        assert_eq!(ordinal(&first.unwrap(), &bob), expected);
    }
    let bundle = peer.account.publish(&mut peer.rng);
    let bundle = with_list(&peer.account, &bundle);
    alice.add("peer", &bundle, &mut peer.rng).outcome().unwrap();
    let first = alice.encrypt("peer", Outgoing::new(b"hi"), &mut peer.rng);
    assert_eq!(ordinal(&first.unwrap(), &peer.account), 0x124);
}

#[test]
fn a_bundle_older_than_one_that_is_known_is_refused() {
    let mut peer = Peer::new(617);
    let (mut alice, _) = client(&mut peer.rng);
    let rng = &mut peer.rng;
    let mut bob = Account::generate_at(1_000, rng);
    let old = [bob.publish(rng), bob.publish_reusable()].map(|old| with_list(&bob, &old));
    bob.rotate(2_000, 0, rng).unwrap();
    assert_eq!(
        alice.add("bob", &published(&mut bob, rng), rng).outcome(),
        Ok(Added::New)
    );
    alice.encrypt("bob", Outgoing::new(b"hi"), rng).unwrap();
    let before = records(&alice);
    for bundle in old {
        assert_eq!(
            alice.add("bob", &bundle, rng).outcome(),
            Err(ClientError::OldBundle("bob".into()))
        );
    }
    assert_eq!(records(&alice), before);
    // As old as the one that is known, and newer.
    assert_eq!(
        alice.add("bob", &published(&mut bob, rng), rng).outcome(),
        Ok(Added::Renewed)
    );
    bob.rotate(3_000, 0, rng).unwrap();
    assert_eq!(
        alice.add("bob", &published(&mut bob, rng), rng).outcome(),
        Ok(Added::Renewed)
    );
}

#[test]
fn a_bundle_without_a_date_does_not_let_older_ones_pass_after_it() {
    let mut peer = Peer::new(619);
    let (mut alice, _) = client(&mut peer.rng);
    let rng = &mut peer.rng;
    let mut bob = Account::generate(rng);
    let undated = published(&mut bob, rng);
    bob.rotate(1_000, 0, rng).unwrap();
    let old = published(&mut bob, rng);
    bob.rotate(2_000, 0, rng).unwrap();
    assert_eq!(
        alice.add("bob", &published(&mut bob, rng), rng).outcome(),
        Ok(Added::New)
    );
    // Whether this one is refused or not.
    drop(alice.add("bob", &undated, rng).outcome());
    assert_eq!(
        alice.add("bob", &old, rng).outcome(),
        Err(ClientError::OldBundle("bob".into()))
    );
}

#[test]
fn a_peer_that_was_put_back_to_an_older_state_begins_anew_with_the_same_numbers() {
    let mut peer = Peer::new(618);
    let (mut alice, _) = client(&mut peer.rng);
    let rng = &mut peer.rng;
    let mut bob = Account::generate(rng);
    let backup = bob.snapshot();
    let lost = published(&mut bob, rng);
    alice.add("bob", &lost, rng).outcome().unwrap();
    alice.encrypt("bob", Outgoing::new(b"lost"), rng).unwrap();
    let mut bob = Account::from_snapshot(backup.expose()).unwrap();
    let again = published(&mut bob, rng);
    let ids = [&lost, &again].map(|bundle| decoded(bundle).kem_prekey.id);
    assert_eq!(ids[0], ids[1]);
    assert_eq!(alice.add("bob", &again, rng).outcome(), Ok(Added::Renewed));
    let first = alice.encrypt("bob", Outgoing::new(b"anew"), rng).unwrap();
    let (_, opened) = bob
        .accept_under(&Policy::default(), &first, crate::support::CONTENT)
        .unwrap();
    assert!(opened.plaintext.ends_with(b"anew"));
}

/// A party that forgot its own session answers in the other's, and a late message of the forgotten one does
/// not part the two.
#[test]
fn a_session_that_the_peer_answered_in_wins_over_one_that_the_peer_forgot() {
    in_both_orders(|seed| {
        let mut two = Two::new(seed);
        let bundle = two.alice.publish(&mut two.rng).unwrap();
        two.bob
            .add("alice", &bundle, &mut two.rng)
            .outcome()
            .unwrap();
        let late = two.bob_sends(b"late");
        two.bob.forget("alice", &mut two.rng).unwrap();
        let first = two.alice_sends(b"first");
        let id = two.bob_reads(&first).unwrap().opened.session_id;
        let answer = two.bob_sends(b"answer");
        assert_eq!(session_of(&answer, &mut two.alice, seed), id);
        let forgotten = session_of(&late, &mut two.alice, seed);
        let message = two.alice_sends(b"message");
        assert_eq!(session_of(&message, &mut two.bob, seed), id);
        id.cmp(&forgotten)
    });
}

#[test]
fn of_two_sessions_of_one_ordinal_that_one_party_began_the_later_is_used() {
    in_both_orders(|seed| {
        let mut two = Two::established(seed);
        let message = two.alice_sends(b"in the old session");
        let old = session_of(&message, &mut two.bob, seed);
        // Alice loses the session, not knowing that there was one.
        let mut store = two.alice.into_store();
        let mut batch = Batch::new();
        for (name, _) in store.scan(&[4]).unwrap() {
            batch.delete(name);
        }
        assert_eq!(store.commit(&batch), Ok(Committed::Done));
        two.alice = Client::open(store, &two.alice_key).unwrap();
        assert_eq!(two.alice_adds(), Added::Pending);
        let first = two.alice_sends(b"anew");
        assert_eq!(ordinal(&first, &two.accounts()[1]), 1);
        let new = session_of(&first, &mut two.bob, seed);
        let answer = two.bob_sends(b"answer");
        assert_eq!(session_of(&answer, &mut two.alice, seed), new);
        new.cmp(&old)
    });
}
