//! Rules over the text of single files. Each rule adds the problems that it finds to `problems`.

const MAX_LINES: usize = 500;
const MAX_ROOT_LINES: usize = 120;

/// The part of an attribute that makes the README the documentation of a crate.
const README: &str = "doc = include_str!(\"../README.md\")";

/// The words that mark unfinished work. A `~` splits each word, so that the rule does not find this list.
const LEFTOVERS: &str = "to~do! TO~DO unimple~mented! FIX~ME XX~X db~g!(";

/// Checks any file that people write: it has no stray white space.
pub(super) fn text(text: &str, problems: &mut Vec<String>) {
    for (number, line) in (1..).zip(text.split('\n')) {
        if line.ends_with(char::is_whitespace) || line.contains('\t') {
            problems.push(format!("line {number}: stray white space: remove it"));
        }
    }
}

/// The words that begin a relative clause. A summary must not begin with one, because it has to name the
/// thing.
const RELATIVE_PRONOUNS: [&str; 11] = [
    "How", "That", "What", "When", "Where", "Whether", "Which", "Who", "Whom", "Whose", "Why",
];

/// Checks a Rust file: it is not too long, holds no unfinished work, and has plain summaries. Files of tests
/// may have any length.
pub(super) fn rust(text: &str, tests: bool, problems: &mut Vec<String>) {
    // Count the lines in front of the inline tests.
    let end = text.find("\n#[cfg(test)]\nmod tests {");
    let length = text[..end.unwrap_or(text.len())].lines().count();
    if !tests && length > MAX_LINES {
        problems.push(format!("{length} lines, over {MAX_LINES}: split it"));
    }
    // Find words that mark unfinished work.
    let leftovers = LEFTOVERS.replace('~', "");
    for (number, line) in (1..).zip(text.lines()) {
        for word in leftovers.split(' ').filter(|word| has_word(line, word)) {
            problems.push(format!("line {number}: `{word}`: finish what is meant"));
        }
    }
    summaries(text, problems);
}

/// Checks the first lines of doc comments: none begins with a relative clause. They should be noun phrases,
/// or verb phrases in the third person.
fn summaries(text: &str, problems: &mut Vec<String>) {
    let mut before = None;
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        let marker = ["///", "//!"]
            .into_iter()
            .find(|marker| line.starts_with(marker));
        // A summary is a doc line that follows code, or another kind of doc line.
        let summary = marker
            .filter(|_| marker != before)
            .map(|marker| &line[marker.len()..]);
        let first = summary.and_then(|summary| summary.split_whitespace().next());
        if first.is_some_and(|word| RELATIVE_PRONOUNS.contains(&word)) {
            problems.push(format!(
                "line {number}: begins with a relative clause: name the thing"
            ));
        }
        before = marker;
    }
}

/// Tells whether `line` has `word` as a word, not as part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let inner = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(start, _)| {
        let cut_behind = word.ends_with(inner) && line[start + word.len()..].starts_with(inner);
        !cut_behind && !line[..start].ends_with(inner)
    })
}

/// Checks the root file of a shipped crate: it has docs, forbids `unsafe` and is short.
pub(super) fn crate_root(text: &str, problems: &mut Vec<String>) {
    let readme = |line: &str| line.starts_with("#![") && line.contains(README);
    if !text.starts_with("//!") && !text.lines().any(readme) {
        problems.push("has no documentation: say who needs the crate".to_owned());
    }
    if !text.lines().any(|line| line == "#![forbid(unsafe_code)]") {
        problems.push("lacks `#![forbid(unsafe_code)]`: add it".to_owned());
    }
    let code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    let length = text.lines().filter(code).count();
    if length > MAX_ROOT_LINES {
        problems.push(format!("{length} lines, over {MAX_ROOT_LINES}: trim it"));
    }
}

