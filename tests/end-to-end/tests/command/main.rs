//! The `sprag` command as a process, between homes with accounts of their own.
//!
//! `SPRAG_BINARY` names the binary; `cargo xtask end-to-end` builds it and sets the variable. Without it every
//! test here says so and passes, or fails if `CI` is set.

#![expect(clippy::unwrap_used, reason = "tests")]

/// A home and the commands in it.
mod home;

/// Files that cross between homes in any order, twice or damaged.
mod file_exchange;
/// Processes that are killed at any moment.
mod killed_processes;
