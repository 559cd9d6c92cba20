use sprag::{Account, Error, HandshakeError, Policy, Slot};
use sprag_client::{Added, Client, ClientError, Incoming, MemoryStore, Sender, Store, StoreKey};
use sprag_x3dh::pqxdh;

use crate::ranks::converged;
use crate::support::{decoded, encoded, says};
use crate::two_clients::{MemoryClient, Outcome as _, Refusal, Two, records};

const DAY: u64 = 24 * 60 * 60;
const NOW: u64 = 1_800_000_000;

fn old() -> Result<Added, Refusal> {
    Err(ClientError::OldBundle("bob".into()))
}

/// Alice adds a bundle, and tells that no record changed by it.
fn changes_nothing(two: &mut Two, bundle: &[u8]) -> Result<Added, Refusal> {
    let before = records(&two.alice);
    let added = two.alice.add("bob", bundle, &mut two.rng).outcome();
    assert_eq!(records(&two.alice), before);
    added
}

/// Two who are in one session; Bob's prekeys are dated, and Alice knows that they are.
fn dated(seed: u64, created: u64) -> Two {
    let mut two = Two::established(seed);
    two.bob.rotate(created, DAY, &mut two.rng).unwrap();
    assert_eq!(two.alice_adds(), Added::Renewed);
    converged(&mut two);
    two
}

fn number_of_sessions(client: &MemoryClient) -> usize {
    client.store().scan(&[4]).unwrap().len()
}

/// A bundle without the one-time keys, as anybody can make it who has the last-resort prekey of the same time.
fn stripped(bundle: &[u8], reusable: &[u8]) -> Vec<u8> {
    let curve = decoded(bundle).curve;
    encoded(pqxdh::Bundle {
        curve: sprag_x3dh::CurveBundle {
            one_time_prekey: None,
            ..curve
        },
        kem_prekey: decoded(reusable).kem_prekey,
    })
}

#[test]
fn an_ordinary_add_renews_nothing_that_works() {
    let mut two = Two::established(720);
    let session = converged(&mut two);
    let of_bob = two.bob.publish(&mut two.rng).unwrap();
    let reusable = two.bob.publish_reusable().unwrap();
    for bundle in [&of_bob, &reusable, &stripped(&of_bob, &reusable)] {
        assert_eq!(changes_nothing(&mut two, bundle), Ok(Added::Known));
    }
    // Nor where the peer began the session.
    let before = records(&two.bob);
    let of_alice = two.alice.publish(&mut two.rng).unwrap();
    let added = two.bob.add("alice", &of_alice, &mut two.rng).outcome();
    assert_eq!(added, Ok(Added::Known));
    let changed = records(&two.bob) != before;
    assert!(!changed);
    assert_eq!(converged(&mut two), session);
}

#[test]
fn a_used_bundle_that_is_stripped_of_its_one_time_keys_renews_nothing_that_works() {
    let mut two = Two::established(721);
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    two.alice
        .renew("bob", &bundle, &mut two.rng)
        .outcome()
        .unwrap();
    let session = converged(&mut two);
    let reusable = two.bob.publish_reusable().unwrap();
    let stripped = stripped(&bundle, &reusable);
    assert_eq!(changes_nothing(&mut two, &stripped), Ok(Added::Known));
    assert_eq!(converged(&mut two), session);
}

#[test]
fn a_renewal_is_asked_for_or_comes_with_a_newer_bundle() {
    let mut two = Two::established(722);
    let first = converged(&mut two);
    two.alice_renews();
    let second = converged(&mut two);
    assert_ne!(first, second);
    two.bob.rotate(NOW, DAY, &mut two.rng).unwrap();
    assert_eq!(two.alice_adds(), Added::Renewed);
    let third = converged(&mut two);
    assert_ne!(second, third);
    // The next one is of the same time.
    assert_eq!(two.alice_adds(), Added::Known);
    assert_eq!(converged(&mut two), third);
}

