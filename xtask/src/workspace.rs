//! The workspace, as `cargo metadata` describes it.

use std::env;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::Result;
use crate::command::cargo;

/// The workspace and every package that it depends on, for any target and with any feature.
pub(crate) struct Workspace(Value);

impl Workspace {
    /// Asks cargo for the metadata, and makes the workspace's root the current directory.
    pub(crate) fn load() -> Result<Self> {
        let mut cargo = cargo("metadata --format-version 1 --all-features");
        let output = cargo.stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err("`cargo metadata --locked` failed".into());
        }
        let metadata = serde_json::from_slice(&output.stdout)?;
        env::set_current_dir(text(&metadata, "workspace_root"))?;
        Ok(Self(metadata))
    }

    pub(crate) fn target_directory(&self) -> &Path {
        Path::new(text(&self.0, "target_directory"))
    }

    /// The packages of the workspace itself.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Value> {
        let packages = list(&self.0, "packages").iter();
        packages.filter(|package| package["source"].is_null())
    }

    /// The packages of the workspace that are published.
    pub(crate) fn published(&self) -> impl Iterator<Item = &Value> {
        // `publish = false` is an empty list of registries here.
        self.members()
            .filter(|package| package["publish"].is_null())
    }

    /// The ids of the packages that the package with this id is built from directly, which excludes
    /// dev-dependencies.
    pub(crate) fn dependencies<'a>(&'a self, id: &Value) -> impl Iterator<Item = &'a Value> {
        let mut nodes = list(&self.0["resolve"], "nodes").iter();
        let node = nodes.find(|node| node["id"] == *id);
        let all = list(node.expect("each package has a node"), "deps").iter();
        let built = all.filter(|dependency| {
            let mut kinds = list(dependency, "dep_kinds").iter();
            kinds.any(|kind| kind["kind"] != "dev")
        });
        built.map(|dependency| &dependency["pkg"])
    }

    /// `package` and all packages that it is built from for its users, which excludes dev-dependencies.
    pub(crate) fn graph<'a>(&'a self, package: &'a Value) -> impl Iterator<Item = &'a Value> {
        // Add the dependencies of each package in the list, until the list does not grow any more.
        let mut ids = vec![&package["id"]];
        let mut next = 0;
        while let Some(&id) = ids.get(next) {
            for used in self.dependencies(id) {
                if !ids.contains(&used) {
                    ids.push(used);
                }
            }
            next += 1;
        }
        let packages = list(&self.0, "packages").iter();
        packages.filter(move |package| ids.contains(&&package["id"]))
    }
}

/// Tells whether `package` has a library, which `cargo doc` documents.
pub(crate) fn is_library(package: &Value) -> bool {
    let mut targets = list(package, "targets").iter();
    targets.any(|target| list(target, "kind").contains(&"lib".into()))
}

/// The string at `key`, which cargo always writes.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().expect("cargo metadata has this")
}

/// The array at `key`, which cargo always writes.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().expect("cargo metadata has this")
}
