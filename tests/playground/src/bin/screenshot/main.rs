//! Writes the picture of the playground in the README: `cargo xtask playground --screenshot` builds the page and runs this.
#![forbid(unsafe_code)]

use core::error::Error;

/// The file, in the workspace.
#[cfg(unix)]
const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/playground.png");

/// The most bytes of the picture, because everyone who clones the repository loads it.
#[cfg(unix)]
const MAX_BYTES: usize = 100_000;

/// Makes the picture smaller.
#[cfg(unix)]
const PALETTE: &str = include_str!("palette.js");

#[cfg(unix)]
fn main() -> Result<(), Box<dyn Error>> {
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    use playground_tests::{From, Playground};

    // Show the moment at which Alice's new ratchet key is on its way: the thief has read two messages, and reads no more.
    let playground = Playground::find().ok_or("run `cargo xtask playground --screenshot`")?;
    let mut page = playground.open(From::File, "#lesson=break-in-recovery.4");
    page.resize(1080, 1600);
    let picture = page.screenshot_between(("#alice", "#chains-alice"));
    // The playground's policy is not in the way on a page that shows nothing.
    page.open("about:blank");
    let small = page.text(&format!(
        "({PALETTE})({:?})",
        BASE64_STANDARD.encode(picture)
    ));
    let picture = BASE64_STANDARD.decode(small)?;
    if picture.len() >= MAX_BYTES {
        return Err(format!("the picture has {} bytes: show less", picture.len()).into());
    }
    std::fs::write(PICTURE, &picture)?;
    Ok(())
}

#[cfg(not(unix))]
fn main() -> Result<(), Box<dyn Error>> {
    Err("the browser is driven over pipes of Unix".into())
}
