//! The `sprag` command: for whoever wants encrypted conversations over any channel, or wants to see
//! how they work. Programs use the `sprag` library instead.

#![forbid(unsafe_code)]

extern crate alloc;

mod demo;
mod failure;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

/// Encrypted conversations over any channel
#[derive(Debug, Parser)]
#[command(name = "sprag", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
    };
    match outcome {
        Ok(()) | Err(Failure::OutputClosed) => ExitCode::SUCCESS,
        Err(Failure::Refused(line)) => {
            // Where standard error is closed too, the exit code must do.
            drop(writeln!(std::io::stderr(), "sprag: {line}"));
            ExitCode::FAILURE
        }
    }
}
