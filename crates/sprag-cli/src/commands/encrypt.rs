use std::io::{Write as _, stderr};

use clap::Args;
use sprag_client::{Rules, SkipReason, Skipped};

use crate::armor::Label;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::{self, Files, Naming};
use crate::home::{self, random};
use crate::new_file::Readers;
use crate::stream::Chunks;

/// Encrypt a file or a message to a peer
///
/// Each device of the peer can decrypt it, and so can your other devices. A device that cannot be reached is named on
/// standard error. The first message to a device begins the session. `sprag encrypt bob plan.pdf` writes plan.pdf.sprag. A file can have
/// any size. Exit code 0 says that the output is complete and, unless it is a pipe or a terminal, on the disk.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The peer
    name: String,

    #[command(flatten)]
    files: Files,

    /// Refuse a peer that is not verified; `sprag verify` verifies one
    #[arg(long)]
    verified: bool,

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
        )
        .with(Exit::Usage));
    }
    let unlocked = account.unlock()?;
    let chunks = Chunks::of_plaintext(input)?;
    // Open the store only to make the file's key, because encrypting a long file would keep others waiting.
    let mut client = unlocked.open_to_send()?;
    client.set_rules(Rules {
        verified_only: arguments.verified,
        ..Rules::default()
    });
    let file = client.encrypt_file(&arguments.name, &mut random()?)?;
    drop(client);
    for skipped in &file.skipped {
        // A closed standard error is no failure, because the file can be decrypted elsewhere.
        drop(writeln!(
            stderr(),
            "sprag: {}",
            left_out(&arguments.name, skipped)
        ));
    }
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

/// Describes a device that cannot decrypt the file, and what to do.
fn left_out(name: &str, skipped: &Skipped) -> String {
    let number = skipped.number;
    let device = if skipped.own {
        format!("your own device {number}")
    } else {
        format!("device {number} of {name}")
    };
    let why = match skipped.reason {
        SkipReason::NoBundle if skipped.own => {
            "no session with it has begun: have it write a bundle with `sprag bundle`, and `sprag device add BUNDLE`"
                .to_owned()
        }
        SkipReason::NoBundle => {
            format!("no bundle of it was added: ask {name} for one, and `sprag add {name} BUNDLE`")
        }
        SkipReason::AwaitsList => {
            "it spoke of a newer device list, which has not come yet: it was asked for the list"
                .to_owned()
        }
        SkipReason::Refused(error) if skipped.own => format!(
            "{error}: have it write a new bundle with `sprag bundle`, and `sprag device add BUNDLE`"
        ),
        SkipReason::Refused(error) => {
            format!("{error}: ask for a new bundle of it, and add that with --renew")
        }
        _ => "a file has no room for more devices: have some removed from the list".to_owned(),
    };
    format!("not encrypted to {device}: {why}")
}
