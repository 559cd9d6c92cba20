//! Keys are wiped where they lie.

use sprag_primitives::SecretBytes;

use super::*;

/// The keys of the numbers from 10 to 14.
fn five_keys() -> SkippedChain {
    let secret = SecretBytes::copy_from(&[7; 32]);
    let chain = ChainKey::read_snapshot(&mut Reader::new(secret.expose())).expect("32 bytes");
    let mut skipped = SkippedChain::default();
    skipped.add(10, Skip::over(&chain, 10, 5, 5).run);
    skipped
}

/// Which slots of the only run are zero.
fn wiped(skipped: &SkippedChain) -> Vec<bool> {
    let is_wiped = |slot: &Slot| {
        let mut writer = Writer::new();
        slot.key.write_snapshot(&mut writer);
        writer.finish().expose() == [0; 32]
    };
    assert_eq!(skipped.runs.len(), 1);
    skipped.runs[0].slots.iter().map(is_wiped).collect()
}

#[test]
fn a_key_that_was_used_is_wiped_in_its_slot() {
    let mut skipped = five_keys();
    for number in [12, 10, 14] {
        let place = skipped.find(number).expect("the key is kept");
        skipped.remove(place);
        assert_eq!(skipped.find(number), None);
    }
    assert_eq!(wiped(&skipped), [true, false, true, false, true]);
    assert_eq!((skipped.held(), skipped.slots()), (2, 5));
}

#[test]
fn a_key_that_was_given_up_is_wiped_in_its_slot() {
    let mut skipped = five_keys();
    let place = skipped.find(11).expect("the key is kept");
    skipped.remove(place);
    assert_eq!(skipped.give_up(2), 2);
    assert_eq!(wiped(&skipped), [true, true, true, false, false]);
    assert!(skipped.was_given_up(12) && !skipped.was_given_up(13));
    assert_eq!(skipped.give_up(3), 2);
    assert_eq!((skipped.held(), skipped.slots()), (0, 0));
    assert!(skipped.was_given_up(14) && !skipped.was_given_up(15));
}

#[test]
fn a_run_without_keys_takes_no_memory() {
    let mut skipped = five_keys();
    for number in 10..15 {
        let place = skipped.find(number).expect("the key is kept");
        skipped.remove(place);
    }
    assert_eq!((skipped.runs.len(), skipped.slots()), (0, 0));
}

#[test]
fn a_skip_of_which_no_key_is_kept_takes_no_room() {
    let secret = SecretBytes::copy_from(&[7; 32]);
    let chain = ChainKey::read_snapshot(&mut Reader::new(secret.expose())).expect("32 bytes");
    let mut skipped = SkippedChain::default();
    skipped.add(10, Skip::over(&chain, 10, 5, 0).run);
    assert!(skipped.runs.is_empty());
    assert!(skipped.was_given_up(14) && !skipped.was_given_up(15));
}
