use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{expect_json, output_name, report};
use crate::armor::Label;
use crate::failure::Failure;
use crate::home::{self, random};
use crate::new_file::Readers;
use crate::output::Output;

/// Write a bundle, with which a peer begins a session with this account
///
/// Give each peer a bundle of its own, because it holds keys that are used once. A bundle is not secret,
/// but an attacker who replaces it on its way can read your messages: compare fingerprints.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Write a bundle for any number of peers, for example on a home page; it protects first messages less
    #[arg(long)]
    reusable: bool,

    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write text instead of bytes; a terminal always gets text
    #[arg(short, long)]
    armor: bool,

    /// Print a JSON object: to standard output, or to standard error if that gets the bundle
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object {
    user: String,
    identity: String,
    reusable: bool,
    armored: bool,
    /// The file, or null for standard output.
    output: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    // Prepare the output first: a bundle that cannot be written would waste its keys.
    account.refuse_output(arguments.output.as_deref())?;
    let output = Output::prepare(arguments.output.as_deref(), None, Readers::Anyone)?;
    if arguments.json {
        expect_json(&output)?;
    }
    // Make the bundle, and close the store before writing.
    let mut client = account.unlock()?.open_to_send()?;
    let bundle = if arguments.reusable {
        client.publish_reusable()?
    } else {
        client.publish(&mut random()?)?
    };
    let identity = client.identity()?.to_string();
    let user = client.user_id()?.to_string();
    drop(client);
    // Write the bundle, as text if the user asks for it or a terminal shows it.
    let armor = arguments.armor || output.is_terminal();
    let mut output = if armor {
        output.armor(Label::Bundle)?
    } else {
        output
    };
    output.write(&bundle)?;
    let name = output_name(&output);
    output.finish()?;
    if !arguments.json {
        return Ok(());
    }
    let object = Object {
        user,
        identity,
        reusable: arguments.reusable,
        armored: armor,
        output: name,
    };
    report(&object, object.output.as_deref())
}
