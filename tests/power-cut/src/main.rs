//! Runs a program for a tracer: `traced OUTPUT PROGRAM ARGUMENT...`.
//!
//! It asks to be traced, and stops until the tracer lets it go on. Then it opens OUTPUT as a shell does for
//! `> OUTPUT`, unless that is `-`, and becomes the program. So the log has also the opening, which no command
//! syncs for its user.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let error = become_program();
    eprintln!("traced: {error}");
    ExitCode::FAILURE
}

/// Becomes the program. Returns only if that fails.
#[cfg(target_os = "linux")]
fn become_program() -> Box<dyn core::error::Error> {
    use std::fs::File;
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use nix::sys::ptrace;
    use nix::sys::signal::{Signal, raise};

    let mut arguments = std::env::args_os().skip(1);
    let (Some(output), Some(program)) = (arguments.next(), arguments.next()) else {
        return "give an output, and a program with its arguments".into();
    };
    // Wait for the tracer, which sets its options and lets this process go on.
    if let Err(error) = ptrace::traceme().and_then(|()| raise(Signal::SIGSTOP)) {
        return format!("the system allows no tracing: {error}").into();
    }
    let mut command = Command::new(program);
    command.args(arguments);
    if output != "-" {
        match File::create(output) {
            Ok(file) => command.stdout(file),
            Err(error) => return error.into(),
        };
    }
    command.exec().into()
}

#[cfg(not(target_os = "linux"))]
fn become_program() -> Box<dyn core::error::Error> {
    "only Linux has the tracing that this needs".into()
}
