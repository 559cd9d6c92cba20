//! Calls of other programs.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use crate::Result;

/// The outcome of a command that did not fail.
pub(crate) enum Outcome {
    Done,
    /// A check that was not made. The text says which one, and why.
    Skipped(String),
}

/// Prints that a check was not made, so that nobody takes the silence for success.
pub(crate) fn skip(what: String) -> Outcome {
    println!("!! SKIPPED {what}");
    Outcome::Skipped(what)
}

/// The cargo that runs this program.
pub(crate) fn cargo_path() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// A call of the cargo that runs this program. The arguments are split at spaces, and the lock file must not
/// change.
pub(crate) fn cargo(arguments: &str) -> Command {
    // Insert `--locked` after the subcommand. Only `fmt` does not know it.
    let lock = usize::from(!arguments.starts_with("fmt "));
    let arguments = arguments.replacen(' ', " --locked ", lock);
    let mut command = Command::new(cargo_path());
    command.args(arguments.split(' '));
    command
}

/// Prints `command` and runs it on the terminal of this program.
pub(crate) fn run(command: &mut Command) -> Result<Outcome> {
    let shown = format!("{command:?}").replace('"', "");
    println!("$ {shown}");
    match command.status() {
        Ok(status) if status.success() => Ok(Outcome::Done),
        Ok(status) => Err(format!("`{shown}` failed: {status}").into()),
        Err(error) => Err(format!("`{shown}` did not start: {error}").into()),
    }
}

/// Prints a call of cargo and runs it on the terminal of this program.
pub(crate) fn run_cargo(arguments: &str) -> Result<Outcome> {
    run(&mut cargo(arguments))
}

/// Tells whether `command` runs and succeeds. Its output is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
