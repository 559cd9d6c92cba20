//! The memory that a hostile peer can take.

use alloc::vec::Vec;

use sprag_primitives::SecretBytes;
use sprag_primitives::snapshot::Snapshot;

use super::*;

const CHAIN: u8 = 1;

/// The chain key that all chains of these tests begin with.
fn first_key() -> ChainKey {
    ChainKey::new(SecretBytes::copy_from(&[7; 32]))
}

fn begin(chains: &mut ReceivingChains<u8>, id: u8, previous_length: u32) {
    let missing = chains.missing(previous_length, 0);
    let missing = missing.expect("within the limits");
    chains.commit(&mut chains.stage_new_chain(id, &first_key(), missing));
}

/// Stages the receipt of message `number` of the current chain.
fn stage(chains: &ReceivingChains<u8>, number: u32) -> Result<ChainReceipt<u8>, Error> {
    let current = chains.current().expect("there is a chain");
    current.stage(number)
}

/// Receives message `number` of the current chain.
fn receive(chains: &mut ReceivingChains<u8>, number: u32) {
    chains.commit(&mut stage(chains, number).expect("the key is there"));
}

fn slots(chains: &ReceivingChains<u8>) -> usize {
    chains.skipped().map(SkippedKeys::slots).sum()
}

fn bytes(key: &MessageKey) -> Vec<u8> {
    key.to_snapshot().expose().to_vec()
}

#[test]
fn sparse_keys_take_memory_for_at_most_twice_the_cap() {
    let mut chains = ReceivingChains::new();
    begin(&mut chains, CHAIN, 0);
    let mut largest = 0;
    for round in 0..200 {
        let first = 1 + round * 101;
        receive(&mut chains, first + 100);
        largest = largest.max(slots(&chains));
        assert!(slots(&chains) <= 2 * MAX_SKIPPED_KEYS);
        for number in (first..first + 100).filter(|number| number % 50 != 0) {
            receive(&mut chains, number);
        }
    }
    assert!(largest > MAX_SKIPPED_KEYS, "memory is taken again in bulk");
    assert!(chains.held() < 500);
}

#[test]
fn sparse_keys_of_finished_chains_count_too() {
    let mut chains = ReceivingChains::new();
    for id in 0..20 {
        begin(&mut chains, id, 1_202);
        receive(&mut chains, 1_200);
        for number in (1..1_200).filter(|number| number % 400 != 0) {
            receive(&mut chains, number);
        }
        assert!(slots(&chains) <= 2 * MAX_SKIPPED_KEYS);
    }
    assert_eq!(chains.finished.len(), 19);
}

#[test]
fn a_chain_is_forgotten_at_the_32nd_step_after_its_end() {
    let mut chains = ReceivingChains::new();
    for id in 0..40 {
        // Of each chain the first message is missing.
        let missing = chains.missing(2, 1).unwrap();
        chains.commit(&mut chains.stage_new_chain(id, &first_key(), missing));
    }
    let ids: Vec<u8> = chains.finished().map(|chain| *chain.id()).collect();
    assert_eq!(ids, Vec::from_iter((7..39).rev()));
}

#[test]
fn of_a_tail_that_is_too_long_no_key_is_derived_and_the_new_chain_goes_on() {
    for (tail, given_up) in [(MAX_SKIP, 23_000..23_001), (MAX_SKIP + 1, 4..25_005)] {
        // Messages 1 and 2 of the first chain are missing, and its tail.
        let mut chains = ReceivingChains::new();
        begin(&mut chains, CHAIN, 0);
        receive(&mut chains, 3);
        begin(&mut chains, 2, 4 + tail);
        receive(&mut chains, 1);
        // The finished chain tells what it gave up from what was received.
        let finished = chains.finished().next().expect("it has keys");
        let ReceivingChain::Finished(finished) = finished else {
            panic!("it is finished");
        };
        assert_eq!(finished.stage(4 + tail).err(), Some(Error::Forked));
        for number in given_up {
            assert_eq!(
                finished.stage(number).err(),
                Some(Error::KeyGivenUp),
                "{number}"
            );
        }
        let held = if tail > MAX_SKIP { 2 } else { MAX_SKIPPED_KEYS };
        assert_eq!(chains.held(), held);
    }
}

#[test]
fn a_key_of_the_current_chain_is_given_up_after_so_many_later_messages() {
    let mut chains = ReceivingChains::new();
    begin(&mut chains, CHAIN, 0);
    // Messages 1 and 2 are missing, and then none.
    for number in 3..MAX_SKIPPED_KEY_AGE + 1 {
        receive(&mut chains, number);
    }
    stage(&chains, 1).expect("24,999 messages are later");
    receive(&mut chains, MAX_SKIPPED_KEY_AGE + 1);
    assert_eq!(stage(&chains, 1).err(), Some(Error::KeyGivenUp));
    stage(&chains, 2).expect("24,999 messages are later");
}

#[test]
fn keys_stay_what_they_are_when_memory_is_taken_again() {
    let mut chains = ReceivingChains::new();
    begin(&mut chains, CHAIN, 0);
    for number in [1_500, 3_000] {
        receive(&mut chains, number);
        for used in (number - 1_499..number).filter(|used| used % 14 < 13) {
            receive(&mut chains, used);
        }
    }
    assert_eq!(slots(&chains), 2_998);
    receive(&mut chains, 4_500);
    assert_eq!(slots(&chains), chains.held());

    let mut chain = first_key();
    for number in 0..4_500 {
        let (next, key) = chain.step();
        let kept = number % 1_500 != 0 && (number > 3_000 || number % 14 == 13);
        match stage(&chains, number) {
            Ok(receipt) => {
                assert!(kept, "{number}");
                assert_eq!(bytes(&receipt.message_key), bytes(&key), "{number}");
            }
            Err(error) => {
                assert!(!kept, "{number}");
                assert_eq!(error, Error::Duplicate, "{number}");
            }
        }
        chain = next;
    }
}
