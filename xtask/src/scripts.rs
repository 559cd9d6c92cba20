//! `cargo xtask scripts`: the tests of the playground's scripts that need no browser, in Node.js.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::Result;
use crate::command::{Outcome, run as execute, skip, succeeds};
use crate::workspace::Workspace;

const TESTS: &str = "playground/tests";

/// The oldest version of Node.js that the tests are run with.
const OLDEST: u32 = 20;

/// Runs the tests. They use what Node.js brings along, and no package.
pub(crate) fn run(_: &Workspace) -> Result<Outcome> {
    // The status tells the version, so that no output has to be read.
    let check = format!("process.exit(parseInt(process.versions.node) < {OLDEST} ? 1 : 0)");
    if !succeeds(Command::new("node").args(["--eval", &check])) {
        return Ok(skip(format!(
            "scripts: there is no Node.js {OLDEST} or newer"
        )));
    }
    execute(Command::new("node").arg("--test").args(tests()?))
}

/// The files of the tests. They are named one by one, because versions of Node.js differ in how they read the name of a
/// folder.
fn tests() -> Result<Vec<PathBuf>> {
    let files = fs::read_dir(TESTS)?.map(|entry| entry.map(|entry| entry.path()));
    let files: Vec<PathBuf> = files.collect::<std::io::Result<_>>()?;
    let is_test = |path: &PathBuf| path.to_string_lossy().ends_with(".test.js");
    let mut tests: Vec<PathBuf> = files.into_iter().filter(is_test).collect();
    tests.sort();
    if tests.is_empty() {
        return Err(format!("there is no test in {TESTS}").into());
    }
    Ok(tests)
}
