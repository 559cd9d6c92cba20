//! `CONCAT(AD, header)` (Double Ratchet §3.1).

use alloc::vec::Vec;

/// Calls `work` with `length of AD as 8 bytes ‖ AD ‖ header`, which can be parsed back to one pair only.
///
/// The parts are laid out on the stack if they fit there, which leaves room for at least 424 bytes of AD, so
/// that an ordinary message costs no allocation.
pub(crate) fn concat<T>(associated_data: &[u8], header: &[u8], work: impl FnOnce(&[u8]) -> T) -> T {
    let length = (associated_data.len() as u64).to_le_bytes();
    let parts = [length.as_slice(), associated_data, header];
    let total: usize = parts.iter().map(|part| part.len()).sum();
    if total <= STACK_LENGTH {
        let mut buffer = [0; STACK_LENGTH];
        let mut end = 0;
        for part in parts {
            buffer[end..end + part.len()].copy_from_slice(part);
            end += part.len();
        }
        work(&buffer[..end])
    } else {
        let mut buffer = Vec::with_capacity(total);
        parts.iter().for_each(|part| buffer.extend_from_slice(part));
        work(&buffer)
    }
}

const STACK_LENGTH: usize = 512;
