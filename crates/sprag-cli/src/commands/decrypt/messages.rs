//! Messages between devices that are no files: lists, renewals and answers, and texts of other programs.

use alloc::collections::BTreeSet;
use std::io::{Write as _, stderr};

use serde::Serialize;
use sprag::Error;
use sprag::limits::MAX_MESSAGE_LENGTH;
use sprag_client::{
    ClientError, ContentKind, DeviceNumber, Incoming, Received, RenewReason, Sender, SentBy,
};
use sprag_store::Error as StoreError;

use super::{Arguments, ask_for_name, tell};
use crate::commands::{describe_devices, numbers, say, say_json};
use crate::failure::Failure;
use crate::home::{Unlocked, random};
use crate::input::Input;
use crate::output::{Output, expect_standard_output};
use crate::owed;
use crate::refusal::may_be_damage;
use crate::repaired::words;

type Refusal = ClientError<StoreError>;

/// A message that was read, as a JSON object.
#[derive(Serialize)]
struct Object {
    /// The sender, or null for another device of the own user.
    peer: Option<String>,
    identity: String,
    device: Option<u32>,
    own_device: bool,
    /// The kind of the message: `list`, `renewal`, `request`, `answer` or `text`.
    message: &'static str,
    /// The reason for a renewal or a request.
    reason: Option<&'static str>,
    /// The messages to the sender that are lost.
    lost_messages: usize,
    new_devices: Vec<u32>,
    gone_devices: Vec<u32>,
    new_peer: bool,
    unexpected_session: bool,
    old_session: bool,
    retired_device: bool,
}

/// Reads the messages in an input that are for this device.
pub(super) fn run(
    arguments: &Arguments,
    mut input: Input,
    unlocked: &Unlocked,
) -> Result<(), Failure> {
    expect_standard_output()?;
    let messages = input.read_messages(MAX_MESSAGE_LENGTH, MOST_MESSAGES)?;
    let from = arguments.from.as_deref();
    let (received, refusal) = receive_all(unlocked, &messages, from)?;
    if let (true, Some(refusal)) = (received.is_empty(), refusal) {
        let is_damage = may_be_damage(&refusal);
        let refusal = Failure::from(refusal);
        return Err(if is_damage {
            input.damaged(refusal)
        } else {
            refusal
        });
    }
    for received in &received {
        take(received, arguments, unlocked)?;
    }
    let senders: BTreeSet<_> = { received.iter() }
        .map(|received| {
            let is_peer = received.sent_by == SentBy::Peer;
            is_peer.then_some(received.peer.as_str())
        })
        .collect();
    let due = unlocked.open()?.owed_to(|name| senders.contains(&name))?;
    owed::remind(&due);
    Ok(())
}

/// Decrypts the messages that can be read here, and returns the refusal of the others that says most. If the user names the
/// sender, one is enough: those for its other devices would count as messages of the sender that cannot be read.
fn receive_all(
    unlocked: &Unlocked,
    messages: &[Vec<u8>],
    from: Option<&str>,
) -> Result<(Vec<Received>, Option<Refusal>), Failure> {
    let mut all = Vec::new();
    let mut told: Option<Refusal> = None;
    for message in messages {
        let mut received = decrypt(
            unlocked,
            from.map_or(Sender::AnyPeer, Sender::Named),
            message,
        )?;
        // The store is closed while the user is asked, which happens once.
        if let (Err(ClientError::UnknownSender(user)), None) = (&received, &told)
            && let Some(name) = ask_for_name(user)?
        {
            received = decrypt(unlocked, Sender::Named(&name), message)?;
        }
        match received {
            Ok(received) => {
                all.push(received);
                if from.is_some() {
                    break;
                }
            }
            Err(refusal) => {
                if told.as_ref().is_none_or(is_for_others) {
                    told = Some(refusal);
                }
            }
        }
    }
    Ok((all, told))
}

fn decrypt(
    unlocked: &Unlocked,
    sender: Sender<'_>,
    message: &[u8],
) -> Result<Result<Received, Refusal>, Failure> {
    let mut client = unlocked.open_to_change()?;
    Ok(client.decrypt(sender, Incoming::new(message), &mut random()?))
}

/// Tells whether a refusal says nothing but that the message is for another device, or damaged.
const fn is_for_others(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        ClientError::NoSession | ClientError::Protocol(Error::UnknownPrekey(..))
    )
}

/// Tells what a message says, and writes its text if it has one.
fn take(received: &Received, arguments: &Arguments, unlocked: &Unlocked) -> Result<(), Failure> {
    tell_changes(received);
    if received.content == ContentKind::Text || received.content == ContentKind::Copy {
        return write_text(received, arguments, unlocked);
    }
    if arguments.json {
        return say_json(&Object::of(received));
    }
    say(said(received))
}

