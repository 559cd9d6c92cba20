use std::io::{Write as _, stderr};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sprag_client::SigningStatus;

use crate::armor::Label;
use crate::commands::{expect_json, report};
use crate::failure::Failure;
use crate::home;
use crate::parcel;
use crate::recovery_file::{HELP, NewRecovery};

/// Write a recovery file, by which your user can be recovered if all devices are lost
///
/// Keep it in another place than your devices, and its passphrase in another place than the file. It is out of date once you
/// link or remove a device: write a new one then.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Write to FILE
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    #[arg(long, value_name = "FILE", help = HELP)]
    recovery_passphrase_file: Option<PathBuf>,

    /// Print a JSON object: to standard output, or to standard error if that gets the recovery file
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object {
    user: String,
    /// The version of the list in the file.
    version: u64,
    /// The file, or null for standard output.
    output: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let unlocked = account.unlock()?;
    let passphrase_file = arguments.recovery_passphrase_file.as_deref();
    let file = NewRecovery::prepare(&arguments.output, passphrase_file, account)?;
    if arguments.json {
        expect_json(file.written_to())?;
    }
    let client = unlocked.open_to_read()?;
    client.tell_if_put_back();
    let (output, bytes) = file.seal(&client)?;
    let list = client.device_list()?;
    // Another list may be the newest, and whoever recovers by this one must know. A closed standard error is no failure.
    if matches!(client.signing()?, SigningStatus::Unsure { .. }) {
        drop(writeln!(stderr(), "sprag: {UNSURE}"));
    }
    drop(client);
    let output = parcel::write(output, Label::Recovery, &bytes)?;
    if !arguments.json {
        return Ok(());
    }
    let object = Object {
        user: list.user_id().to_string(),
        version: list.version(),
        output,
    };
    report(&object, object.output.as_deref())
}

const UNSURE: &str = "\
a newer list of your devices may have been signed than the one in the recovery file: write a new file once this device signs again, \
which `sprag device list` shows";
