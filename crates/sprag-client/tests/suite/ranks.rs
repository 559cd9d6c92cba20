use rand::rngs::StdRng;
use sprag::{Account, Error, Initiation, Session, SessionId, Slot};
use sprag_client::limits::{MAX_RANK_STEP, MAX_SESSIONS_PER_PEER};
use sprag_client::{Added, Client, ClientError, MemoryStore, StoreKey};

use crate::support::{decoded, hears, ordinal, says};
use crate::two_clients::{Outcome as _, Two};

/// A session that somebody with a copy of Alice's identity key begins with Bob, and its first message.
pub(crate) fn impostor_begins(
    thief: &Account,
    bundle: &[u8],
    ordinal: u32,
    rng: &mut StdRng,
) -> (Session, Vec<u8>) {
    let initiation = Initiation {
        ordinal,
        ..Initiation::default()
    };
    let session = thief.initiate_with(bundle, &initiation, rng);
    let mut session = session.expect("the bundle is genuine");
    let first = says(thief, &mut session, b"I am the peer", rng);
    (session, first)
}

/// Two who are in one session, and an impostor in whose session Bob sends now.
fn impersonated(seed: u64) -> (Two, Account, Session) {
    let mut two = Two::established(seed);
    let [thief, _] = two.accounts();
    let bundle = two.bob.publish_reusable().unwrap();
    let (mut impostor, first) = impostor_begins(&thief, &bundle, u32::MAX, &mut two.rng);
    assert!(two.bob_reads(&first).unwrap().new_session);
    let message = two.bob_sends(b"for Alice");
    assert_eq!(hears(&mut impostor, &message).unwrap(), b"for Alice");
    (two, thief, impostor)
}

/// Both send in one session, which is returned.
pub(crate) fn converged(two: &mut Two) -> SessionId {
    let to_bob = two.alice_sends(b"to Bob");
    let at_bob = two.bob_reads(&to_bob).expect("Bob has the session");
    let to_alice = two.bob_sends(b"to Alice");
    let at_alice = two.alice_reads(&to_alice).expect("Alice has the session");
    assert_eq!(at_bob.opened.session_id, at_alice.opened.session_id);
    at_bob.opened.session_id
}

#[test]
fn the_true_peers_renewal_takes_over_from_an_impostor_that_claims_the_last_ordinal() {
    let (mut two, _, impostor) = impersonated(700);
    two.alice_renews();
    assert_ne!(converged(&mut two), *impostor.id());
}

#[test]
fn a_renewal_on_the_other_side_takes_over_from_an_impostor_too() {
    let (mut two, _, impostor) = impersonated(701);
    two.bob_renews();
    let first = two.bob_sends(b"anew");
    // Bob knew rank 1, so that the impostor's session ranks one step above.
    let expected = u32::try_from(1 + MAX_RANK_STEP + 1).unwrap();
    assert_eq!(ordinal(&first, &two.accounts()[0]), expected);
    two.alice_reads(&first).unwrap();
    assert_ne!(converged(&mut two), *impostor.id());
}

#[test]
fn an_impostor_is_left_out_once_the_prekeys_that_it_used_are_dropped() {
    let (mut two, thief, impostor) = impersonated(702);
    let stolen = two.bob.publish_reusable().unwrap();
    two.bob.rotate(1_000, 0, &mut two.rng).unwrap();
    two.bob.expire(1_000, &mut two.rng).unwrap();
    // It began before, and its session goes on until somebody renews: with one-time prekeys or without.
    let bundle = two.bob.publish_reusable().unwrap();
    let renewed = two.alice.renew("bob", &bundle, &mut two.rng).outcome();
    assert_eq!(renewed, Ok(Added::Renewed));
    let session = converged(&mut two);
    assert_ne!(session, *impostor.id());
    // It begins no further one.
    let (_, first) = impostor_begins(&thief, &stolen, u32::MAX, &mut two.rng);
    let dropped = decoded(&stolen).curve.signed_prekey.terms.id;
    let gone = Error::PrekeyGone(Slot::SignedPrekey, dropped);
    assert_eq!(two.bob_reads(&first), Err(ClientError::Protocol(gone)));
    assert_eq!(converged(&mut two), session);
}

