//! Messages that arrive in another order than they were sent, or not at all.

use sprag_ratchet::Error;

use crate::party::alice_and_bob;
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    the_rest_of_one_chain_and_the_next_arrive_in_every_order,
    a_chain_arrives_backwards,
    the_tail_of_an_old_chain_arrives_after_the_next_chain,
    gaps_and_tails_of_several_chains_arrive_at_the_end,
    a_lost_tail_costs_nothing_but_its_messages,
    a_chain_of_which_nothing_arrives_is_the_peers_alone,
];

/// All orders of `0..count`.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let insert = |shorter: Vec<usize>| {
        (0..count).map(move |position| {
            let mut longer = shorter.clone();
            longer.insert(position, last);
            longer
        })
    };
    permutations(last).into_iter().flat_map(insert).collect()
}

fn the_rest_of_one_chain_and_the_next_arrive_in_every_order<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("every order");
    bob.accepts(&alice.send());
    let mut messages = alice.send_many(2);
    alice.accepts(&bob.send());
    messages.extend(alice.send_many(3));

    let orders = permutations(messages.len());
    assert_eq!(orders.len(), 120);
    for order in orders {
        let mut bob = bob.copy();
        for &index in &order {
            bob.accepts(&messages[index]);
            let error = bob.fails(&bob.associated_data(), &messages[index]);
            assert!(
                [Error::Duplicate, Error::NotAuthentic].contains(&error),
                "{order:?}: {error}"
            );
        }
        assert_eq!(bob.ratchet.skipped_keys(), 0, "{order:?}");
        let mut alice = alice.copy();
        alice.accepts(&bob.send());
    }
}

fn a_chain_arrives_backwards<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("backwards");
    let messages = alice.send_many(100);
    bob.accepts_all(messages.iter().rev());
    assert_eq!(bob.ratchet.skipped_keys(), 0);
}

fn the_tail_of_an_old_chain_arrives_after_the_next_chain<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("late tail");
    let (head, tail) = (alice.send_many(2), alice.send_many(3));
    bob.accepts_all(&head);
    alice.accepts(&bob.send());
    let next = alice.send();
    bob.accepts(&next);
    assert_eq!(bob.ratchet.skipped_keys(), 3);
    bob.accepts_all([&tail[2], &tail[0], &tail[1]]);
    assert_eq!(bob.ratchet.skipped_keys(), 0);
}

fn gaps_and_tails_of_several_chains_arrive_at_the_end<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("several chains");
    let mut late = Vec::new();
    for _ in 0..4 {
        late.extend(alice.send_many(2));
        bob.accepts(&alice.send());
        late.extend(alice.send_many(2));
        alice.accepts(&bob.send());
    }
    bob.accepts(&alice.send());
    assert_eq!(bob.ratchet.skipped_keys(), late.len());
    bob.accepts_all(late.iter().rev());
}

fn a_lost_tail_costs_nothing_but_its_messages<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("lost tail");
    for _ in 0..20 {
        bob.accepts(&alice.send());
        alice.send_many(3);
        alice.accepts(&bob.send());
        bob.send_many(2);
    }
    bob.accepts(&alice.send());
    alice.accepts(&bob.send());
}

fn a_chain_of_which_nothing_arrives_is_the_peers_alone<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("nothing arrives");
    bob.accepts(&alice.send());
    bob.send_many(5);
    bob.accepts(&alice.send());
    let message = bob.send();
    assert_eq!(message.number(), 5);
    alice.accepts(&message);
    bob.accepts(&alice.send());
}
