use std::io::{IsTerminal as _, Write as _, stderr, stdout};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::armor::Label;
use crate::commands::{answer, expect_json, report};
use crate::failure::Failure;
use crate::home::{self, now, random};
use crate::new_file::Readers;
use crate::output::Output;
use crate::parcel;
use crate::qr;

/// Invite a new device, which becomes one of yours
///
/// Run this on a device that signs the list of your devices. The invitation is not secret, and goes to the new device over any
/// channel. The code is secret: show it to nobody but the new device. Both are good for ten minutes and for one device, and an
/// invitation from before is void.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Write the invitation to FILE instead of standard output, which then gets the code
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Draw the code, although no terminal shows it
    #[arg(long)]
    qr: bool,

    /// Print a JSON object: to standard output, or to standard error if that gets the invitation
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object<'a> {
    code: &'a str,
    /// The last second in which it can be accepted, in seconds since 1970-01-01 UTC.
    expiry: u64,
    output: Option<&'a str>,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    // Prepare the output first, because an invitation replaces the one before.
    account.refuse_output(arguments.output.as_deref())?;
    let output = Output::prepare(arguments.output.as_deref(), None, Readers::Anyone)?;
    expect_json(&output)?;
    let mut client = account.unlock()?.open_to_send()?;
    let invitation = client.invite(now()?, SECONDS, &mut random()?)?;
    drop(client);
    let output = parcel::write(output, Label::Invitation, &invitation.bytes)?;
    let output = output.as_deref();
    let code = Zeroizing::new(invitation.code.expose().to_string());
    if arguments.json {
        let object = Object {
            code: &code,
            expiry: invitation.expiry,
            output,
        };
        return report(&object, output);
    }
    // The code comes first where both streams lead to one terminal. A closed standard error is no failure.
    answer(code.as_str(), output)?;
    match output {
        Some(_) if arguments.qr || stdout().is_terminal() => qr::draw(&code, stdout().lock())?,
        None if arguments.qr || stderr().is_terminal() => qr::draw(&code, stderr().lock())?,
        _ => {}
    }
    drop(writeln!(stderr(), "sprag: {NEXT}"));
    Ok(())
}

/// The time for which an invitation can be accepted: ten minutes.
const SECONDS: u64 = 10 * 60;

const NEXT: &str = "\
this is the code of the invitation, for ten minutes: on the new device, `sprag device join INVITATION -o ACCEPTANCE` asks for it; \
show it to nobody else; then give the acceptance to `sprag device add` here";
