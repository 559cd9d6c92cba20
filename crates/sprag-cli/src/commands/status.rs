use clap::Args;
use serde::Serialize;
use sprag::client::PeerStatus;

use super::say;
use crate::failure::Failure;
use crate::fingerprint::{Grouped, Hex};
use crate::home;

/// Show the state of a session, or of all
///
/// The root fingerprint is the same on both sides when nothing is on its way.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The peer [default: all peers]
    name: Option<String>,

    /// Print JSON: an object, or without NAME an array of the objects of all sessions
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let client = account.unlock()?.open()?;
    let peers = match &arguments.name {
        Some(name) => vec![client.status(name)?],
        None => client.peers()?,
    };
    drop(client);
    if !arguments.json {
        let texts: Vec<String> = peers.iter().map(text).collect();
        return match texts.as_slice() {
            [] => say("no peers yet: `sprag add NAME BUNDLE` adds one"),
            texts => say(texts.join("\n\n")),
        };
    }
    let objects: Vec<Object> = peers.iter().filter_map(Object::of).collect();
    let json = match (&arguments.name, objects.as_slice()) {
        (None, objects) => serde_json::to_string(objects),
        (Some(_), [object]) => serde_json::to_string(object),
        (Some(name), _) => {
            return Err(Failure::refused(format!(
                "there is no session with {name} yet: `sprag encrypt {name}` begins one"
            )));
        }
    };
    say(json.map_err(|error| Failure::defect(&error.to_string()))?)
}

/// What programs read.
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
    fn of(peer: &PeerStatus) -> Option<Self> {
        let session = peer.session?;
        Some(Self {
            peer: peer.name.clone(),
            identity: Hex(peer.identity.as_bytes()).to_string(),
            sent: session.sent,
            received: session.received,
            dh_steps: session.dh_steps,
            skipped_keys: session.skipped_keys,
            root_fingerprint: Hex(&session.root_fingerprint).to_string(),
            established_by: session.established_by.to_string(),
        })
    }
}

/// What people read.
fn text(peer: &PeerStatus) -> String {
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
        format!("  established by    {}", session.established_by),
        format!("  sent              {}", session.sent),
        format!("  received          {}", session.received),
        format!("  DH steps          {}", session.dh_steps),
        format!("  skipped keys      {}", session.skipped_keys),
        format!("  root fingerprint  {}", Hex(&session.root_fingerprint)),
    ]);
    lines.join("\n")
}
