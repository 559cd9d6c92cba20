use clap::Args;

use crate::failure::Failure;
use crate::home;

/// Ask for the passphrase once, and not again for a while
///
/// The account's key then lies in the kernel's keyring of this login session. Every program that you run in the session can
/// read it there until the time is up or you run `sprag lock`. Changing the passphrase ends it, too.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The time for which no passphrase is asked for, a week at most
    #[arg(long = "for", value_name = "MINUTES", default_value_t = 15)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_080))]
    minutes: u32,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let unlocked = account.unlock_by_passphrase()?;
    // Open the account once, so that a key that opens nothing is not remembered.
    drop(unlocked.open_to_read()?);
    unlocked.remember(arguments.minutes.saturating_mul(60))
}
