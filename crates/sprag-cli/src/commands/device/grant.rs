use std::io::{Write as _, stderr};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sprag_client::{ClientError, DeviceNumber};

use crate::armor::Label;
use crate::commands::{answer, expect_json, report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{self, random};
use crate::new_file::Readers;
use crate::output::Output;
use crate::parcel;

/// Have another device of yours sign the list of your devices
///
/// This device signs none any more from now on, because two that sign could contradict each other. `sprag device join FILE` takes
/// the key on the other device. If the file was lost, run the command again for the same device.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The number of the device, as `sprag device list` shows it
    #[arg(value_name = "N")]
    number: u32,

    /// Write the key, which only that device can read, to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Print a JSON object: to standard output, or to standard error if that gets the key
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object<'a> {
    device: u32,
    identity: String,
    output: Option<&'a str>,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    account.refuse_output(arguments.output.as_deref())?;
    let output = Output::prepare(arguments.output.as_deref(), None, Readers::Anyone)?;
    expect_json(&output)?;
    let number = DeviceNumber::new(arguments.number);
    let mut client = account.unlock()?.open_to_send()?;
    let granted = client.grant(number, &mut random()?);
    let granted = granted.map_err(|error| match error {
        ClientError::NoBundle(_) => Failure::refused(format!(
            "there is no session with your device {number} to send the key in: have it write a bundle with `sprag bundle`, and \
             `sprag device add BUNDLE`: nothing was changed"
        ))
        .with(Exit::Unknown),
        error => error.into(),
    })?;
    drop(client);
    let output = parcel::write(output, Label::Message, &granted.message)?;
    let output = output.as_deref();
    if arguments.json {
        let object = Object {
            device: number.to_u32(),
            identity: granted.identity.to_string(),
            output,
        };
        return report(&object, output);
    }
    answer(
        format_args!("device {number} signs the list of your devices once it has the key"),
        output,
    )?;
    // A closed standard error is no failure.
    drop(writeln!(
        stderr(),
        "sprag: give the file to `sprag device join FILE` on device {number}; this device signs no list any more"
    ));
    Ok(())
}
