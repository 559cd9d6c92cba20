//! `cargo xtask bench files`: the `sprag` command beside `age` and `rage`, on a file of 1 GiB.

use crate::Result;
use crate::command::{Outcome, run as execute};
use crate::end_to_end::with_binary;
use crate::workspace::Workspace;

/// Builds the command, and measures its binary.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let measurement = "run --release -p benches --bin files";
    execute(&mut with_binary(workspace, measurement)?)
}
