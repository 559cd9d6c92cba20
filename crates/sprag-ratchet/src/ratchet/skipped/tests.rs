//! Keys are wiped where they lie.

use sprag_primitives::SecretBytes;
use sprag_primitives::snapshot::Snapshot;

use super::*;

/// The five messages from number 10 on.
const fn stretch(keep: usize) -> Stretch {
    Stretch {
        from: 10,
        count: 5,
        keep,
    }
}

/// The keys of the numbers from 10 to 14.
fn five_keys() -> SkippedKeys {
    let secret = SecretBytes::copy_from(&[7; 32]);
    let chain = ChainKey::new(secret);
    let mut skipped = SkippedKeys::default();
    skipped.add(Skip::over(&chain, stretch(5)));
    skipped
}

/// The slots of the only run, true where they are zero.
fn wiped(skipped: &SkippedKeys) -> Vec<bool> {
    let is_wiped = |slot: &Slot| slot.key.to_snapshot().expose() == [0; 32];
    assert_eq!(skipped.runs.len(), 1);
    skipped.runs[0].slots.iter().map(is_wiped).collect()
}

#[test]
fn a_key_that_was_used_is_wiped_in_its_slot() {
    let mut skipped = five_keys();
    for number in [12, 10, 14] {
        assert!(skipped.find(number).is_ok(), "the key is kept");
        skipped.remove(number);
        assert_eq!(skipped.find(number).err(), Some(Error::Duplicate));
    }
    assert_eq!(wiped(&skipped), [true, false, true, false, true]);
    assert_eq!((skipped.held(), skipped.slots()), (2, 5));
}

#[test]
fn a_key_that_was_given_up_is_wiped_in_its_slot() {
    let mut skipped = five_keys();
    skipped.remove(11);
    assert_eq!(skipped.give_up(2), 2);
    assert_eq!(wiped(&skipped), [true, true, true, false, false]);
    assert_eq!(skipped.find(12).err(), Some(Error::KeyGivenUp));
    assert!(skipped.find(13).is_ok());
    assert_eq!(skipped.give_up(3), 2);
    assert_eq!((skipped.held(), skipped.slots()), (0, 0));
    assert_eq!(skipped.find(14).err(), Some(Error::KeyGivenUp));
    assert_eq!(skipped.find(15).err(), Some(Error::Duplicate));
}

#[test]
fn a_run_without_keys_takes_no_memory() {
    let mut skipped = five_keys();
    for number in 10..15 {
        skipped.remove(number);
    }
    assert_eq!((skipped.runs.len(), skipped.slots()), (0, 0));
}

#[test]
fn a_skip_of_which_no_key_is_kept_takes_no_room() {
    let secret = SecretBytes::copy_from(&[7; 32]);
    let chain = ChainKey::new(secret);
    let mut skipped = SkippedKeys::default();
    skipped.add(Skip::over(&chain, stretch(0)));
    assert!(skipped.runs.is_empty());
    assert_eq!(skipped.find(14).err(), Some(Error::KeyGivenUp));
    assert_eq!(skipped.find(15).err(), Some(Error::Duplicate));
}
