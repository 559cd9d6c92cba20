//! Two homes and the real `sprag` binary: files over a bad channel, and processes that are killed.
//!
//! `SPRAG_BINARY` names the binary; `cargo xtask interop` builds it and sets the variable.

#![expect(clippy::unwrap_used, reason = "tests")]

mod home;
mod killed;
mod scenario;
