//! The promises of a client to its users, tested over stores in memory.

#![expect(
    clippy::cast_possible_truncation,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "tests"
)]

// Means of the tests

/// The records of a store, read and written with the store's key.
mod records_by_hand;
/// Bundles and randomness for the tests.
mod support;
/// Two clients that know each other.
mod two_clients;

// Messages, files and peers

/// Names that are compared with a sender only once the message is authentic.
mod claimed_senders;
/// Deletion by a clock that nobody vouches for.
mod clock;
/// Files, their keys in messages, and their headers.
mod files;
/// The keys of files whose content was not read to its end: held for a time, and then forgotten.
mod held_file_keys;
/// Names that look the same are one name, and names that show less than they hold are refused.
mod look_alike_names;
/// Messages, their receipts, and the bound on messages that nobody acknowledged.
mod messages;
/// The names of peers, and the records that remain of a forgotten peer.
mod peers;
/// Peers that get another name.
mod renaming;
/// Messages that were read and not acknowledged, listed and read again.
mod unacknowledged;
/// The work that a message costs, in counts of operations.
mod work;

// Bundles and prekeys

/// The records of an account beside its own: one-time prekeys, and the sessions that are remembered.
mod account_records;
/// Peers that were met with PQXDH, which cannot be brought back to X3DH.
mod downgrade;
/// Bundles of a liar: each is refused by name, by an account and by a client, and neither changes.
mod hostile_bundles;
/// The handshakes that a client accepts under its policy, which is not stored.
mod policy;
/// The prekeys of a client: each change to them is stored.
mod prekeys;
/// Bundles of a peer that is known: which of them renew the session, and which are a step back.
mod renewal;

// Users and devices

/// Attacks on the linking of devices, and on the right to sign.
mod attacks_on_linking;
/// Attacks on renewals: the order of messages, and old bundles.
mod attacks_on_renewal;
/// Random schedules of two users whose devices come and go.
mod changes_model;
/// The devices of two users, the messages between them, and what must hold of both.
mod changes_world;
/// Device lists in the headers of contents that were written by hand.
mod device_lists;
/// Random schedules of two users with two devices each.
mod device_model;
/// Users with two devices: copies, lists, files and refusals.
mod devices;

/// Devices that are linked to a user.
mod linking;
/// Linking, revoking and granting over stores that fail at any step.
mod linking_crashes;
/// The bundles of own devices that others hand on, and that stay fresh.
mod own_bundles;
/// Recovery files, and users that are recovered from them.
mod recovery;
/// Devices that leave: what peers read of them, and what is left of them.
mod revocation;
/// The right to sign the list of the user's devices.
mod signing;
/// Welcomes that were written by hand, and what a new device takes of them.
mod welcomes;

// Sessions

/// Sessions that were followed by a confirmed one: they read what was on its way, and end.
mod old_sessions;
/// Random histories with impostors, older states and forgotten peers, after which one renewal brings the parties together.
mod rank_model;
/// The ranks of sessions, which an impostor cannot raise for good.
mod ranks;
/// Sessions that are broken, and the ways to new ones.
mod repair;
/// Two parties that renew at once, in all orders of their messages.
mod repair_at_once;
/// Attacks on renewals and requests.
mod repair_attacks;
/// Random histories of two parties who lose messages and stores.
mod repair_model;
/// A client that was put back to an older state, and is told.
mod restored;
/// Copies of messages that were read or sent before.
mod seen_before;
/// The records that lead from a session id to the peer of the session.
mod session_index;
/// Several sessions with one peer: the one to send in, those that are kept, and those that leave.
mod sessions;
/// Two parties that begin sessions at once, in all orders of their messages.
mod simultaneous_sessions;
/// Sessions that a peer begins, and those of them that are worth a warning.
mod unexpected_sessions;

// Stores

/// The conformance suite: stores that break the rules, each in one way, do not pass it.
#[cfg(feature = "conformance")]
mod conformance;
/// Stores of earlier formats, which are carried over.
mod earlier_formats;
/// Stores that fail before or after any commit.
mod failing_stores;
/// Stores whose records have device lists without their digests.
mod lists_without_digests;
/// Old copies of a store that go on: keys of messages repeat, pairs of key and nonce never do.
mod old_store_copies;
/// Another program that writes to the store in the middle of an operation.
mod second_writers;
/// Another program that changes the records of users in the middle of an operation.
mod second_writers_of_users;
/// The keys of stores, wrapped under a passphrase.
mod store_key;
/// Stores: records that were changed, stale writers, and names that must not show.
mod stores;
