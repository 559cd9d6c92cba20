//! The playground: where it is, and what it asks for.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use crate::page::Page;

/// The place that a page comes from.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "tests go through both")]
pub enum From {
    /// The folder, as `file://`.
    File,
    /// The server of `cargo xtask playground --serve`.
    Server,
}

/// The playground that `cargo xtask browser` has built and serves, and the browser that it has found.
#[derive(Debug)]
pub struct Playground {
    browser: PathBuf,
    folder: PathBuf,
    server: String,
    screenshots: PathBuf,
}

impl Playground {
    /// The playground under test. Without one this returns `None` and says so, because a test that runs nothing must not pass
    /// in silence. It panics if `CI` is set.
    #[must_use]
    pub fn find() -> Option<Self> {
        let browser = Self::browser()?;
        let folder = variable("SPRAG_PLAYGROUND")?.into();
        let server = variable("SPRAG_PLAYGROUND_SERVER")?
            .into_string()
            .expect("an address is text");
        let screenshots = variable("SPRAG_PLAYGROUND_SCREENSHOTS")?.into();
        Some(Self {
            browser,
            folder,
            server,
            screenshots,
        })
    }

    /// The browser to test in, as [`find`](Self::find) returns the playground.
    #[must_use]
    pub fn browser() -> Option<PathBuf> {
        variable("SPRAG_BROWSER").map(PathBuf::from)
    }

    /// A tab that shows nothing yet.
    #[must_use]
    pub fn tab(&self) -> Page {
        Page::new(&self.browser)
    }

    /// The address of the page from there, without a fragment.
    #[must_use]
    pub fn address(&self, from: From) -> String {
        match from {
            From::File => format!("file://{}/index.html", self.folder.display()),
            From::Server => format!("{}/", self.server),
        }
    }

    /// A tab that shows the page from there, with a fragment if one is given, ready for a reader.
    #[must_use]
    pub fn open(&self, from: From, fragment: &str) -> Page {
        let mut page = self.tab();
        self.go(&mut page, from, fragment);
        page
    }

    /// Loads the page anew in a tab, with a fragment if one is given.
    pub fn go(&self, page: &mut Page, from: From, fragment: &str) {
        page.open(&format!("{}{fragment}", self.address(from)));
        page.wait_for("document.body.dataset.ready === 'true'");
    }

    /// Keeps a picture of the whole page among the artefacts of continuous integration. Nothing compares it.
    pub fn keep(&self, page: &mut Page, name: &str) {
        let picture = page.screenshot();
        let path = self.screenshots.join(format!("{name}.png"));
        fs::write(path, picture).expect("the folder can be written to");
    }

    /// Asserts that nothing was asked for but files of the playground, and that nobody complained.
    pub fn assert_clean(&self, page: &mut Page, from: From) {
        let folder = match from {
            From::File => format!("file://{}/", self.folder.display()),
            From::Server => self.address(from),
        };
        let requests = page.requests();
        assert!(
            requests.len() > 1,
            "no scripts were asked for: {requests:?}"
        );
        let ours = |request: &&String| {
            request.starts_with(&folder)
                || request.starts_with("data:")
                || *request == "about:blank"
        };
        let foreign: Vec<&String> = requests.iter().filter(|request| !ours(request)).collect();
        assert!(
            foreign.is_empty(),
            "asked for more than the playground: {foreign:#?}"
        );
        let problems = page.problems();
        assert!(problems.is_empty(), "{problems:#?}");
    }
}

/// The value of a variable that `cargo xtask browser` sets.
fn variable(name: &str) -> Option<OsString> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let value = set(name);
    if value.is_none() {
        let reason = format!("{name} is not set: run `cargo xtask browser`");
        assert!(set("CI").is_none(), "{reason}");
        let _written = writeln!(std::io::stderr(), "!! SKIPPED: {reason}");
    }
    value
}
