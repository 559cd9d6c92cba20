//! `cargo xtask interop`: the tests across crates, against peers in Python where there is a Python.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::Result;
use crate::command::{Outcome, cargo, run as execute, skip, succeeds};
use crate::workspace::Workspace;

const REQUIREMENTS: &str = "tests/python/requirements.txt";

/// Runs the tests. Without a Python they run too and leave out its peers, which is an error only
/// where `CI` is set.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    execute(&mut cargo("build --release -p sprag-cli"))?;
    let mut tests = cargo("test --release -p interop-tests");
    let binary = format!("release/sprag{}", env::consts::EXE_SUFFIX);
    tests.env("SPRAG_BINARY", workspace.target_directory().join(binary));
    let strict = env::var_os("CI").is_some_and(|value| !value.is_empty());
    let mut missing = None;
    match prepare(&workspace.target_directory().join("interop-venv")) {
        Ok(python) => _ = tests.env("SPRAG_PYTHON", python),
        Err(error) if strict => return Err(format!("no peers in Python: {error}").into()),
        Err(error) => missing = Some(format!("interop: no peers in Python: {error}")),
    }
    execute(&mut tests)?;
    Ok(missing.map_or(Outcome::Done, skip))
}

/// A virtual environment in `directory` that has what the peers require; returns its Python.
fn prepare(directory: &Path) -> Result<PathBuf> {
    let requirements = fs::read_to_string(REQUIREMENTS)?;
    let programs = if cfg!(windows) { "Scripts" } else { "bin" };
    let python = directory.join(programs).join("python");
    // Written last, so that a half-made environment is made again.
    let stamp = directory.join("requirements.stamp");
    let made = fs::read_to_string(&stamp).is_ok_and(|made| made == requirements);
    if !made || !succeeds(Command::new(&python).arg("--version")) {
        let check = "import sys; sys.exit(sys.version_info < (3, 10))";
        if !succeeds(Command::new("python3").args(["-c", check])) {
            return Err("there is no python3 of version 3.10 or newer".into());
        }
        let venv = ["-m", "venv", "--clear"];
        execute(Command::new("python3").args(venv).arg(directory))?;
        let pip = "-m pip install --no-input --disable-pip-version-check --quiet -r";
        execute(Command::new(&python).args(pip.split(' ')).arg(REQUIREMENTS))?;
        fs::write(stamp, requirements)?;
    }
    Ok(python)
}
