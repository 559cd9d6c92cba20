//! `cargo xtask soak`: runs the tests on random schedules, of the ratchet and of users with several devices, on many more
//! schedules than `ci`.

use crate::Result;
use crate::command::{Outcome, cargo, run as execute};
use crate::workspace::Workspace;

/// The tests, each with its number of schedules. Those of the ratchet take some 40 minutes on two cores, as measured with
/// 20,000.
const TESTS: [(&str, &str); 4] = [
    ("-p sprag-ratchet --test suite model", "50000"),
    ("-p sprag-ratchet --test compromise", "50000"),
    ("-p sprag-client --test suite device_model", "10000"),
    ("-p sprag-client --test suite changes_model", "10000"),
];

pub(crate) fn run(_: &Workspace) -> Result<Outcome> {
    for (test, cases) in TESTS {
        let test = format!("test --release {test} -- --nocapture");
        execute(cargo(&test).env("SPRAG_SOAK_CASES", cases))?;
    }
    Ok(Outcome::Done)
}