#[test]
fn a_bundle_that_states_no_time_is_older_than_any_that_does() {
    let mut two = Two::established(723);
    let undated = two.bob.publish(&mut two.rng).unwrap();
    two.bob.rotate(NOW, DAY, &mut two.rng).unwrap();
    assert_eq!(two.alice_adds(), Added::Renewed);
    assert_eq!(changes_nothing(&mut two, &undated), old());
}

/// A bundle that is added while the last session was not answered may be as old as the last, and no older.
#[test]
fn the_newest_time_is_kept_whatever_bundles_follow() {
    let mut two = Two::established(724);
    let undated = two.bob.publish(&mut two.rng).unwrap();
    two.bob.rotate(NOW, DAY, &mut two.rng).unwrap();
    let dated = two.bob.publish(&mut two.rng).unwrap();
    two.bob.rotate(NOW + 1, DAY, &mut two.rng).unwrap();
    assert_eq!(two.alice_adds(), Added::Renewed);
    two.alice_sends(b"not answered");
    assert_eq!(two.alice_adds(), Added::Renewed);
    for bundle in [&undated, &dated] {
        assert_eq!(changes_nothing(&mut two, bundle), old());
    }
}

#[test]
fn forgetting_a_peer_keeps_the_newest_time_of_its_bundles() {
    let mut two = Two::established(725);
    let undated = two.bob.publish(&mut two.rng).unwrap();
    two.bob.rotate(NOW, DAY, &mut two.rng).unwrap();
    let dated = two.bob.publish(&mut two.rng).unwrap();
    two.bob.rotate(NOW + 1, DAY, &mut two.rng).unwrap();
    assert_eq!(two.alice_adds(), Added::Renewed);
    for _ in 0..2 {
        two.alice.forget("bob", &mut two.rng).unwrap();
        for bundle in [&undated, &dated] {
            assert_eq!(changes_nothing(&mut two, bundle), old());
        }
        assert_eq!(two.alice_adds(), Added::New);
    }
}

#[test]
fn a_forgotten_peer_that_begins_a_session_keeps_the_newest_time_of_its_bundles() {
    let mut two = Two::established(732);
    let undated = two.bob.publish(&mut two.rng).unwrap();
    two.bob.rotate(NOW, DAY, &mut two.rng).unwrap();
    assert_eq!(two.alice_adds(), Added::Renewed);
    two.alice.forget("bob", &mut two.rng).unwrap();
    let [_, bob] = two.accounts();
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    let mut session = bob.initiate(&bundle, &mut two.rng).unwrap();
    let first = says(&bob, &mut session, b"it is me", &mut two.rng);
    assert!(two.alice_reads(&first).unwrap().new_session);
    assert_eq!(changes_nothing(&mut two, &undated), old());
}

/// Bundles that were made of a genuine one by somebody who hands it over: with another key in the place of the one that
/// is not signed, with another number for it, and with signed keys of other bundles.
fn altered(bundle: &[u8], before: &[u8], two: &mut Two) -> Vec<Vec<u8>> {
    let mut stranger = Account::generate(&mut two.rng);
    let foreign = decoded(&stranger.publish(&mut two.rng));
    // Bob deletes the keys of another bundle, because a stranger begins a session with it.
    let other = two.bob.publish(&mut two.rng).unwrap();
    let mut session = stranger.initiate(&other, &mut two.rng).unwrap();
    let first = says(&stranger, &mut session, b"first", &mut two.rng);
    let sender = Sender::Named("stranger");
    let received = two.bob.decrypt(sender, Incoming::new(&first), &mut two.rng);
    assert!(received.unwrap().new_session);
    let [bundle, other, before] = [bundle, &other, before].map(decoded);
    let mut key = bundle.clone();
    let prekey = key.curve.one_time_prekey.as_mut().unwrap();
    prekey.key = foreign.curve.one_time_prekey.unwrap().key;
    let mut number = bundle.clone();
    number.curve.one_time_prekey.as_mut().unwrap().id ^= 1 << 30;
    let mut kem_prekey = bundle.clone();
    kem_prekey.kem_prekey = other.kem_prekey;
    let mut signed_prekey = bundle;
    signed_prekey.curve.signed_prekey = before.curve.signed_prekey;
    let all = [key, number, kem_prekey, signed_prekey];
    all.map(encoded).to_vec()
}

