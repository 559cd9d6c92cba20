//! Rules over the packages that are published: their metadata, licence texts and README.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::Result;
use crate::workspace::{Workspace, list, text};

/// The most keywords and the most categories that crates.io accepts.
const MAX_WORDS: usize = 5;

/// The categories of crates.io that our packages use. It drops any that it does not know, without an error.
const CATEGORIES: [&str; 6] = [
    "command-line-utilities",
    "cryptography",
    "database",
    "encoding",
    "no-std",
    "wasm",
];

/// The texts that each package carries as the root does.
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// A problem for each rule that a published package of `workspace` breaks.
pub(super) fn problems(workspace: &Workspace) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for package in workspace.published() {
        let mut found = metadata(package);
        let manifest = Path::new(text(package, "manifest_path"));
        let folder = manifest.parent().ok_or("a manifest lies in a folder")?;
        // The licence texts are those of the root.
        for licence in LICENCES {
            let ours = fs::read_to_string(licence)?;
            if real_file(&folder.join(licence)).as_ref() != Some(&ours) {
                found.push(format!("{licence}: must be a copy of the root's"));
            }
        }
        // The README works on any page.
        match real_file(&folder.join("README.md")) {
            Some(readme) => found.extend(relative_links(&readme)),
            None => found.push("README.md: write it, as a file and not as a link".to_owned()),
        }
        problems.extend(
            found
                .iter()
                .map(|problem| format!("{}: {problem}", manifest.display())),
        );
    }
    Ok(problems)
}

/// The text of the file at `path`. Returns `None` if it is missing, or a symbolic link, which a checkout on
/// Windows can turn into a file that holds a path.
fn real_file(path: &Path) -> Option<String> {
    let file = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    file.then(|| fs::read_to_string(path).ok()).flatten()
}

/// A problem for each field of a manifest that crates.io or docs.rs needs and that is missing or different.
fn metadata(package: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    // Check the fields whose values are known.
    let docs = json!({ "all-features": true, "rustdoc-args": ["--cfg", "docsrs"] });
    for (field, value, expected) in [
        (
            "repository",
            &package["repository"],
            json!("https://github.com/sprag-rs/sprag"),
        ),
        (
            "documentation",
            &package["documentation"],
            json!(format!("https://docs.rs/{}", text(package, "name"))),
        ),
        ("readme", &package["readme"], json!("README.md")),
        ("metadata.docs.rs", &package["metadata"]["docs"]["rs"], docs),
    ] {
        if *value != expected {
            problems.push(format!("`{field}` is {value}: make it {expected}"));
        }
    }
    // Check those that are chosen for each package.
    if package["description"].as_str().is_none_or(str::is_empty) {
        problems.push("`description` is missing".to_owned());
    }
    for field in ["keywords", "categories"] {
        if !(1..=MAX_WORDS).contains(&list(package, field).len()) {
            problems.push(format!("`{field}`: give one to {MAX_WORDS}"));
        }
    }
    for category in list(package, "categories") {
        if !CATEGORIES.iter().any(|known| category == known) {
            problems.push(format!(
                "category {category}: is it one of crates.io? Then add it in xtask"
            ));
        }
    }
    problems
}

/// A problem for each link of `readme` that leads nowhere on crates.io or docs.rs, because it is relative.
fn relative_links(readme: &str) -> impl Iterator<Item = String> {
    let targets = readme.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split(')').next());
    let relative = targets.filter(|target| !target.starts_with("https://"));
    relative.map(|target| format!("README.md: `{target}` is relative: write https://…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package() -> Value {
        json!({
            "name": "a",
            "description": "A crate",
            "repository": "https://github.com/sprag-rs/sprag",
            "documentation": "https://docs.rs/a",
            "readme": "README.md",
            "keywords": ["signal"],
            "categories": ["cryptography", "no-std"],
            "metadata": { "docs": { "rs": { "all-features": true, "rustdoc-args": ["--cfg", "docsrs"] } } },
        })
    }

    #[test]
    fn a_package_with_all_fields_is_in_order() {
        assert_eq!(metadata(&package()), [""; 0]);
    }

    #[test]
    fn each_missing_field_is_found() {
        for field in [
            "description",
            "repository",
            "documentation",
            "readme",
            "metadata",
        ] {
            let mut package = package();
            package[field] = Value::Null;
            assert_eq!(metadata(&package).len(), 1, "{field}");
        }
    }

    #[test]
    fn the_documentation_is_that_of_the_package() {
        let mut package = package();
        package["documentation"] = json!("https://docs.rs/b");
        assert_eq!(metadata(&package).len(), 1);
    }

    #[test]
    fn keywords_and_categories_are_few_and_known() {
        for field in ["keywords", "categories"] {
            for words in [json!([]), json!(["no-std"].repeat(6))] {
                let mut package = package();
                package[field] = words;
                assert_eq!(metadata(&package).len(), 1, "{field}");
            }
        }
        let mut package = package();
        package["categories"] = json!(["cryptographie"]);
        assert_eq!(metadata(&package).len(), 1);
    }

    #[test]
    fn relative_links_are_found() {
        let count = |readme| relative_links(readme).count();
        assert_eq!(count("[a](https://docs.rs/a) and [b](https://b.org/#c)"), 0);
        assert_eq!(count("[a](docs/a.md), [b](../b), [c](#c)"), 3);
    }

    #[test]
    fn only_a_file_is_read() {
        // Tests run in the folder of the package.
        assert!(real_file(Path::new("Cargo.toml")).is_some());
        assert_eq!(real_file(Path::new("src")), None);
        assert_eq!(real_file(Path::new("none")), None);
    }
}
