//! Draws from the caller's generator. They are made here, and not by a library, so that a seed tells the same
//! story for as long as this crate does not change.

use sprag::rand_core::Rng;

/// Draws a number below `bound`.
///
/// The number is the upper half of `bound` times a random number of 32 bits. If the lower half shows that a
/// longer random number could give another result, 32 more bits decide. This is Canon's method as rand 0.10 has
/// it. Its bias is far below anything that a story could show.
pub(crate) fn below(bound: u32, rng: &mut impl Rng) -> u32 {
    let mut product = || halves(u64::from(rng.next_u32()) * u64::from(bound));
    let (number, rest) = product();
    if rest <= bound.wrapping_neg() {
        return number;
    }
    let (more, _) = product();
    number + u32::from(rest.checked_add(more).is_none())
}

/// Puts `items` into a random order.
///
/// This is the shuffle of Fisher and Yates: it swaps each item with itself or one before it. As in rand 0.10, one
/// number serves several items: a number below 2·3·4 gives numbers below 2, 3 and 4.
pub(crate) fn shuffle<T>(items: &mut [T], rng: &mut impl Rng) {
    let length = items.len();
    let mut next = 1_u32;
    while (next as usize) < length {
        // Draw a number for as many items as it has room for.
        let (mut bound, mut end) = (next + 1, next + 1);
        while let Some(larger) = bound.checked_mul(end + 1) {
            (bound, end) = (larger, end + 1);
        }
        let mut number = below(bound, rng);
        // Swap these items, as far as there are so many.
        for place in (next..end).take_while(|place| (*place as usize) < length) {
            items.swap(place as usize, (number % (place + 1)) as usize);
            number /= place + 1;
        }
        next = end;
    }
}

/// The upper and the lower half of a number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a half is what the cast leaves"
)]
const fn halves(number: u64) -> (u32, u32) {
    ((number >> 32) as u32, number as u32)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use rand::rngs::StdRng;
    use rand::seq::SliceRandom as _;
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;

    #[test]
    fn numbers_are_those_of_rand() {
        let mut rngs = [(); 2].map(|()| StdRng::seed_from_u64(1));
        let large = [1 << 31, (1 << 31) + 1, 3 << 30, u32::MAX];
        for bound in (1..200).chain(large).flat_map(|bound| [bound; 50]) {
            let [ours, theirs] = &mut rngs;
            assert_eq!(below(bound, ours), theirs.random_range(..bound), "{bound}");
        }
    }

    #[test]
    fn orders_are_those_of_rand() {
        let mut rngs = [(); 2].map(|()| StdRng::seed_from_u64(1));
        for length in (0..600).chain([70_000]) {
            let [mut ours, mut theirs] = [(); 2].map(|()| (0..length).collect::<Vec<u32>>());
            shuffle(&mut ours, &mut rngs[0]);
            theirs.shuffle(&mut rngs[1]);
            assert_eq!(ours, theirs, "{length}");
        }
    }
}
