//! Tests of the public behaviour of both variants of the Double Ratchet, under loss, disorder, forgery and
//! theft.

extern crate alloc;

// Means of the tests

/// The number of random schedules that a test runs.
#[path = "../support/cases.rs"]
mod cases;
/// Randomness that is the same in every run.
#[path = "../support/hash_stream.rs"]
mod hash_stream;
/// The values in a snapshot, which tests read and change.
#[path = "../support/image.rs"]
mod image;
/// The two parties of a session, and the messages between them.
#[path = "../support/party.rs"]
mod party;
/// Every situation that a receiver distinguishes, for tests that must hold in all of them.
mod situations;
/// The interface that lets each test run on both variants of the ratchet.
#[path = "../support/variants.rs"]
mod variants;

// Delivery

/// Messages that arrive, and the counts, headers and fingerprints that result.
mod conversation;
mod copies;
/// The generation of ratchet keys, which waits for the next message to send.
mod deferred_ratchet_keys; // Double Ratchet §8.5
/// Messages that arrive in another order than they were sent, or not at all.
mod message_order;
/// Random schedules beside a model that knows only the messages and the limits.
mod model;

// Messages that are refused

/// Messages that the caller checks, and may refuse, before they count as received.
mod callers_checks;
/// Damaged copies of genuine messages.
mod damaged_messages;
/// Messages that arrive twice.
mod duplicates;
/// Forged messages, with every kind of header that a forger can choose.
mod forged_messages;
/// Ratchet keys of small order, and ratchet keys in a second encoding.
mod ratchet_keys;

// Limits

/// Message numbers near the end of their 32 bits.
mod counters;
/// The number of messages that one message may skip.
mod gaps;
/// A peer whose headers are authentic and do not tell the truth.
mod hostile_peer;
/// The skipped keys that are kept: their choice, their number and their lifetime.
mod kept_keys;
/// The work that a message can cause, in counts of operations.
mod work;

// Encrypted headers

/// The header keys that a receiver tries, and their order.
mod candidate_header_keys;
/// Genuine headers that fit no chain.
mod forks;
/// The bytes that an encrypted header shows, and the chain that its key belongs to.
mod header_keys;

// Copies of a state

/// Parties that are put back to an older state, for example from a backup.
mod draws;
mod rollback;
/// The messages that a copied state does not open.
mod secrecy;

// Views

/// The keys as a view shows them, on both sides.
#[cfg(feature = "hazmat")]
mod views;

// Snapshots and texts

/// Snapshots that no ratchet would write.
mod damaged_snapshots;
/// The output of `Debug`, and the phrases of errors.
mod printing;
/// Snapshots of every kind of state, written and read back.
mod snapshots;
