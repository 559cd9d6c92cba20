use std::io::{Write as _, stderr};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use sprag::kind;
use sprag_client::{
    Acceptance, Accepted, Client, ClientError, LinkCode, ParseLinkCodeError, Welcomed,
};
use zeroize::Zeroizing;

use crate::armor::Label;
use crate::ask::ask;
use crate::commands::device::without_use;
use crate::commands::{answer, expect_json, report, say, say_json};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::fingerprint::Grouped;
use crate::home::{self, Home, Unlocked, now, random};
use crate::input::Input;
use crate::new_file::Readers;
use crate::output::{Output, expect_standard_output};
use crate::parcel;
use crate::recovery_file::Renewal;
use crate::refusal::may_be_damage;

/// Become a device of a user, or take over the signing of its devices
///
/// With an invitation this makes an account where there is none, and writes the answer to it. It asks for the code that the
/// inviting device shows, and shows six digits, which the user types there. If the answer was lost before it was written, run
/// the command again. With the welcome that comes back the device is one of the user's. With the file that `sprag device
/// grant` wrote for this device it signs the list of the user's devices from then on.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The invitation, the welcome, or the key by which this device is to sign; - for standard input
    file: PathBuf,

    /// Write the answer to an invitation to ACCEPTANCE instead of standard output, which then gets the six digits
    #[arg(short, long, value_name = "ACCEPTANCE")]
    output: Option<PathBuf>,

    /// The name by which you tell this device from your others, at most 64 bytes
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// The file that holds the code of the invitation; - for standard input [default: it is asked for]
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,

    #[command(flatten)]
    recovery: Renewal,

    /// Print a JSON object: to standard output, or to standard error if that gets the answer
    #[arg(long)]
    json: bool,
}

/// The answer to an invitation as a JSON object, for programs.
#[derive(Serialize)]
struct AnswerObject<'a> {
    digits: &'a str,
    output: Option<&'a str>,
}

/// The effect of a welcome, or of a key, as a JSON object.
#[derive(Serialize)]
struct Object<'a> {
    user: String,
    fingerprint: String,
    /// The number of this device.
    device: Option<u32>,
    /// The version of the list of the own devices.
    version: u64,
    /// The names of the peers that were taken, and of those that contradict what is known here.
    peers: &'a [String],
    left_out: &'a [String],
    /// Set if this device signs the list from now on.
    signs: bool,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let labels = [Label::Invitation, Label::Message];
    let (input, bytes) = parcel::read(&arguments.file, &labels)?;
    if parcel::label_of(kind(&bytes)) == Some(Label::Invitation) {
        return accept(arguments, (&input, &bytes), account);
    }
    be_welcomed(arguments, (&input, &bytes), account)
}

/// Answers an invitation.
fn accept(
    arguments: &Arguments,
    (input, invitation): (&Input, &[u8]),
    account: &home::Arguments,
) -> Result<(), Failure> {
    let recovery = ("--recovery", arguments.recovery.is_wanted());
    without_use([recovery], format_args!("{input} is an invitation"))?;
    let name = arguments.name.as_deref().unwrap_or_default();
    if name.len() > MAX_NAME_LENGTH {
        return Err(Failure::refused(format!(
            "the name of the device has more than {MAX_NAME_LENGTH} bytes: choose a shorter one"
        ))
        .with(Exit::Usage));
    }
    account.refuse_output(arguments.output.as_deref())?;
    let output = Output::prepare(arguments.output.as_deref(), Some(input), Readers::Anyone)?;
    expect_json(&output)?;
    // Make the account, or take the one that an earlier run has made.
    let home = account.home()?;
    let is_new = !home.has_account()?;
    let unlocked = if is_new {
        let created = create((arguments, name), (home, invitation), account);
        created.map_err(|failure| failure.about(input))?
    } else {
        account.unlock()?
    };
    let client = unlocked.open_unlinked()?;
    let has_accepted = client.has_accepted(invitation);
    let accepted = has_accepted.and_then(|is_this| Ok((is_this, client.acceptance_again()?)));
    drop(client);
    let (is_this, accepted) = accepted.map_err(|error| match (error, account.home()) {
        (ClientError::NoPendingLink, Ok(home)) => home.is_taken(),
        (error, _) => Failure::from(error).about(input),
    })?;
    if !is_this {
        return Err(has_answered(account.home()?.folder()));
    }
    if !is_new {
        // A closed standard error is no failure.
        drop(writeln!(stderr(), "sprag: {AGAIN}"));
    }
    let output = parcel::write(output, Label::Message, &accepted.message)?;
    tell_digits(&accepted, output.as_deref(), arguments.json)
}

