use std::path::PathBuf;

use clap::Args;

use crate::armor::Label;
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
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let unlocked = account.unlock()?;
    let passphrase_file = arguments.recovery_passphrase_file.as_deref();
    let file = NewRecovery::prepare(&arguments.output, passphrase_file, account)?;
    let client = unlocked.open_to_read()?;
    client.tell_if_put_back();
    let (output, bytes) = file.seal(&client)?;
    drop(client);
    parcel::write(output, Label::Recovery, &bytes).map(drop)
}
