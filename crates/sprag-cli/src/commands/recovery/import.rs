use std::io::{Write as _, stderr};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use sprag_client::{
    Client, ClientError, DeviceList, DeviceNumber, IdentityKey, ListError, Recovering, Recovery,
    SigningStatus,
};

use crate::armor::Label;
use crate::commands::{answer, expect_json, numbers, report, say, say_json};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::fingerprint::Grouped;
use crate::home::{self, Home, Unlocked, now, random};
use crate::opened::Opened;
use crate::output::expect_standard_output;
use crate::parcel;
use crate::recovery_file::{HELP, NewRecovery, Prepared, Sealed, source};
use crate::signing;

/// Recover your user from a recovery file, or take the key from it
///
/// Where there is no account, this makes one, as a new device of your user, which signs the list of your devices from then on.
/// On a device of yours, it brings the key back; the device signs nothing until it is known which list is the newest. --list
/// alone tells that to a device that has the key, for example after `sprag restored`.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The recovery file; - for standard input
    #[arg(required_unless_present = "list")]
    file: Option<PathBuf>,

    /// The newest list of your devices, as `sprag device list -o LIST` writes it on another device of yours, or `sprag device
    /// list YOU -o LIST` on a peer's
    #[arg(long, value_name = "LIST")]
    list: Option<PathBuf>,

    /// No device was linked or removed since the recovery file was written, so that its list is the newest
    #[arg(long, requires = "file", conflicts_with = "list")]
    unchanged: bool,

    #[arg(long, value_name = "FILE", requires = "file", help = HELP)]
    recovery_passphrase_file: Option<PathBuf>,

    /// Write a new recovery file under the same passphrase, where the list of your devices changes
    #[arg(long, value_name = "FILE", requires = "file")]
    recovery: Option<PathBuf>,

    /// Print a JSON object: to standard output, or to standard error if that gets the new recovery file
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object {
    user: String,
    fingerprint: String,
    /// The number of this device.
    device: Option<u32>,
    /// The version of the list of the own devices.
    version: u64,
    /// Set if the account is new.
    new: bool,
    /// The right of this device to sign the list: `yes`, `no`, `granted` or `unsure`.
    signs: &'static str,
    /// The numbers of the other devices in the list.
    other_devices: Vec<u32>,
    /// The new recovery file, or null if there is none or standard output carries it.
    output: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    // Read the files before asking for any passphrase, so that a wrong path fails at once.
    let file = match arguments.file.as_deref() {
        Some(path) => Some(parcel::read(path, &[Label::Recovery])?),
        None => None,
    };
    let given = arguments.list.as_deref().map(read_list).transpose()?;
    let renewed = match arguments.recovery.as_deref() {
        Some(path) => Some(NewRecovery::output(path, account)?),
        None => None,
    };
    match &renewed {
        Some(output) => expect_json(output)?,
        None => expect_standard_output()?,
    }
    let home = account.home()?;
    let is_new = !home.has_account()?;
    if is_new && given.is_none() && !arguments.unchanged {
        return Err(Failure::refused(NEWEST).with(Exit::Usage));
    }
    let unlocked = if is_new {
        None
    } else {
        Some(account.unlock()?)
    };
    let opened = match &file {
        Some((input, bytes)) => {
            let passphrase = source(arguments.recovery_passphrase_file.as_deref()).read();
            let passphrase = passphrase.map_err(|failure| failure.with(Exit::Passphrase))?;
            let recovery = Recovery::open(bytes, passphrase.as_bytes());
            let recovery = recovery
                .map_err(|error| Failure::from(ClientError::Recovery(error)).about(input))?;
            Some((recovery, passphrase))
        }
        None => None,
    };
    match (unlocked, opened) {
        (None, Some((recovery, passphrase))) => {
            let newest = given.as_ref().unwrap_or(&recovery.list);
            let renewed = renewed.map(|output| NewRecovery::under(output, passphrase));
            recover((&recovery, newest), (home, account, renewed), arguments.json)
        }
        (None, None) => Err(Failure::refused(format!(
            "{} has no account, so that there is nothing to tell the list to: give the recovery file too",
            home.folder().display()
        ))
        .with(Exit::Unknown)),
        (Some(unlocked), opened) => {
            let recovery = opened.as_ref().map(|(recovery, _)| recovery);
            let unchanged = recovery.filter(|_| arguments.unchanged);
            let newest = given.as_ref().or(unchanged.map(|recovery| &recovery.list));
            let told = bring_back(&unlocked, (recovery, newest), arguments.json);
            if renewed.is_some() {
                // A closed standard error is no failure.
                drop(writeln!(stderr(), "sprag: {UNCHANGED}"));
            }
            told
        }
    }
}

fn read_list(path: &Path) -> Result<DeviceList, Failure> {
    let (input, bytes) = parcel::read(path, &[Label::DeviceList])?;
    DeviceList::decode(&bytes).map_err(|error| {
        Failure::refused(format!(
            "{input}: {error}: give what `sprag device list -o LIST` wrote"
        ))
        .with(Exit::Damaged)
    })
}

