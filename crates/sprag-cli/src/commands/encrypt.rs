use std::path::PathBuf;

use clap::Args;

use crate::armor::Label;
use crate::failure::Failure;
use crate::home::{self, random};
use crate::input::Input;
use crate::output::{Output, Readers};
use crate::stream::Chunks;

/// Encrypt a file or a message to a peer
///
/// The first one begins the session. Files can have any size.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The peer
    name: String,

    /// Read FILE instead of standard input
    #[arg(short, long, value_name = "FILE")]
    input: Option<PathBuf>,

    /// Write to FILE instead of standard output; it appears whole or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write lines of text, to be put into a mail
    #[arg(short, long)]
    armor: bool,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let input = Input::open(arguments.input.as_deref())?;
    account.refuse_output(arguments.output.as_deref())?;
    let output = Output::prepare(arguments.output.as_deref(), Some(&input), Readers::Anyone)?;
    if output.is_terminal() && !arguments.armor {
        return Err(Failure::refused(
            "a terminal cannot show encrypted bytes: give -o FILE, or --armor for text",
        ));
    }
    let unlocked = account.unlock()?;
    let chunks = Chunks::of_plaintext(input)?;
    // Opened for as long as it takes to make a key, not for as long as the file is.
    let file = unlocked
        .open()?
        .encrypt_file(&arguments.name, &mut random()?)?;
    let mut output = if arguments.armor {
        output.armor(Label::File)?
    } else {
        output
    };
    output.write(&file.header)?;
    chunks.seal(&file.key, &mut output)?;
    output.finish_unsynced()
}
