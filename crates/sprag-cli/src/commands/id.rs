use clap::Args;

use super::say;
use crate::failure::Failure;
use crate::fingerprint::Grouped;
use crate::home;

/// Print the fingerprint of this account
///
/// Read it to a peer over the telephone. The peer compares it with the one that `sprag add` or
/// `sprag status` prints there.
#[derive(Args, Debug)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let identity = account.unlock()?.open()?.identity()?;
    say(Grouped(identity.as_bytes()))
}
