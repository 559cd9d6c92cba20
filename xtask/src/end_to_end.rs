//! `cargo xtask end-to-end`: runs the tests of several crates together, and of the `sprag` command.

use std::env;
use std::process::Command;

use crate::Result;
use crate::command::{Outcome, cargo, run as execute, run_cargo};
use crate::workspace::Workspace;

/// Builds the command, and runs the tests with the path of its binary.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let tests = "test --release -p end-to-end-tests";
    execute(&mut with_binary(workspace, tests)?)
}

/// Builds the command, and prepares a call of cargo for tests of its binary.
pub(crate) fn with_binary(workspace: &Workspace, arguments: &str) -> Result<Command> {
    run_cargo("build --release -p sprag-cli")?;
    let mut tests = cargo(arguments);
    let binary = format!("release/sprag{}", env::consts::EXE_SUFFIX);
    tests.env("SPRAG_BINARY", workspace.target_directory().join(binary));
    Ok(tests)
}
