mod bundle;

use std::io::{Write as _, stderr};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sprag::kind;
use sprag_client::{Admission, ClientError, LinkDigits, LinkRequest, Linked};

use crate::armor::Label;
use crate::ask::ask;
use crate::commands::device::without_use;
use crate::commands::{answer, expect_json, report};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{self, Unlocked, now, random};
use crate::new_file::Readers;
use crate::output::Output;
use crate::parcel;
use crate::recovery_file::Renewal;
use crate::visible::visible;

/// Make the device that answers an invitation one of yours, or reach one by its bundle
///
/// Type the six digits that the new device shows: somebody else's device has others. After three times that they are wrong the
/// invitation is void. Your peers learn of the device with your next messages. If the welcome was lost before it was written,
/// run the command again.
///
/// A bundle of another device of yours, as `sprag repair --own` or `sprag bundle` writes it there, begins a new session with that
/// device.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The answer of the new device, which `sprag device join INVITATION` wrote, or a bundle of a device of yours; - for standard
    /// input
    #[arg(value_name = "ACCEPTANCE")]
    file: PathBuf,

    /// Write the welcome for the new device to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The six digits that the new device shows [default: they are asked for]
    #[arg(long, value_name = "DIGITS")]
    digits: Option<String>,

    #[command(flatten)]
    recovery: Renewal,

    /// Print a JSON object: to standard output, or to standard error if that gets the welcome
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object<'a> {
    device: u32,
    identity: String,
    /// The name that the device gave itself; null if it was linked before and the welcome was written again.
    name: Option<&'a str>,
    /// The version of the list of the own devices.
    version: u64,
    /// The names of the peers that the new device does not get.
    left_out: &'a [String],
    output: Option<&'a str>,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    // Read the acceptance and prepare the outputs before asking for anything, so that what is wrong fails at once.
    let labels = [Label::Message, Label::Bundle];
    let (input, acceptance) = parcel::read(&arguments.file, &labels)?;
    if parcel::label_of(kind(&acceptance)) == Some(Label::Bundle) {
        let options = [
            ("-o", arguments.output.is_some()),
            ("--digits", arguments.digits.is_some()),
            ("--recovery", arguments.recovery.is_wanted()),
        ];
        without_use(options, format_args!("{input} is a bundle"))?;
        return bundle::run(arguments.json, (&input, &acceptance), account);
    }
    let given = arguments.digits.as_deref().map(parse);
    let given = given
        .transpose()
        .map_err(|failure| failure.with(Exit::Usage))?;
    account.refuse_output(arguments.output.as_deref())?;
    let output = Output::prepare(arguments.output.as_deref(), Some(&input), Readers::Anyone)?;
    expect_json(&output)?;
    let unlocked = account.unlock()?;
    let recovery = arguments.recovery.prepare(account)?;
    // See who asks. The store is closed while the user compares, because that can take long.
    let request = unlocked.open()?.read_acceptance(&acceptance, now()?);
    let request = match request {
        Ok(request) => request,
        Err(ClientError::NoInvitation) => {
            return again(&unlocked, (&acceptance, output), arguments.json);
        }
        Err(error) => return Err(Failure::from(error).about(&input)),
    };
    let digits = match given {
        Some(digits) => digits,
        None => ask_for_digits(&request)?,
    };
    let admission = Admission {
        acceptance: &acceptance,
        digits: &digits,
        now: now()?,
    };
    let mut client = unlocked.open_to_send()?;
    let linked = client.admit(admission, &mut random()?)?;
    let recovery = recovery.seal(&client);
    drop(client);
    // Write the welcome before the recovery file, without which the new device is of use.
    let output = parcel::write(output, Label::Message, &linked.welcome)?;
    tell(&linked, (&request, output.as_deref()), arguments.json)?;
    recovery?.write().map(drop)
}

/// The digits that the user types.
fn ask_for_digits(request: &LinkRequest) -> Result<LinkDigits, Failure> {
    let typed = ask(&question(request), "give --digits DIGITS")?.ok_or_else(|| {
        Failure::refused(
            "the six digits that the new device shows are missing, and nobody can be asked for them here: give --digits DIGITS, \
             or run it at a terminal",
        )
        .with(Exit::Usage)
    })?;
    parse(&typed)
}

fn parse(typed: &str) -> Result<LinkDigits, Failure> {
    typed.parse().map_err(|error| {
        Failure::refused(format!(
            "what was typed is not six digits: {error}: try again: this counted as no attempt"
        ))
    })
}

fn question(request: &LinkRequest) -> String {
    let called = match request.name.as_str() {
        "" => "a device without a name".to_owned(),
        name => format!("a device that calls itself \"{}\"", visible(name)),
    };
    format!(
        "{called} wants to become your device {}. If you hold it in your hands, type the six digits that it shows",
        request.number
    )
}

/// Tells what was linked, and what is to be done next.
fn tell(
    linked: &Linked,
    (request, output): (&LinkRequest, Option<&str>),
    json: bool,
) -> Result<(), Failure> {
    let number = linked.device.number;
    if json {
        let object = Object {
            device: number.to_u32(),
            identity: linked.device.identity.to_string(),
            name: Some(&request.name),
            version: linked.list.version(),
            left_out: &linked.left_out,
            output,
        };
        return report(&object, output);
    }
    answer(format_args!("device {number} is one of yours"), output)?;
    // A closed standard error is no failure.
    if !linked.left_out.is_empty() {
        let names = linked.left_out.join(", ");
        drop(writeln!(
            stderr(),
            "sprag: it does not get the peers {names}: their device lists contradict each other or are not known, or there was \
             no room: add a bundle of each there"
        ));
    }
    drop(writeln!(stderr(), "sprag: {NEXT}"));
    Ok(())
}

/// Writes the welcome again of the device that wrote the `acceptance`, if it was linked before.
fn again(
    unlocked: &Unlocked,
    (acceptance, output): (&[u8], Output),
    json: bool,
) -> Result<(), Failure> {
    let client = unlocked.open()?;
    let Some(device) = client.admitted(acceptance)? else {
        return Err(ClientError::NoInvitation.into());
    };
    let welcome = client.welcome_again(device.number);
    let welcome = welcome.map_err(|error| match error {
        ClientError::NoWelcome => Failure::refused(format!(
            "device {} was linked before, and was welcomed: it needs nothing more: `sprag device list` shows it",
            device.number
        )),
        error => error.into(),
    })?;
    let version = client.device_list()?.version();
    drop(client);
    let output = parcel::write(output, Label::Message, &welcome)?;
    let output = output.as_deref();
    if json {
        let object = Object {
            device: device.number.to_u32(),
            identity: device.identity.to_string(),
            name: None,
            version,
            left_out: &[],
            output,
        };
        return report(&object, output);
    }
    answer(
        format_args!(
            "device {} was linked before; this is its welcome again",
            device.number
        ),
        output,
    )
}

const NEXT: &str = "give the welcome to `sprag device join WELCOME` on the new device";
