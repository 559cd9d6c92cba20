use clap::Args;

use crate::armor::Label;
use crate::failure::Failure;
use crate::files::{self, Files, Naming};
use crate::home::{self, random};
use crate::new_file::Readers;
use crate::stream::Chunks;

/// Encrypt a file or a message to a peer
///
/// The first message to a peer begins the session. `sprag encrypt bob plan.pdf` writes plan.pdf.sprag. A file can have
/// any size. Exit code 0 says that the output is complete and, unless it is a pipe or a terminal, on the disk.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The peer
    name: String,

    #[command(flatten)]
    files: Files,

    /// Write text instead of bytes, for a mail
    #[arg(short, long)]
    armor: bool,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    // Open the input and the output before asking for the passphrase, so that a wrong path fails at once.
    let input = arguments.files.input()?;
    let naming: Naming = (files::encrypted, Readers::Anyone);
    let output = arguments.files.output(account, &input, naming)?;
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
