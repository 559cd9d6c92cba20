//! Measurements: `cargo xtask bench` runs them and says which there are.
//!
//! Every operation is measured beside its floor, the primitives that the specifications force, and
//! beside peers, in turns in one run: on a machine with other work the ratios hold, the times do not.
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
