//! The number of random schedules that a test runs, and the seed of the schedules.

use proptest::test_runner::{Config, RngSeed};
use rand::rand_core::TryRng;
use rand::rngs::SysRng;

/// The configuration of a property test over schedules.
///
/// Ordinarily a test runs the same `ordinary` schedules each time. With the variable `SPRAG_SOAK_CASES` it
/// runs that number divided by `share`. Their seed is new each time, or that of `SPRAG_SOAK_SEED`.
pub(crate) fn cases(ordinary: u32, share: u32) -> Config {
    let (cases, seed) = match number_in("SPRAG_SOAK_CASES") {
        Some(cases) => {
            let random = || SysRng.try_next_u64().expect("the system has randomness");
            let seed = number_in("SPRAG_SOAK_SEED").unwrap_or_else(random);
            (u32::try_from(cases).unwrap_or(u32::MAX) / share, seed)
        }
        None => (ordinary, 0x5eed),
    };
    eprintln!("{cases} schedules of seed {seed}");
    Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_time: 20_000,
        ..Config::default()
    }
}

fn number_in(variable: &str) -> Option<u64> {
    let value = std::env::var_os(variable)?;
    let number = value.to_str().and_then(|value| value.parse().ok());
    Some(number.expect("the variable is a number"))
}
