//! Links to the documentation of our crates on docs.rs, and to files of our repository.
//!
//! The pages must be in the documentation that `cargo doc` has just built, because they will be at the same
//! place on docs.rs. The files must be in the working tree.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::command::Outcome;
use crate::tidy::collect;
use crate::workspace::{Workspace, is_library, text};

const DOCS: &str = "https://docs.rs/";
const FILES: &str = "https://github.com/sprag-rs/sprag/blob/main/";

/// Checks the links in every document, source file and manifest.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let libraries = workspace.published().filter(|package| is_library(package));
    let libraries: Vec<&str> = libraries.map(|package| text(package, "name")).collect();
    let folder = workspace.target_directory().join("doc");
    let read = |page: &str| fs::read_to_string(folder.join(page)).ok();
    // Find the links of each file, and report those that lead nowhere.
    let mut files = BTreeSet::<PathBuf>::new();
    collect(Path::new("."), &mut files)?;
    let (mut count, mut problems) = (0, Vec::new());
    for file in files {
        let text = fs::read_to_string(&file)?;
        let pages =
            links(&text, DOCS).filter_map(|link| Some((link, judge(link, &libraries, read)?)));
        let paths = links(&text, FILES).map(|link| (link, missing_file(link)));
        for (link, problem) in pages.chain(paths) {
            count += 1;
            problems.extend(problem.map(|why| format!("{}: {link}: {why}", file.display())));
        }
    }
    println!("links: {count} to our pages on docs.rs and to files of the repository");
    match problems.len() {
        0 => Ok(Outcome::Done),
        _ => Err(format!("links:\n{}", problems.join("\n")).into()),
    }
}

/// The links in `text` that begin with `start`, without it.
fn links<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).map(|rest| {
        // A link ends where a character stands that none of ours has.
        let inside = |c: char| c.is_ascii_alphanumeric() || "-_./#".contains(c);
        let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
        rest[..end].trim_end_matches('.')
    })
}

/// The problem with a link to a file of the repository, if there is one.
fn missing_file(link: &str) -> Option<&'static str> {
    let path = link.split('#').next().unwrap_or_default();
    // A link that is put together at run time has no path here.
    (!path.is_empty() && !Path::new(path).is_file()).then_some("there is no such file")
}

/// Returns `None` if `link` is not to one of the `libraries`, otherwise the problem with it, if there is one.
fn judge(
    link: &str,
    libraries: &[&str],
    read: impl Fn(&str) -> Option<String>,
) -> Option<Option<&'static str>> {
    // Split the link: `library`, or `library/latest/page#place`.
    let (address, place) = link.split_once('#').unwrap_or((link, ""));
    let (library, page) = address.split_once('/').unwrap_or((address, "latest/"));
    libraries.contains(&library).then_some(())?;
    let Some(page) = page.strip_prefix("latest/") else {
        return Some(Some("is of a version: write `latest`"));
    };
    // The root leads to the page of the library, and a folder to the page in it.
    let page = match page {
        "" => format!("{}/index.html", library.replace('-', "_")),
        folder if folder.ends_with('/') => format!("{folder}index.html"),
        page => page.to_owned(),
    };
    let Some(html) = read(&page) else {
        return Some(Some("there is no such page"));
    };
    let found = place.is_empty() || html.contains(&format!("id=\"{place}\""));
    Some((!found).then_some("the page has no such place"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(link: &str) -> Option<Option<&'static str>> {
        let pages = [
            ("a_b/index.html", "<h2 id=\"features\">"),
            ("a_b/struct.C.html", "<section id=\"method.d\">"),
        ];
        let read = |page: &str| {
            let page = pages.iter().find(|(name, _)| *name == page);
            page.map(|(_, html)| (*html).to_owned())
        };
        judge(link, &["a-b"], read)
    }

    #[test]
    fn links_end_where_the_text_goes_on() {
        let text = "[a](https://docs.rs/a/latest/a_b/struct.C.html#method.d), <https://docs.rs/b>\n\
            see https://docs.rs/c. Or \"https://docs.rs/d-e/latest/\"";
        let found = Vec::from_iter(links(text, DOCS));
        let expected = [
            "a/latest/a_b/struct.C.html#method.d",
            "b",
            "c",
            "d-e/latest/",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn links_to_what_there_is_are_in_order() {
        for link in [
            "a-b",
            "a-b/latest/",
            "a-b/latest/a_b/",
            "a-b/latest/a_b/index.html",
            "a-b/latest/a_b/#features",
            "a-b/latest/a_b/struct.C.html#method.d",
        ] {
            assert_eq!(problem(link), Some(None), "{link}");
        }
    }

    #[test]
    fn links_to_missing_pages_and_places_are_found() {
        let missing = Some(Some("there is no such page"));
        assert_eq!(problem("a-b/latest/a_b/struct.D.html"), missing);
        assert_eq!(problem("a-b/latest/a-b/"), missing);
        let place = Some(Some("the page has no such place"));
        assert_eq!(problem("a-b/latest/a_b/#feature"), place);
        assert_eq!(problem("a-b/latest/a_b/struct.C.html#method.e"), place);
    }

    #[test]
    fn links_to_a_version_are_found() {
        let version = Some(Some("is of a version: write `latest`"));
        assert_eq!(problem("a-b/0.1.0/a_b/"), version);
    }

    #[test]
    fn links_to_missing_files_are_found() {
        // Tests run in the folder of the package.
        assert_eq!(missing_file("src/links.rs"), None);
        assert_eq!(missing_file("src/links.rs#L1"), None);
        assert_eq!(missing_file("src/link.rs"), Some("there is no such file"));
        assert_eq!(missing_file("src"), Some("there is no such file"));
    }

    #[test]
    fn links_to_others_are_left_alone() {
        assert_eq!(problem("rand/latest/rand/"), None);
        assert_eq!(problem("crate/a-b/latest"), None);
        assert_eq!(problem("a-bc"), None);
    }
}
