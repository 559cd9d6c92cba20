//! `cargo xtask mutants`: changes the code in every way that cargo-mutants knows, and demands that a test
//! of the same package fails for each change.

use std::{env, fs};

use crate::Result;
use crate::command::{Outcome, cargo, succeeds};
use crate::workspace::Workspace;

/// The libraries up to the client. The tests of each crate have to notice every change of the crate.
const PACKAGES: [&str; 8] = [
    "sprag-primitives",
    "sprag-x3dh",
    "sprag-ratchet",
    "sprag-devices",
    "sprag-wire",
    "sprag-relay-wire",
    "sprag",
    "sprag-client",
];

/// The exit codes of a complete run of cargo-mutants: all caught, some missed, some out of time.
const ENDS: [i32; 3] = [0, 2, 3];

/// Runs cargo-mutants over the packages that the command line names, or over all.
///
/// `.cargo/mutants.toml` lists the changes that no test can notice, with the reasons.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let packages = packages(env::args().skip(2).collect())?;
    if !succeeds(cargo("mutants").arg("--version")) {
        return Err("there is no cargo-mutants: `cargo install --locked cargo-mutants`".into());
    }
    // Build in a separate folder, because mutated crates must not take the place of the crates themselves.
    let directory = workspace.target_directory().join("mutants");
    let mut mutants = cargo("mutants");
    mutants.args(packages.iter().map(|name| format!("--package={name}")));
    mutants.arg("--output").arg(&directory);
    mutants.env("CARGO_TARGET_DIR", &directory);
    // Do not shrink a failing example, because shrinking takes long and only the failure matters.
    mutants.env("PROPTEST_MAX_SHRINK_ITERS", "0");
    // Run it. Mutants that were missed are no error yet.
    let status = mutants.status()?;
    if !status.code().is_some_and(|code| ENDS.contains(&code)) {
        return Err(format!("cargo-mutants: {status}").into());
    }
    // Read the list of missed mutants, because the exit code does not tell whether any were missed if others
    // ran out of time.
    let missed = fs::read_to_string(directory.join("mutants.out/missed.txt"))?;
    verdict(&missed)
}

/// The packages to mutate: those that are named, or all.
fn packages(named: Vec<String>) -> Result<Vec<String>> {
    if named.is_empty() {
        return Ok(PACKAGES.map(str::to_owned).to_vec());
    }
    match named.iter().find(|name| !PACKAGES.contains(&name.as_str())) {
        Some(name) => Err(format!("mutants: {name} is none of {}", PACKAGES.join(", ")).into()),
        None => Ok(named),
    }
}

/// Fails if `missed` is not empty. It has a line for each mutant under which all tests passed.
fn verdict(missed: &str) -> Result<Outcome> {
    match missed.lines().count() {
        0 => Ok(Outcome::Done),
        count => Err(format!("mutants: no test fails under these {count}:\n{missed}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_name_all_packages_are_mutated() {
        assert_eq!(packages(Vec::new()).unwrap(), PACKAGES);
        let one = vec!["sprag-wire".to_owned()];
        assert_eq!(packages(one.clone()).unwrap(), one);
        assert!(packages(vec!["sprag-cli".to_owned()]).is_err());
    }

    #[test]
    fn a_missed_mutant_is_a_failure() {
        assert!(verdict("").is_ok());
        assert!(verdict("a.rs:1:1: replace a -> bool with true\n").is_err());
    }
}
