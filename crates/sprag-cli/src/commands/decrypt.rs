mod messages;

use core::fmt::Display;
use std::io::{Write as _, stderr};

use clap::Args;
use serde::Serialize;
use sprag::{Error, Kind, kind};
use sprag_client::{
    ClientError, DeviceNumber, IncomingFile, Owed, ReceivedFile, Sender, SentBy, UserId,
};
use sprag_store::Error as StoreError;

use super::{describe_devices, expect_json, numbers, output_name, report};
use crate::armor::Label;
use crate::ask::ask;
use crate::failure::Failure;
use crate::files::{self, Files, Naming};
use crate::fingerprint::Grouped;
use crate::header::Header;
use crate::home::{self, Unlocked, random};
use crate::input::Input;
use crate::new_file::Readers;
use crate::output::Output;
use crate::owed;
use crate::refusal::may_be_damage;
use crate::stream::Chunks;

/// Decrypt a file that `sprag encrypt` wrote, or a message of another command, armored or not
///
/// Each file can be decrypted once, then its key is gone. A file that was damaged or interrupted can be
/// tried again. `sprag decrypt plan.pdf.sprag` writes plan.pdf. Standard output gets each part as soon as it is known
/// to be genuine: wait for exit code 0 before you rely on the whole. The key goes once the output is on the disk. A
/// pipe or a terminal has none: there the key goes once all is written, so keep what you read from it.
///
/// Where a sender that is not known wrote the file, and standard input is a terminal, you are asked for a name.
///
/// Of the messages in a file that `sprag repair` or `sprag owed` wrote, those for this device are taken. They hold no text, so
/// nothing but what they say is printed.
///
/// A terminal shows text only, with its control characters made visible. Give -o - to write the bytes as they are.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Accept the file from this peer only; a sender that is not known yet becomes known as NAME
    #[arg(long, value_name = "NAME")]
    from: Option<String>,

    #[command(flatten)]
    files: Files,

    /// Print a JSON object: to standard output, or to standard error if that gets the content
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object {
    /// The sender, or null for another device of the own user.
    peer: Option<String>,
    user: Option<String>,
    /// The identity of the device that encrypted the file, and its number.
    identity: String,
    device: Option<u32>,
    /// Set if that is another device of the own user.
    own_device: bool,
    /// The peer that such a device encrypted the file to, by its name or else its user id, and its user; null for a file of
    /// a peer.
    sent_to: Option<String>,
    sent_to_user: Option<String>,
    /// Set if the sender has taken the device out of use.
    retired_device: bool,
    /// The numbers of the devices that the message adds to those of a known sender, and takes away.
    new_devices: Vec<u32>,
    gone_devices: Vec<u32>,
    /// Set if the sender was not known before.
    new_peer: bool,
    /// Set if the message began the session.
    new_session: bool,
    /// Set if the message began the session although there was one that works.
    unexpected_session: bool,
    /// Set if the session was followed by one that both have used.
    old_session: bool,
    /// The file, or null if standard output carries the content or no file was written.
    output: Option<String>,
    /// Set if the whole content was written and the key is gone. Else this command is refused, and can be tried again.
    complete: bool,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    // Open the input and the output before asking for the passphrase, so that a wrong path fails at once.
    let input = arguments.files.input()?;
    let naming: Naming = (files::decrypted, Readers::Owner);
    let output = match arguments.files.output(account, &input, naming) {
        Ok(output) => output,
        Err(failure) if arguments.files.names_output() => return Err(failure),
        Err(failure) => return without_output(arguments, (input, failure), account),
    };
    // Only an output that is asked for gets bytes that could control a terminal.
    let output = if !arguments.files.names_output() && output.is_terminal() {
        output.show()
    } else {
        output
    };
    if arguments.json {
        expect_json(&output)?;
    }
    let unlocked = account.unlock()?;
    // Read the header and the first chunk.
    let mut input = input.dearmor(&LABELS)?;
    if input.label() == Some(Label::Message) {
        return messages::run(arguments, input, &unlocked);
    }
    let header = Header::read(&mut input)?;
    let chunks = Chunks::of_ciphertext(input)?;
    let messages: Vec<&[u8]> = header.messages.iter().map(Vec::as_slice).collect();
    let file = IncomingFile {
        commitment: &header.commitment,
        messages: &messages,
        now: home::now()?,
    };
    // Decrypt the file's key. The store is closed again before the content is decrypted, which can take long.
    let from = arguments.from.as_deref();
    let received = receive(&unlocked, from, (file, &header, chunks.input()))?;
    // Tell now what has changed, because it has, even if the rest of the file turns out to be damaged.
    if !arguments.json {
        tell_changes(&received);
    }
    let (name, is_file) = (output_name(&output), output.is_file());
    let written = write(&received.file, (chunks, output));
    // A file that could not be written is not there. A pipe or a device may have got a part.
    let is_there = written.is_ok() || !is_file;
    let owed = written.and_then(|()| acknowledge(&unlocked, &received.file));
    let told = match arguments.json {
        true => tell_object(&received, (name.as_deref(), is_there), owed.is_ok()),
        false => Ok(()),
    };
    let owed = owed?;
    told?;
    if !arguments.json {
        tell_sender(arguments, &received.file, &owed);
    }
    Ok(())
}

