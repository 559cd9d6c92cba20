//! Tests that no freed block of the heap holds a part of a key, whatever succeeded or failed before.

// Means of the tests

/// Tests that run on both backends.
mod backends;
/// An allocator that looks into each block that is freed.
mod hook;
/// A source of randomness that notes every key drawn from it.
mod watched_rng;

// Owners of keys

/// Accounts that publish, rotate, accept, refuse and are stored.
mod accounts;
/// Clients that exchange messages and files.
mod clients;
/// Handshakes that are begun, refused, accepted and repeated.
mod handshakes;
/// Sessions that turn, skip, refuse and are stored.
mod sessions;
/// Stores in a file, and wrapped store keys.
mod stores;

#[global_allocator]
static HOOK: hook::Inspecting = hook::Inspecting;