/// The refusal of an invitation on a device that has answered another one. Its account is bound to that one, and a welcome may be
/// on its way.
fn has_answered(folder: &Path) -> Failure {
    let folder = folder.display();
    Failure::refused(format!(
        "this device has answered another invitation before, and waits for its welcome: `sprag device join WELCOME` takes that; \
         to answer this one instead, remove the folder {folder} or give another one with --home DIR"
    ))
}

/// Makes an account that answers an invitation.
fn create(
    (arguments, name): (&Arguments, &str),
    (home, invitation): (Home, &[u8]),
    account: &home::Arguments,
) -> Result<Unlocked, Failure> {
    // Compare the code before a passphrase is chosen.
    let code = read_code(arguments.code_file.as_deref())?;
    if !code.names(invitation) {
        return Err(Failure::refused(
            "the code is of another invitation than the file: give the file and the code that one `sprag device invite` wrote",
        ));
    }
    let passphrase = account.passphrase().choose();
    let passphrase = passphrase.map_err(|failure| failure.with(Exit::Passphrase))?;
    home.create_by(&passphrase, |store, key| {
        let acceptance = Acceptance {
            invitation,
            code: &code,
            name,
            now: now()?,
        };
        let (client, _) = Client::accept_invitation(store, key, acceptance, &mut random()?)?;
        drop(client);
        Ok(())
    })
}

/// Reads the code of an invitation from a file, or asks for it at the terminal.
fn read_code(file: Option<&Path>) -> Result<LinkCode, Failure> {
    let text = match file {
        Some(path) => {
            let bytes = Input::open(Some(path))?.read_up_to(MAX_CODE_LENGTH)?;
            let bytes = Zeroizing::new(bytes);
            Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
        }
        None => {
            let question = "Code that `sprag device invite` shows, from SPRAG-LINK: on";
            let typed = ask(question, "give --code-file FILE")?;
            Zeroizing::new(typed.ok_or_else(|| {
                Failure::refused(
                    "the code of the invitation is missing, and nobody can be asked for it here: give --code-file FILE, or run \
                     it at a terminal",
                )
                .with(Exit::Usage)
            })?)
        }
    };
    text.parse().map_err(|error| {
        let why = match error {
            // The error would name the prefix, which ends in a colon and is part of the advice.
            ParseLinkCodeError::Prefix => "it does not begin as a code does".to_owned(),
            error => error.to_string(),
        };
        Failure::refused(format!(
            "the code cannot be read: {why}: give the whole text that `sprag device invite` shows, from SPRAG-LINK: on"
        ))
        .with(Exit::Damaged)
    })
}

fn tell_digits(accepted: &Accepted, output: Option<&str>, json: bool) -> Result<(), Failure> {
    let digits = accepted.digits.as_str();
    if json {
        return report(&AnswerObject { digits, output }, output);
    }
    // The digits come first where both streams lead to one terminal. A closed standard error is no failure.
    answer(digits, output)?;
    drop(writeln!(stderr(), "sprag: {NEXT}"));
    Ok(())
}

