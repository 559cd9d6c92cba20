use clap::Args;
use serde::Serialize;
use sprag::Status as Session;
use sprag_client::limits::MAX_UNREADABLE;
use sprag_client::{DeviceNumber, DeviceStatus, Owed, OwedKind, PeerStatus};

use super::{say, say_json};
use crate::failure::Failure;
use crate::fingerprint::{Grouped, Hex};
use crate::home;
use crate::owed::{remind, word as word_of_owed, words as words_of_owed};
use crate::repaired::{word as word_of_reason, words_of_due};
use crate::verified::{word, words};

/// Show the state of a peer, with its devices and sessions, or of all peers
///
/// The root fingerprint is the same on both sides if no message is on its way.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The peer [default: all peers]
    name: Option<String>,

    /// Print JSON: an object for NAME, or without NAME an array of objects for all peers
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    // Read the status of one peer or of all, and close the store.
    let client = account.unlock()?.open_to_read()?;
    client.tell_if_put_back();
    let peers = match &arguments.name {
        Some(name) => vec![client.status(name)?],
        None => client.peers()?,
    };
    let owed = client.owed()?;
    drop(client);
    // Print it in words, which include peers without a session.
    if !arguments.json {
        let texts: Vec<String> = peers.iter().map(|peer| text(peer, &owed)).collect();
        // What is due to the own devices stands beside what is due to the peers.
        if arguments.name.is_none() {
            tell_due_to_own(&owed);
        }
        return match texts.as_slice() {
            [] => say("no peers yet: `sprag add NAME BUNDLE` adds one"),
            texts => say(texts.join("\n\n")),
        };
    }
    // Print it as JSON, which has the same peers.
    let objects: Vec<Object> = peers.iter().map(|peer| Object::of(peer, &owed)).collect();
    match (&arguments.name, objects.as_slice()) {
        (Some(_), [object]) => say_json(object),
        (_, objects) => say_json(&objects),
    }
}

/// A peer's status as a JSON object, for programs.
#[derive(Serialize)]
struct Object {
    peer: String,
    /// The user id, or null for a peer from an earlier version until a device list has come.
    user: Option<String>,
    verified: &'static str,
    /// Set while nothing is sent to the peer because two of its device lists contradict each other.
    contradicted: bool,
    /// The messages that only a later version can read.
    unknown_contents: u32,
    /// The messages in a row that were said to be from the peer and that could not be read, counted to three.
    unreadable: u8,
    /// The messages that are due to the devices of the peer.
    owed: Vec<OwedObject>,
    devices: Vec<DeviceObject>,
    /// The fields of the first device.
    #[serde(flatten)]
    first: Option<DeviceObject>,
}

/// A message that is due to a device, as a JSON object.
#[derive(Serialize)]
struct OwedObject {
    device: u32,
    due: &'static str,
}

/// A device as a JSON object. The fields from `sent` on are of the session, and null if there is none yet.
#[derive(Clone, Serialize)]
struct DeviceObject {
    device: Option<u32>,
    identity: String,
    reached: bool,
    /// Set if a new session was begun or asked for, and nothing has come since.
    waiting: bool,
    /// The reason for which a new session is due.
    renew: Option<&'static str>,
    /// The requests for a new session that were ignored.
    ignored_requests: u32,
    sent: Option<u64>,
    received: Option<u64>,
    dh_steps: Option<u64>,
    skipped_keys: Option<usize>,
    root_fingerprint: Option<String>,
    established_by: Option<String>,
}

impl Object {
    fn of(peer: &PeerStatus, owed: &[Owed]) -> Self {
        let devices: Vec<DeviceObject> = peer.devices.iter().map(DeviceObject::of).collect();
        Self {
            peer: peer.name.clone(),
            user: peer.user.map(|user| user.to_string()),
            verified: word(peer.verification),
            contradicted: peer.equivocated,
            unknown_contents: peer.unknown_contents,
            unreadable: peer.unreadable,
            owed: due_to(peer, owed)
                .map(|owed| OwedObject {
                    device: owed.number.to_u32(),
                    due: word_of_owed(owed.what),
                })
                .collect(),
            first: devices.first().cloned(),
            devices,
        }
    }
}

impl DeviceObject {
    fn of(device: &DeviceStatus) -> Self {
        let session = device.session.as_ref();
        Self {
            device: device.number.map(DeviceNumber::to_u32),
            identity: device.identity.to_string(),
            reached: is_reached(device),
            waiting: device.waiting,
            renew: device.due.map(word_of_reason),
            ignored_requests: device.ignored_requests,
            sent: session.map(|session| session.sent),
            received: session.map(|session| session.received),
            dh_steps: session.map(|session| session.dh_steps),
            skipped_keys: session.map(|session| session.skipped_keys),
            root_fingerprint: session.map(|session| Hex(&session.root_fingerprint).to_string()),
            established_by: session.map(handshake),
        }
    }
}

