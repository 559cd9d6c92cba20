//! `cargo xtask browser`: the tests of the playground in headless Chromium.

use std::env;
use std::fs;
use std::process::Command;
use std::thread;

use crate::Result;
use crate::command::{Outcome, cargo, run as execute, skip, succeeds};
use crate::playground::{self, server::Server};
use crate::workspace::Workspace;

const TESTS: &str = "test -p playground-tests";
const SCREENSHOT: &str = "run -p playground-tests --bin screenshot";

/// The names of Chromium and its descendants, in the order of preference.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Runs the tests. They leave screenshots in `playground-screenshots` in the target directory.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    with_playground(workspace, TESTS)
}

/// Writes the picture of the playground in the README again. Nothing to write it with is an error.
pub(crate) fn screenshot(workspace: &Workspace) -> Result<Outcome> {
    match with_playground(workspace, SCREENSHOT)? {
        Outcome::Skipped(what) => Err(what.into()),
        done @ Outcome::Done => Ok(done),
    }
}

/// Builds the playground, serves it, and calls cargo with the names of everything that the tests need.
fn with_playground(workspace: &Workspace, arguments: &str) -> Result<Outcome> {
    let Some(browser) = find() else {
        let reason =
            "there is no Chromium: `apt install chromium`, or set CHROMIUM to the path of one";
        return Ok(skip(format!("browser: {reason}")));
    };
    let folder = playground::folder(workspace);
    if let Outcome::Skipped(what) = playground::build(workspace, &folder)? {
        return Ok(Outcome::Skipped(what));
    }
    // Serve it as `playground --serve` does, on any port.
    let server = Server::bind(&folder, 0)?;
    let origin = server.origin();
    thread::spawn(move || server.run());
    // Make the folder of the screenshots anew, so that it has those of this run alone.
    let screenshots = workspace.target_directory().join("playground-screenshots");
    if screenshots.exists() {
        fs::remove_dir_all(&screenshots)?;
    }
    fs::create_dir_all(&screenshots)?;
    let mut call = cargo(arguments);
    call.env("SPRAG_BROWSER", browser);
    call.env("SPRAG_PLAYGROUND", &folder);
    call.env("SPRAG_PLAYGROUND_SERVER", origin);
    call.env("SPRAG_PLAYGROUND_SCREENSHOTS", &screenshots);
    execute(&mut call)
}

/// The browser that `CHROMIUM` names, or the first one that starts.
fn find() -> Option<String> {
    let named = env::var_os("CHROMIUM").and_then(|path| path.into_string().ok());
    let starts = |name: &String| succeeds(Command::new(name).arg("--version"));
    named
        .into_iter()
        .chain(BROWSERS.map(str::to_owned))
        .find(starts)
}
