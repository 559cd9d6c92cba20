use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use sprag_client::{DeviceNumber, DeviceRepair, RepairOutcome};

use super::{answer, expect_json, report};
use crate::armor::Label;
use crate::failure::Failure;
use crate::home::{self, now, random};
use crate::new_file::Readers;
use crate::output::Output;
use crate::parcel;

/// Begin new sessions with a peer, where the two of you cannot read each other any more
///
/// What it takes is written to FILE, to be sent to the peer: messages that `sprag decrypt` takes there or, for a device that no
/// message can reach, a bundle that `sprag add` takes. Messages that could not be read are lost; have them encrypted again. While
/// an answer is awaited nothing more is written, unless you give --again because what was sent is lost.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The peer
    #[arg(required_unless_present = "own")]
    name: Option<String>,

    /// Repair the sessions with your other devices instead
    #[arg(long, conflicts_with = "name")]
    own: bool,

    /// Write to FILE instead of standard output; a bundle beside messages, or a second one, gets the number of its device behind
    /// the name
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Begin anew, although an answer is awaited
    #[arg(long)]
    again: bool,

    /// Print a JSON array, with an object for each device: to standard output, or to standard error if that gets the messages
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object {
    device: Option<u32>,
    identity: String,
    /// The outcome: `renewal`, `request`, `bundle`, `waiting` or `refused`.
    outcome: &'static str,
    /// The file to be sent, or null if there is none or standard output carries it.
    output: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    account.refuse_output(arguments.output.as_deref())?;
    let output = Output::prepare(arguments.output.as_deref(), None, Readers::Anyone)?;
    expect_json(&output)?;
    // Repair, and close the store before writing.
    let mut client = account.unlock()?.open_to_send()?;
    let (now, mut rng) = (now()?, random()?);
    let repairs = match arguments.name.as_deref() {
        Some(name) if arguments.again => client.repair_again(name, now, &mut rng)?,
        Some(name) => client.repair(name, now, &mut rng)?,
        None if arguments.again => client.repair_own_devices_again(now, &mut rng)?,
        None => client.repair_own_devices(now, &mut rng)?,
    };
    drop(client);
    let is_standard = output.is_standard();
    let files = write(&repairs, output, arguments.output.as_deref());
    let files = files.map_err(|failure| failure.about(UNWRITTEN))?;
    let told = if is_standard { None } else { Some("") };
    if arguments.json {
        let objects: Vec<Object> = repairs.iter().zip(files).map(Object::of).collect();
        return report(&objects, told);
    }
    let lines = repairs.iter().zip(files);
    let lines: Vec<String> = lines
        .map(|(repair, file)| line(arguments.name.as_deref(), repair, file.as_deref()))
        .collect();
    match lines.as_slice() {
        [] => answer("there is no other device: nothing is to be repaired", told),
        lines => answer(lines.join("\n"), told),
    }
}

/// Writes what is for each device, and returns the file that it is in: all messages go to one, and each bundle to one of its own.
fn write(
    repairs: &[DeviceRepair],
    output: Output,
    path: Option<&Path>,
) -> Result<Vec<Option<String>>, Failure> {
    let messages: Vec<&[u8]> = repairs.iter().filter_map(message).collect();
    let mut output = Some(output);
    let mut messages_in = None;
    if !messages.is_empty()
        && let Some(output) = output.take()
    {
        messages_in = parcel::write_all(output, Label::Message, messages.into_iter())?;
    }
    let mut files = Vec::new();
    for repair in repairs {
        let file = match &repair.outcome {
            RepairOutcome::Offer(bundle) => {
                let output = match (output.take(), path) {
                    (Some(output), _) => output,
                    (None, path) => beside(path, repair.number)?,
                };
                parcel::write(output, Label::Bundle, bundle)?
            }
            RepairOutcome::Renewal(_) | RepairOutcome::Request(_) => messages_in.clone(),
            _ => None,
        };
        files.push(file);
    }
    Ok(files)
}

/// A file beside the one that the user named, for one device; standard output if none was named.
fn beside(path: Option<&Path>, number: Option<DeviceNumber>) -> Result<Output, Failure> {
    let path = path.map(|path| {
        let number = number.map_or_else(String::new, |number| number.to_string());
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(number);
        PathBuf::from(name)
    });
    Output::prepare(path.as_deref(), None, Readers::Anyone)
}

fn message(repair: &DeviceRepair) -> Option<&[u8]> {
    match &repair.outcome {
        RepairOutcome::Renewal(message) | RepairOutcome::Request(message) => Some(message),
        _ => None,
    }
}

/// Tells what was done for a device, and which file to send.
fn line(name: Option<&str>, repair: &DeviceRepair, file: Option<&str>) -> String {
    let number = repair.number.map(|number| format!(" {number}"));
    let number = number.unwrap_or_default();
    let device = match name {
        Some(name) => format!("device{number} of {name}"),
        None => format!("your device{number}"),
    };
    let file = file.unwrap_or("what was written");
    let (add, ask) = match name {
        Some(_) => (
            "`sprag add --renew` with your name",
            "ask for a new one, and add it with --renew",
        ),
        None => (
            "`sprag device add`",
            "have that device write a new one with `sprag bundle`, which `sprag device add` takes here",
        ),
    };
    match &repair.outcome {
        RepairOutcome::Renewal(_) => format!(
            "{device}: a new session was begun: send {file}, which `sprag decrypt` takes there"
        ),
        RepairOutcome::Request(_) => format!(
            "{device}: a new session is asked for: send {file}, which `sprag decrypt` takes there"
        ),
        RepairOutcome::Offer(_) => {
            format!(
                "{device}: no message can reach it: send {file}, a bundle that {add} takes there"
            )
        }
        RepairOutcome::Waiting => format!(
            "{device}: a new session was begun or asked for before, and nothing has come since: wait, or give --again"
        ),
        _ => format!("{device}: no session could be begun with the bundle that there is: {ask}"),
    }
}

const UNWRITTEN: &str =
    "new sessions were begun, but not all was written: run the command again with --again";

impl Object {
    fn of((repair, output): (&DeviceRepair, Option<String>)) -> Self {
        Self {
            device: repair.number.map(DeviceNumber::to_u32),
            identity: repair.identity.to_string(),
            outcome: match &repair.outcome {
                RepairOutcome::Renewal(_) => "renewal",
                RepairOutcome::Request(_) => "request",
                RepairOutcome::Offer(_) => "bundle",
                RepairOutcome::Waiting => "waiting",
                _ => "refused",
            },
            output,
        }
    }
}
