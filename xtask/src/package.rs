//! `cargo xtask package`: the crates as they will be published, each built from its own package.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use serde_json::Value;

use crate::Result;
use crate::binary::cargo_home;
use crate::command::{Outcome, cargo, cargo_path, run as execute, skip};
use crate::workspace::{Workspace, text};

/// The first Cargo that builds packages against each other before any of them is published.
const FIRST_CARGO: u32 = 90;

/// The files that every package must hold beside its sources.
const FILES: [&str; 3] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"];

/// Packages every crate that is published, and builds each from its package.
///
/// Packages are built from the tree as it is, because a developer runs the checks before the commit. In a
/// clean checkout there is no difference.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    // Cargo runs this program, so the version of cargo is that of the toolchain.
    let version = Command::new(cargo_path()).arg("--version").output()?.stdout;
    let version = String::from_utf8(version)?;
    if minor_version(&version).is_none_or(|minor| minor < FIRST_CARGO) {
        let version = version.trim();
        return Ok(skip(format!(
            "package: needs cargo 1.{FIRST_CARGO}: {version}"
        )));
    }
    let target = workspace.target_directory().join("packages");
    let packages: Vec<&Value> = workspace.published().collect();
    for package in &packages {
        forget(package, &target)?;
    }
    build(&packages, &target)?;
    for package in packages {
        inspect(package, &target.join("package"))?;
    }
    Ok(Outcome::Done)
}

/// Removes the sources and the state of an earlier build of `package`.
///
/// Cargo treats the packages like those of a registry, in which a version never changes. Without this, it would
/// build the later packages against the earlier contents of the others.
fn forget(package: &Value, target: &Path) -> Result<()> {
    let (name, version) = (text(package, "name"), text(package, "version"));
    // Remove the sources that cargo has unpacked, which it finds again in the package or in its cache.
    let sources = cargo_home()?.join("registry/src");
    for registry in entries(&sources) {
        remove(&registry.join(format!("{name}-{version}")))?;
    }
    // Remove the state of the builds, so that cargo does not take them for fresh.
    for build in entries(&target.join("debug/.fingerprint")) {
        let file = build.file_name().unwrap_or_default().to_string_lossy();
        if is_of(&file, name) {
            remove(&build)?;
        }
    }
    Ok(())
}

/// Tells whether the folder `file`, in which cargo keeps the state of a build, is of the package `name`.
fn is_of(file: &str, name: &str) -> bool {
    file.rsplit_once('-')
        .is_some_and(|(package, _)| package == name)
}

/// The paths in `folder`, of which there are none if it does not exist.
fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path()))
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Packages all `packages` and builds them, in one target directory, because cargo takes a new one for each
/// package otherwise and builds all dependencies again.
fn build(packages: &[&Value], target: &Path) -> Result<Outcome> {
    let names: Vec<&str> = packages
        .iter()
        .map(|package| text(package, "name"))
        .collect();
    let names = names.join(" -p ");
    let mut package = cargo(&format!("package --allow-dirty --all-features -p {names}"));
    package.env("CARGO_TARGET_DIR", target);
    // Nobody debugs these builds, and they are faster without debug information.
    package.env("CARGO_PROFILE_DEV_DEBUG", "0");
    execute(&mut package)
}

/// Looks for the files that a package must hold, and prints its size, so that a file that does not belong there
/// is noticed.
fn inspect(package: &Value, folder: &Path) -> Result<()> {
    let name = format!("{}-{}", text(package, "name"), text(package, "version"));
    for file in FILES {
        let path = folder.join(&name).join(file);
        fs::metadata(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let size = fs::metadata(folder.join(format!("{name}.crate")))?.len();
    println!("{name}.crate: {size} bytes");
    Ok(())
}

/// The minor number of the version that `cargo --version` prints. Returns `None` if it is not a cargo 1.
fn minor_version(printed: &str) -> Option<u32> {
    let version = printed.strip_prefix("cargo 1.")?;
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_a_build_is_of_one_package() {
        assert!(is_of("sprag-12133845896edb20", "sprag"));
        assert!(is_of("sprag-client-12133845896edb20", "sprag-client"));
        assert!(!is_of("sprag-client-12133845896edb20", "sprag"));
        assert!(!is_of("spragger-12133845896edb20", "sprag"));
        assert!(!is_of("sprag", "sprag"));
    }

    #[test]
    fn nothing_is_removed_from_where_nothing_is() {
        assert!(remove(Path::new("none")).is_ok());
        assert_eq!(entries(Path::new("none")).count(), 0);
    }

    #[test]
    fn the_version_is_read_from_what_cargo_prints() {
        assert_eq!(
            minor_version("cargo 1.95.0 (f2d3ce0bd 2026-03-21)\n"),
            Some(95)
        );
        assert_eq!(minor_version("cargo 1.100.0-nightly\n"), Some(100));
        assert_eq!(minor_version("cargo 2.0.0\n"), None);
        assert_eq!(minor_version("mycargo 1.95.0\n"), None);
    }
}