/// Checks the manifest of a member: it inherits every version, because versions stand in the workspace's
/// only.
pub(super) fn manifest(text: &str, problems: &mut Vec<String>) {
    let mut dependencies = false;
    for line in text.lines().map(str::trim) {
        // Note whether the table that begins here lists dependencies.
        if line.starts_with('[') {
            dependencies = line.contains("dependencies");
        }
        // An entry is a line whose key is a name. Other lines continue an entry or are comments.
        let name = |c: char| c.is_ascii_alphanumeric() || "-_. ".contains(c);
        let key = line.split_once('=').map(|(key, _)| key);
        let inherited = line.contains(".workspace = true") || line.contains("{ workspace = true");
        let entry = key.is_some_and(|key| key.chars().all(name)) && !inherited;
        if dependencies && (entry || line.contains("dependencies.")) {
            problems.push(format!("`{line}`: write `NAME.workspace = true`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(rule: impl FnOnce(&mut Vec<String>)) -> usize {
        let mut problems = Vec::new();
        rule(&mut problems);
        problems.len()
    }

    fn in_text(content: &str) -> usize {
        count(|problems| text(content, problems))
    }

    fn in_rust(content: &str, tests: bool) -> usize {
        count(|problems| rust(content, tests, problems))
    }

    fn in_root(content: &str) -> usize {
        count(|problems| crate_root(content, problems))
    }

    fn in_manifest(content: &str) -> usize {
        count(|problems| manifest(content, problems))
    }

    #[test]
    fn white_space_at_the_end_and_tabs_are_found() {
        assert_eq!(in_text("a\n\nb\n"), 0);
        assert_eq!(in_text("a \nb\r\n"), 2);
        assert_eq!(in_text("\ta\n"), 1);
    }

    #[test]
    fn leftovers_are_found_as_words() {
        for word in LEFTOVERS.replace('~', "").split(' ') {
            assert_eq!(in_rust(&format!("x {word} y"), true), 1, "{word}");
            assert_eq!(
                in_rust(&format!("x({word}1)"), true),
                usize::from(word.ends_with(['!', '('])),
                "{word}"
            );
            assert_eq!(in_rust(&format!("x_{word} y"), true), 0, "{word}");
        }
        assert_eq!(in_rust("let marks = \"AXX\".repeat(2);", false), 0);
    }

    #[test]
    fn summaries_that_begin_with_a_relative_clause_are_found() {
        for pronoun in RELATIVE_PRONOUNS {
            assert_eq!(in_rust(&format!("/// {pronoun} it is.\n"), true), 1);
            assert_eq!(in_rust(&format!("    //! {pronoun} it is.\n"), true), 1);
            assert_eq!(in_rust(&format!("/// A key.\n/// {pronoun}.\n"), true), 0);
            assert_eq!(in_rust(&format!("//! A.\n/// {pronoun} it is.\n"), true), 1);
            assert_eq!(in_rust(&format!("// {pronoun} it is.\n"), true), 0);
            assert_eq!(in_rust(&format!("/// {pronoun}ever.\n"), true), 0);
        }
        assert_eq!(
            in_rust("/// The key.\nfn f() {}\n/// What it is.\n", true),
            1
        );
    }

    #[test]
    fn long_files_are_found_and_their_tests_do_not_count() {
        let line = "x\n";
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", line.repeat(600));
        assert_eq!(in_rust(&(line.repeat(500) + &tests), false), 0);
        assert_eq!(in_rust(&(line.repeat(501) + &tests), false), 1);
        assert_eq!(in_rust(&line.repeat(501), true), 0);
    }

    #[test]
    fn crate_roots_have_docs_and_forbid_unsafe_code() {
        let head = "//! A.\n#![forbid(unsafe_code)]\n";
        assert_eq!(in_root(head), 0);
        let readme = "#![doc = include_str!(\"../README.md\")]\n#![forbid(unsafe_code)]\n";
        assert_eq!(in_root(readme), 0);
        let some = "// A.\n#![cfg_attr(a, doc = include_str!(\"../README.md\"))]\n#![forbid(unsafe_code)]\n";
        assert_eq!(in_root(some), 0);
        assert_eq!(in_root(&some.replace("#![cfg", "// #![cfg")), 1);
        assert_eq!(in_root("//! A.\n"), 1);
        assert_eq!(in_root("//! A.\n// #![forbid(unsafe_code)]\n"), 1);
        assert_eq!(in_root("#![forbid(unsafe_code)]\n"), 1);
        assert_eq!(in_root(&(head.to_owned() + &"//!\n\n".repeat(200))), 0);
        assert_eq!(in_root(&(head.to_owned() + &"mod a;\n".repeat(119))), 0);
        assert_eq!(in_root(&(head.to_owned() + &"mod a;\n".repeat(120))), 1);
    }

    #[test]
    fn manifests_inherit_every_dependency() {
        let good = "[package]\nversion = \"1\"\n[dependencies]\n# x = \"1\"\na.workspace = true\n\
            b = { workspace = true, features = [\n    \"c=d\",\n] }\n[features]\ne = []\n";
        assert_eq!(in_manifest(good), 0);
        for table in [
            "dependencies",
            "dev-dependencies",
            "target.'cfg(unix)'.dependencies",
        ] {
            assert_eq!(
                in_manifest(&format!("[{table}]\na = \"1\"\n")),
                1,
                "{table}"
            );
        }
        assert_eq!(in_manifest("[dependencies]\na = { path = \"../a\" }\n"), 1);
        assert_ne!(in_manifest("[dependencies.a]\nversion = \"1\"\n"), 0);
    }
}
