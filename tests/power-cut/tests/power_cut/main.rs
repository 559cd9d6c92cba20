//! Power cuts and kills of the `sprag` command.
//!
//! A command runs once under a tracer, which logs each change of the disk and each sync. From the log come the
//! states in which a power cut could have left the disk at any moment. Each is written to a folder, and an account
//! that was opened there must keep what the command promises.
//!
//! `SPRAG_BINARY` names the binary; `cargo xtask power-cut` builds it and sets the variable. Without it every
//! test here says so and passes, or fails if `CI` is set. With `SPRAG_POWER_CUT_FULL` all states are checked, else
//! a sample.

#![cfg(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#![expect(
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "tests on an operating system"
)]

// The command and its log.

/// Files, folders and names.
mod disk;
/// Changes and syncs.
mod log;
/// The tracer, which turns system calls into a log.
mod recorder;

// The cuts.

/// The states that a cut can leave.
mod cuts;

// The checks.

/// The account under test, opened without its command.
mod account;
/// The promises of each command.
mod check;
/// The other parties and their files.
mod remote;

// The tests.

/// The scenes: each command with what was before.
mod commands;
/// Processes that are killed at any moment.
mod kills;
/// The disk of a scene and its command.
mod scene;
/// Each command survives each cut.
mod survival;