/// Makes an account that is a new device of the user.
fn recover(
    (recovery, list): (&Recovery, &DeviceList),
    (home, account, renewed): (Home, &home::Arguments, Option<NewRecovery>),
    json: bool,
) -> Result<(), Failure> {
    let passphrase = account.passphrase().choose();
    let passphrase = passphrase.map_err(|failure| failure.with(Exit::Passphrase))?;
    let unlocked = home.create_by(&passphrase, |store, key| {
        let recovering = Recovering {
            recovery,
            list,
            now: now()?,
        };
        drop(Client::recover(store, key, recovering, &mut random()?)?);
        Ok(())
    })?;
    let client = unlocked.open()?;
    let mut object = Object::of(&client)?;
    let list = client.device_list()?;
    let this = client.identity()?;
    let is_standard = { renewed.as_ref() }.is_some_and(|file| file.written_to().is_standard());
    let sealed = Prepared::new(renewed).seal(&client);
    drop(client);
    let told = if is_standard { None } else { Some("") };
    if json {
        // The object has the recovery file only if that was written.
        let written = sealed.and_then(Sealed::write);
        object.new = true;
        object.output = written.as_ref().ok().cloned().flatten();
        report(&object, told)?;
        return written.map(drop);
    }
    answer(Grouped(list.user_id().as_bytes()), told)?;
    // A closed standard error is no failure.
    drop(write!(stderr(), "sprag: {}", recovered(&list, &this)));
    sealed?.write().map(drop)
}

/// Describes what was recovered, and what is to be done next.
fn recovered(list: &DeviceList, this: &IdentityKey) -> String {
    let mut number = String::new();
    let mut others = Vec::new();
    for device in list.devices() {
        if device.identity == *this {
            number = device.number.to_string();
        } else {
            others.push(device.number.to_string());
        }
    }
    let mut text = format!(
        "this is the fingerprint of your user, whose device {number} this is; it signs the list of your devices\n"
    );
    if !others.is_empty() {
        let (devices, lost) = match others.len() {
            1 => ("device", "it if it is"),
            _ => ("devices", "those that are"),
        };
        text.push_str(&format!(
            "The list still has the {devices} {}: remove {lost} lost, with `sprag device revoke N --lost`.\n",
            others.join(", ")
        ));
    }
    text.push_str(
        "Peers and messages are not in a recovery file: exchange new bundles with each peer.\n",
    );
    text
}

/// Brings the key back to a device of the user, and tells it the newest list.
fn bring_back(
    unlocked: &Unlocked,
    (recovery, newest): (Option<&Recovery>, Option<&DeviceList>),
    json: bool,
) -> Result<(), Failure> {
    let mut client = unlocked.open()?;
    client.tell_if_put_back();
    // Compare the lists first, so that the key does not come where the list is refused.
    if let Some(newest) = newest {
        let known = client.device_list()?;
        if newest.user_id() != known.user_id() {
            return Err(ClientError::List(ListError::OtherUser).into());
        }
        if newest.version() < known.version() {
            return Err(Failure::refused(OLD_LIST));
        }
    }
    if let Some(recovery) = recovery {
        client.import_user_key(recovery, &mut random()?)?;
    }
    if let Some(list) = newest {
        client.import_own_list(list.as_bytes(), &mut random()?)?;
    }
    let signing = client.signing()?;
    let object = Object::of(&client)?;
    drop(client);
    if json {
        return say_json(&object);
    }
    say(match signing {
        SigningStatus::Signs => "this device signs the list of your devices".to_owned(),
        SigningStatus::NoUserKey => {
            "the list is known; another device signs it, because the key is not on this one"
                .to_owned()
        }
        SigningStatus::Granted(_) => {
            "the list is known; signing was handed over to another device".to_owned()
        }
        SigningStatus::Unsure { .. } => {
            "the key is on this device, which signs nothing yet, because a newer list of your devices may have been signed than \
             the one that is known here: `sprag recovery import --list LIST` takes the newest"
                .to_owned()
        }
    })
}

impl Object {
    /// The object of an account that was there before.
    fn of(client: &Opened) -> Result<Self, Failure> {
        let list = client.device_list()?;
        let this = list.identify(&client.identity()?);
        let this = this.map(|device| device.number);
        let others = list.devices().iter().map(|device| device.number);
        Ok(Self {
            user: list.user_id().to_string(),
            fingerprint: Grouped(list.user_id().as_bytes()).to_string(),
            device: this.map(DeviceNumber::to_u32),
            version: list.version(),
            new: false,
            signs: signing::word(client.signing()?),
            other_devices: numbers(others.filter(|number| Some(*number) != this)),
            output: None,
        })
    }
}

const OLD_LIST: &str = "\
a newer list of your devices is known here than this: give the newest with --list LIST, which another device of yours or a peer \
has, or leave --unchanged out if you gave it: nothing was changed";

const UNCHANGED: &str =
    "no recovery file was written, because the list of your devices has not changed";

const NEWEST: &str = "\
the newest list of your devices must be known, because another one that is signed now would contradict it, and your peers would \
write to you no more: give --list LIST, which another device of yours or a peer has, or --unchanged if no device was linked or \
removed since the recovery file was written";
