//! Damaged copies of genuine messages, in every situation.

use sprag_primitives::Error as PrimitiveError;
use sprag_ratchet::{Error, HEADER_LENGTH};

use crate::party::alice_and_bob;
use crate::situations::{Situation, all};
use crate::variants::{TestRatchet, in_both_variants};

in_both_variants![
    every_damaged_byte_is_refused_without_a_trace,
    every_other_associated_data_is_refused_without_a_trace,
    shortened_and_lengthened_bodies_are_refused_without_a_trace,
    previous_length_is_authentic_even_where_it_is_not_used,
    a_damaged_copy_before_the_genuine_one_does_no_harm_in_a_whole_conversation,
];

fn every_damaged_byte_is_refused_without_a_trace<R: TestRatchet>() {
    for Situation {
        name,
        mut receiver,
        message,
        ..
    } in all::<R>()
    {
        let associated_data = receiver.associated_data();
        for position in 0..message.length() {
            for mask in [0x01, 0x80] {
                let damaged = message.damaged(position, mask);
                let error = receiver.fails(&associated_data, &damaged);
                let clear_header = R::by_variant(position < HEADER_LENGTH, false);
                assert!(
                    error == Error::NotAuthentic || clear_header && names_header(error),
                    "{name}, byte {position}: {error}"
                );
            }
        }
        receiver.accepts(&message);
    }
}

fn names_header(error: Error) -> bool {
    [
        Error::Duplicate,
        Error::KeyGivenUp,
        Error::TooManySkipped,
        Error::InvalidRatchetKey(PrimitiveError::NonCanonicalPublicKey),
    ]
    .contains(&error)
}

fn every_other_associated_data_is_refused_without_a_trace<R: TestRatchet>() {
    for Situation {
        name,
        mut receiver,
        message,
        ..
    } in all::<R>()
    {
        let own = receiver.associated_data();
        let mut others: Vec<Vec<u8>> = (0..own.len())
            .flat_map(|position| [(position, 0x01), (position, 0x80)])
            .map(|(position, mask)| {
                let mut other = own.clone();
                other[position] ^= mask;
                other
            })
            .collect();
        let (initiator, responder) = own.split_at(32);
        others.push([responder, initiator].concat());
        others.push([&own[..], &[0]].concat());
        others.push(own[1..].to_vec());
        others.push(Vec::new());
        for other in others {
            assert_eq!(
                receiver.fails(&other, &message),
                Error::NotAuthentic,
                "{name}"
            );
        }
        receiver.accepts(&message);
    }
}

fn shortened_and_lengthened_bodies_are_refused_without_a_trace<R: TestRatchet>() {
    for Situation {
        mut receiver,
        message,
        ..
    } in all::<R>()
    {
        let mut damaged = message.clone();
        damaged.body.push(0);
        receiver.refuses(&damaged, Error::NotAuthentic);
        damaged.body.truncate(message.body.len() - 1);
        receiver.refuses(&damaged, Error::NotAuthentic);
        damaged.body.clear();
        receiver.refuses(&damaged, Error::NotAuthentic);
        receiver.accepts(&message);
    }
}

/// Only `pn` is changed, because a change to `dh` or `n` changes the message key too. In a known chain,
/// only the tag protects `pn`.
fn previous_length_is_authentic_even_where_it_is_not_used<R: TestRatchet>() {
    let mut seen = 0;
    for Situation {
        name,
        mut receiver,
        message,
        begins_chain,
    } in all::<R>()
    {
        let responders_first = name.starts_with("first to");
        if begins_chain && !responders_first {
            continue;
        }
        for bit in 0..u32::BITS {
            let damaged = message.with_header(|header| header.previous_length ^= 1 << bit);
            receiver.refuses(&damaged, Error::NotAuthentic);
        }
        receiver.accepts(&message);
        seen += 1;
    }
    assert_eq!(seen, 7);
}

fn a_damaged_copy_before_the_genuine_one_does_no_harm_in_a_whole_conversation<R: TestRatchet>() {
    let (mut alice, mut bob) = alice_and_bob::<R>("damage under way");
    for round in 0..8 {
        for message in alice.send_many(3).iter().rev() {
            bob.refuses(&message.damaged_body(round), Error::NotAuthentic);
            bob.accepts(message);
        }
        (alice, bob) = (bob, alice);
    }
}
