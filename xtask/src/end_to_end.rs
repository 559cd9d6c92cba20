//! `cargo xtask end-to-end`: runs the tests of several crates together, and of the `sprag` command.

use std::env;

use crate::Result;
use crate::command::{Outcome, cargo, run as execute, run_cargo};
use crate::workspace::Workspace;

/// Builds the command, and runs the tests with the path of its binary.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    run_cargo("build --release -p sprag-cli")?;
    let mut tests = cargo("test --release -p end-to-end-tests");
    let binary = format!("release/sprag{}", env::consts::EXE_SUFFIX);
    tests.env("SPRAG_BINARY", workspace.target_directory().join(binary));
    execute(&mut tests)
}