/// Takes a welcome, or the key by which this device is to sign.
fn be_welcomed(
    arguments: &Arguments,
    (input, message): (&Input, &[u8]),
    account: &home::Arguments,
) -> Result<(), Failure> {
    let options = [
        ("-o", arguments.output.is_some()),
        ("--name", arguments.name.is_some()),
        ("--code-file", arguments.code_file.is_some()),
    ];
    without_use(options, format_args!("{input} is no invitation"))?;
    expect_standard_output()?;
    let home = account.home()?;
    home.expect_no_lost_key()?;
    if !home.has_account()? {
        return Err(Failure::refused(format!(
            "{} has no account, and {input} is no invitation: a new device begins with `sprag device join INVITATION`, and takes \
             its welcome in the same folder: --home DIR names another one",
            home.folder().display()
        ))
        .with(Exit::Unknown));
    }
    let unlocked = account.unlock()?;
    let recovery = arguments.recovery.prepare(account)?;
    let mut client = unlocked.open_unlinked()?;
    client.tell_if_put_back();
    let welcomed = client.accept_welcome(message, now()?, &mut random()?);
    let welcomed = welcomed.map_err(|error| {
        let is_damage = may_be_damage(&error);
        let refusal = match error {
            ClientError::AlreadyRead(_) => Failure::refused(format!(
                "{input}: this device has taken this before, and needs it no more: `sprag device list` shows your devices"
            )),
            // The names in a welcome are no arguments.
            ClientError::InvalidName(error) => Failure::refused(format!(
                "{input} has a peer whose {error}: have the peer renamed or forgotten on the device that wrote it, and begin anew \
                 with `sprag device invite`"
            ))
            .with(Exit::Damaged),
            error => Failure::from(error).about(input),
        };
        if is_damage {
            input.damaged(refusal)
        } else {
            refusal
        }
    })?;
    let identity = client.identity()?;
    let sealed = if welcomed.signs {
        Some(recovery.seal(&client))
    } else {
        recovery.leave_out();
        None
    };
    // Open the account once more, which states its user in clear.
    drop(client);
    drop(unlocked.open()?);
    let device = welcomed.list.identify(&identity);
    let device = device.map(|device| device.number.to_u32());
    tell_welcome(&welcomed, device, arguments.json)?;
    match sealed {
        Some(sealed) => sealed?.write().map(drop),
        None => Ok(()),
    }
}

fn tell_welcome(welcomed: &Welcomed, device: Option<u32>, json: bool) -> Result<(), Failure> {
    let user = welcomed.list.user_id();
    let fingerprint = Grouped(user.as_bytes());
    if json {
        return say_json(&Object {
            user: user.to_string(),
            fingerprint: fingerprint.to_string(),
            device,
            version: welcomed.list.version(),
            peers: &welcomed.peers,
            left_out: &welcomed.left_out,
            signs: welcomed.signs,
        });
    }
    say(&fingerprint)?;
    let mut lines = Vec::new();
    let device = device.map(|device| device.to_string()).unwrap_or_default();
    lines.push(format!(
        "this is the fingerprint of your user, whose device {device} this is"
    ));
    if !welcomed.peers.is_empty() {
        let peers = welcomed.peers.join(", ");
        lines.push(format!(
            "these peers came along: {peers}: add a bundle of each before you write to them from here"
        ));
    }
    if !welcomed.left_out.is_empty() {
        let names = welcomed.left_out.join(", ");
        lines.push(format!(
            "these did not, because they contradict what is known here: {names}"
        ));
    }
    if welcomed.signs {
        lines.push(
            "this device signs the list of your devices from now on; the device that signed before learns it with the next \
             message from here"
                .to_owned(),
        );
    }
    // A closed standard error is no failure.
    drop(writeln!(stderr(), "sprag: {}", lines.join("\nsprag: ")));
    Ok(())
}

const NEXT: &str = "\
type these digits at `sprag device add ACCEPTANCE -o WELCOME` on the device that invited this one; then give the welcome to `sprag \
device join WELCOME` here";

const AGAIN: &str = "\
this device has answered the invitation before, and this is the same answer";

/// The longest name of a device in bytes.
const MAX_NAME_LENGTH: usize = 64;

/// The most bytes of a code that are read. A code has 69 characters, and may come with white space.
const MAX_CODE_LENGTH: usize = 1024;
