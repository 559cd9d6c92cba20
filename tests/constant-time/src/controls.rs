//! Paths that leak on purpose. memcheck must name them: if it does not, it would not see a leak of another
//! path either.

use core::hint::black_box;

use crate::Path;
use crate::memcheck::{Random, public, secret};

pub(crate) const PATHS: &[Path] = &[
    ("control: comparison with an early exit", early_exit),
    ("control: table at a secret place", table),
];

fn early_exit() {
    let rng = &mut Random::default();
    let (left, right) = (secret::<32>(rng), secret::<32>(rng));
    let mut pairs = left.expose().iter().zip(right.expose());
    let equal = pairs.all(|(left, right)| black_box(left) == black_box(right));
    assert!(!public(equal));
}

fn table() {
    let secret = secret::<1>(&mut Random::default());
    let table = black_box([7_u8; 256]);
    let entry = table[usize::from(secret.expose()[0])];
    assert_eq!(public(entry), 7);
}
