use clap::Args;

use super::say;
use crate::failure::Failure;
use crate::{home, keyring};

/// Forget what `sprag unlock` remembers
#[derive(Args, Debug)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    if keyring::forget(account.home()?.folder())? {
        return Ok(());
    }
    say("the account was not unlocked")
}
