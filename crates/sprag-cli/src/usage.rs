//! The arguments of the command line, and the printing of help and version.

use std::io::{self, Write as _};
use std::process;

use clap::Parser;
use clap::error::Error;

use crate::failure::Failure;
use crate::output::expect_standard_output;

/// Reads the arguments. A wrong usage ends the program with exit code 2. Help and version are printed where the user asks
/// for them instead, and end the program with exit code 0, or that of the failure if they cannot be written.
pub(crate) fn parse<C: Parser>() -> C {
    C::try_parse().unwrap_or_else(|error| {
        if error.use_stderr() {
            error.exit();
        }
        match print(&error) {
            Ok(()) | Err(Failure::OutputClosed) => process::exit(0),
            Err(Failure::Refused(exit, line)) => {
                drop(writeln!(io::stderr(), "sprag: {line}"));
                process::exit(i32::from(exit as u8))
            }
        }
    })
}

/// Prints what the user asked for. Fails if it cannot be written, which clap itself passes over.
fn print(help: &Error) -> Result<(), Failure> {
    expect_standard_output()?;
    help.print()
        .and_then(|()| io::stdout().flush())
        .map_err(|error| Failure::output(&error))
}
