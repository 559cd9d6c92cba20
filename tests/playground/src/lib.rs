//! Headless Chromium, driven over the `Chrome DevTools Protocol`, and the playground in it.
//!
//! [`Page`] is a tab with everything that a reader can do: look, click, type, drag, and listen to a screen reader. It records
//! each error and each request, so that a test can assert that there were none.
//!
//! The protocol's crates bring some 140 others, of which this needs none: Chromium speaks the protocol over a pair of pipes
//! too, as JSON between zero bytes ([`--remote-debugging-pipe`][pipe]).
//!
//! Everything here panics when the browser does not answer as it should, because nothing but tests uses it.
//!
//! [pipe]: https://chromium.googlesource.com/chromium/src/+/main/content/browser/devtools/devtools_pipe_handler.cc

#![cfg(unix)]
#![forbid(unsafe_code)]
#![expect(
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::std_instead_of_core,
    reason = "tests on an operating system"
)]

mod browser;

mod accessibility;
mod appearance;
mod page;
mod playground;

pub use accessibility::Node;
pub use page::{Page, Theme};
pub use playground::{From, Playground};
