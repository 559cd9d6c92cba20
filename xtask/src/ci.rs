//! `cargo xtask ci`: everything that must pass before a change is merged.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use crate::command::{Outcome, cargo, run as execute, run_cargo, skip, succeeds};
use crate::workspace::{Workspace, text};
use crate::{
    Result, Task, api, browser, dist, end_to_end, examples, interop, links, minimal_versions,
    package, power_cut, scripts, tidy, vectors, web,
};

// No step sets RUSTFLAGS, because that would build every dependency once more.
const STEPS: [(&str, Task); 22] = [
    ("fmt", |_| run_cargo("fmt --all --check")),
    ("clippy", |_| run_cargo(CLIPPY)),
    ("test", |_| run_cargo(&format!("test {TESTED}"))),
    ("examples", examples::run),
    ("features", features),
    ("doc", doc),
    ("api", |workspace| api::run(workspace, api::Mode::Check)),
    ("package", package::run),
    ("bare-metal", bare_metal),
    ("wasm", wasm),
    ("tidy", tidy::run),
    ("vectors", |_| vectors::run("check")),
    ("deny", deny),
    ("minimal-versions", minimal_versions::run),
    ("dist", dist::run),
    ("end-to-end", end_to_end::run),
    ("web", web::run),
    ("power-cut", power_cut::sample),
    ("interop", interop::run),
    ("scripts", scripts::run),
    ("browser", browser::run),
    ("wiping", |_| run_cargo("test --release -p wiping-tests")),
];
const CLIPPY: &str = "clippy --workspace --all-targets --all-features -- -D warnings";
/// The packages whose tests run in debug builds. The primitives' run on both backends, because the command turns the
/// accelerated one on and `wiping-tests` the choice; the step `features` runs them once more with the portable one alone.
/// Those that are left out have steps of their own, in release builds; `wasm-bindgen-tool` has no tests, and the step `web`
/// would build its many dependencies once more. No package but that of the playground's page turns on the scene.
pub(crate) const TESTED: &str = "--workspace --exclude end-to-end-tests --exclude interop-tests --exclude playground-tests --exclude power-cut-tests --exclude benches --exclude wasm-bindgen-tool --features sprag-demo/scene";
const DOC: &str = "doc --workspace --no-deps --all-features";

/// The crates that need no operating system. They are built for [`BARE_TARGET`], which has none.
const BARE_CRATES: &str = "-p sprag-primitives -p sprag-x3dh -p sprag-ratchet -p sprag-devices -p sprag-wire \
                           -p sprag-relay-wire -p sprag -p sprag-client -p sprag-demo";
const BARE_TARGET: &str = "thumbv7em-none-eabi";

/// The crates that a program in a browser uses. They are checked for [`WASM_TARGET`].
const WASM_CRATES: &str = "-p sprag -p sprag-client";
const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// No code of these builds runs but that of macros, and optimising it would take minutes.
const UNOPTIMISED: &str = "--config profile.dev.package.\"*\".opt-level=0";

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

/// Checks the packages with no feature and with each feature alone, and runs the tests of all but [`LINTED`] with none: on the
/// portable backend.
///
/// The steps `clippy` and `test` have already built and run them with all features. A feature that several packages have
/// is checked in all of them at once, and one build is shared by the tests, because each further one would take minutes.
fn features(workspace: &Workspace) -> Result<Outcome> {
    let members = workspace.members();
    let members = members.map(|package| (text(package, "name"), &package["features"]));
    let alone = packages_by_feature(members);
    let packages: BTreeSet<&str> = alone.values().flatten().copied().collect();
    let none = format!("--no-default-features {}", selected(&packages));
    run_cargo(&format!("clippy {none} --all-targets -- -D warnings"))?;
    for (feature, packages) in &alone {
        let features: Vec<String> = packages
            .iter()
            .map(|name| format!("{name}/{feature}"))
            .collect();
        let build = format!("{} --features={}", selected(packages), features.join(","));
        run_cargo(&format!(
            "clippy --no-default-features {build} --all-targets -- -D warnings"
        ))?;
    }
    let mut tested = packages;
    tested.retain(|name| !LINTED.contains(name));
    run_cargo(&format!("test --no-default-features {}", selected(&tested)))
}

/// The packages whose tests would show nothing new: they do the same on both backends, which the tests of the packages below
/// them compare, and those of the command run for minutes.
const LINTED: [&str; 4] = ["sprag-cli", "sprag-client", "sprag-store", "sprag-wasm"];

/// The features of packages, each with the names of the packages that have it.
fn packages_by_feature<'a>(
    packages: impl Iterator<Item = (&'a str, &'a Value)>,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, features) in packages {
        for feature in features.as_object().into_iter().flat_map(|map| map.keys()) {
            if feature != "default" {
                found.entry(feature).or_default().insert(name);
            }
        }
    }
    found
}

/// The options that select packages.
fn selected(packages: &BTreeSet<&str>) -> String {
    let options: Vec<String> = packages.iter().map(|name| format!("-p {name}")).collect();
    options.join(" ")
}

/// Builds the documentation, and checks the links into it and to files.
pub(crate) fn doc(workspace: &Workspace) -> Result<Outcome> {
    execute(cargo(DOC).env("RUSTDOCFLAGS", "-D warnings"))?;
    links::run(workspace)
}

/// Builds the library crates for a target without an operating system.
fn bare_metal(_: &Workspace) -> Result<Outcome> {
    if let Err(error) = add_target(BARE_TARGET) {
        return Ok(skip(format!("bare-metal: {error}")));
    }
    run_cargo(&format!(
        "build {UNOPTIMISED} {BARE_CRATES} --no-default-features --target {BARE_TARGET}"
    ))
}

/// Checks the crates for WebAssembly: without a source of randomness, and with that of a browser.
fn wasm(_: &Workspace) -> Result<Outcome> {
    if let Err(error) = add_target(WASM_TARGET) {
        return Ok(skip(format!("wasm: {error}")));
    }
    let check = format!("check {UNOPTIMISED} --target {WASM_TARGET}");
    run_cargo(&format!("{check} {WASM_CRATES} --no-default-features"))?;
    // The primitives are the package whose dependency `getrandom` is.
    let browser = "-p sprag-primitives --features getrandom/wasm_js";
    run_cargo(&format!("{check} {WASM_CRATES} {browser}"))
}

/// Installs the standard library for `target`. If it is there already, rustup does nothing and needs no network.
pub(crate) fn add_target(target: &str) -> Result<Outcome> {
    execute(Command::new("rustup").args(["target", "add", target]))
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

    #[test]
    fn a_feature_is_checked_in_all_packages_that_have_it() {
        let (one, other) = (
            json!({ "a": [], "default": ["a"] }),
            json!({ "a": [], "b": [] }),
        );
        let packages = [("one", &one), ("other", &other), ("third", &json!({}))];
        let expected = [
            ("a", BTreeSet::from(["one", "other"])),
            ("b", BTreeSet::from(["other"])),
        ];
        assert_eq!(
            packages_by_feature(packages.into_iter()),
            BTreeMap::from(expected)
        );
        assert_eq!(
            selected(&BTreeSet::from(["one", "other"])),
            "-p one -p other"
        );
    }
}