#[test]
fn however_often_an_impostor_claims_the_last_ordinal_the_parties_come_together_again() {
    let mut two = Two::established(703);
    let [thief, _] = two.accounts();
    let mut ordinals = Vec::new();
    for _ in 0..6 {
        let bundle = two.bob.publish_reusable().unwrap();
        let (_, first) = impostor_begins(&thief, &bundle, u32::MAX, &mut two.rng);
        two.bob_reads(&first).unwrap();
        two.alice_renews();
        let first = two.alice_sends(b"anew");
        ordinals.push(ordinal(&first, &two.accounts()[1]));
        two.bob_reads(&first).unwrap();
        converged(&mut two);
    }
    // Alice never heard of the impostor.
    assert_eq!(ordinals, [2, 3, 4, 5, 6, 7]);
}

/// A store in which the highest rank of a forgotten Bob is `rank`.
fn with_forgotten_rank(two: &mut Two, rank: u64) {
    two.alice.forget("bob", &mut two.rng).unwrap();
    two.rewrite_forgotten(|content| {
        let (known, _) = content.split_first_chunk_mut().unwrap();
        assert_eq!(u64::from_le_bytes(*known), 1);
        *known = rank.to_le_bytes();
    });
}

#[test]
fn an_initiator_goes_on_when_the_ordinals_are_used_up() {
    for (rank, expected) in [
        (u64::from(u32::MAX) - 1, u32::MAX),
        (u64::from(u32::MAX), u32::MAX),
        (u64::from(u32::MAX) + 7, u32::MAX),
        (u64::MAX, u32::MAX),
    ] {
        let mut two = Two::established(704);
        with_forgotten_rank(&mut two, rank);
        assert_eq!(two.alice_adds(), Added::New);
        let first = two.alice_sends(b"anew");
        assert_eq!(ordinal(&first, &two.accounts()[1]), expected);
        two.bob_reads(&first).unwrap();
        converged(&mut two);
    }
}

#[test]
fn the_rank_of_a_forgotten_peer_bounds_what_it_can_claim_when_it_comes_again() {
    for (claimed, expected) in [(5_001, 5_002), (6_000, 6_001), (6_001, 6_001)] {
        let mut two = Two::established(711);
        with_forgotten_rank(&mut two, 5_000);
        let [_, bob] = two.accounts();
        let bundle = two.alice.publish(&mut two.rng).unwrap();
        let (_, first) = impostor_begins(&bob, &bundle, claimed, &mut two.rng);
        assert!(two.alice_reads(&first).unwrap().new_session);
        two.alice_renews();
        let first = two.alice_sends(b"anew");
        assert_eq!(ordinal(&first, &two.accounts()[1]), expected);
    }
}

#[test]
fn the_session_before_is_kept_until_the_new_one_is_confirmed() {
    let mut two = Two::established(705);
    let message = two.alice_sends(b"so that Bob has an answer to his");
    let session = two.bob_reads(&message).unwrap().opened.session_id;
    let [thief, _] = two.accounts();
    for number in 0..3 * MAX_SESSIONS_PER_PEER as u32 {
        let bundle = two.bob.publish_reusable().unwrap();
        let ordinal = 1_000 * (number + 1);
        let (_, first) = impostor_begins(&thief, &bundle, ordinal, &mut two.rng);
        two.bob_reads(&first).unwrap();
        two.bob_sends(b"in the impostor's session");
    }
    let still = two.alice_sends(b"still here");
    let received = two.bob_reads(&still).unwrap();
    assert_eq!(received.opened.session_id, session);
    assert!(!received.old_session);
    two.alice_renews();
    converged(&mut two);
}

