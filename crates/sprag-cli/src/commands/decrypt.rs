use core::fmt::Display;
use std::io::{Write as _, stderr};

use clap::Args;
use serde::Serialize;
use sprag::{
    FILE_MESSAGE_PREFIX_LENGTH, FILE_PREFIX_LENGTH, FilePrefix, Kind, WireError,
    decode_file_message_length, decode_file_prefix, kind,
};
use sprag_client::{ClientError, IncomingFile, ReceivedFile, Sender};

use super::{expect_json, output_name, report};
use crate::armor::Label;
use crate::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::{self, Files, Naming};
use crate::fingerprint::Grouped;
use crate::home::{self, Unlocked, random};
use crate::input::{AGAIN, Input};
use crate::new_file::Readers;
use crate::output::Output;
use crate::refusal::{may_be_damage, of_wire};
use crate::stream::Chunks;

/// Decrypt a file that `sprag encrypt` wrote, armored or not
///
/// Each file can be decrypted once, then its key is gone. A file that was damaged or interrupted can be
/// tried again. `sprag decrypt plan.pdf.sprag` writes plan.pdf. Standard output gets each part as soon as it is known
/// to be genuine: wait for exit code 0 before you rely on the whole. The key goes once the output is on the disk. A
/// pipe or a terminal has none: there the key goes once all is written, so keep what you read from it.
///
/// Where a sender that is not known wrote the file, and standard input is a terminal, you are asked for a name.
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
    peer: String,
    identity: String,
    /// Set if the sender was not known before.
    new_peer: bool,
    /// Set if the message began the session.
    new_session: bool,
    /// Set if the message began the session although there was one that works.
    unexpected_session: bool,
    /// Set if the session was followed by one that both have used.
    old_session: bool,
    /// The file, or null for standard output.
    output: Option<String>,
    /// Set if the whole content was written and the key is gone. Else this command is refused, and can be tried again.
    complete: bool,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    // Open the input and the output before asking for the passphrase, so that a wrong path fails at once.
    let input = arguments.files.input()?;
    let naming: Naming = (files::decrypted, Readers::Owner);
    let output = arguments.files.output(account, &input, naming)?;
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
    let mut input = input.dearmor(Label::File)?;
    let (prefix, message) = read_header(&mut input)?;
    let chunks = Chunks::of_ciphertext(input)?;
    let file = IncomingFile {
        commitment: &prefix.commitment,
        messages: &[&message],
        now: home::now()?,
    };
    // Decrypt the file's key. The store is closed again before the content is decrypted, which can take long.
    let from = arguments.from.as_deref();
    let received = receive(&unlocked, from, (file, chunks.input()))?;
    // Tell now what has changed, because it has, even if the rest of the file turns out to be damaged.
    if !arguments.json {
        tell_changes(&received);
    }
    let name = output_name(&output);
    let written = write(&unlocked, &received, (chunks, output));
    let told = match arguments.json {
        true => tell_object(&received, name, written.is_ok()),
        false => Ok(()),
    };
    written.and(told)?;
    // Name the sender, unless the user knows it already.
    if !arguments.json
        && arguments.from.is_none()
        && !received.new_peer
        && !received.unexpected_session
    {
        tell(format_args!("from {}", received.peer));
    }
    Ok(())
}

/// Decrypts the key of a file. Only a sender that the user names can be new: with --from, or when asked at a terminal.
fn receive(
    unlocked: &Unlocked,
    from: Option<&str>,
    (file, input): (IncomingFile<'_>, &Input),
) -> Result<ReceivedFile, Failure> {
    let decrypt = |sender| -> Result<_, Failure> {
        let mut client = unlocked.open_to_change()?;
        Ok(client.decrypt_file(sender, file, &mut random()?))
    };
    let mut received = decrypt(from.map_or(Sender::AnyPeer, Sender::Named))?;
    // The store is closed while the user is asked, because that can take long.
    if let Err(ClientError::UnknownSender(identity)) = &received
        && let Some(name) = ask::name_of(identity)?
    {
        received = decrypt(Sender::Named(&name))?;
    }
    received.map_err(|error| {
        let is_damage = may_be_damage(&error);
        let refusal = error.into();
        if is_damage {
            input.damaged(refusal)
        } else {
            refusal
        }
    })
}

/// Decrypts the content, and deletes the key.
fn write(
    unlocked: &Unlocked,
    received: &ReceivedFile,
    (chunks, mut output): (Chunks, Output),
) -> Result<(), Failure> {
    chunks.open(&received.key, &mut output)?;
    output.finish()?;
    // Delete the key only now that the whole output is durable, because a failure before must leave the
    // file decryptable.
    let acknowledged = unlocked
        .open()
        .and_then(|mut client| Ok(client.acknowledge(&received.receipt)?));
    acknowledged.map_err(|failure| failure.about("all was written, but the key is kept"))
}

fn tell_object(
    received: &ReceivedFile,
    output: Option<String>,
    complete: bool,
) -> Result<(), Failure> {
    let object = Object {
        peer: received.peer.clone(),
        identity: received.sender.to_string(),
        new_peer: received.new_peer,
        new_session: received.new_session,
        unexpected_session: received.unexpected_session,
        old_session: received.old_session,
        output,
        complete,
    };
    report(&object, object.output.as_deref())
}

/// Reads the header of a file: its prefix, and the first of the messages that carry the file's key.
fn read_header(input: &mut Input) -> Result<(FilePrefix, Vec<u8>), Failure> {
    let cut = |input: &Input| {
        let line = format!("{input} is cut short: {AGAIN}");
        input.damaged(Failure::refused(line).with(Exit::Damaged))
    };
    let mut prefix = [0; FILE_PREFIX_LENGTH];
    let length = input.fill(&mut prefix)?;
    if length < SHORTEST_KIND {
        return Err(cut(input));
    }
    // A short input of another kind is better reported by its kind, so the length matters in a file alone.
    if length < FILE_PREFIX_LENGTH && kind(&prefix) == Ok(Kind::File) {
        return Err(cut(input));
    }
    let decoded = decode_file_prefix(&prefix).map_err(|error| no_file(input, error))?;
    let mut first = None;
    for _ in 0..decoded.messages {
        let mut length = [0; FILE_MESSAGE_PREFIX_LENGTH];
        if input.fill(&mut length)? < length.len() {
            return Err(cut(input));
        }
        let length = decode_file_message_length(length).map_err(|error| no_file(input, error))?;
        let mut message = vec![0; length];
        if input.fill(&mut message)? < message.len() {
            return Err(cut(input));
        }
        first.get_or_insert(message);
    }
    Ok((decoded, first.unwrap_or_default()))
}

/// The refusal of an input that does not begin as a file does.
fn no_file(input: &Input, error: WireError) -> Failure {
    match error {
        WireError::OtherKind(Kind::Bundle) => input.is_other(Label::Bundle),
        error => input.damaged(of_wire(error).about(input)),
    }
}

/// Tells a sender that is new, and what is unusual about the session. Until the file is acknowledged, each attempt to
/// decrypt it tells the same.
fn tell_changes(received: &ReceivedFile) {
    let name = &received.peer;
    if received.new_peer {
        let fingerprint = Grouped(received.sender.as_bytes());
        tell(format_args!("{name} is new; fingerprint: {fingerprint}"));
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

/// The number of bytes that show the kind of an input.
const SHORTEST_KIND: usize = 2;
