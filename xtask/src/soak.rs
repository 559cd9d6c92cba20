//! `cargo xtask soak`: the random schedules of the ratchet's tests, which nobody has seen before, and many
//! more of them than in `ci`.

use crate::Result;
use crate::command::{Outcome, cargo, run as execute};
use crate::workspace::Workspace;

const TESTS: [&str; 2] = ["--test suite model", "--test compromise"];

/// Some 40 minutes on two cores, by what 20,000 took.
const CASES: &str = "50000";

pub(crate) fn run(_: &Workspace) -> Result<Outcome> {
    for test in TESTS {
        let test = format!("test --release -p sprag-ratchet {test} -- --nocapture");
        execute(cargo(&test).env("SPRAG_SOAK_CASES", CASES))?;
    }
    Ok(Outcome::Done)
}
