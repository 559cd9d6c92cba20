//! The commands that use an account, each in a file of the same name.

pub(crate) mod add;
pub(crate) mod bundle;
pub(crate) mod completions;
pub(crate) mod decrypt;
pub(crate) mod device;
pub(crate) mod encrypt;
pub(crate) mod forget;
pub(crate) mod id;
pub(crate) mod init;
#[cfg(all(target_os = "linux", feature = "keyring"))]
pub(crate) mod lock;
pub(crate) mod man;
pub(crate) mod owed;
pub(crate) mod passwd;
pub(crate) mod recovery;
pub(crate) mod rename;
pub(crate) mod repair;
pub(crate) mod restored;
pub(crate) mod rotate;
pub(crate) mod status;
#[cfg(all(target_os = "linux", feature = "keyring"))]
pub(crate) mod unlock;
pub(crate) mod verify;

use core::fmt::Display;
use std::io::{Write as _, stderr, stdout};

use serde::Serialize;
use sprag_client::DeviceNumber;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, expect_standard_error, expect_standard_output};

/// Prints lines to standard output. Fails if nobody can have read them.
fn say(lines: impl Display) -> Result<(), Failure> {
    expect_standard_output()?;
    let mut stdout = stdout().lock();
    writeln!(stdout, "{lines}")
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::output(&error))
}

/// Prints a text as it is to standard output. Fails if nobody can have read it.
fn print(text: &[u8]) -> Result<(), Failure> {
    expect_standard_output()?;
    let mut stdout = stdout().lock();
    stdout
        .write_all(text)
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::output(&error))
}

/// Prints a JSON object, on one line, to standard output.
fn say_json(object: &impl Serialize) -> Result<(), Failure> {
    say(to_json(object)?)
}

/// Prints a JSON object, on one line, to standard error, because standard output carries the data.
fn tell_json(object: &impl Serialize) -> Result<(), Failure> {
    let told = writeln!(stderr(), "{}", to_json(object)?);
    told.map_err(|error| {
        Failure::refused(format!(
            "standard error cannot be written: {error}: write elsewhere"
        ))
        .with(Exit::File)
    })
}

/// Refuses to go on if nobody would read the JSON object of a command that has this output.
fn expect_json(output: &Output) -> Result<(), Failure> {
    if output.is_standard() {
        expect_standard_error()
    } else {
        expect_standard_output()
    }
}

/// Prints the JSON object of a command that has this output, where [`expect_json`] expects it.
fn report(object: &impl Serialize, output: Option<&str>) -> Result<(), Failure> {
    match output {
        Some(_) => say_json(object),
        None => tell_json(object),
    }
}

/// Prints what the user asked for: to standard output, or to standard error if that carries the data.
fn answer(line: impl Display, output: Option<&str>) -> Result<(), Failure> {
    match output {
        Some(_) => say(line),
        // A closed standard error is no failure, because the data are written.
        None => {
            drop(writeln!(stderr(), "{line}"));
            Ok(())
        }
    }
}

fn to_json(object: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(object).map_err(|error| Failure::defect(&error.to_string()))
}

/// The numbers of devices, for programs.
fn numbers(devices: impl IntoIterator<Item = DeviceNumber>) -> Vec<u32> {
    devices.into_iter().map(DeviceNumber::to_u32).collect()
}

/// Describes the devices of the peer `name` that a list added or took away, one on each line; nothing if there are none.
fn describe_devices(name: &str, new: &[u32], gone: &[u32]) -> Vec<String> {
    let line = |numbers: &[u32], what: &str| {
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        let devices = if numbers.len() == 1 {
            "device"
        } else {
            "devices"
        };
        (!numbers.is_empty()).then(|| format!("{name} {what} {devices} {}", numbers.join(", ")))
    };
    let new = line(new, "has the new");
    new.into_iter().chain(line(gone, "no longer has")).collect()
}

/// The output of a command in its JSON object: a file's name, or nothing if standard output carries the data.
fn output_name(output: &Output) -> Option<String> {
    (!output.is_standard()).then(|| output.name().to_owned())
}
