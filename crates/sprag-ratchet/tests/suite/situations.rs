//! Every situation that the receiving side distinguishes: a receiver, and a genuine message that the receiver
//! has not received yet.

use crate::party::{Envelope, Party, alice_and_bob};
use crate::variants::TestRatchet;

pub(crate) struct Situation<R> {
    pub(crate) name: &'static str,
    pub(crate) receiver: Party<R>,
    pub(crate) message: Envelope,
    /// True if the message begins a chain that the receiver does not know yet.
    pub(crate) begins_chain: bool,
}

pub(crate) fn all<R: TestRatchet>() -> Vec<Situation<R>> {
    vec![
        first_to_responder(),
        first_to_responder_after_gap(),
        first_to_initiator(),
        in_order(),
        after_gap(),
        skipped_in_current_chain(),
        skipped_in_finished_chain(),
        new_chain(),
        new_chain_after_gap(),
        new_chain_after_tail_and_gap(),
    ]
}

fn first_to_responder<R: TestRatchet>() -> Situation<R> {
    let (mut alice, bob) = alice_and_bob::<R>("first to responder");
    Situation {
        name: "first to responder",
        receiver: bob,
        message: alice.send(),
        begins_chain: true,
    }
}

fn first_to_responder_after_gap<R: TestRatchet>() -> Situation<R> {
    let (mut alice, bob) = alice_and_bob::<R>("first to responder after gap");
    alice.send_many(3);
    Situation {
        name: "first to responder after gap",
        receiver: bob,
        message: alice.send(),
        begins_chain: true,
    }
}

fn first_to_initiator<R: TestRatchet>() -> Situation<R> {
    let (mut alice, mut bob) = alice_and_bob::<R>("first to initiator");
    bob.accepts(&alice.send());
    Situation {
        name: "first to initiator",
        receiver: alice,
        message: bob.send(),
        begins_chain: true,
    }
}

/// A session in which both have received. Bob has sent `sent` messages last, and Alice has received those
/// whose indexes are in `received`.
fn under_way<R: TestRatchet>(
    seed: &str,
    sent: usize,
    received: &[usize],
) -> (Party<R>, Party<R>, Vec<Envelope>) {
    let (mut alice, mut bob) = alice_and_bob::<R>(seed);
    bob.accepts(&alice.send());
    alice.accepts_all(&bob.send_many(2));
    bob.accepts_all(&alice.send_many(2));
    let messages = bob.send_many(sent);
    alice.accepts_all(received.iter().map(|&index| &messages[index]));
    (alice, bob, messages)
}

fn in_order<R: TestRatchet>() -> Situation<R> {
    let (alice, mut bob, _) = under_way("in order", 1, &[0]);
    Situation {
        name: "in order",
        receiver: alice,
        message: bob.send(),
        begins_chain: false,
    }
}

fn after_gap<R: TestRatchet>() -> Situation<R> {
    let (alice, mut bob, _) = under_way("after gap", 4, &[0]);
    Situation {
        name: "after gap",
        receiver: alice,
        message: bob.send(),
        begins_chain: false,
    }
}

fn skipped_in_current_chain<R: TestRatchet>() -> Situation<R> {
    let (alice, _, messages) = under_way("skipped in current chain", 5, &[0, 4]);
    Situation {
        name: "skipped in current chain",
        receiver: alice,
        message: messages[2].clone(),
        begins_chain: false,
    }
}

fn skipped_in_finished_chain<R: TestRatchet>() -> Situation<R> {
    let (mut alice, mut bob, messages) = under_way("skipped in finished chain", 5, &[0, 2]);
    bob.accepts(&alice.send());
    alice.accepts(&bob.send());
    Situation {
        name: "skipped in finished chain",
        receiver: alice,
        message: messages[3].clone(),
        begins_chain: false,
    }
}

fn new_chain<R: TestRatchet>() -> Situation<R> {
    let (mut alice, mut bob, _) = under_way("new chain", 2, &[0, 1]);
    bob.accepts(&alice.send());
    Situation {
        name: "new chain",
        receiver: alice,
        message: bob.send(),
        begins_chain: true,
    }
}

fn new_chain_after_gap<R: TestRatchet>() -> Situation<R> {
    let (mut alice, mut bob, _) = under_way("new chain after gap", 2, &[0, 1]);
    bob.accepts(&alice.send());
    bob.send_many(3);
    Situation {
        name: "new chain after gap",
        receiver: alice,
        message: bob.send(),
        begins_chain: true,
    }
}

fn new_chain_after_tail_and_gap<R: TestRatchet>() -> Situation<R> {
    let (mut alice, mut bob, _) = under_way("new chain after tail and gap", 5, &[1, 2]);
    bob.accepts(&alice.send());
    bob.send_many(3);
    Situation {
        name: "new chain after tail and gap",
        receiver: alice,
        message: bob.send(),
        begins_chain: true,
    }
}
