//! Rules over the packages: layers, cryptography, licences, versions of Rust.

use serde_json::Value;

use super::licence::allows;
use crate::workspace::{Workspace, list, text};

/// A package's level, name and allowed dependencies. A dev-dependency may be at the package's level or below.
type Layer = (u8, &'static str, &'static [&'static str]);

#[rustfmt::skip]
const LAYERS: [Layer; 22] = [
    (0, "sprag-primitives", &[]),
    (1, "sprag-x3dh", &["sprag-primitives"]),
    (1, "sprag-ratchet", &["sprag-primitives"]),
    (1, "sprag-relay-wire", &["sprag-primitives"]),
    (2, "sprag-devices", &["sprag-primitives", "sprag-x3dh"]),
    (2, "sprag-wire", &["sprag-primitives", "sprag-x3dh"]),
    (3, "sprag", &["sprag-primitives", "sprag-x3dh", "sprag-ratchet", "sprag-wire"]),
    (4, "sprag-client", &["sprag-primitives", "sprag-x3dh", "sprag-devices", "sprag-wire", "sprag"]),
    (4, "sprag-demo", &["sprag"]),
    (5, "sprag-store", &["sprag-client"]),
    (5, "sprag-wasm", &["sprag-primitives", "sprag-x3dh", "sprag-ratchet", "sprag-devices", "sprag-wire", "sprag", "sprag-demo"]),
    (6, "sprag-cli", &["sprag", "sprag-client", "sprag-demo", "sprag-store"]),
    (7, "benches", ANYTHING),
    (7, "end-to-end-tests", ANYTHING),
    (7, "fuzz-corpus", &[]),
    (7, "fuzz-targets", ANYTHING),
    (7, "interop-tests", ANYTHING),
    (7, "playground-tests", ANYTHING),
    (7, "power-cut-tests", ANYTHING),
    (7, "wasm-bindgen-tool", &[]),
    (7, "wiping-tests", ANYTHING),
    (7, "xtask", ANYTHING),
];
const ANYTHING: &[&str] = &["*"];

/// The packages that only [`CRYPTOGRAPHERS`] may name, so that a backend can be replaced in one place.
#[rustfmt::skip]
const CRYPTOGRAPHY: [&str; 16] = [
    "aead", "argon2", "chacha20", "chacha20poly1305", "curve25519-dalek", "ed25519-dalek", "graviola",
    "hkdf", "hmac", "libcrux-ml-kem", "libcrux-poly1305", "ml-kem", "sha2", "shake", "subtle",
    "x25519-dalek",
];
const CRYPTOGRAPHERS: [&str; 2] = ["sprag-primitives", "interop-tests"];

/// A problem for each rule that a package of `workspace` breaks, or a package that it is built from.
pub(super) fn problems(workspace: &Workspace, licences: &[&str]) -> Vec<String> {
    let mut problems = Vec::new();
    for package in workspace.members() {
        let mut found = dependencies(package);
        for used in workspace.graph(package) {
            found.extend(rust_version(package, used));
            found.extend(licence(used, licences));
        }
        let manifest = text(package, "manifest_path");
        problems.extend(found.iter().map(|problem| format!("{manifest}: {problem}")));
    }
    problems
}

/// A problem for each dependency that `package` must not have.
fn dependencies(package: &Value) -> Vec<String> {
    let find = |name: &str| LAYERS.iter().find(|layer| layer.1 == name);
    let Some((level, name, allowed)) = find(text(package, "name")) else {
        return vec!["has no layer: give it one in xtask/src/tidy/graph.rs".to_owned()];
    };
    let mut problems = Vec::new();
    for dependency in list(package, "dependencies") {
        // Dependencies of our own must be in the table, and dev-dependencies must not be higher.
        let used = text(dependency, "name");
        let dev = dependency["kind"] == "dev";
        let low = |layer: &Layer| allowed.contains(&used) || dev && layer.0 <= *level;
        if *allowed != ANYTHING && find(used).is_some_and(|layer| !low(layer)) {
            problems.push(format!("must not depend on `{used}`, which is not below"));
        }
        // Cryptography must be reached through the primitives.
        if CRYPTOGRAPHY.contains(&used) && !dev && !CRYPTOGRAPHERS.contains(name) {
            problems.push(format!("must not name `{used}`: use sprag-primitives"));
        }
    }
    problems
}

/// A problem if the licence of `package` cannot be met with the licences `allowed`.
fn licence(package: &Value, allowed: &[&str]) -> Option<String> {
    let expression = package["license"].as_str().unwrap_or("no licence");
    let name = text(package, "name");
    (allows(expression, allowed) != Some(true))
        .then(|| format!("{name}: `{expression}`: drop it, or allow it in deny.toml"))
}

/// A problem if `used`, which `package` is built from, needs a newer Rust than `package` promises.
fn rust_version(package: &Value, used: &Value) -> Option<String> {
    let Some(stated) = package["rust_version"].as_str() else {
        return Some("states no rust-version".to_owned());
    };
    let needed = used["rust_version"].as_str()?;
    let name = text(used, "name");
    (release(stated) < release(needed))
        .then(|| format!("states rust-version {stated}, but {name} needs {needed}"))
}

fn release(version: &str) -> [u64; 3] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    [(); 3].map(|()| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn count(package: &str, dependency: &str, kind: Option<&str>) -> usize {
        let dependency = json!({ "name": dependency, "kind": kind });
        dependencies(&json!({ "name": package, "dependencies": [dependency] })).len()
    }

    #[test]
    fn edges_that_the_table_has_are_allowed() {
        assert_eq!(count("sprag-wire", "sprag-x3dh", None), 0);
        assert_eq!(count("sprag-store", "sprag-client", None), 0);
        assert_eq!(count("sprag-cli", "sprag-store", None), 0);
        assert_eq!(count("interop-tests", "sprag-primitives", None), 0);
        assert_eq!(count("sprag-primitives", "serde", None), 0);
    }

    #[test]
    fn edges_up_across_and_past_the_facade_are_refused() {
        assert_eq!(count("sprag-primitives", "sprag-x3dh", None), 1);
        assert_eq!(count("sprag-primitives", "sprag-x3dh", Some("build")), 1);
        assert_eq!(count("sprag-ratchet", "sprag-x3dh", None), 1);
        assert_eq!(count("sprag-wire", "sprag-ratchet", None), 1);
        assert_eq!(count("sprag-relay-wire", "sprag-x3dh", None), 1);
        assert_eq!(count("sprag-relay-wire", "sprag-wire", None), 1);
        assert_eq!(count("sprag", "sprag-client", None), 1);
        assert_eq!(count("sprag-store", "sprag", None), 1);
        assert_eq!(count("sprag-cli", "sprag-primitives", None), 1);
        assert_eq!(count("sprag", "xtask", None), 1);
    }

    #[test]
    fn dev_dependencies_may_go_across_and_down_but_not_up() {
        assert_eq!(count("sprag-ratchet", "sprag-x3dh", Some("dev")), 0);
        assert_eq!(count("sprag-cli", "sprag-primitives", Some("dev")), 0);
        assert_eq!(count("sprag-x3dh", "sprag-wire", Some("dev")), 1);
        assert_eq!(count("sprag", "interop-tests", Some("dev")), 1);
    }

    #[test]
    fn a_package_without_a_layer_is_refused() {
        assert_eq!(count("sprag-extra", "serde", None), 1);
    }

    #[test]
    fn allowed_edges_all_point_down() {
        for (level, name, allowed) in LAYERS {
            for used in LAYERS.iter().filter(|used| allowed.contains(&used.1)) {
                assert!(used.0 < level, "{name} on {}", used.1);
            }
            let known = |word: &&str| LAYERS.iter().any(|layer| layer.1 == *word);
            assert!(allowed == ANYTHING || allowed.iter().all(known), "{name}");
        }
    }

    #[test]
    fn only_the_primitives_and_tests_name_cryptography() {
        assert_eq!(count("sprag-primitives", "sha2", None), 0);
        assert_eq!(count("interop-tests", "sha2", None), 0);
        assert_eq!(count("sprag-wire", "sha2", Some("dev")), 0);
        assert_eq!(count("sprag-wire", "sha2", None), 1);
        assert_eq!(count("sprag-wire", "libcrux-ml-kem", Some("build")), 1);
        assert_eq!(count("sprag-wire", "zeroize", None), 0);
    }

    #[test]
    fn licences_are_needed_and_judged() {
        let judge = |license: Option<&str>| {
            licence(&json!({ "name": "a", "license": license }), &["MIT"]).is_none()
        };
        assert!(judge(Some("MIT")));
        assert!(!judge(Some("ISC")));
        assert!(!judge(Some("MIT OR")));
        assert!(!judge(None));
    }

    #[test]
    fn rust_versions_are_compared_as_numbers() {
        let package = |version: Option<&str>| json!({ "name": "a", "rust_version": version });
        let fits = |stated, needed| rust_version(&package(stated), &package(needed)).is_none();
        assert!(fits(Some("1.88"), Some("1.88.0")));
        assert!(fits(Some("1.100"), Some("1.88")));
        assert!(fits(Some("1.88"), None));
        assert!(!fits(Some("1.88"), Some("1.88.1")));
        assert!(!fits(Some("1.9"), Some("1.88")));
        assert!(!fits(None, None));
    }
}
