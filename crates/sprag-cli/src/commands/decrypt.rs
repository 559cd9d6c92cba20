use core::fmt::Display;
use std::io::{Write as _, stderr};
use std::path::PathBuf;

use clap::Args;
use sprag::{FILE_PREFIX_LENGTH, FilePrefix, Kind, WireError, decode_file_prefix};
use sprag_client::{IncomingFile, ReceivedFile, Sender};

use crate::armor::Label;
use crate::failure::Failure;
use crate::fingerprint::Grouped;
use crate::home::{self, random};
use crate::input::{AGAIN, Input};
use crate::new_file::Readers;
use crate::output::Output;
use crate::refusal::{may_be_damage, of_wire};
use crate::stream::Chunks;

/// Decrypt a file that `sprag encrypt` wrote, armored or not
///
/// Each file can be decrypted once, then its key is gone. A file that was damaged or interrupted can be
/// tried again. Standard output gets each part as soon as it is known to be genuine: wait for exit code 0
/// before you rely on the whole. The key goes once the output is on the disk. A pipe or a terminal has none: there the
/// key goes once all is written, so keep what you read from it.
///
/// A terminal shows text only, with its control characters made visible. Give -o - to write the bytes as they are.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Accept the file from this peer only; a sender that is not known yet becomes known as NAME
    #[arg(long, value_name = "NAME")]
    from: Option<String>,

    /// Read FILE instead of standard input
    #[arg(short, long, value_name = "FILE")]
    input: Option<PathBuf>,

    /// Write to FILE instead of standard output; it appears whole, and on the disk, or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    // Open the input and the output before asking for the passphrase, so that a wrong path fails at once.
    let input = Input::open(arguments.input.as_deref())?;
    account.refuse_output(arguments.output.as_deref())?;
    let output = Output::prepare(arguments.output.as_deref(), Some(&input), Readers::Owner)?;
    // Only an output that is asked for gets bytes that could control a terminal.
    let mut output = if arguments.output.is_none() && output.is_terminal() {
        output.show()
    } else {
        output
    };
    let unlocked = account.unlock()?;
    // Read the header and the first chunk.
    let mut input = input.dearmor(Label::File)?;
    let (prefix, message) = read_header(&mut input)?;
    let chunks = Chunks::of_ciphertext(input)?;
    let file = IncomingFile {
        commitment: &prefix.commitment,
        message: &message,
        now: home::now()?,
    };
    // Decrypt the file's key. Only a sender that the user names can be new, because an unknown sender is refused
    // without a name. The store is closed again before the content is decrypted, which can take long.
    let from = arguments.from.as_deref();
    let sender = from.map_or(Sender::AnyPeer, Sender::Named);
    let received = unlocked
        .open_to_change()?
        .decrypt_file(sender, file, &mut random()?);
    let received = received.map_err(|error| {
        let is_damage = may_be_damage(&error);
        let refusal = error.into();
        if is_damage {
            chunks.input().damaged(refusal)
        } else {
            refusal
        }
    })?;
    // Tell now what has changed, because it has, even if the rest of the file turns out to be damaged.
    tell_changes(&received);
    chunks.open(&received.key, &mut output)?;
    output.finish()?;
    // Delete the key only now that the whole output is durable, because a failure before must leave the
    // file decryptable.
    let acknowledged = unlocked
        .open()
        .and_then(|mut client| Ok(client.acknowledge(&received.receipt)?));
    acknowledged.map_err(|failure| failure.about("all was written, but the key is kept"))?;
    // Name the sender, unless the user knows it already.
    if from.is_none() && !received.unexpected_session {
        tell(format_args!("from {}", received.peer));
    }
    Ok(())
}

/// Reads the header of a file: its prefix, and the message that carries the file's key.
fn read_header(input: &mut Input) -> Result<(FilePrefix, Vec<u8>), Failure> {
    let cut =
        |input: &Input| input.damaged(Failure::refused(format!("{input} is cut short: {AGAIN}")));
    let mut prefix = [0; FILE_PREFIX_LENGTH];
    let length = input.fill(&mut prefix)?;
    if length < SHORTEST_KIND {
        return Err(cut(input));
    }
    // Decode before checking the length: a short input of another kind is better reported by its kind.
    let decoded = decode_file_prefix(&prefix).map_err(|error| no_file(input, error))?;
    if length < FILE_PREFIX_LENGTH {
        return Err(cut(input));
    }
    let mut message = vec![0; decoded.message_length];
    if input.fill(&mut message)? < message.len() {
        return Err(cut(input));
    }
    Ok((decoded, message))
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
