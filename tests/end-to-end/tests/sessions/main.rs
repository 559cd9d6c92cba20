//! Sessions of the facade `sprag`: over a bad channel, compared with its parts, and what they cost.

#![expect(clippy::std_instead_of_alloc, clippy::unwrap_used, reason = "tests")]

/// A long conversation over a channel that loses, doubles, delays and damages messages.
mod bad_channel;
/// Sessions composed from the lower crates, which send the bytes that the facade sends.
mod composed_by_hand;
/// The operations that the beginning of a session costs.
mod cost_of_beginning;
