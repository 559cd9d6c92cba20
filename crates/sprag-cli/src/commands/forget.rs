use clap::Args;

use crate::failure::Failure;
use crate::home::{self, random};

/// Forget a peer, with all sessions
///
/// Files that the peer encrypted before can no longer be decrypted. To talk again, exchange new bundles.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The peer
    name: String,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let mut client = account.unlock()?.open_to_change()?;
    Ok(client.forget(&arguments.name, &mut random()?)?)
}
