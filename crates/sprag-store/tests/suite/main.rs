//! The promises of the store to its users: durability, exclusivity, and removal of superseded values.

#![expect(
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "tests"
)]

// Means of the tests

/// Stores, records and child processes for the tests.
mod support;

// Use of a store

/// Clients that keep their records in the store.
mod clients;
/// Commits, by the suite for all stores and beside a store in memory.
mod commits;
/// The file of a store: its creation, its owner, and links to it.
mod files;

// Limits of access

/// One opener at a time: the second waits, and nobody works on a file that was replaced.
mod exclusive_access;
/// File systems that lock no files.
#[cfg(target_os = "linux")]
mod no_locks;
/// Stores that are opened for reading alone.
mod reading;
/// Refusals of the operating system: permissions that are missing, and a disk that is full.
mod system_refusals;

// Failures

/// Files that are no store, or were cut or changed.
mod damaged_files;
/// Processes that are killed while they commit or rewrite.
mod killed_processes;
/// Damage that could hide the newest commit.
mod newest_commit;

// Room

/// The length of the file, which is bounded.
mod file_length;

// Secrecy

/// Superseded and deleted values, which must not stay in the file.
mod superseded_values;
