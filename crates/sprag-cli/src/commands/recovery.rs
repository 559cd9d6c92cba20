mod export;
mod import;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::home;

/// Keep your user from being lost with its devices
///
/// A recovery file has the key that signs the list of your devices, and the newest list, under a passphrase of its own. Whoever
/// has both can add devices in your name. It holds no messages and no sessions.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Export(export::Arguments),
    Import(import::Arguments),
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::Export(arguments) => export::run(arguments, account),
        Command::Import(arguments) => import::run(arguments, account),
    }
}
