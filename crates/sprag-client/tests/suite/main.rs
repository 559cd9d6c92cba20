//! The promises of a client to its users, tested over stores in memory.

#![expect(
    clippy::cast_possible_truncation,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "tests"
)]

/// Bundles and randomness for the tests.
mod support;
/// Two clients that know each other.
mod two;

/// Messages and peers: receipts, names, bounds, and the work that a message costs.
mod client;
/// Files, their keys in messages, and their headers.
mod files;

/// Bundles of a liar: each is refused by name, by an account and by a client, and neither changes.
mod hostile_bundles;
/// The handshakes that a client accepts under its policy, which is not stored.
mod policy;
/// The prekeys of a client: each change to them is stored.
mod prekeys;

/// Several sessions with one peer: the one to send in, those that are kept, and those that leave.
mod sessions;
/// Two parties that begin sessions at once, in all orders of their messages.
mod simultaneous;

/// Old copies of a store that go on: keys of messages repeat, pairs of key and nonce never do.
mod copies;
/// Stores that fail before or after any commit.
mod faults;
/// Stores: records that were changed, stale writers, keys under a passphrase.
mod stores;
