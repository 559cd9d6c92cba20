use clap::Args;
use serde::Serialize;
use sprag::Error;
use sprag_client::ClientError;

use super::{say, say_json};
use crate::failure::Failure;
use crate::home::{self, days, now, random};
use crate::output::expect_standard_output;

/// Replace the keys that many bundles share
///
/// Do this every week or month. Once the replaced keys are gone, an attacker who steals this account
/// cannot read the first messages that peers sent with a reusable bundle before. Bundles that you gave out
/// earlier work until then, so publish a new reusable bundle. Sessions go on unchanged.
///
/// Eight sets of replaced keys are kept at most. Their time is up once commands that are two days apart agree about it,
/// because a clock may be wrong.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Keep the replaced keys for DAYS days, for messages and bundles on their way, and those replaced before no longer either
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    keep: u32,

    /// Date the new keys by the clock, although those before are dated later because the clock was wrong then
    #[arg(long)]
    redate: bool,

    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object {
    /// The days for which the replaced keys are kept.
    keep_days: u32,
    /// The date of the new keys, in seconds since 1970-01-01 UTC.
    created: u64,
    /// The time by which the keys before are dated later than the clock, in seconds.
    clock_behind: u64,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let &Arguments { keep, redate, json } = arguments;
    expect_standard_output()?;
    let now = now()?;
    let mut client = account.unlock()?.open_to_change()?;
    // Replace the keys. New ones are dated after those before, also if the clock went back.
    let before = client.prekeys_created()?;
    let rotated = if redate {
        client.redate(now, days(keep), &mut random()?)
    } else {
        client.rotate(now, days(keep), &mut random()?)
    };
    rotated.map_err(|error| match error {
        ClientError::Protocol(Error::PrekeysStillKept(until)) => still_kept(until, now),
        error => error.into(),
    })?;
    let created = client.prekeys_created()?;
    drop(client);
    if json {
        return say_json(&Object {
            keep_days: keep,
            created,
            clock_behind: before.saturating_sub(now),
        });
    }
    tell(keep, redate, before.saturating_sub(now))
}

/// Tells in words for how long the replaced keys are kept, and how the new ones are dated if the clock is behind.
fn tell(keep: u32, redate: bool, behind: u64) -> Result<(), Failure> {
    let kept = match keep {
        0 => "the replaced ones are gone".to_owned(),
        1 => "the replaced ones are kept for 1 day".to_owned(),
        days => format!("the replaced ones are kept for {days} days"),
    };
    say(format_args!("new bundles have new keys; {kept}"))?;
    // Say how the keys are dated if the clock went back.
    if behind <= MAX_SECONDS_AHEAD {
        return Ok(());
    }
    let ahead = in_days(behind);
    say(if redate {
        format!(
            "the keys before are dated {ahead} later than the new ones: a peer that has a bundle of then adds a new one \
             with --renew"
        )
    } else {
        format!(
            "the clock is {ahead} behind the date of the keys before, so the new ones have the date after that, and the \
             replaced ones are kept from then on; if the clock was wrong then and peers refuse new bundles for being dated \
             in the future, give --redate"
        )
    })
}

/// The refusal of a rotation for which there is no room.
fn still_kept(until: u64, now: u64) -> Failure {
    let left = if until > now {
        format!("the oldest for {} more", in_days(until - now))
    } else {
        "the oldest until it is certain that its time is up".to_owned()
    };
    Failure::refused(format!(
        "the keys of eight rotations are promised to be kept, {left}: rotate again then, once commands that are two days \
         apart agree about the time, or drop all replaced keys at once with --keep 0"
    ))
}

/// A time in whole days, rounded up.
fn in_days(seconds: u64) -> String {
    match seconds.div_ceil(days(1)) {
        0 | 1 => "a day".to_owned(),
        days => format!("{days} days"),
    }
}

/// The most seconds by which the keys before may be dated ahead of the clock although that did not go back. Each
/// rotation dates its keys a second later at least, and there may be several in one second.
const MAX_SECONDS_AHEAD: u64 = 60;
