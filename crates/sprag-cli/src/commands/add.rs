use std::path::PathBuf;

use clap::Args;
use sprag::Policy;
use sprag::client::Added;
use sprag::limits::MAX_BUNDLE_LENGTH;

use super::say;
use crate::armor::Label;
use crate::failure::Failure;
use crate::fingerprint::Grouped;
use crate::home::{self, days, now, random};
use crate::input::Input;

/// Verify a peer's bundle and remember the peer
///
/// Compare the fingerprint that is printed with what `sprag id` says at the peer's, over a channel
/// where you know each other. A name stays with its identity: another one is refused.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// What you call the peer
    name: String,

    /// The peer's bundle; - for standard input
    bundle: PathBuf,

    /// Refuse a bundle whose keys are older than so many days; the peer may have replaced them
    #[arg(long, value_name = "DAYS")]
    max_age: Option<u32>,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let Arguments {
        name,
        bundle,
        max_age,
    } = arguments;
    let mut input = Input::open(Some(bundle))?.dearmor(Label::Bundle)?;
    let bytes = input.read_up_to(MAX_BUNDLE_LENGTH)?;
    let mut client = account.unlock()?.open()?;
    if let Some(max_age) = max_age {
        client.set_policy(Policy::default().max_age(now()?, days(*max_age)));
    }
    let added = client.add(name, &bytes, &mut random()?);
    let added = added.map_err(|error| Failure::from(error).about(&input))?;
    let identity = client.status(name)?.identity;
    drop(client);
    let what = match added {
        Added::New => "is new",
        Added::Known => "was known already",
        Added::Renewed => "was known already; your next message begins a new session",
    };
    say(format_args!(
        "{name} {what}; fingerprint:\n{}",
        Grouped(identity.as_bytes())
    ))
}
