//! The playground in headless Chromium, from `file://` and from its server.
//!
//! `cargo xtask browser` builds the playground, serves it, and sets the variables that name both and the browser. Without them
//! every test here says so and passes, or fails if `CI` is set.

#![cfg(unix)]

/// The playground and its parts.
mod page;

// The protocol, as the page shows it.

/// A conversation with mouse and keys, over a wire that reorders, doubles, damages and drops.
mod conversation;
/// Steps back and forth.
mod history;
/// Each lesson to its end.
mod lessons;
/// Scenarios as links.
mod links;

// The page for everyone.

/// Names, roles and contrast.
mod accessibility;
/// The keyboard alone.
mod keyboard;
/// Movement, for readers who do not mind.
mod motion;
/// A phone's width.
mod narrow;

// The page on its own.

/// The page without its engine.
mod engine;
/// No script but the page's, and no request.
mod policy;
