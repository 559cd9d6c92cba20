//! Edits of genuine bytes, as an input describes them. A fuzzer that makes up all bytes itself would never
//! reach the states behind authentication.

use crate::input::Input;

/// Numbers at which behaviour may change, each written as 4 bytes.
const EDGES: [u32; 8] = [0, 1, 32, 2_000, 25_000, 0x7fff_ffff, u32::MAX - 1, u32::MAX];

/// Makes the next edit of `input`, and returns `false` if there is none.
pub(crate) fn edit(bytes: &mut Vec<u8>, input: &mut Input<'_>) -> bool {
    let (Some(what), Some(place)) = (input.byte(), input.short()) else {
        return false;
    };
    let place = place % (bytes.len() + 1);
    let length = usize::from(what >> 4) + 1;
    let end = (place + length).min(bytes.len());
    match what % 8 {
        0 | 1 => overwrite(bytes, place, input.bytes(length)),
        2 => {
            let inserted = input.bytes(length).iter().copied();
            bytes.splice(place..place, inserted);
        }
        3 => drop(bytes.drain(place..end)),
        4 => {
            let edge = EDGES[length % EDGES.len()];
            overwrite(bytes, place, &edge.to_le_bytes());
        }
        5 => {
            let from = input.short().unwrap_or(0) % (bytes.len() + 1);
            let copied = bytes[from..(from + 8 * length).min(bytes.len())].to_vec();
            overwrite(bytes, place, &copied);
        }
        6 => bytes.truncate(place),
        _ => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << (length % 8);
            }
        }
    }
    true
}

fn overwrite(bytes: &mut [u8], place: usize, new: &[u8]) {
    for (byte, new) in bytes[place..].iter_mut().zip(new) {
        *byte = *new;
    }
}
