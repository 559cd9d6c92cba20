//! `cargo xtask tidy`: checks the rules of the workspace that no other tool checks.

mod files;
mod graph;
mod licence;
mod packages;
mod references;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::Result;
use crate::command::Outcome;
use crate::workspace::Workspace;

/// The documents that must exist.
const DOCUMENTS: [&str; 3] = [
    "docs/architecture.md",
    "docs/security.md",
    "docs/spec-map.md",
];

/// Checks all rules, and prints a line for each problem.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    // Check the rules over the packages.
    let deny = fs::read_to_string("deny.toml")?;
    let mut problems = graph::problems(workspace, &licence::allowed(&deny));
    problems.extend(packages::problems(workspace)?);
    // Check every file, and the documents even if they are missing.
    let mut paths = BTreeSet::from(DOCUMENTS.map(PathBuf::from));
    collect(Path::new("."), &mut paths)?;
    for path in &paths {
        let name = path.display();
        let mut found = Vec::new();
        match fs::read_to_string(path) {
            Ok(text) => check(path, &text, &mut found),
            Err(error) => found.push(format!("write it: {error}")),
        }
        problems.extend(found.iter().map(|found| format!("{name}: {found}")));
    }
    println!("tidy: {} files\n{}", paths.len(), problems.join("\n"));
    match problems.len() {
        0 => Ok(Outcome::Done),
        count => Err(format!("tidy: {count} things to put right, listed above").into()),
    }
}

/// Collects the files under `directory` that people write: neither hidden files nor those that cargo
/// generates.
pub(crate) fn collect(directory: &Path, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let ours = !path.to_string_lossy().contains("/.") && !path.join("CACHEDIR.TAG").exists();
        if ours && path.is_dir() {
            collect(&path, files)?;
        } else if matches!(extension, Some("rs" | "toml" | "md")) {
            files.insert(path.components().skip(1).collect());
        }
    }
    Ok(())
}

/// Checks the rules that apply to the file at `path`.
fn check(path: &Path, text: &str, problems: &mut Vec<String>) {
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    files::text(text, problems);
    if path.extension().is_some_and(|extension| extension == "rs") {
        files::rust(text, parts.contains(&"tests"), problems);
    }
    match parts.as_slice() {
        ["crates", _, "src", "lib.rs" | "main.rs"] => files::crate_root(text, problems),
        // The manifest of another workspace has its own versions.
        [_, .., "Cargo.toml"] if !text.contains("\n[workspace]\n") => {
            files::manifest(text, problems);
        }
        ["docs", ..] => references::check(text, |path| fs::read_to_string(path).ok(), problems),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_meets_the_rules_that_are_for_it() {
        let count = |path: &str, text: &str| {
            let mut problems = Vec::new();
            check(Path::new(path), text, &mut problems);
            problems.len()
        };
        assert_eq!(count("crates/a/src/lib.rs", "fn f() {}\n"), 2);
        assert_eq!(count("crates/a/src/main.rs", "fn f() {}\n"), 2);
        assert_eq!(count("crates/a/src/b/lib.rs", "fn f() {}\n"), 0);
        assert_eq!(count("crates/a/src/b.rs", &"x\n".repeat(501)), 1);
        assert_eq!(count("crates/a/tests/b.rs", &"x\n".repeat(501)), 0);
        assert_eq!(count("crates/a/tests/b.rs", "/// What it is.\n"), 1);
        assert_eq!(count("Cargo.toml", "[dependencies]\na = \"1\"\n"), 0);
        assert_eq!(count("xtask/Cargo.toml", "[dependencies]\na = \"1\"\n"), 1);
        assert_eq!(
            count("crates/a/Cargo.toml", "[dependencies]\na = \"1\"\n"),
            1
        );
        let own = "[package]\n[workspace]\n[dependencies]\na = \"1\"\n";
        assert_eq!(count("tests/a/Cargo.toml", own), 0);
        assert_eq!(count("docs/a.md", "`crates/none/src/lib.rs`\n"), 1);
        assert_eq!(count("README.md", "`crates/none/src/lib.rs` \n"), 1);
    }
}
