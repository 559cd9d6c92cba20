//! References of the documents to files and tests, which must exist.

/// Finds code spans of `text` that name a missing file, or a missing test as `path/file.rs::name`.
///
/// Fenced blocks are not checked, because they hold programs and not references.
pub(super) fn check(text: &str, read: impl Fn(&str) -> Option<String>, problems: &mut Vec<String>) {
    let mut fenced = false;
    for line in text.lines() {
        // Every second part between backticks is a code span.
        fenced ^= line.starts_with("```");
        for span in line.split('`').skip(1).step_by(2) {
            // A reference is a path of a Rust file, with or without an item in it.
            let (path, item) = span.split_once("::").unwrap_or((span, ""));
            let named = path.contains('/') && path.ends_with(".rs") && !path.contains('*');
            let name = item.rsplit("::").next().unwrap_or(item);
            // The parameters of a function follow its name. A generic function has type parameters first.
            let functions = ["(", "<"].map(|after| format!("fn {name}{after}"));
            let found = |source: String| {
                item.is_empty() || functions.iter().any(|function| source.contains(function))
            };
            if named && !fenced && !read(path).is_some_and(found) {
                problems.push(format!("`{span}` is gone: name what there is"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken_in(text: &str) -> usize {
        let read = |path: &str| {
            (path == "crates/a/src/lib.rs")
                .then(|| "mod tests { fn holds() {} fn holds_too<R>() {} }".to_owned())
        };
        let mut problems = Vec::new();
        check(text, read, &mut problems);
        problems.len()
    }

    #[test]
    fn what_exists_is_in_order() {
        assert_eq!(
            broken_in("see `crates/a/src/lib.rs`, `crates/a/src/lib.rs::holds`"),
            0
        );
        assert_eq!(broken_in("`crates/a/src/lib.rs::tests::holds`"), 0);
        assert_eq!(broken_in("`crates/a/src/lib.rs::holds_too`"), 0);
    }

    #[test]
    fn files_and_tests_that_are_gone_are_found() {
        assert_eq!(
            broken_in("`crates/b/src/lib.rs` and `crates/b/src/lib.rs::holds`"),
            2
        );
        assert_eq!(broken_in("`crates/a/src/lib.rs::gone`"), 1);
        assert_eq!(broken_in("`crates/a/src/lib.rs::hold`"), 1);
    }

    #[test]
    fn other_spans_are_not_paths() {
        assert_eq!(
            broken_in("`lib.rs` `a/b.json` `a::b` `crates/*/src/lib.rs` crates/b.rs"),
            0
        );
        assert_eq!(broken_in("```text\n`crates/b/src/lib.rs`\n```\n"), 0);
    }
}
