//! A bundle of another device of the own user, which begins a session with it.

use serde::Serialize;
use sprag_client::Added;

use crate::commands::{say, say_json};
use crate::failure::Failure;
use crate::home::{self, random};
use crate::input::Input;
use crate::output::expect_standard_output;
use crate::refusal::may_be_damage;

#[derive(Serialize)]
struct Object {
    device: u32,
    /// Set if the next message to the device begins a new session.
    new_session: bool,
}

pub(super) fn run(
    json: bool,
    (input, bundle): (&Input, &[u8]),
    account: &home::Arguments,
) -> Result<(), Failure> {
    expect_standard_output()?;
    let mut client = account.unlock()?.open_to_change()?;
    let added = client.add_own_device(bundle, &mut random()?);
    let added = added.map_err(|error| {
        let is_damage = may_be_damage(&error);
        let refusal = Failure::from(error).about(input);
        if is_damage {
            input.damaged(refusal)
        } else {
            refusal
        }
    })?;
    drop(client);
    let number = added.device;
    let new_session = !matches!(added.added, Added::Known | Added::Used);
    if json {
        return say_json(&Object {
            device: number.to_u32(),
            new_session,
        });
    }
    say(match added.added {
        Added::Known => format!(
            "your device {number} was reached already: the session goes on, because the bundle is not newer than those before"
        ),
        Added::Used => format!(
            "this bundle of your device {number} began a session before and begins no other: have a new one written there"
        ),
        _ => format!("your next message to your device {number} begins a new session"),
    })
}
