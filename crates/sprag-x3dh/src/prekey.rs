use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::Error;
use crate::suite::Suite;

/// The number by which an initial message names a prekey. A number names one key of its owner for ever,
/// whatever its kind.
pub type PrekeyId = u32;

/// The message that the signature on a prekey covers: `label ‖ version ‖ suite ‖ id ‖ fields`. Every field
/// has a fixed length, and no label begins another.
pub(crate) fn signed_message(
    label: &[u8],
    suite: Suite,
    id: PrekeyId,
    fields: &[&[u8]],
) -> Vec<u8> {
    let context = [
        label,
        &[suite.version(), suite.to_byte()],
        &id.to_le_bytes(),
    ];
    [context.as_slice(), fields].concat().concat()
}

/// Demands that no number names two prekeys. Prekeys of all kinds share one sequence of numbers.
pub(crate) fn check_distinct(ids: impl IntoIterator<Item = PrekeyId>) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    match ids.into_iter().find(|id| !seen.insert(*id)) {
        Some(id) => Err(Error::DuplicateId(id)),
        None => Ok(()),
    }
}
