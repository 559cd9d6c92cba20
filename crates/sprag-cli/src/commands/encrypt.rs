use std::path::PathBuf;

use clap::Args;

use crate::armor::Label;
use crate::failure::Failure;
use crate::home::{self, random};
use crate::input::Input;
use crate::new_file::Readers;
use crate::output::Output;
use crate::stream::Chunks;

/// Encrypt a file or a message to a peer
///
/// The first message to a peer begins the session. A file can have any size. Exit code 0 says that the output is
/// complete and, unless it is a pipe or a terminal, on the disk.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The peer
    name: String,

    /// Read FILE instead of standard input
    #[arg(short, long, value_name = "FILE")]
    input: Option<PathBuf>,

    /// Write to FILE instead of standard output; it appears whole, and on the disk, or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write text instead of bytes, for a mail
    #[arg(short, long)]
    armor: bool,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    // Open the input and the output before asking for the passphrase, so that a wrong path fails at once.
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
    // Open the store only to make the file's key, because encrypting a long file would keep others waiting.
    let file = unlocked
        .open_to_send()?
        .encrypt_file(&arguments.name, &mut random()?)?;
    // Write the header and the encrypted content.
    let mut output = if arguments.armor {
        output.armor(Label::File)?
    } else {
        output
    };
    output.write(&file.header)?;
    chunks.seal(&file.key, &mut output)?;
    output.finish()
}
