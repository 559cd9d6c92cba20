//! What the documents say of files and tests: each must exist.

/// Finds the code spans of `text`, outside fenced blocks, that name a file, or a test as
/// `path/file.rs::name`, that is not there.
pub(super) fn check(text: &str, read: impl Fn(&str) -> Option<String>, problems: &mut Vec<String>) {
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        for span in line.split('`').skip(1).step_by(2) {
            let (path, item) = span.split_once("::").unwrap_or((span, ""));
            let named = path.contains('/') && path.ends_with(".rs") && !path.contains('*');
            let name = item.rsplit("::").next().unwrap_or(item);
            // A test that is generic has parameters of types first.
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
