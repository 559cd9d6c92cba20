//! The checks and tasks of the sprag workspace: `cargo xtask help` lists them.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "a program with a terminal and all of std"
)]

mod command;
mod workspace;

mod ci;
mod interop;
mod tidy;
mod vectors;

use std::process::ExitCode;

use command::{Outcome, run_cargo};
use workspace::Workspace;

const HELP: &str = "\
cargo xtask <COMMAND>

  ci                 everything that must pass before a change is merged
  tidy               layers, licences, rust-version, manifests, source files, paths in the docs
  vectors            write the known-answer files of the crates again
  vectors --check    compare the known-answer files with what the crates compute
  interop            the tests across crates and against peers in Python
  bench handshake    publish, initiate and accept, beside their floor and vodozemac
  help               this text";

/// What every command returns: an error is a line for the person at the terminal.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What every command and every step of `ci` is.
type Task = fn(&Workspace) -> Result<Outcome>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let task: Task = match arguments.join(" ").as_str() {
        "ci" => ci::run,
        "tidy" => tidy::run,
        "vectors" => |_| vectors::run("write"),
        "vectors --check" => |_| vectors::run("check"),
        "interop" => interop::run,
        "bench handshake" => |_| run_cargo("run --release -p benches -- handshake"),
        "" | "help" | "--help" | "-h" => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        unknown => {
            eprintln!("error: no such command: {unknown}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match Workspace::load().and_then(|workspace| task(&workspace)) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
