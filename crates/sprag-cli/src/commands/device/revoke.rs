use std::io::{Write as _, stderr};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sprag_client::{DeviceNumber, Reason, Revoked};

use crate::armor::Label;
use crate::commands::{answer, expect_json, report, say_json};
use crate::failure::Failure;
use crate::home::{self, now, random};
use crate::new_file::Readers;
use crate::output::{Output, expect_standard_output};
use crate::parcel;
use crate::recovery_file::Renewal;

/// Remove a device from the list of your devices
///
/// Your peers learn of it with your next messages, and write to the device no more. What a device sent before it was retired is
/// still read for a time; from one that is lost nothing is read any more, and a retired one can be declared lost later. A device
/// that was removed never comes back: link it anew. Without the notice the device itself learns of it only by a message of yours that still reaches it.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The number of the device, as `sprag device list` shows it
    #[arg(value_name = "N")]
    number: u32,

    /// Somebody else may have the device: nothing that it sends is believed any more
    #[arg(long)]
    lost: bool,

    /// Write a notice to NOTICE, by which the device deletes its account: `sprag decrypt NOTICE` takes it there
    #[arg(short, long, value_name = "NOTICE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    recovery: Renewal,

    /// Print a JSON object: to standard output, or to standard error if that gets the notice
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object<'a> {
    device: u32,
    reason: &'static str,
    /// The version of the list of the own devices.
    version: u64,
    /// The file with the notice, or null if there is none or standard output carries it.
    output: Option<&'a str>,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    account.refuse_output(arguments.output.as_deref())?;
    let output = match arguments.output.as_deref() {
        Some(path) => Some(Output::prepare(Some(path), None, Readers::Anyone)?),
        None => None,
    };
    match &output {
        Some(output) => expect_json(output)?,
        None => expect_standard_output()?,
    }
    let unlocked = account.unlock()?;
    let recovery = arguments.recovery.prepare(account)?;
    let (reason, word) = match arguments.lost {
        true => (Reason::Lost, "lost"),
        false => (Reason::Retired, "retired"),
    };
    let number = DeviceNumber::new(arguments.number);
    let mut client = unlocked.open_to_send()?;
    let revocation = client.revoke(Revoked { number, reason }, now()?, &mut random()?)?;
    let recovery = recovery.seal(&client);
    drop(client);
    // Write the notice, if the device can be written to.
    let is_standard = output.as_ref().is_some_and(Output::is_standard);
    let mut file = None;
    match (output, &revocation.notice) {
        (Some(output), Some(notice)) => {
            let written = parcel::write(output, Label::Message, &notice.message);
            file = written.map_err(|failure| {
                failure.about(format_args!(
                    "device {number} is none of yours any more, but its notice was not written: the same command writes it again"
                ))
            })?;
        }
        (Some(_), None) => drop(writeln!(
            stderr(),
            "sprag: no notice was written, because there is no session with device {number}"
        )),
        (None, _) => {}
    }
    let object = Object {
        device: number.to_u32(),
        reason: word,
        version: revocation.list.version(),
        output: file.as_deref(),
    };
    let told = if is_standard { None } else { Some("") };
    match (arguments.json, is_standard) {
        (true, false) => say_json(&object)?,
        (true, true) => report(&object, None)?,
        _ => answer(
            format_args!("device {number} is none of yours any more"),
            told,
        )?,
    }
    recovery?.write().map(drop)
}
