use clap::Args;

use super::say;
use crate::failure::Failure;
use crate::home::{self, days, now, random};

/// Replace the keys that many bundles share
///
/// Do this every week or month. Once the replaced keys are gone, an attacker who steals this account
/// cannot read the first messages that peers sent with a reusable bundle before. Bundles that you gave out
/// earlier work until then, so publish a new reusable bundle. Sessions go on unchanged.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Keep the replaced keys for DAYS days, for messages and bundles on their way
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    keep: u32,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let keep = arguments.keep;
    let mut client = account.unlock()?.open()?;
    client.rotate(now()?, days(keep), &mut random()?)?;
    drop(client);
    let kept = match keep {
        0 => "the replaced ones are gone".to_owned(),
        1 => "the replaced ones are kept for 1 day".to_owned(),
        days => format!("the replaced ones are kept for {days} days"),
    };
    say(format_args!("new bundles have new keys; {kept}"))
}