/// Tells whether the next message is encrypted to a device.
const fn is_reached(device: &DeviceStatus) -> bool {
    device.can_be_reached && !device.awaits_list
}

/// The name of the handshake that a session began with.
fn handshake(session: &Session) -> String {
    session.suite.to_string().to_lowercase()
}

/// The messages that are due to a peer.
fn due_to<'a>(peer: &'a PeerStatus, owed: &'a [Owed]) -> impl Iterator<Item = &'a Owed> {
    owed.iter()
        .filter(|owed| owed.name.as_deref() == Some(peer.name.as_str()))
}

/// Reminds of what is due to the own devices. A closed standard error is no failure.
fn tell_due_to_own(owed: &[Owed]) {
    let own: Vec<Owed> = owed.iter().filter(|owed| owed.own).cloned().collect();
    remind(&own);
}

/// A peer's status in words, for people.
fn text(peer: &PeerStatus, owed: &[Owed]) -> String {
    let mut lines = vec![peer.name.clone()];
    match &peer.user {
        Some(user) => lines.extend(key("user", user.as_bytes())),
        None => lines.push("  user              not known until a new bundle is added".to_owned()),
    }
    lines.push(format!("  verification      {}", words(peer.verification)));
    if peer.equivocated {
        lines.push(format!(
            "  nothing is sent   two device lists contradict each other: `sprag verify {} --dismiss` goes on",
            peer.name
        ));
    }
    if peer.unknown_contents > 0 {
        lines.push(format!(
            "  not readable      {} messages, which need a newer sprag",
            peer.unknown_contents
        ));
    }
    if peer.unreadable > 0 {
        lines.push(format!(
            "  not readable      {} in a row: `sprag repair {}` begins a new session",
            messages_in_a_row(peer.unreadable),
            peer.name
        ));
    }
    for owed in due_to(peer, owed) {
        // A bundle is no message.
        let command = match owed.what {
            OwedKind::Offer => "repair",
            _ => "owed",
        };
        lines.push(format!(
            "  due               {}, to device {}: `sprag {command} {} -o FILE` writes it",
            words_of_owed(owed.what),
            owed.number,
            peer.name
        ));
    }
    for device in &peer.devices {
        lines.extend(text_of(device));
    }
    lines.join("\n")
}

/// The number of messages that could not be read. Beyond the limit none are counted.
fn messages_in_a_row(count: u8) -> String {
    if count >= MAX_UNREADABLE {
        format!("{count} messages or more")
    } else {
        format!("{count} messages")
    }
}

/// A device's status in words.
fn text_of(device: &DeviceStatus) -> Vec<String> {
    let number = device.number.map(|number| format!(" {number}"));
    let mut lines = vec![format!("  device{}", number.unwrap_or_default())];
    lines.extend(key("identity", device.identity.as_bytes()));
    if device.awaits_list {
        lines.push(
            "  not reached       until a newer device list comes, of which it spoke".to_owned(),
        );
    } else if !device.can_be_reached {
        lines.push("  not reached       until a bundle of it is added".to_owned());
    }
    if device.waiting {
        lines.push(
            "  waiting           a new session was begun or asked for, and nothing has come since"
                .to_owned(),
        );
    }
    if let Some(reason) = device.due {
        lines.push(format!("  to be renewed     {}", words_of_due(reason)));
    }
    if device.ignored_requests > 0 {
        lines.push(format!(
            "  ignored           {} requests for a new session",
            device.ignored_requests
        ));
    }
    let Some(session) = &device.session else {
        lines.push("  session           none yet".to_owned());
        return lines;
    };
    lines.extend([
        format!("  established by    {}", handshake(session)),
        format!("  sent              {}", session.sent),
        format!("  received          {}", session.received),
        format!("  DH steps          {}", session.dh_steps),
        format!("  skipped keys      {}", session.skipped_keys),
        format!("  root fingerprint  {}", Hex(&session.root_fingerprint)),
    ]);
    lines
}

/// A key on two lines, because all its digits do not fit into one.
pub(super) fn key(label: &str, key: &[u8; 32]) -> [String; 2] {
    let (first, second) = key.split_at(key.len() / 2);
    [
        format!("  {label:<16}  {}", Grouped(first)),
        format!("  {:<16}  {}", "", Grouped(second)),
    ]
}
