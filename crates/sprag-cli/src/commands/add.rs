use std::io::{Write as _, stderr};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sprag::Policy;
use sprag_client::{Added, Addition, DeviceNumber, PeerStatus};

use super::{describe_devices, numbers, say, say_json};
use crate::armor::Label;
use crate::failure::Failure;
use crate::fingerprint::Grouped;
use crate::home::{self, days, now, random};
use crate::output::expect_standard_output;
use crate::parcel;
use crate::refusal::may_be_damage;

/// Verify a peer's bundle and remember the peer
///
/// Compare the printed fingerprint with the one that `sprag id` prints for the peer. Do so over a channel
/// on which you recognise each other; `sprag verify` compares more. A name stays with its user: a bundle of another user is
/// refused, and one of another device of the same user makes that device reachable. A session that works goes on, unless the
/// bundle is newer than all before or you give --renew.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The name by which you call the peer
    name: String,

    /// The peer's bundle; - for standard input
    bundle: PathBuf,

    /// Begin a new session with the next message, although there is one that works; accept an older bundle for it
    #[arg(long)]
    renew: bool,

    /// Refuse a bundle whose keys are older than DAYS days, because the peer may have replaced them
    #[arg(long, value_name = "DAYS")]
    max_age: Option<u32>,

    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object {
    peer: String,
    user: String,
    /// The identity of the device that the bundle is of, and its number.
    identity: String,
    device: u32,
    /// Set if the peer was not known before.
    new: bool,
    /// Set if the next message to the peer begins a new session by this bundle.
    new_session: bool,
    /// The numbers of the devices that the list in the bundle adds to those of a known peer, and takes away.
    new_devices: Vec<u32>,
    gone_devices: Vec<u32>,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let Arguments {
        name,
        bundle,
        renew,
        max_age,
        json,
    } = arguments;
    // Read the bundle before asking for the passphrase, so that a wrong path fails at once.
    expect_standard_output()?;
    let (input, bytes) = parcel::read(bundle, &[Label::Bundle])?;
    // Verify the bundle and remember the peer.
    let mut client = account.unlock()?.open_to_change()?;
    let now = now()?;
    let policy = Policy::default().clock(now);
    client.set_policy(match max_age {
        Some(max_age) => policy.max_age(now, days(*max_age)),
        None => policy,
    });
    let added = if *renew {
        client.renew(name, &bytes, &mut random()?)
    } else {
        client.add(name, &bytes, &mut random()?)
    };
    let added = added.map_err(|error| {
        let is_damage = may_be_damage(&error);
        let refusal = Failure::from(error).about(&input);
        if is_damage {
            input.damaged(refusal)
        } else {
            refusal
        }
    })?;
    // Tell it after closing the store, because standard output may block.
    let peer = client.status(name)?;
    drop(client);
    tell(&peer, &added, *json)
}

/// Tells what became of a bundle.
fn tell(peer: &PeerStatus, addition: &Addition, json: bool) -> Result<(), Failure> {
    let Addition {
        added,
        user,
        device,
        new_devices,
        gone_devices,
        ..
    } = addition;
    // All devices of a new peer are new, so they are no news.
    let (new_devices, gone_devices) = match *added {
        Added::New => (Vec::new(), Vec::new()),
        _ => (
            numbers(new_devices.iter().map(|device| device.number)),
            numbers(gone_devices.iter().map(|gone| gone.device.number)),
        ),
    };
    let mut told = describe_devices(&peer.name, &new_devices, &gone_devices);
    told.push(format!(
        "{}; fingerprint:\n{}",
        outcome(&peer.name, *device, *added),
        Grouped(user.as_bytes())
    ));
    let told = told.join("\n");
    let of_device = peer.devices.iter().find(|of| of.number == Some(*device));
    let identity = of_device.map_or(peer.identity, |of| of.identity);
    let said = if json {
        say_json(&Object {
            peer: peer.name.clone(),
            user: user.to_string(),
            identity: identity.to_string(),
            device: device.to_u32(),
            new_devices,
            gone_devices,
            new: *added == Added::New,
            new_session: matches!(
                added,
                Added::New | Added::NewDevice | Added::Pending | Added::Renewed
            ),
        })
    } else {
        say(&told)
    };
    // Tell it on standard error if nobody reads standard output, because the peer is added all the same.
    said.inspect_err(|_| drop(writeln!(stderr(), "sprag: {told}")))
}

/// Describes what became of a bundle, and what happens next.
fn outcome(name: &str, device: DeviceNumber, added: Added) -> String {
    match added {
        Added::New => format!("{name} is new"),
        Added::NewDevice => format!(
            "{name} was known already; device {device} of {name} can be reached from now on, and your next message begins a \
             session with it"
        ),
        Added::Pending => {
            format!("{name} was known already; your first message begins a session by this bundle")
        }
        Added::Known => format!(
            "{name} was known already; the session goes on, and no new session begins by this bundle: --renew would begin one"
        ),
        Added::Used => format!(
            "{name} was known already; this bundle began a session before and begins no other: for a new one, ask {name} for \
             a new bundle"
        ),
        Added::Renewed => {
            format!("{name} was known already; your next message begins a new session")
        }
    }
}
