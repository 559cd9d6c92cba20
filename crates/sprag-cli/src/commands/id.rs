use clap::Args;
use serde::Serialize;

use super::{say, say_json};
use crate::failure::Failure;
use crate::fingerprint::{Grouped, Hex};
use crate::home::{self, Public};

/// Print your fingerprint, that of all your devices
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
    user: String,
    fingerprint: String,
    identity: String,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let stated = match arguments.check {
        true => None,
        false => account.home()?.stated()?,
    };
    // An account of an earlier version does not state all yet. It does once the account was opened.
    let Public { identity, user } = match stated {
        Some(public) => public,
        None => {
            let client = account.unlock()?.open_to_read()?;
            Public {
                identity: client.identity()?,
                user: *client.user_id()?.as_bytes(),
            }
        }
    };
    let fingerprint = Grouped(&user);
    if !arguments.json {
        return say(fingerprint);
    }
    say_json(&Object {
        user: Hex(&user).to_string(),
        fingerprint: fingerprint.to_string(),
        identity: identity.to_string(),
    })
}
