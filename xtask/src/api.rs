//! `cargo xtask api`: the public API of each library that is published, one line for each item, in
//! `docs/api`. A change of an API then shows in review.

mod foreign;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use public_api::Builder;
use serde_json::Value;

use crate::Result;
use crate::command::{Outcome, cargo, run as execute, skip};
use crate::workspace::{Workspace, is_library, text};

/// The format of rustdoc's JSON that the crate `public-api` reads, which Rust 1.93 to 1.95 write. It changes
/// with the version of `public-api` in the root manifest.
const FORMAT: u64 = 57;

const FOLDER: &str = "docs/api";

/// The variable that makes this program act as the rustdoc of cargo.
pub(crate) const AS_RUSTDOC: &str = "XTASK_AS_RUSTDOC";

/// The handling of a list that differs from its file.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Mode {
    Check,
    Write,
}

/// Lists the items of each library, and finds types of other crates that a library names and does not
/// re-export.
pub(crate) fn run(workspace: &Workspace, mode: Mode) -> Result<Outcome> {
    document()?;
    let mut problems = Vec::new();
    let mut files = BTreeSet::new();
    for package in workspace.published().filter(|package| is_library(package)) {
        // Read the description that rustdoc wrote, if it is of the format that is known here.
        let name = text(package, "name");
        let path = format!("doc/{}.json", name.replace('-', "_"));
        let path = workspace.target_directory().join(path);
        let described: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
        let format = described["format_version"].as_u64();
        if format != Some(FORMAT) {
            let what = "rustdoc's JSON has another format than the one that `public-api` reads";
            return Ok(skip(format!("api: {what}: {format:?}, not {FORMAT}")));
        }
        // Compare or write the list.
        let file = Path::new(FOLDER).join(format!("{name}.txt"));
        problems.extend(list_in(&file, &items(&path)?, mode)?);
        files.insert(file);
        let foreign = foreign::problems(&described).into_iter();
        problems.extend(foreign.map(|problem| format!("{name}: {problem}")));
    }
    problems.extend(leftovers(&files)?);
    match problems.len() {
        0 => Ok(Outcome::Done),
        _ => Err(format!("api:\n{}", problems.join("\n")).into()),
    }
}

/// Has rustdoc describe all libraries of the workspace as JSON, in `target/doc`.
///
/// The stable rustdoc writes JSON only with the variable `RUSTC_BOOTSTRAP`. If cargo had it, some dependencies
/// would be built anew, and once more by the next command without it. Therefore this program stands in for
/// rustdoc, and only the real rustdoc gets the variable.
fn document() -> Result<Outcome> {
    let mut cargo = cargo("doc --workspace --lib --no-deps --all-features");
    cargo.env("RUSTDOC", env::current_exe()?);
    cargo.env("RUSTDOCFLAGS", "-Zunstable-options --output-format=json");
    execute(cargo.env(AS_RUSTDOC, "1"))
}

/// Runs rustdoc with the arguments of this program, and with the options that are not stable.
pub(crate) fn rustdoc() -> ExitCode {
    let mut rustdoc = Command::new("rustdoc");
    let rustdoc = rustdoc.args(env::args_os().skip(1));
    match rustdoc.env("RUSTC_BOOTSTRAP", "1").status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: rustdoc did not start: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The public items of the crate that `json` describes, one a line. Their order does not depend on that of the
/// source. Trait implementations that the compiler writes are left out, because they would hide the others.
fn items(json: &Path) -> Result<String> {
    let builder = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true);
    let api = builder.build()?;
    Ok(api.items().map(|item| format!("{item}\n")).collect())
}

/// Writes `items` to `file`, or returns the lines in which they differ from it.
fn list_in(file: &Path, items: &str, mode: Mode) -> Result<Vec<String>> {
    let name = file.display();
    println!("{name}: {} lines", items.lines().count());
    if mode == Mode::Write {
        fs::create_dir_all(FOLDER)?;
        fs::write(file, items)?;
        return Ok(Vec::new());
    }
    let kept = fs::read_to_string(file).unwrap_or_default();
    let mut problems = difference(&kept, items);
    if !problems.is_empty() {
        problems.insert(0, format!("{name} differs: run `cargo xtask api`"));
    }
    Ok(problems)
}

/// The lines that only one of two lists has.
fn difference(old: &str, new: &str) -> Vec<String> {
    let only = |one: &str, other: &str, mark: char| {
        let other: BTreeSet<&str> = other.lines().collect();
        let lines = one.lines().filter(|line| !other.contains(line));
        lines.map(|line| format!("{mark} {line}")).collect()
    };
    let mut lines: Vec<String> = only(old, new, '-');
    lines.append(&mut only(new, old, '+'));
    // The same lines can stand in another order, or another number of times.
    if lines.is_empty() && old != new {
        lines.push("the order differs".to_owned());
    }
    lines
}

/// A problem for each file in the folder that is of no library any more.
fn leftovers(files: &BTreeSet<PathBuf>) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        let path = entry?.path();
        if !files.contains(&path) {
            problems.push(format!("{} is of no library: delete it", path.display()));
        }
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_differ_by_lines_and_by_their_order() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), [""; 0]);
        assert_eq!(difference("a\nb\n", "b\nc\n"), ["- a", "+ c"]);
        assert_eq!(difference("a\nb\n", "b\na\n"), ["the order differs"]);
        assert_eq!(difference("a\n", "a\na\n"), ["the order differs"]);
        assert_eq!(difference("", "a\n"), ["+ a"]);
    }
}
