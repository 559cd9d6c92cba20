//! The promises of the facade to its users, tested through its public functions alone.

#![expect(
    clippy::cast_possible_truncation,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "tests"
)]

// Means of the tests

/// First messages composed by hand, which can claim any identity.
mod sealed_by_hand;
/// Parties, bundles and randomness for the tests.
mod support;

// Bundles and prekeys

/// The device lists in bundles and uploads.
mod device_lists;
/// Uploads, and a directory that composes bundles from them.
mod directory;
/// Accounts that have no number left for a prekey.
mod exhausted_prekey_ids;
/// Bundles with a prekey that nobody signed, and bundles of the reader's own.
mod hostile_bundles;
/// The numbers of prekeys, and the sizes of bundles, uploads and messages.
mod ids_and_sizes;
/// The handshakes and the bundles that a party accepts under its policy.
mod policy;
/// The lives of signed and last-resort prekeys.
mod prekeys;

// The beginning of a session

/// The first messages that an account accepts, and the prekeys that each of them costs.
mod acceptance;
/// Changes to messages that begin a session: each is refused.
mod changed_first_messages;
/// Sessions that the peer has shown to have.
mod confirmed_sessions;
/// The message that begins a session, and its repeats.
mod first_message;
/// Repeats of sessions that were accepted: each is recognised, or refused for want of its keys.
mod replay;
/// The preference among the sessions of two accounts.
mod session_preference;
/// The work that first messages, repeats and forgeries cause.
mod work;

// Messages and files

/// Each part of the data that a session authenticates: a party that has another one reads nothing.
mod associated_data;
/// Two sessions that exchange messages.
mod conversation;
/// Files in chunks.
mod files;

// Attackers who watch or steal

/// The view of an observer who has every message and no key.
mod observer;
/// The lengths of messages.
mod padding;
/// The worth of a stolen session, and its end.
#[cfg(feature = "hazmat")]
mod stolen_sessions;

// Views

/// Bundles, handshakes and sessions as views show them.
#[cfg(feature = "hazmat")]
mod views;

// Storage

/// Accounts and sessions as bytes.
mod snapshots;
