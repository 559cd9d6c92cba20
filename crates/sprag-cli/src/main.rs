//! The `sprag` command, for people who want encrypted conversations over any channel or want to see how
//! such conversations work. Programs use the `sprag` library instead.

#![forbid(unsafe_code)]

extern crate alloc;

mod armor;
mod ask;
mod cli;
mod commands;
mod counter;
mod damage;
mod demo;
mod durable;
mod exit;
mod failure;
mod files;
mod fingerprint;
mod header;
mod home;
mod input;
mod interrupt;
#[cfg(all(target_os = "linux", feature = "keyring"))]
mod keyring;
mod memory;
mod new_file;
mod opened;
mod output;
mod owed;
mod parcel;
mod passphrase;
mod place;
mod progress;
mod prompt;
mod qr;
mod recovery_file;
mod refusal;
mod repaired;
mod signing;
mod small_file;
mod stream;
mod usage;
mod verified;
mod visible;

use std::io::Write as _;
use std::process::ExitCode;

use failure::Failure;

fn main() -> ExitCode {
    memory::keep_private();
    match usage::parse::<cli::Cli>().run() {
        Ok(()) | Err(Failure::OutputClosed) => ExitCode::SUCCESS,
        Err(Failure::Refused(exit, line)) => {
            // Keep the refusal on one line, because a file or a peer in it may have any name.
            let line = line.replace(char::is_control, "?");
            // If standard error is closed too, the exit code alone reports the failure.
            drop(writeln!(std::io::stderr(), "sprag: {line}"));
            ExitCode::from(exit as u8)
        }
    }
}
