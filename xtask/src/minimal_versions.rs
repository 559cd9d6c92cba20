//! `cargo xtask minimal-versions`: checks the crates that are published with the oldest dependencies that their
//! manifests admit.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

use crate::Result;
use crate::command::{Outcome, cargo, cargo_path, run as execute};
use crate::workspace::Workspace;

const CHECK: &str = "check --workspace --all-features";

/// Checks a copy of the crates with the oldest versions of their own dependencies. The dependencies of these keep
/// the versions in the lock file.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let folder = workspace.target_directory().join("minimal-versions");
    let copy = folder.join("workspace");
    copy_crates(&copy)?;
    // Resolve with the oldest versions. The option is not stable, and a stable cargo takes it by this variable.
    let mut update = Command::new(cargo_path());
    update.args(["update", "--quiet", "-Z", "direct-minimal-versions"]);
    update.args(dependencies(workspace)).current_dir(&copy);
    execute(update.env("RUSTC_BOOTSTRAP", "1"))?;
    // The other checks have built with the versions of the lock file.
    let used = versions(&fs::read_to_string("Cargo.lock")?);
    let oldest = versions(&fs::read_to_string(copy.join("Cargo.lock"))?);
    let older: Vec<String> = oldest.difference(&used).cloned().collect();
    if older.is_empty() {
        println!(
            "minimal-versions: no manifest admits an older version than that in the lock file"
        );
        return Ok(Outcome::Done);
    }
    println!("minimal-versions: {}", older.join(", "));
    let mut check = cargo(CHECK);
    check.env("CARGO_TARGET_DIR", folder.join("target"));
    execute(check.current_dir(copy))
}

/// Copies the crates that are published to the folder `to`, as a workspace of their own.
fn copy_crates(to: &Path) -> Result<()> {
    match fs::remove_dir_all(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => fs::create_dir_all(to)?,
    }
    copy_folder(Path::new("crates"), &to.join("crates"))?;
    fs::copy("Cargo.lock", to.join("Cargo.lock"))?;
    let manifest = fs::read_to_string("Cargo.toml")?;
    let manifest = with_crates_alone(&manifest).ok_or("Cargo.toml lists no members")?;
    fs::write(to.join("Cargo.toml"), manifest)?;
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The root's manifest with the folder `crates` as the only members.
fn with_crates_alone(manifest: &str) -> Option<String> {
    let (head, rest) = manifest.split_once("\nmembers = [")?;
    let (_, tail) = rest.split_once("]\n")?;
    Some(format!("{head}\nmembers = [\"crates/*\"]\n{tail}"))
}

/// The ids of the packages that the published crates are built from directly. The crates themselves have paths.
fn dependencies(workspace: &Workspace) -> BTreeSet<&str> {
    let published = workspace.published();
    let ids = published.flat_map(|package| workspace.dependencies(&package["id"]));
    let ids = ids.filter_map(|id| id.as_str());
    ids.filter(|id| id.starts_with("registry+")).collect()
}

/// The name and the version of each package in a lock file.
fn versions(lock: &str) -> BTreeSet<String> {
    let packages = lock.split("\n[[package]]\n").skip(1);
    let identified = packages.filter_map(|package| {
        let mut lines = package.lines();
        let name = lines.next()?.strip_prefix("name = ")?;
        let version = lines.next()?.strip_prefix("version = ")?;
        Some(format!("{name} {version}").replace('"', ""))
    });
    identified.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_is_read_by_names_and_versions() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.2\"\n\
                    dependencies = [\n \"b\",\n]\n\n[[package]]\nname = \"b\"\nversion = \"0.1.0\"\n";
        let expected = ["a 1.0.2", "b 0.1.0"].map(str::to_owned);
        assert_eq!(versions(lock), BTreeSet::from(expected));
    }

    #[test]
    fn the_copy_has_the_crates_alone() {
        let manifest = "[workspace]\nresolver = \"3\"\nmembers = [\n    \"crates/*\", \"xtask\",\n]\nexclude = []\n";
        let expected = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\nexclude = []\n";
        assert_eq!(with_crates_alone(manifest).as_deref(), Some(expected));
        assert_eq!(with_crates_alone("[package]\n"), None);
    }
}
