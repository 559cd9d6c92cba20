use std::path::PathBuf;

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::home;
use crate::passphrase::Source;

/// Change the passphrase
///
/// An earlier copy of the account still opens with the old passphrase.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[arg(long, value_name = "FILE", help = HELP)]
    new_passphrase_file: Option<PathBuf>,
}

const HELP: &str = "The file that holds the new passphrase; - for standard input [default: $SPRAG_NEW_PASSPHRASE, else it is asked for]";

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let unlocked = account.unlock_by_passphrase()?;
    let source = Source {
        file: arguments.new_passphrase_file.as_deref(),
        variable: "SPRAG_NEW_PASSPHRASE",
        option: "--new-passphrase-file",
        prompt: "New passphrase",
        what: "the new passphrase",
    };
    let new = source.choose();
    unlocked.rewrap(&new.map_err(|failure| failure.with(Exit::Passphrase))?)
}