#[test]
fn the_genuine_bundle_heals_a_beginning_with_an_altered_one() {
    for case in 0..4 {
        let mut two = Two::established(726);
        // Bob's signed prekey was replaced and dropped, and Alice has seen none that states its time.
        let before = two.bob.publish(&mut two.rng).unwrap();
        two.bob.rotate(0, 0, &mut two.rng).unwrap();
        let bundle = two.bob.publish(&mut two.rng).unwrap();
        let altered = altered(&bundle, &before, &mut two).swap_remove(case);
        two.alice
            .renew("bob", &altered, &mut two.rng)
            .outcome()
            .unwrap();
        let lost = two.alice_sends(b"lost");
        assert!(two.bob_reads(&lost).is_err());
        // The altered one is used up, and the genuine one is not.
        assert_eq!(changes_nothing(&mut two, &altered), Ok(Added::Used));
        let added = two.alice.add("bob", &bundle, &mut two.rng).outcome();
        assert_eq!(added, Ok(Added::Renewed), "{case}");
        let session = converged(&mut two);
        // Once the session works, neither changes anything.
        for bundle in [&altered, &bundle] {
            assert_eq!(changes_nothing(&mut two, bundle), Ok(Added::Used));
        }
        assert_eq!(converged(&mut two), session);
    }
}

#[test]
fn another_bundle_heals_a_beginning_that_was_never_answered() {
    let mut two = Two::new(727);
    let lost = two.alice_sends(b"lost");
    // Bob reads it, and is put back to a state in which he has not.
    let before = two.bob.store().clone();
    two.bob_reads(&lost).unwrap();
    two.bob = Client::open(before, &two.bob_key).unwrap();
    assert_eq!(two.alice_adds(), Added::Renewed);
    converged(&mut two);
}

/// Replaces Bob by another whose prekeys were made at `created`.
fn bob_at(two: &mut Two, created: u64) {
    let key = StoreKey::generate(&mut two.rng);
    let store = MemoryStore::new();
    two.bob = Client::create_at(store, &key, created, &mut two.rng).unwrap();
    two.bob_key = key;
}

#[test]
fn a_bundle_from_the_future_is_refused_where_the_time_is_known() {
    for (created, refused) in [(NOW + DAY, false), (NOW + DAY + 1, true), (u64::MAX, true)] {
        let mut two = Two::new(728);
        two.alice.forget("bob", &mut two.rng).unwrap();
        bob_at(&mut two, created);
        two.alice.set_policy(Policy::default().clock(NOW));
        for reusable in [false, true] {
            let bundle = if reusable {
                two.bob.publish_reusable()
            } else {
                two.bob.publish(&mut two.rng)
            };
            let bundle = bundle.unwrap();
            let in_future = HandshakeError::InFuture(Slot::SignedPrekey);
            let expected = Err(ClientError::Protocol(Error::Handshake(in_future)));
            if refused {
                assert_eq!(changes_nothing(&mut two, &bundle), expected);
                let renewed = two.alice.renew("bob", &bundle, &mut two.rng).outcome();
                assert_eq!(renewed, expected);
            } else {
                two.alice
                    .add("bob", &bundle, &mut two.rng)
                    .outcome()
                    .unwrap();
            }
        }
        // Who does not know the time takes it.
        two.alice.set_policy(Policy::default());
        let bundle = two.bob.publish(&mut two.rng).unwrap();
        two.alice
            .add("bob", &bundle, &mut two.rng)
            .outcome()
            .unwrap();
    }
}

