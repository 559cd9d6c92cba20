//! `cargo xtask power-cut`: power cuts and kills of the `sprag` command, in every state that they can leave.

use crate::Result;
use crate::command::{Outcome, run as execute};
use crate::end_to_end::with_binary;
use crate::workspace::Workspace;

const TESTS: &str = "test --release -p power-cut-tests";

/// Checks every state, and kills 1,000 commands.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let mut tests = with_binary(workspace, TESTS)?;
    execute(tests.env("SPRAG_POWER_CUT_FULL", "1"))
}

/// Checks a sample of the states of each command, and kills a few.
pub(crate) fn sample(workspace: &Workspace) -> Result<Outcome> {
    execute(&mut with_binary(workspace, TESTS)?)
}
