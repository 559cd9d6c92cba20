use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sprag_client::{Owed, OwedMessage};

use super::{answer, expect_json, report, say, say_json};
use crate::armor::Label;
use crate::failure::Failure;
use crate::home::{self, random};
use crate::new_file::Readers;
use crate::opened::Opened;
use crate::output::{Output, expect_standard_output};
use crate::owed::{reminders, word};
use crate::parcel;

/// Show what is due to your peers and to your other devices, or write it
///
/// A file to a peer takes along what is due to the peer. With -o it is written alone, as messages that hold no text: one for each
/// device, in one file, of which each device takes its own by `sprag decrypt`. What was written is to be handed over.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The peer [default: all peers, and your own devices]
    name: Option<String>,

    /// Your other devices alone
    #[arg(long, conflicts_with = "name")]
    own: bool,

    /// Write the messages to FILE
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Print a JSON array, with an object for each message: to standard output, or to standard error if that gets the messages
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object<'a> {
    /// The peer, or null for another device of one's own.
    peer: Option<&'a str>,
    device: u32,
    identity: String,
    own_device: bool,
    /// The kind of what is due: `list`, `answer`, `renewal`, `request` or `bundle`.
    due: &'static str,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let Some(path) = arguments.output.as_deref() else {
        return show(arguments, account);
    };
    account.refuse_output(Some(path))?;
    let output = Output::prepare(Some(path), None, Readers::Anyone)?;
    expect_json(&output)?;
    let mut client = account.unlock()?.open_to_send()?;
    let wanted = Wanted::of(arguments, &client)?;
    let due = client.owed_to(|name| wanted.is(name))?;
    let written = client.write_owed_to(|name| wanted.is(name), &mut random()?)?;
    drop(client);
    if written.is_empty() {
        return Err(nothing(&due));
    }
    let messages = written.iter().map(|owed| owed.message.message.as_slice());
    let output = parcel::write_all(output, Label::Message, messages)?;
    tell(arguments, (&due, &written), output.as_deref())
}

/// The parties whose due the user asks for.
enum Wanted {
    All,
    Own,
    /// The peer of this name.
    Peer(String),
}

impl Wanted {
    /// Refuses a name that is nobody's.
    fn of(arguments: &Arguments, client: &Opened) -> Result<Self, Failure> {
        Ok(match &arguments.name {
            Some(name) => Self::Peer(client.status(name)?.name),
            None if arguments.own => Self::Own,
            None => Self::All,
        })
    }

    /// Tells whether these are the peer of this name or the own devices.
    fn is(&self, name: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Own => name.is_none(),
            Self::Peer(wanted) => name == Some(wanted),
        }
    }
}

fn show(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    expect_standard_output()?;
    let client = account.unlock()?.open_to_read()?;
    client.tell_if_put_back();
    let wanted = Wanted::of(arguments, &client)?;
    let due = client.owed_to(|name| wanted.is(name))?;
    drop(client);
    if arguments.json {
        return say_json(&objects(&due));
    }
    match reminders(&due).as_slice() {
        [] => say("nothing is due"),
        lines => say(lines.join("\n")),
    }
}

fn objects(due: &[Owed]) -> Vec<Object<'_>> {
    let objects = due.iter().map(|owed| Object {
        peer: owed.name.as_deref(),
        device: owed.number.to_u32(),
        identity: owed.identity.to_string(),
        own_device: owed.own,
        due: word(owed.what),
    });
    objects.collect()
}

/// The refusal to write nothing.
fn nothing(due: &[Owed]) -> Failure {
    match due.first() {
        None => {
            Failure::refused("nothing is due: nothing was written: `sprag status` shows each peer")
        }
        Some(owed) => {
            let option = owed.name.as_deref().unwrap_or("--own");
            Failure::refused(format!(
                "what is due is no message, but a new session that begins with a bundle: nothing was written: `sprag repair \
                 {option} -o FILE` writes the bundle"
            ))
        }
    }
}

fn tell(
    arguments: &Arguments,
    (due, written): (&[Owed], &[OwedMessage]),
    output: Option<&str>,
) -> Result<(), Failure> {
    let is_written = |owed: &&Owed| {
        let mut messages = written.iter().map(|written| written.message.identity);
        messages.any(|identity| identity == owed.identity)
    };
    let due: Vec<Owed> = due.iter().filter(is_written).cloned().collect();
    if arguments.json {
        return report(&objects(&due), output);
    }
    let lines = due.iter().map(|owed| {
        let device = match &owed.name {
            Some(name) => format!("device {} of {name}", owed.number),
            None => format!("your device {}", owed.number),
        };
        format!(
            "for {device}: {}: `sprag decrypt` takes it there",
            crate::owed::words(owed.what)
        )
    });
    let lines: Vec<String> = lines.collect();
    answer(lines.join("\n"), output)
}
