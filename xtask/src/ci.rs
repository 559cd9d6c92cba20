//! `cargo xtask ci`: everything that must pass before a change is merged.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use crate::command::{Outcome, cargo, run as execute, run_cargo, skip, succeeds};
use crate::workspace::{Workspace, text};
use crate::{Result, Task, interop, tidy, vectors};

// No step sets RUSTFLAGS, because that would build every dependency once more.
const STEPS: [(&str, Task); 11] = [
    ("fmt", |_| run_cargo("fmt --all --check")),
    ("clippy", |_| run_cargo(CLIPPY)),
    ("test", |_| run_cargo(TEST)),
    ("features", features),
    ("doc", |_| {
        execute(cargo(DOC).env("RUSTDOCFLAGS", "-D warnings"))
    }),
    ("bare-metal", bare_metal),
    ("tidy", tidy::run),
    ("vectors", |_| vectors::run("check")),
    ("deny", deny),
    ("interop", interop::run),
    ("wiping", |_| run_cargo("test --release -p wiping-tests")),
];
const CLIPPY: &str = "clippy --workspace --all-targets --all-features -- -D warnings";
const TEST: &str = "test --workspace --exclude interop-tests --exclude benches";
const DOC: &str = "doc --workspace --no-deps --all-features";

/// The crates that need no operating system. They are built for [`BARE_TARGET`], which has none.
const BARE_CRATES: &str = "-p sprag-primitives -p sprag-x3dh -p sprag-ratchet -p sprag-wire -p sprag \
                           -p sprag-client";
const BARE_TARGET: &str = "thumbv7em-none-eabi";

/// Runs the steps in order, up to the first that fails.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let start = Instant::now();
    let mut skipped = Vec::new();
    // Run the steps, and remember the checks that were skipped.
    for (name, step) in STEPS {
        println!("\n== {name}");
        let begun = Instant::now();
        let outcome = step(workspace);
        println!("== {name}: {:.1} s", begun.elapsed().as_secs_f64());
        match outcome {
            Ok(Outcome::Done) => {}
            Ok(Outcome::Skipped(what)) => skipped.push(format!("!! SKIPPED {what}")),
            Err(error) => return Err(format!("ci: step `{name}` failed: {error}").into()),
        }
    }
    // Repeat the skipped checks at the end, because nobody reads the lines in between.
    println!("\n{}", skipped.join("\n"));
    let (count, seconds) = (skipped.len(), start.elapsed().as_secs_f64());
    println!("ci: passed in {seconds:.1} s, with {count} of the steps skipped");
    Ok(Outcome::Done)
}

/// Builds the tests with each set of features, and runs them with no feature.
///
/// The step `test` has already run them with all features, because other members of the workspace turn every
/// feature on.
fn features(workspace: &Workspace) -> Result<Outcome> {
    for package in workspace.members() {
        let name = text(package, "name");
        for set in feature_sets(&package["features"]) {
            let set = Vec::from_iter(set).join(",");
            let build = format!("-p {name} --no-default-features --features={set}");
            run_cargo(&format!("clippy {build} --all-targets -- -D warnings"))?;
            if set.is_empty() {
                run_cargo(&format!("test {build}"))?;
            }
        }
    }
    Ok(Outcome::Done)
}

/// The sets of features to build with: none, each alone, all but each, and all. A package without features
/// has no sets, because the step `test` has already built all of it.
fn feature_sets(features: &Value) -> BTreeSet<BTreeSet<&str>> {
    let features = features.as_object().into_iter().flatten();
    let mut all: BTreeSet<&str> = features.map(|(name, _)| name.as_str()).collect();
    all.remove("default");
    let mut sets = BTreeSet::new();
    for &name in &all {
        let rest = all.iter().copied().filter(|&other| other != name).collect();
        sets.extend([BTreeSet::new(), BTreeSet::from([name]), rest, all.clone()]);
    }
    sets
}

/// Builds the library crates for a target without an operating system.
fn bare_metal(_: &Workspace) -> Result<Outcome> {
    // If the target is installed already, rustup does nothing and needs no network.
    if let Err(error) = execute(Command::new("rustup").args(["target", "add", BARE_TARGET])) {
        return Ok(skip(format!("bare-metal: {error}")));
    }
    run_cargo(&format!("build {BARE_CRATES} --target {BARE_TARGET}"))
}

/// Checks licences, sources and banned crates with cargo-deny, if it is installed.
fn deny(_: &Workspace) -> Result<Outcome> {
    if !succeeds(&mut cargo("deny --version")) {
        return Ok(skip("deny: cargo-deny is not installed".to_owned()));
    }
    run_cargo("deny --offline check bans licenses sources")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sets(features: &Value) -> Vec<String> {
        let sets = feature_sets(features).into_iter();
        sets.map(|set| Vec::from_iter(set).join(",")).collect()
    }

    #[test]
    fn a_package_without_features_has_no_sets() {
        assert_eq!(sets(&json!({})), [""; 0]);
        assert_eq!(sets(&json!({ "default": [] })), [""; 0]);
    }

    #[test]
    fn features_come_alone_together_and_each_left_out() {
        assert_eq!(sets(&json!({ "a": [] })), ["", "a"]);
        let three = json!({ "a": [], "b": ["a"], "c": [], "default": ["a"] });
        let expected = ["", "a", "a,b", "a,b,c", "a,c", "b", "b,c", "c"];
        assert_eq!(sets(&three), expected);
    }
}
