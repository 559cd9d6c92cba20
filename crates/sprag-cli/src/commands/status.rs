use clap::Args;
use serde::Serialize;
use sprag::Status as Session;
use sprag_client::PeerStatus;

use super::{say, say_json};
use crate::failure::Failure;
use crate::fingerprint::{Grouped, Hex};
use crate::home;

/// Show the state of a peer's session, or of all
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
    drop(client);
    // Print it in words, which include peers without a session.
    if !arguments.json {
        let texts: Vec<String> = peers.iter().map(text).collect();
        return match texts.as_slice() {
            [] => say("no peers yet: `sprag add NAME BUNDLE` adds one"),
            texts => say(texts.join("\n\n")),
        };
    }
    // Print it as JSON, which has the same peers.
    let objects: Vec<Object> = peers.iter().map(Object::of).collect();
    match (&arguments.name, objects.as_slice()) {
        (Some(_), [object]) => say_json(object),
        (_, objects) => say_json(&objects),
    }
}

/// A peer's status as a JSON object, for programs. All but the first two fields are of the session, and null if there is
/// none yet.
#[derive(Serialize)]
struct Object {
    peer: String,
    identity: String,
    sent: Option<u64>,
    received: Option<u64>,
    dh_steps: Option<u64>,
    skipped_keys: Option<usize>,
    root_fingerprint: Option<String>,
    established_by: Option<String>,
}

impl Object {
    fn of(peer: &PeerStatus) -> Self {
        let session = peer.session.as_ref();
        Self {
            peer: peer.name.clone(),
            identity: peer.identity.to_string(),
            sent: session.map(|session| session.sent),
            received: session.map(|session| session.received),
            dh_steps: session.map(|session| session.dh_steps),
            skipped_keys: session.map(|session| session.skipped_keys),
            root_fingerprint: session.map(|session| Hex(&session.root_fingerprint).to_string()),
            established_by: session.map(handshake),
        }
    }
}

/// The name of the handshake that a session began with.
fn handshake(session: &Session) -> String {
    session.suite.to_string().to_lowercase()
}

/// A peer's status in words, for people.
fn text(peer: &PeerStatus) -> String {
    // The identity takes two lines, because all its digits do not fit into one.
    let identity = peer.identity.as_bytes();
    let (first, second) = identity.split_at(identity.len() / 2);
    let mut lines = vec![
        peer.name.clone(),
        format!("  identity          {}", Grouped(first)),
        format!("                    {}", Grouped(second)),
    ];
    let Some(session) = &peer.session else {
        lines.push("  session           none yet".to_owned());
        return lines.join("\n");
    };
    lines.extend([
        format!("  established by    {}", handshake(session)),
        format!("  sent              {}", session.sent),
        format!("  received          {}", session.received),
        format!("  DH steps          {}", session.dh_steps),
        format!("  skipped keys      {}", session.skipped_keys),
        format!("  root fingerprint  {}", Hex(&session.root_fingerprint)),
    ]);
    lines.join("\n")
}
