use clap::Args;
use serde::Serialize;

use super::{say, say_json};
use crate::failure::Failure;
use crate::fingerprint::Grouped;
use crate::home;

/// Print the fingerprint of this account
///
/// Read it to a peer over the telephone. The peer compares it with the one that `sprag add` or
/// `sprag status` prints there. It is public, and lies in the account's folder in clear, so this asks for no
/// passphrase. Who can write there can change it: every command that asks for the passphrase compares it with the account.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Ask for the passphrase, and compare the fingerprint with the account
    #[arg(long)]
    check: bool,

    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object {
    identity: String,
    fingerprint: String,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let stated = match arguments.check {
        true => None,
        false => account.home()?.stated_identity()?,
    };
    // An account of an earlier version states no identity yet. It does once the account was opened.
    let identity = match stated {
        Some(identity) => identity,
        None => account.unlock()?.open_to_read()?.identity()?,
    };
    let fingerprint = Grouped(identity.as_bytes());
    if !arguments.json {
        return say(fingerprint);
    }
    say_json(&Object {
        identity: identity.to_string(),
        fingerprint: fingerprint.to_string(),
    })
}
