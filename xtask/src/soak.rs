//! `cargo xtask soak`: runs the ratchet's tests on new random schedules, and on many more of them than `ci`.

use crate::Result;
use crate::command::{Outcome, cargo, run as execute};
use crate::workspace::Workspace;

const TESTS: [&str; 2] = ["--test suite model", "--test compromise"];

/// The number of schedules of each test. They take some 40 minutes on two cores, as measured with 20,000.
const CASES: &str = "50000";

pub(crate) fn run(_: &Workspace) -> Result<Outcome> {
    for test in TESTS {
        let test = format!("test --release -p sprag-ratchet {test} -- --nocapture");
        execute(cargo(&test).env("SPRAG_SOAK_CASES", CASES))?;
    }
    Ok(Outcome::Done)
}