/// Both renew at once, Alice by a bundle that was made after Bob had begun, and an impostor has raised Bob's rank.
#[test]
fn two_renewals_at_once_in_the_presence_of_an_impostor_need_one_more() {
    for alice_renews_last in [true, false] {
        let (mut two, _, _) = impersonated(710);
        let bundle = two.alice.publish(&mut two.rng).unwrap();
        two.bob
            .renew("alice", &bundle, &mut two.rng)
            .outcome()
            .unwrap();
        let to_alice = two.bob_sends(b"anew");
        two.alice_renews();
        let to_bob = two.alice_sends(b"anew");
        two.bob_reads(&to_bob).unwrap();
        two.alice_reads(&to_alice).unwrap();
        // Each reads what the other sends, in whichever session.
        let to_bob = two.alice_sends(b"read");
        let at_bob = two.bob_reads(&to_bob).unwrap().opened.session_id;
        let to_alice = two.bob_sends(b"read");
        let at_alice = two.alice_reads(&to_alice).unwrap().opened.session_id;
        assert_ne!(at_bob, at_alice);
        if alice_renews_last {
            two.alice_renews();
        } else {
            two.bob_renews();
            let first = two.bob_sends(b"and anew");
            two.alice_reads(&first).unwrap();
        }
        converged(&mut two);
    }
}

/// A loss of state.
#[derive(Clone, Copy)]
enum Loss {
    Forgets,
    IsPutBack,
}

/// The parties after one of them has lost what it knew, `alice` or the other.
fn after(loss: Loss, alice: bool, seed: u64) -> Two {
    let mut two = Two::established(seed);
    let backups = [&two.alice, &two.bob].map(|client| client.store().clone());
    // Ranks go up on both sides, so that the older state is well behind.
    for _ in 0..3 {
        two.alice_renews();
        converged(&mut two);
        two.bob_renews();
        let first = two.bob_sends(b"anew");
        two.alice_reads(&first).unwrap();
        converged(&mut two);
    }
    let [alices, bobs] = backups;
    let reopened = |store: MemoryStore, key: &StoreKey| Client::open(store, key).unwrap();
    match (loss, alice) {
        (Loss::Forgets, true) => two.alice.forget("bob", &mut two.rng).unwrap(),
        (Loss::Forgets, false) => two.bob.forget("alice", &mut two.rng).unwrap(),
        (Loss::IsPutBack, true) => two.alice = reopened(alices, &two.alice_key),
        (Loss::IsPutBack, false) => two.bob = reopened(bobs, &two.bob_key),
    }
    two
}

#[test]
fn a_party_that_lost_what_it_knew_meets_its_peer_again_after_one_renewal_on_either_side() {
    for (seed, loss) in [(706, Loss::Forgets), (707, Loss::IsPutBack)] {
        for alice in [true, false] {
            // Alice renews.
            let mut two = after(loss, alice, seed);
            let bundle = two.bob.publish(&mut two.rng).unwrap();
            two.alice
                .renew("bob", &bundle, &mut two.rng)
                .outcome()
                .unwrap();
            converged(&mut two);
            // Bob renews.
            let mut two = after(loss, alice, seed);
            let bundle = two.alice.publish(&mut two.rng).unwrap();
            two.bob
                .renew("alice", &bundle, &mut two.rng)
                .outcome()
                .unwrap();
            let first = two.bob_sends(b"anew");
            two.alice_reads(&first).unwrap();
            converged(&mut two);
        }
    }
}

#[test]
fn a_party_that_forgot_its_peer_needs_no_more_than_to_add_it() {
    let mut two = after(Loss::Forgets, true, 708);
    assert_eq!(two.alice_adds(), Added::New);
    converged(&mut two);
    let mut two = after(Loss::Forgets, false, 709);
    assert_eq!(two.bob_adds(), Added::New);
    let first = two.bob_sends(b"anew");
    two.alice_reads(&first).unwrap();
    converged(&mut two);
}