/// Writes the text that a program has encrypted with the library.
fn write_text(
    received: &Received,
    arguments: &Arguments,
    unlocked: &Unlocked,
) -> Result<(), Failure> {
    let path = arguments.files.named_output();
    let output = Output::prepare(path, None, crate::new_file::Readers::Owner)?;
    let mut output = if path.is_none() && output.is_terminal() {
        output.show()
    } else {
        output
    };
    let is_standard = output.is_standard();
    output.write(&received.opened.plaintext)?;
    output.finish()?;
    unlocked.open()?.acknowledge(&received.receipt)?;
    if arguments.json {
        let object = Object::of(received);
        return crate::commands::report(&object, if is_standard { None } else { Some("") });
    }
    tell(format_args!("from {}", sender(received)));
    Ok(())
}

/// Tells what is new about the sender.
fn tell_changes(received: &Received) {
    let whose = match received.sent_by {
        SentBy::Peer => received.peer.as_str(),
        SentBy::OwnDevice => "your list",
    };
    let (new, gone) = changes(received);
    for line in describe_devices(whose, &new, &gone) {
        tell(line);
    }
    if received.new_peer {
        tell(format_args!(
            "{whose} is new: `sprag verify {whose}` compares keys"
        ));
    }
    // A renewal is no surprise, because it says of itself why it came.
    if received.unexpected_session && received.renewed.is_none() {
        tell(format_args!(
            "{whose} began a new session, although there was one that works; if you gave {whose} no new bundle, ask {whose} \
             over another channel"
        ));
    }
    if received.answer_due {
        tell(format_args!(
            "{whose} has written many messages in a row: answer, because that brings new secrets into the session"
        ));
    }
    if received.old_session {
        drop(writeln!(
            stderr(),
            "sprag: this was encrypted in an old session; if it was not on its way for long, somebody may have a copy of that \
             session"
        ));
    }
}

fn sender(received: &Received) -> String {
    let device = received.device.map(|device| format!(" {device}"));
    let device = device.unwrap_or_default();
    match received.sent_by {
        SentBy::Peer => received.peer.clone(),
        SentBy::OwnDevice => format!("your own device{device}"),
    }
}

/// Describes a message that holds no text.
fn said(received: &Received) -> String {
    let sender = sender(received);
    let lost = match received.unread.len() {
        0 => String::new(),
        1 => "; one message to it could not be read and is lost".to_owned(),
        count => format!("; {count} messages to it could not be read and are lost"),
    };
    match (received.renewed, received.requested) {
        (Some(reason), _) => format!(
            "{sender} began a new session, because {}{lost}",
            words(reason)
        ),
        (None, Some(reason)) => format!(
            "{sender} asks for a new session, because {}{lost}: the next message begins one",
            words(reason)
        ),
        (None, None) => match received.content {
            ContentKind::List => format!("{sender} sent its newest list of devices"),
            ContentKind::Nothing => format!("{sender} has answered; there is no text"),
            ContentKind::Renew => {
                format!(
                    "{sender} asks for a new session, which was ignored: a newer one is in use, or there were too many requests"
                )
            }
            _ => format!("{sender} sent a message without a text"),
        },
    }
}

fn changes(received: &Received) -> (Vec<u32>, Vec<u32>) {
    if received.new_peer {
        return (Vec::new(), Vec::new());
    }
    let new = received.new_devices.iter().map(|device| device.number);
    let gone = received.gone_devices.iter().map(|gone| gone.device.number);
    (numbers(new), numbers(gone))
}

impl Object {
    fn of(received: &Received) -> Self {
        let (new_devices, gone_devices) = changes(received);
        let own_device = received.sent_by == SentBy::OwnDevice;
        let reason: Option<RenewReason> = received.renewed.or(received.requested);
        Self {
            peer: (!own_device).then(|| received.peer.clone()),
            identity: received.opened.sender.to_string(),
            device: received.device.map(DeviceNumber::to_u32),
            own_device,
            message: match (received.renewed, received.content) {
                (Some(_), _) => "renewal",
                (None, ContentKind::Renew) => "request",
                (None, ContentKind::List) => "list",
                (None, ContentKind::Nothing) => "answer",
                _ => "text",
            },
            reason: reason.map(crate::repaired::word),
            lost_messages: received.unread.len(),
            new_devices,
            gone_devices,
            new_peer: received.new_peer,
            unexpected_session: received.unexpected_session,
            old_session: received.old_session,
            retired_device: received.retired_device,
        }
    }
}

/// The most messages that are looked at: more than a user and a peer can have devices.
const MOST_MESSAGES: usize = 64;
