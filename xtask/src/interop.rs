//! `cargo xtask interop`: runs the tests against peers in Python, if Python is installed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::Result;
use crate::command::{Outcome, cargo, run as execute, skip, succeeds};
use crate::workspace::Workspace;

/// The peer, which also tests itself: by known answers, and by two peers that talk to each other.
const PEER: &str = "tests/interop/python/peer.py";

const REQUIREMENTS: &str = "tests/interop/python/requirements.txt";

/// Runs the tests. Without Python they leave out the peers in Python, which is an error only if `CI` is set.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let mut tests = cargo("test --release -p interop-tests");
    // Give the tests a Python that has the packages of the peers.
    let strict = env::var_os("CI").is_some_and(|value| !value.is_empty());
    let mut missing = None;
    match prepare(&workspace.target_directory().join("interop-venv")) {
        Ok(python) => {
            execute(Command::new(&python).args([PEER, "--self-test"]))?;
            tests.env("SPRAG_PYTHON", python);
        }
        Err(error) if strict => return Err(format!("no peers in Python: {error}").into()),
        Err(error) => missing = Some(format!("interop: no peers in Python: {error}")),
    }
    execute(&mut tests)?;
    Ok(missing.map_or(Outcome::Done, skip))
}

/// Makes a virtual environment in `directory` with the packages that the peers require. Returns its Python.
fn prepare(directory: &Path) -> Result<PathBuf> {
    let requirements = fs::read_to_string(REQUIREMENTS)?;
    let programs = if cfg!(windows) { "Scripts" } else { "bin" };
    let python = directory.join(programs).join("python");
    // The stamp is written last, so that an environment is made again if it was only half made.
    let stamp = directory.join("requirements.stamp");
    let made = fs::read_to_string(&stamp).is_ok_and(|made| made == requirements);
    if !made || !succeeds(Command::new(&python).arg("--version")) {
        let check = "import sys; sys.exit(sys.version_info < (3, 10))";
        if !succeeds(Command::new("python3").args(["-c", check])) {
            return Err("there is no python3 of version 3.10 or newer".into());
        }
        // Make the environment anew, and install the packages.
        let venv = ["-m", "venv", "--clear"];
        execute(Command::new("python3").args(venv).arg(directory))?;
        let pip = "-m pip install --no-input --disable-pip-version-check --quiet -r";
        execute(Command::new(&python).args(pip.split(' ')).arg(REQUIREMENTS))?;
        fs::write(stamp, requirements)?;
    }
    Ok(python)
}
