use sprag_client::Added;

use crate::two_clients::Two;

/// Demands that a message begins a session at Bob that he has a reason to expect.
#[track_caller]
fn bob_expects(two: &mut Two, message: &[u8]) {
    let received = two.bob_reads(message).unwrap();
    assert!(received.new_session && !received.unexpected_session);
}

#[test]
fn a_session_in_the_place_of_one_that_works_is_unexpected() {
    let mut two = Two::established(840);
    // Bob gives out a bundle, which anybody may use.
    two.alice_renews();
    let anew = two.alice_sends(b"anew");
    // It is told until the message is acknowledged.
    for _ in 0..2 {
        let received = two.bob_reads(&anew).unwrap();
        assert!(received.new_session && received.unexpected_session);
    }
    let on = two.alice_sends(b"and on");
    assert!(!two.bob_reads(&on).unwrap().unexpected_session);
    // A session works once the peer has begun it.
    let mut two = Two::new(841);
    let first = two.alice_sends(b"first");
    bob_expects(&mut two, &first);
    two.alice_renews();
    let anew = two.alice_sends(b"anew");
    assert!(two.bob_reads(&anew).unwrap().unexpected_session);
}

#[test]
fn the_first_session_with_a_peer_is_expected() {
    let mut two = Two::new(842);
    let first = two.alice_sends(b"first");
    bob_expects(&mut two, &first);
    // Bob has added Alice, and has written nothing.
    let mut two = Two::new(843);
    assert_eq!(two.bob_adds(), Added::New);
    let first = two.alice_sends(b"first");
    bob_expects(&mut two, &first);
    // Bob has forgotten her.
    two.bob.forget("alice", &mut two.rng).unwrap();
    two.alice_renews();
    let anew = two.alice_sends(b"anew");
    bob_expects(&mut two, &anew);
}

#[test]
fn sessions_that_both_begin_at_once_are_expected() {
    let mut two = Two::new(844);
    assert_eq!(two.bob_adds(), Added::New);
    let of_alice = two.alice_sends(b"hello");
    let of_bob = two.bob_sends(b"hello");
    bob_expects(&mut two, &of_alice);
    let received = two.alice_reads(&of_bob).unwrap();
    assert!(received.new_session && !received.unexpected_session);
}

#[test]
fn a_renewal_that_this_party_wants_too_is_expected() {
    // The one has begun to renew, and the other is about to.
    let mut two = Two::established(845);
    two.alice_renews();
    two.bob_renews();
    let of_alice = two.alice_sends(b"anew");
    bob_expects(&mut two, &of_alice);
    let of_bob = two.bob_sends(b"anew");
    let received = two.alice_reads(&of_bob).unwrap();
    assert!(received.new_session && !received.unexpected_session);
    // Bob was put back to an older state, and waits for a session.
    let mut two = Two::established(846);
    two.bob.mark_restored(1_800_000_000, &mut two.rng).unwrap();
    two.alice_renews();
    let anew = two.alice_sends(b"anew");
    bob_expects(&mut two, &anew);
    // He waits no longer.
    two.alice_renews();
    let again = two.alice_sends(b"again");
    assert!(two.bob_reads(&again).unwrap().unexpected_session);
}
