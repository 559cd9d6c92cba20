//! The commands that use an account, each in a file of the same name.

pub(crate) mod add;
pub(crate) mod bundle;
pub(crate) mod decrypt;
pub(crate) mod encrypt;
pub(crate) mod forget;
pub(crate) mod id;
pub(crate) mod init;
pub(crate) mod passwd;
pub(crate) mod restored;
pub(crate) mod rotate;
pub(crate) mod status;

use core::fmt::Display;
use std::io::{Write as _, stdout};

use crate::failure::Failure;
use crate::output::expect_standard_output;

/// Prints lines to standard output. Fails if nobody can have read them.
fn say(lines: impl Display) -> Result<(), Failure> {
    expect_standard_output()?;
    let mut stdout = stdout().lock();
    writeln!(stdout, "{lines}")
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::output(&error))
}
