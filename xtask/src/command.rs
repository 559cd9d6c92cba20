//! Running other programs.

use std::env;
use std::process::Command;

use crate::Result;

/// How a command ended that did not fail.
pub(crate) enum Outcome {
    Done,
    /// Something that ought to have been checked was not; says what and why.
    Skipped(String),
}

/// Says loudly that something was not checked.
pub(crate) fn skip(what: String) -> Outcome {
    println!("!! SKIPPED {what}");
    Outcome::Skipped(what)
}

/// A call of the cargo that runs us, with arguments split at white space, and with a lock file that
/// stays as it is.
pub(crate) fn cargo(arguments: &str) -> Command {
    let lock = usize::from(!arguments.starts_with("fmt "));
    let arguments = arguments.replacen(' ', " --locked ", lock);
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments.split(' '));
    command
}

/// Runs `command` on our own terminal.
pub(crate) fn run(command: &mut Command) -> Result<Outcome> {
    let shown = format!("{command:?}").replace('"', "");
    println!("$ {shown}");
    match command.status() {
        Ok(status) if status.success() => Ok(Outcome::Done),
        Ok(status) => Err(format!("`{shown}` failed: {status}").into()),
        Err(error) => Err(format!("`{shown}` did not start: {error}").into()),
    }
}

/// Runs cargo on our own terminal.
pub(crate) fn run_cargo(arguments: &str) -> Result<Outcome> {
    run(&mut cargo(arguments))
}

/// Whether `command` runs and succeeds; what it prints is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
