//! Attacks on renewals: messages in another order or once more, and bundles that were made long ago.

use sprag_client::{Client, ClientError, Outgoing, OwedKind, RepairOutcome};

use crate::ranks::converged;
use crate::repair::{owed, written};
use crate::support::ordinal;
use crate::two_clients::Two;

const NOW: u64 = 1_800_000_000;

/// Alice is put back to before she read a renewal of Bob's, of whose session she knew another message, and answered it. The
/// renewal comes once more.
#[test]
fn a_renewal_in_a_session_from_before_a_restore_renews_nothing() {
    let mut two = Two::established(1853);
    two.bob_renews();
    let RepairOutcome::Renewal(renewal) = two.bob_repairs() else {
        panic!("Bob has a bundle");
    };
    let text = two.bob_sends(b"in the same session");
    two.alice_reads(&text).unwrap();
    let backup = two.alice.store().clone();
    assert!(two.alice_reads(&renewal).unwrap().renewed.is_some());
    let answer = two.alice_sends(b"answer");
    two.bob_reads(&answer).unwrap();
    two.alice = Client::open(backup, &two.alice_key).unwrap();
    two.alice.mark_restored(NOW, &mut two.rng).unwrap();
    two.alice_reads(&renewal).unwrap();
    // Nothing is sent with keys that were used in the state that is lost.
    let sent = two
        .alice
        .encrypt("bob", Outgoing::new(b"text"), &mut two.rng);
    assert_eq!(sent, Err(ClientError::NoBundle("bob".into())));
    assert_eq!(owed(&two.alice), [OwedKind::Offer]);
}

/// Alice is put back to before she granted a request of Bob's, and the request comes once more. Its bundle has begun a session
/// in the state that is lost, so that Bob could not read another.
#[test]
fn a_request_in_a_session_from_before_a_restore_is_ignored() {
    let mut two = Two::established(1854);
    let after_many = two.alice_loses_many();
    two.bob_reads(&after_many).unwrap_err();
    let request = written(&mut two.bob, &mut two.rng).message;
    let backup = two.alice.store().clone();
    assert!(two.alice_reads(&request).unwrap().requested.is_some());
    let first = two.alice_sends(b"anew");
    two.bob_reads(&first).unwrap();
    two.alice = Client::open(backup, &two.alice_key).unwrap();
    two.alice.mark_restored(NOW, &mut two.rng).unwrap();
    assert_eq!(two.alice_reads(&request).unwrap().requested, None);
    let sent = two
        .alice
        .encrypt("bob", Outgoing::new(b"text"), &mut two.rng);
    assert_eq!(sent, Err(ClientError::NoBundle("bob".into())));
    let status = two.alice.status("bob").unwrap();
    assert_eq!(status.devices[0].ignored_requests, 1);
}

/// Alice is put back to before two sessions that Bob began, and adds a bundle that he had made before these: nothing about it
/// shows that the next session is later.
fn put_back_with_old_bundle(seed: u64) -> Two {
    let mut two = Two::established(seed);
    let of_bob = two.bob.publish(&mut two.rng).unwrap();
    let backup = two.alice.store().clone();
    for _ in 0..2 {
        two.bob_renews();
        let message = two.bob_sends(b"anew");
        two.alice_reads(&message).unwrap();
        let message = two.alice_sends(b"answer");
        two.bob_reads(&message).unwrap();
    }
    two.alice = Client::open(backup, &two.alice_key).unwrap();
    two.alice.mark_restored(NOW, &mut two.rng).unwrap();
    two.alice.add("bob", &of_bob, &mut two.rng).unwrap();
    assert_eq!(owed(&two.alice), [OwedKind::Renewal]);
    two
}

/// A text that begins a session after a restore is the renewal: nothing else is owed.
#[test]
fn a_text_after_a_restore_renews() {
    let mut two = put_back_with_old_bundle(1855);
    let text = two.alice_sends(b"text");
    assert_eq!(owed(&two.alice), []);
    assert!(!two.bob_reads(&text).unwrap().old_session);
    let answer = two.bob_sends(b"answer");
    two.alice_reads(&answer).unwrap();
    two.talk();
    converged(&mut two);
    // Later sessions are no further above.
    two.alice_renews();
    let anew = two.alice_sends(b"anew");
    let [_, bob] = two.accounts();
    assert_eq!(ordinal(&anew, &bob), 1 + 1000 + 1);
}

#[test]
fn a_renewal_that_comes_after_a_text_of_its_session_renews() {
    let mut two = put_back_with_old_bundle(1856);
    let renewal = written(&mut two.alice, &mut two.rng).message;
    let text = two.alice_sends(b"text");
    assert!(!two.bob_reads(&text).unwrap().old_session);
    let received = two.bob_reads(&renewal).unwrap();
    assert!(received.renewed.is_some() && !received.old_session);
    let answer = two.bob_sends(b"answer");
    two.alice_reads(&answer).unwrap();
    two.talk();
}
