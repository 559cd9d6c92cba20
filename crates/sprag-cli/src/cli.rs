//! The command line: the commands with their arguments, and the one that runs.

use clap::{Parser, Subcommand};

use crate::commands::{
    add, bundle, completions, decrypt, device, encrypt, forget, id, init, man, owed, passwd,
    recovery, rename, repair, restored, rotate, status, verify,
};
#[cfg(all(target_os = "linux", feature = "keyring"))]
use crate::commands::{lock, unlock};
use crate::failure::Failure;
use crate::{demo, exit, home};

/// Encrypted conversations over any channel
///
/// sprag encrypts and decrypts bytes, and does not use the network. Send its output by mail, by chat or
/// on a memory stick.
#[derive(Debug, Parser)]
#[command(name = "sprag", version, after_help = after_help())]
pub(crate) struct Cli {
    #[command(flatten)]
    account: home::Arguments,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Arguments),
    Id(id::Arguments),
    Bundle(bundle::Arguments),
    Add(add::Arguments),
    Verify(verify::Arguments),
    Encrypt(encrypt::Arguments),
    Decrypt(decrypt::Arguments),
    Status(status::Arguments),
    Repair(repair::Arguments),
    Owed(owed::Arguments),
    Device(device::Arguments),
    Recovery(recovery::Arguments),
    Rotate(rotate::Arguments),
    Rename(rename::Arguments),
    Forget(forget::Arguments),
    Passwd(passwd::Arguments),
    #[cfg(all(target_os = "linux", feature = "keyring"))]
    Unlock(unlock::Arguments),
    #[cfg(all(target_os = "linux", feature = "keyring"))]
    Lock(lock::Arguments),
    Restored(restored::Arguments),
    Demo(demo::Arguments),
    Man(man::Arguments),
    Completions(completions::Arguments),
}

impl Cli {
    /// Runs the command that was given.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let account = &self.account;
        match &self.command {
            Command::Init(arguments) => init::run(arguments, account),
            Command::Id(arguments) => id::run(arguments, account),
            Command::Bundle(arguments) => bundle::run(arguments, account),
            Command::Add(arguments) => add::run(arguments, account),
            Command::Verify(arguments) => verify::run(arguments, account),
            Command::Encrypt(arguments) => encrypt::run(arguments, account),
            Command::Decrypt(arguments) => decrypt::run(arguments, account),
            Command::Status(arguments) => status::run(arguments, account),
            Command::Repair(arguments) => repair::run(arguments, account),
            Command::Owed(arguments) => owed::run(arguments, account),
            Command::Device(arguments) => device::run(arguments, account),
            Command::Recovery(arguments) => recovery::run(arguments, account),
            Command::Rotate(arguments) => rotate::run(arguments, account),
            Command::Rename(arguments) => rename::run(arguments, account),
            Command::Forget(arguments) => forget::run(arguments, account),
            Command::Passwd(arguments) => passwd::run(arguments, account),
            #[cfg(all(target_os = "linux", feature = "keyring"))]
            Command::Unlock(arguments) => unlock::run(arguments, account),
            #[cfg(all(target_os = "linux", feature = "keyring"))]
            Command::Lock(arguments) => lock::run(arguments, account),
            Command::Restored(arguments) => restored::run(arguments, account),
            Command::Demo(arguments) => demo::run(arguments),
            Command::Man(arguments) => man::run(arguments),
            Command::Completions(arguments) => completions::run(arguments),
        }
    }
}

fn after_help() -> String {
    format!("{EXAMPLE}\n\n{}", exit::table())
}

const EXAMPLE: &str = "\
To begin:
  sprag init                           an account of your own
  sprag bundle -o for-bob              send this to Bob; he sends you one
  sprag add bob from-bob               remember Bob by his bundle
  sprag encrypt bob plan.pdf           writes plan.pdf.sprag
  sprag decrypt answer.pdf.sprag       writes answer.pdf";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_of_each_command_agree() {
        Cli::command().debug_assert();
    }
}