#[test]
fn a_renewal_is_the_way_back_from_a_bundle_of_the_future_and_costs_no_session() {
    let mut two = dated(729, NOW);
    let late = two.alice_sends(b"late");
    let right = two.bob.publish(&mut two.rng).unwrap();
    let right_too = two.bob.publish(&mut two.rng).unwrap();
    // Bob's clock is wrong for a moment, and Alice's program does not know the time.
    let bobs = two.bob.store().clone();
    two.bob.rotate(u64::MAX, DAY, &mut two.rng).unwrap();
    let wrong = two.bob.publish(&mut two.rng).unwrap();
    two.bob = Client::open(bobs, &two.bob_key).unwrap();
    let added = two.alice.add("bob", &wrong, &mut two.rng).outcome();
    assert_eq!(added, Ok(Added::Renewed));
    assert_eq!(changes_nothing(&mut two, &right), old());
    let sessions = number_of_sessions(&two.alice);
    let renewed = two.alice.renew("bob", &right, &mut two.rng).outcome();
    assert_eq!(renewed, Ok(Added::Renewed));
    assert_eq!(number_of_sessions(&two.alice), sessions);
    converged(&mut two);
    assert_eq!(number_of_sessions(&two.alice), sessions + 1);
    assert_eq!(two.bob_reads(&late).unwrap().opened.plaintext, b"late");
    // From then on right bundles are right, and older ones are old.
    let added = two.alice.add("bob", &right_too, &mut two.rng).outcome();
    assert_eq!(added, Ok(Added::Known));
}

/// A renewal with a bundle that states no time does not take away what is known.
#[test]
fn a_renewal_without_a_time_leaves_the_newest_time_as_it_was() {
    let mut two = Two::established(730);
    let undated = [(); 2].map(|()| two.bob.publish(&mut two.rng).unwrap());
    two.bob.rotate(NOW, DAY, &mut two.rng).unwrap();
    assert_eq!(two.alice_adds(), Added::Renewed);
    let [one, other] = undated;
    let renewed = two.alice.renew("bob", &one, &mut two.rng).outcome();
    assert_eq!(renewed, Ok(Added::Renewed));
    assert_eq!(changes_nothing(&mut two, &other), old());
}

#[test]
fn a_repeat_of_an_old_message_is_not_read_again_after_a_renewal() {
    let mut two = Two::established(731);
    let message = two.alice_sends(b"once");
    let received = two.bob_reads(&message).unwrap();
    two.bob.acknowledge(&received.receipt).unwrap();
    two.alice_renews();
    converged(&mut two);
    let already_read = ClientError::AlreadyRead("alice".into());
    assert_eq!(two.bob_reads(&message), Err(already_read));
}

/// Bob knows Alice by her first message alone, so that he cannot tell an old bundle of hers from a new one.
#[test]
fn the_first_bundle_of_a_peer_that_began_a_session_renews_nothing_that_works() {
    let mut two = Two::established(733);
    two.alice.rotate(NOW, DAY, &mut two.rng).unwrap();
    let first = two.alice.publish(&mut two.rng).unwrap();
    two.alice.rotate(NOW + 1, DAY, &mut two.rng).unwrap();
    let session = converged(&mut two);
    let before = records(&two.bob);
    let added = two.bob.add("alice", &first, &mut two.rng).outcome();
    assert_eq!(added, Ok(Added::Known));
    assert_eq!(records(&two.bob), before);
    assert_eq!(converged(&mut two), session);
    // Once he has renewed with one, a newer one renews, and an older one is old.
    two.bob_renews();
    converged_after_bob(&mut two);
    let old = two.bob.add("alice", &first, &mut two.rng).outcome();
    assert_eq!(old, Err(ClientError::OldBundle("alice".into())));
    two.alice.rotate(NOW + 2, DAY, &mut two.rng).unwrap();
    assert_eq!(two.bob_adds(), Added::Renewed);
}

fn converged_after_bob(two: &mut Two) {
    let first = two.bob_sends(b"anew");
    two.alice_reads(&first).unwrap();
    converged(two);
}
