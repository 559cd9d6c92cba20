//! The promises of a scene to the page that shows it, tested through its public functions alone.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

extern crate alloc;

// Means of the tests

/// Scenes that are played by short calls, and by chance.
mod support;

// The conversation

/// The envelopes beyond which a session must be renewed.
mod budget;
/// The form of steps, events and views as JSON.
mod contract;
/// Messages that are late, doubled, damaged or lost.
mod disorder;
/// Steps that are refused, and the limits.
mod refusals;
/// The same seed, and another one.
mod seeds;
/// Each step and its events.
mod steps;

// The keys

/// The drawing of the keys.
mod chains;
/// The bundle and the handshake.
mod handshakes;
/// The thief.
mod thefts;
