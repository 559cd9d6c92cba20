//! `cargo xtask binary`: builds the `sprag` command to hand out, which names no folder of the machine that built it.
//!
//! The compiler writes the paths of sources into panic messages. It is told to write short names in their place,
//! so that the binary neither tells where it was built nor depends on it. Cargo's setting `trim-paths` will do the
//! same once it is stable.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Result;
use crate::command::{Outcome, cargo, run as execute};
use crate::workspace::{Workspace, list, text};

/// Builds the command from the tree as it is, and says where it lies.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let place = Place {
        source: env::current_dir()?,
        cargo_home: cargo_home()?,
        target: workspace.target_directory().join("binary"),
    };
    let binary = place.build()?;
    println!("{}", binary.display());
    Ok(Outcome::Done)
}

/// The folder in which cargo keeps the sources of other crates.
pub(crate) fn cargo_home() -> Result<PathBuf> {
    let set = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = set.or_else(|| Some(env::home_dir()?.join(".cargo")));
    home.ok_or_else(|| "there is no home".into())
}

/// The folders that a build reads and writes.
pub(crate) struct Place {
    /// The root of the workspace.
    pub(crate) source: PathBuf,
    pub(crate) cargo_home: PathBuf,
    pub(crate) target: PathBuf,
}

impl Place {
    /// Builds the command, and returns the path of its binary, in which no folder of the build is named.
    pub(crate) fn build(&self) -> Result<PathBuf> {
        let names = self.names()?;
        // Build. The flags are encoded, because a path can have spaces.
        let mut build = self.cargo("build --release -p sprag-cli");
        build.env("CARGO_ENCODED_RUSTFLAGS", encoded(&names));
        build.env("CARGO_TARGET_DIR", &self.target);
        execute(&mut build)?;
        let name = format!("release/sprag{}", env::consts::EXE_SUFFIX);
        let binary = self.target.join(name);
        demand_no_folder(&binary, &names)?;
        Ok(binary)
    }

    /// The folders that a compiler would write into what it builds, each with a name that is the same on every machine.
    pub(crate) fn names(&self) -> Result<Vec<(PathBuf, String)>> {
        let sysroot = printed(Command::new("rustc").args(["--print", "sysroot"]))?;
        let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
        let mut names = vec![
            (self.cargo_home.clone(), "/cargo".to_owned()),
            (self.target.clone(), "/target".to_owned()),
            (self.source.clone(), "/sprag".to_owned()),
            (library, format!("/rustc/{}", commit()?)),
        ];
        // The folder of a registry is named after its address, which a mirror changes.
        let registries = self.registries()?.into_iter();
        names.extend(registries.map(|folder| (folder, "/registry".to_owned())));
        Ok(names)
    }

    /// The folders with the sources of other crates, one for each registry.
    fn registries(&self) -> Result<BTreeSet<PathBuf>> {
        let metadata = printed(&mut self.cargo("metadata --format-version 1 --all-features"))?;
        let metadata: Value = serde_json::from_str(&metadata)?;
        let packages = list(&metadata, "packages").iter();
        let foreign = packages.filter(|package| !package["source"].is_null());
        let folders = foreign.map(|package| {
            let manifest = Path::new(text(package, "manifest_path"));
            manifest.ancestors().nth(2).map(Path::to_owned)
        });
        folders
            .collect::<Option<_>>()
            .ok_or_else(|| "a manifest lies in the folder of its package".into())
    }

    fn cargo(&self, arguments: &str) -> Command {
        let mut cargo = cargo(arguments);
        cargo.current_dir(&self.source);
        cargo.env("CARGO_HOME", &self.cargo_home);
        cargo
    }
}

/// Looks for the folders in the file `built`, because a compiler or a build script may write paths that it was not told about.
pub(crate) fn demand_no_folder(built: &Path, names: &[(PathBuf, String)]) -> Result<()> {
    let content = fs::read(built)?;
    match names
        .iter()
        .find(|(folder, _)| names_folder(&content, folder))
    {
        Some((folder, _)) => {
            let (built, folder) = (built.display(), folder.display());
            Err(format!("{built} names {folder}").into())
        }
        None => Ok(()),
    }
}

/// Looks for `parts` in the crates and features that a package is built from for a target, or for this machine.
pub(crate) fn demand_without(package: &str, target: Option<&str>, parts: &[&str]) -> Result<()> {
    let mut tree = cargo("tree --edges normal,features --prefix none");
    tree.args(["--package", package]);
    if let Some(target) = target {
        tree.args(["--target", target]);
    }
    let built = printed(&mut tree)?;
    match parts.iter().find(|part| built.contains(*part)) {
        Some(part) => Err(format!("{package} is built with {part}").into()),
        None => Ok(()),
    }
}

/// The commit of the compiler, by which the released standard library names its own sources.
fn commit() -> Result<String> {
    let version = printed(Command::new("rustc").arg("-vV"))?;
    let mut lines = version.lines();
    let commit = lines.find_map(|line| line.strip_prefix("commit-hash: "));
    let commit = commit.ok_or("`rustc -vV` prints no commit")?;
    Ok(commit.to_owned())
}

/// The text that a successful `command` prints.
pub(crate) fn printed(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The compiler's flags that replace folders by names, as cargo reads them.
///
/// Of several that fit, the last counts. So a folder comes after those that it lies in: the target directory has its own
/// name also where it lies in the source.
pub(crate) fn encoded(names: &[(PathBuf, String)]) -> OsString {
    let mut names: Vec<_> = names.iter().collect();
    names.sort_by_key(|(folder, _)| folder.components().count());
    let mut flags = OsString::new();
    for (folder, name) in names {
        if !flags.is_empty() {
            flags.push("\x1f");
        }
        flags.push("--remap-path-prefix=");
        flags.push(folder);
        flags.push("=");
        flags.push(name);
    }
    flags
}

/// Tells whether `content` has the path of `folder` in it.
fn names_folder(content: &[u8], folder: &Path) -> bool {
    let folder = folder.as_os_str().as_encoded_bytes();
    content.windows(folder.len()).any(|window| window == folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_found_wherever_it_is_named() {
        let folder = Path::new("/home/a");
        assert!(names_folder(b"/home/a", folder));
        assert!(names_folder(b"\0panicked at /home/a/src/lib.rs\0", folder));
        assert!(!names_folder(b"/home/b/src/lib.rs", folder));
        assert!(!names_folder(b"/home/", folder));
        assert!(!names_folder(b"", folder));
    }

    #[test]
    fn flags_are_apart_by_a_character_that_no_path_has() {
        let names = [
            (PathBuf::from("/a b"), "/c".to_owned()),
            (PathBuf::from("/d"), "/e".to_owned()),
        ];
        let expected = "--remap-path-prefix=/a b=/c\x1f--remap-path-prefix=/d=/e";
        assert_eq!(encoded(&names), expected);
    }

    #[test]
    fn a_folder_has_its_own_name_and_not_that_of_the_one_around_it() {
        let names = [
            (PathBuf::from("/s/target/binary"), "/target".to_owned()),
            (PathBuf::from("/long-name"), "/cargo".to_owned()),
            (PathBuf::from("/s"), "/sprag".to_owned()),
        ];
        let flags = encoded(&names).into_string().unwrap();
        let last = flags.rsplit('\x1f').next();
        assert_eq!(last, Some("--remap-path-prefix=/s/target/binary=/target"));
    }
}
