//! The promises of the demonstration to its renderers, tested through its public functions alone.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

extern crate alloc;

// Means of the tests

/// Stories under a seed.
mod support;

// The whole story

/// Contents of every kind, which arrive unaltered on both ways.
mod contents;
/// The fates of the messages, as the events tell them.
mod fates;
/// The order of the steps, seeds, and reports that fail.
mod telling;

// A story by hand

/// Messages that the caller sends, delivers, repeats and alters.
mod by_hand;

// The thief

/// The messages that a thief reads, in the whole story and by hand.
mod thief;
