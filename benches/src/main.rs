//! Measurements of the sprag crates, which `cargo xtask bench` runs.
//!
//! Every operation is measured beside its floor, which is the sum of the primitives that the specifications
//! force, and beside peers. All take turns in one run, because on a machine with other work the ratios hold
//! and the times do not.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    reason = "a program with a terminal and all of std"
)]

mod handshake;
mod measure;
mod messages;
mod peers;
mod primitives;

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("handshake") => handshake::run(),
        Some("messages") => messages::run(),
        _ => {
            eprintln!("usage: cargo xtask bench handshake|messages");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
