use std::io::{Write as _, stderr};

use clap::Args;
use serde::Serialize;
use sprag_client::SigningStatus;

use super::{numbers, say, say_json};
use crate::failure::Failure;
use crate::home::{self, now, random};
use crate::output::expect_standard_output;
use crate::signing;

/// Say that this account was put back to an older state, for example from a backup
///
/// What such an account encrypts to a peer is refused there, because the peer has read other messages with the same numbers.
/// After this command nothing is sent to a peer until you add a new bundle of that peer, or the peer begins a new session.
/// Bundles that you gave out before are worth nothing any more: `sprag repair NAME -o FILE` writes what begins a new session with
/// a peer. The list of your devices is not signed until it is known which one is the newest.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object {
    /// The right of this device to sign the list of the own devices: `no`, `granted` or `unsure`.
    signs: &'static str,
    /// The peers, and the own other devices, with which new sessions are to be begun.
    peers: Vec<String>,
    own_devices: Vec<u32>,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    expect_standard_output()?;
    let mut client = account.unlock()?.open()?;
    client.mark_restored(now()?, &mut random()?)?;
    client.take_for_right()?;
    let signing = client.signing()?;
    let peers = client.peers()?;
    let own = client.own_devices()?;
    drop(client);
    let others = own.iter().filter(|device| !device.is_this);
    let own_devices = numbers(others.map(|device| device.number));
    // The list names no signer, so that nothing but the user can know. A closed standard error is no failure.
    if matches!(signing, SigningStatus::Unsure { .. }) {
        drop(writeln!(stderr(), "sprag: {GRANTED}"));
    }
    if arguments.json {
        return say_json(&Object {
            signs: signing::word(signing),
            peers: peers.into_iter().map(|peer| peer.name).collect(),
            own_devices,
        });
    }
    let own = if own_devices.is_empty() {
        ""
    } else {
        ", and `sprag repair --own -o FILE` with your other devices"
    };
    say(format_args!(
        "nothing is sent in the old sessions: `sprag repair NAME -o FILE` writes what begins a new one with each peer{own}; nothing \
         is signed until the newest list of your devices is known"
    ))
}

const GRANTED: &str = "\
if another device of yours was to sign the list of your devices since (`sprag device grant`), change no list on this one: two that \
sign contradict each other, and your peers would write to you no more";
