use std::path::PathBuf;

use clap::Args;

use crate::armor::Label;
use crate::failure::Failure;
use crate::home::{self, random};
use crate::output::{Output, Readers};

/// Write a bundle, by which a peer begins to talk to this account
///
/// Give each peer a bundle of its own: it holds keys that are used once. A bundle is no secret, but
/// whoever can replace it on its way can listen: compare fingerprints.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Write a bundle for any number of peers, as for a home page; it protects first messages less
    #[arg(long)]
    reusable: bool,

    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write lines of text, as a terminal is always given
    #[arg(short, long)]
    armor: bool,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    account.refuse_output(arguments.output.as_deref())?;
    let output = Output::prepare(arguments.output.as_deref(), None, Readers::Anyone)?;
    let mut client = account.unlock()?.open()?;
    let bundle = if arguments.reusable {
        client.publish_reusable()?
    } else {
        client.publish(&mut random()?)?
    };
    drop(client);
    let armor = arguments.armor || output.is_terminal();
    let mut output = if armor {
        output.armor(Label::Bundle)?
    } else {
        output
    };
    output.write(&bundle)?;
    output.finish()
}
