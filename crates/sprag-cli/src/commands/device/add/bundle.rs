//! A bundle of another device of the own user, which begins a session with it.

use serde::Serialize;
use sprag::{Error, HandshakeError};
use sprag_client::{Added, ClientError};

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
    // The user has the other device at hand, and wants a session with it.
    let added = client.renew_own_device(bundle, &mut random()?);
    let added = added.map_err(|error| {
        let is_damage = may_be_damage(&error);
        let refusal = match error {
            ClientError::Protocol(Error::Handshake(HandshakeError::OwnBundle)) => Failure::refused(
                "this device wrote the bundle itself: give one that another device of yours wrote",
            ),
            error => error.into(),
        };
        let refusal = refusal.about(input);
        if is_damage {
            input.damaged(refusal)
        } else {
            refusal
        }
    })?;
    drop(client);
    let number = added.device;
    let new_session = added.added != Added::Used;
    if json {
        return say_json(&Object {
            device: number.to_u32(),
            new_session,
        });
    }
    say(match added.added {
        Added::Used => format!(
            "this bundle of your device {number} began a session before and begins no other: have a new one written there"
        ),
        _ => format!("your next message to your device {number} begins a new session"),
    })
}
