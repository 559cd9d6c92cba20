use clap::Args;
use serde::Serialize;
use sprag::Status as Session;
use sprag_client::PeerStatus;

use super::say;
use crate::failure::Failure;
use crate::fingerprint::{Grouped, Hex};
use crate::home;

/// Show the state of a session, or of all
///
/// The root fingerprint is the same on both sides if no message is on its way.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The peer [default: all peers]
    name: Option<String>,

    /// Print JSON: an object for NAME, or without NAME an array of objects for all sessions
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    // Read the status of one peer or of all, and close the store.
    let client = account.unlock()?.open()?;
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
    // Print it as JSON, which has sessions only.
    let objects: Vec<Object> = peers.iter().filter_map(Object::of).collect();
    let json = match (&arguments.name, peers.as_slice(), objects.as_slice()) {
        (Some(_), _, [object]) => serde_json::to_string(object),
        (Some(_), [PeerStatus { name, .. }], _) => {
            return Err(Failure::refused(format!(
                "there is no session with {name} yet: `sprag encrypt {name}` begins one"
            )));
        }
        (_, _, objects) => serde_json::to_string(objects),
    };
    say(json.map_err(|error| Failure::defect(&error.to_string()))?)
}

/// A peer's status as a JSON object, for programs.
#[derive(Serialize)]
struct Object {
    peer: String,
    identity: String,
    sent: u64,
    received: u64,
    dh_steps: u64,
    skipped_keys: usize,
    root_fingerprint: String,
    established_by: String,
}

impl Object {
    /// The object for a peer, if there is a session with the peer.
    fn of(peer: &PeerStatus) -> Option<Self> {
        let session = peer.session?;
        Some(Self {
            peer: peer.name.clone(),
            identity: peer.identity.to_string(),
            sent: session.sent,
            received: session.received,
            dh_steps: session.dh_steps,
            skipped_keys: session.skipped_keys,
            root_fingerprint: Hex(&session.root_fingerprint).to_string(),
            established_by: handshake(&session),
        })
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