/// Reads messages whose name says nothing of an output, which they need not have. Other inputs are refused, by what they are or
/// else with this failure.
fn without_output(
    arguments: &Arguments,
    (input, failure): (Input, Failure),
    account: &home::Arguments,
) -> Result<(), Failure> {
    let Ok(input) = input.dearmor(&Label::ALL) else {
        return Err(failure);
    };
    match input.label() {
        Some(Label::Message) => messages::run(arguments, input, &account.unlock()?),
        Some(label) if !LABELS.contains(&label) => Err(input.is_other(label)),
        _ => Err(failure),
    }
}

/// Names the sender, unless the user knows it already, and what is due to it.
fn tell_sender(arguments: &Arguments, file: &ReceivedFile, owed: &[Owed]) {
    let is_peer = file.sent_by == SentBy::Peer;
    if arguments.from.is_none() && is_peer && !file.new_peer && !file.unexpected_session {
        tell(format_args!("from {}", file.peer));
    }
    owed::remind(owed);
}

/// The labels of what is decrypted.
const LABELS: [Label; 2] = [Label::File, Label::Message];

/// The key of a file, and the user who encrypted it.
struct FileFrom {
    file: ReceivedFile,
    user: Option<UserId>,
}

/// Decrypts the key of a file. Only a sender that the user names can be new: with --from, or when asked at a terminal.
fn receive(
    unlocked: &Unlocked,
    from: Option<&str>,
    (file, header, input): (IncomingFile<'_>, &Header, &Input),
) -> Result<FileFrom, Failure> {
    let decrypt = |sender| -> Result<_, Failure> {
        let mut client = unlocked.open_to_change()?;
        let file = match client.decrypt_file(sender, file, &mut random()?) {
            Ok(file) => file,
            Err(error) => return Ok(Err(error)),
        };
        let user = match file.sent_by {
            SentBy::Peer => client.status(&file.peer)?.user,
            SentBy::OwnDevice => Some(client.user_id()?),
        };
        Ok(Ok(FileFrom { file, user }))
    };
    let mut received = decrypt(from.map_or(Sender::AnyPeer, Sender::Named))?;
    // The store is closed while the user is asked, because that can take long.
    if let Err(ClientError::UnknownSender(user)) = &received
        && let Some(name) = ask_for_name(user)?
    {
        received = decrypt(Sender::Named(&name))?;
    }
    received.map_err(|error| {
        let is_damage = may_be_damage(&error);
        let refusal = if begins_session(header, &error) {
            Failure::refused(format!(
                "{input} was encrypted by an earlier version of sprag and begins a session, which is refused: ask its sender \
                 to use the newest sprag, exchange new bundles, and have it encrypted again"
            ))
        } else {
            error.into()
        };
        if is_damage {
            input.damaged(refusal)
        } else {
            refusal
        }
    })
}

/// Tells whether a file of an earlier version was refused because it begins a session.
fn begins_session(header: &Header, error: &ClientError<StoreError>) -> bool {
    let is_refused = matches!(
        error,
        ClientError::Protocol(Error::Handshake(_) | Error::Ratchet(_) | Error::Wire(_))
            | ClientError::NotListed(_)
            | ClientError::NoDeviceList
    );
    let mut kinds = header.messages.iter().map(|message| kind(message));
    header.is_early && is_refused && kinds.any(|kind| kind == Ok(Kind::PrekeyMessage))
}

/// Asks for a name for a sender that is not known. Returns `None` if nobody can be asked, or nothing was answered.
fn ask_for_name(user: &UserId) -> Result<Option<String>, Failure> {
    // The user id takes two lines, because all its digits do not fit into one.
    let (first, second) = user.as_bytes().split_at(16);
    let question = format!(
        "the sender is not known, and has the fingerprint\n  {}\n  {}\n\
         Name for the sender (nothing to leave the file as it is)",
        Grouped(first),
        Grouped(second)
    );
    let name = ask(&question, "give --from NAME")?;
    Ok(name.filter(|name| !name.is_empty()))
}

/// Decrypts the content.
fn write(received: &ReceivedFile, (chunks, mut output): (Chunks, Output)) -> Result<(), Failure> {
    chunks.open(&received.key, &mut output)?;
    output.finish()
}

/// Deletes the key of a file once the whole output is durable, and not before, because a failure must leave the file decryptable.
/// Returns what is owed to the sender.
fn acknowledge(unlocked: &Unlocked, received: &ReceivedFile) -> Result<Vec<Owed>, Failure> {
    let acknowledged = unlocked.open().and_then(|mut client| {
        client.acknowledge(&received.receipt)?;
        // Nothing is amiss with the file if this cannot be found out.
        let is_peer = received.sent_by == SentBy::Peer;
        let sender = is_peer.then_some(received.peer.as_str());
        let owed = client.owed_to(|name| name == sender);
        Ok(owed.unwrap_or_default())
    });
    acknowledged.map_err(|failure| failure.about("all was written, but the key is kept"))
}

fn tell_object(
    FileFrom { file, user }: &FileFrom,
    (output, is_there): (Option<&str>, bool),
    complete: bool,
) -> Result<(), Failure> {
    let own_device = file.sent_by == SentBy::OwnDevice;
    let (new_devices, gone_devices) = changes(file);
    let (peer, sent_to) = match file.sent_by {
        SentBy::Peer => (Some(file.peer.clone()), None),
        SentBy::OwnDevice => (None, Some(file.peer.clone())),
    };
    let object = Object {
        sent_to_user: file.user.filter(|_| own_device).map(|to| to.to_string()),
        peer,
        sent_to,
        user: user.map(|user| user.to_string()),
        identity: file.sender.to_string(),
        device: file.device.map(DeviceNumber::to_u32),
        own_device,
        retired_device: file.retired_device,
        new_devices,
        gone_devices,
        new_peer: file.new_peer,
        new_session: file.new_session,
        unexpected_session: file.unexpected_session,
        old_session: file.old_session,
        output: output.filter(|_| is_there).map(str::to_owned),
        complete,
    };
    report(&object, output)
}

/// The numbers of the sender's devices that the file adds and takes away. Those of a new sender are no news.
fn changes(file: &ReceivedFile) -> (Vec<u32>, Vec<u32>) {
    if file.new_peer {
        return (Vec::new(), Vec::new());
    }
    let new = file.new_devices.iter().map(|device| device.number);
    let gone = file.gone_devices.iter().map(|gone| gone.device.number);
    (numbers(new), numbers(gone))
}

/// Tells a sender that is new, and what is unusual about the session. Until the file is acknowledged, each attempt to
/// decrypt it tells the same.
fn tell_changes(
    FileFrom {
        file: received,
        user,
    }: &FileFrom,
) {
    let name = &received.peer;
    let (new, gone) = changes(received);
    let whose = match received.sent_by {
        SentBy::Peer => name,
        SentBy::OwnDevice => "your list",
    };
    for line in describe_devices(whose, &new, &gone) {
        tell(line);
    }
    if received.retired_device {
        tell(format_args!(
            "{whose} has taken the device out of use that encrypted this: ask over another channel if the file was not on its \
             way for long"
        ));
    }
    if received.sent_by == SentBy::OwnDevice {
        let device = match received.device {
            Some(number) => format!("your own device {number}"),
            None => "a device of your own".to_owned(),
        };
        tell(format_args!("a copy of what {device} encrypted to {name}"));
    } else if received.new_peer {
        let fingerprint = user.map(|user| Grouped(user.as_bytes()).to_string());
        tell(format_args!(
            "{name} is new; fingerprint: {}",
            fingerprint.unwrap_or_default()
        ));
    } else if received.unexpected_session {
        tell(format_args!(
            "{name} began a new session, although there was one that works; if you gave {name} no new bundle, ask {name} \
             over another channel"
        ));
    }
    if received.old_session {
        tell(format_args!(
            "{name} encrypted this in an old session; if the file was not on its way for long, somebody may have \
             a copy of that session: ask {name} over another channel"
        ));
    }
}

/// Prints a line to standard error. It is no failure if that is closed, because the file itself can be decrypted.
fn tell(line: impl Display) {
    drop(writeln!(stderr(), "sprag: {line}"));
}
