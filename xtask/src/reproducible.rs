//! `cargo xtask reproducible`: builds the `sprag` command of the last commit twice, in different folders, and
//! compares the two binaries.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use crate::Result;
use crate::binary::{Place, cargo_home};
use crate::command::{Outcome, run as execute, skip};
use crate::workspace::Workspace;

/// The folders of the registry that a second home of cargo shares with the first. The unpacked sources are not
/// among them, so that they lie elsewhere.
const SHARED: [&str; 2] = ["cache", "index"];

/// Builds in two clones, with other target folders and other homes of cargo.
///
/// The toolchain is the same in both. Nothing is said about builds by another compiler or linker.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    if !cfg!(unix) {
        return Ok(skip("reproducible: needs symbolic links".to_owned()));
    }
    // Begin with nothing that an earlier run has built.
    let folder = workspace.target_directory().join("reproducible");
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => fs::create_dir_all(&folder)?,
    }
    // Build twice. The folders have names of different lengths, which would move what comes after them.
    let home = cargo_home()?;
    let first = build(&folder.join("a"), home.clone())?;
    let other_home = folder.join("another/home of cargo");
    share(&home, &other_home)?;
    let second = build(&folder.join("another/folder with spaces"), other_home)?;
    // Compare.
    let content = fs::read(&first)?;
    let is_equal = content == fs::read(&second)?;
    let (first, second) = (first.display(), second.display());
    if !is_equal {
        return Err(format!("reproducible: {first} and {second} differ").into());
    }
    let length = content.len();
    println!("reproducible: {first} and {second} are equal, {length} bytes");
    Ok(Outcome::Done)
}

/// Clones the last commit into `folder`, and builds the command there.
fn build(folder: &Path, cargo_home: PathBuf) -> Result<PathBuf> {
    let place = Place {
        source: folder.join("source"),
        cargo_home,
        target: folder.join("target"),
    };
    let mut clone = Command::new("git");
    clone.args(["clone", "--quiet", "--no-local"]);
    execute(clone.arg(env::current_dir()?).arg(&place.source))?;
    place.build()
}

/// Makes the folder `other` a home of cargo that finds the packages which were downloaded into `home`.
#[cfg(unix)]
fn share(home: &Path, other: &Path) -> io::Result<()> {
    let registry = other.join("registry");
    fs::create_dir_all(&registry)?;
    for name in SHARED {
        std::os::unix::fs::symlink(home.join("registry").join(name), registry.join(name))?;
    }
    // The settings can name a mirror.
    let settings = "config.toml";
    if home.join(settings).exists() {
        std::os::unix::fs::symlink(home.join(settings), other.join(settings))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn share(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
