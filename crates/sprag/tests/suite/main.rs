//! The promises of the facade to its users, tested through its public functions alone.

#![expect(
    clippy::cast_possible_truncation,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "tests"
)]

/// Parties, bundles and randomness for the tests.
mod support;

/// The first messages that an account accepts, and the prekeys that each of them costs.
mod accepting;
/// Bundles with a prekey that nobody signed, and bundles of the reader's own.
mod hostile_bundles;
/// The handshakes and the bundles that a party accepts under its policy.
mod policy;

/// Uploads, and a directory that composes bundles from them.
mod directory;
/// Accounts that have no number left for a prekey.
mod exhausted;
/// The numbers of prekeys, and the sizes of bundles, uploads and messages.
mod ids_and_sizes;
/// The lives of signed and last-resort prekeys.
mod prekeys;

/// Changes to messages that begin a session: each is refused.
mod authenticated;
/// The message that begins a session, and its repeats.
mod first_message;
/// Repeats of sessions that were accepted: each is recognised, or refused for want of its keys.
mod replay;

/// Each part of the data that a session authenticates: a party that has another one reads nothing.
mod associated_data;
/// Two sessions that exchange messages.
mod conversation;
/// The preference among the sessions of two accounts.
mod preference;

/// Files in chunks.
mod files;
/// The view of an observer who has every message and no key.
mod observer;
/// The lengths of messages.
mod padding;

/// Accounts and sessions as bytes.
mod snapshots;
/// The worth of a stolen session, and its end.
#[cfg(feature = "hazmat")]
mod thief;
