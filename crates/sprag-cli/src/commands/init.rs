use clap::Args;

use super::say;
use crate::failure::Failure;
use crate::fingerprint::Grouped;
use crate::home;

/// Create an account
///
/// The folder then holds the account's keys and conversations, encrypted under a passphrase that you
/// choose. If you forget the passphrase, the account is lost.
#[derive(Args, Debug)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let home = account.home()?;
    home.expect_no_account()?;
    let passphrase = account.passphrase().choose()?;
    let client = home.create(&passphrase)?.open()?;
    let identity = client.identity()?;
    drop(client);
    say(Grouped(identity.as_bytes()))
}
