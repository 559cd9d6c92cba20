use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sprag_client::{DeviceList, IdentityKey, OwnDevice, SigningStatus};

use crate::armor::Label;
use crate::commands::status::key;
use crate::commands::{answer, expect_json, report};
use crate::failure::Failure;
use crate::home;
use crate::new_file::Readers;
use crate::opened::Opened;
use crate::output::{Output, expect_standard_output};
use crate::parcel;
use crate::signing;
use crate::visible::visible;

/// List your devices, or those of a peer
///
/// The list that is written with -o is signed and not secret. `sprag recovery import --list` takes one of your own, which a peer
/// can write for you as well as another device of yours.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The peer [default: your own devices]
    name: Option<String>,

    /// Write the newest list to FILE
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Print a JSON object: to standard output, or to standard error if that gets the list
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object {
    /// The peer, or null for the own devices.
    peer: Option<String>,
    user: String,
    version: u64,
    /// The time at which the list was made, in seconds since 1970-01-01 UTC; 0 if it does not say.
    created: u64,
    /// The right of this device to sign the list: `yes`, `no`, `granted` or `unsure`; null for a peer.
    signs: Option<&'static str>,
    /// Set if somebody has spoken of a newer list of one's own.
    newer_list: bool,
    devices: Vec<DeviceObject>,
    /// The file, or null if none is written or standard output carries the list.
    output: Option<String>,
}

#[derive(Serialize)]
struct DeviceObject {
    device: u32,
    identity: String,
    /// Set if it is the device that the command runs on.
    this: bool,
    /// The name that the device gave itself; null if it has none or is not known.
    name: Option<String>,
    /// Set if the next message is encrypted to the device.
    reached: bool,
    /// Set if the device was linked here and has not written since.
    awaits_welcome: bool,
}

/// A list of devices, and what is known of them.
struct Known {
    list: DeviceList,
    /// The name of the peer, or nothing for the own devices.
    peer: Option<String>,
    signing: Option<SigningStatus>,
    devices: Vec<DeviceObject>,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    account.refuse_output(arguments.output.as_deref())?;
    let output = match arguments.output.as_deref() {
        Some(path) => Some(Output::prepare(Some(path), None, Readers::Anyone)?),
        None => None,
    };
    match &output {
        Some(output) => expect_json(output)?,
        None => expect_standard_output()?,
    }
    let client = account.unlock()?.open_to_read()?;
    client.tell_if_put_back();
    let known = match &arguments.name {
        Some(name) => Known::of_peer(name, &client)?,
        None => Known::own(&client)?,
    };
    drop(client);
    // Write the list, and tell the devices where it does not go.
    let is_standard = output.as_ref().is_some_and(Output::is_standard);
    let file = match output {
        Some(output) => parcel::write(output, Label::DeviceList, known.list.as_bytes())?,
        None => None,
    };
    let told = if is_standard { None } else { Some("") };
    if arguments.json {
        return report(&known.object(file), told);
    }
    answer(known.text(), told)
}

impl Known {
    fn own(client: &Opened) -> Result<Self, Failure> {
        let devices = client.own_devices()?;
        Ok(Self {
            list: client.device_list()?,
            peer: None,
            signing: Some(client.signing()?),
            devices: devices.iter().map(DeviceObject::of_own).collect(),
        })
    }

    fn of_peer(name: &str, client: &Opened) -> Result<Self, Failure> {
        let list = client.device_list_of(name)?;
        let status = client.status(name)?;
        let object = |identity: &IdentityKey, number: u32| DeviceObject {
            device: number,
            identity: identity.to_string(),
            this: false,
            name: None,
            reached: status.devices.iter().any(|device| {
                device.identity == *identity && device.can_be_reached && !device.awaits_list
            }),
            awaits_welcome: false,
        };
        let listed = list.devices().iter();
        Ok(Self {
            devices: listed
                .map(|device| object(&device.identity, device.number.to_u32()))
                .collect(),
            peer: Some(status.name.clone()),
            signing: None,
            list,
        })
    }

    fn object(self, output: Option<String>) -> Object {
        Object {
            user: self.list.user_id().to_string(),
            version: self.list.version(),
            created: self.list.created(),
            signs: self.signing.map(signing::word),
            newer_list: matches!(
                self.signing,
                Some(SigningStatus::Unsure {
                    own_list_behind: true
                })
            ),
            peer: self.peer,
            devices: self.devices,
            output,
        }
    }

    fn text(&self) -> String {
        let mut lines = Vec::new();
        for (device, listed) in self.devices.iter().zip(self.list.devices()) {
            let this = if device.this { ", this one" } else { "" };
            lines.push(format!("device {}{this}", device.device));
            if let Some(name) = &device.name {
                lines.push(format!("  {:<16}  {}", "name", visible(name)));
            }
            lines.extend(key("identity", listed.identity.as_bytes()));
            if device.awaits_welcome {
                lines.push(format!(
                    "  {:<16}  nothing has come from it since it was linked",
                    "new"
                ));
            } else if !device.reached && !device.this {
                lines.push(format!(
                    "  {:<16}  until a bundle of it is added",
                    "not reached"
                ));
            }
        }
        lines.push(format!(
            "this is version {} of the list{}",
            self.list.version(),
            self.signed()
        ));
        lines.join("\n")
    }

    /// Describes who signs the list, if it is one's own.
    fn signed(&self) -> String {
        match self.signing {
            None => String::new(),
            Some(SigningStatus::Signs) => "; this device signs it".to_owned(),
            Some(SigningStatus::NoUserKey) => "; another device signs it".to_owned(),
            Some(SigningStatus::Granted(identity)) => {
                let granted = self.list.identify(&identity);
                let number =
                    granted.map_or_else(String::new, |device| format!(" {}", device.number));
                format!("; signing was handed over to device{number}")
            }
            Some(SigningStatus::Unsure {
                own_list_behind: true,
            }) => format!("; somebody knows a newer one: {GIVE_LIST}"),
            Some(SigningStatus::Unsure { .. }) => format!(
                "; nobody has said yet whether it is the newest, so this device signs none: {GIVE_LIST}"
            ),
        }
    }
}

impl DeviceObject {
    fn of_own(device: &OwnDevice) -> Self {
        Self {
            device: device.number.to_u32(),
            identity: device.identity.to_string(),
            this: device.is_this,
            name: device.name.clone().filter(|name| !name.is_empty()),
            reached: device.can_be_reached,
            awaits_welcome: device.awaits_welcome,
        }
    }
}

const GIVE_LIST: &str = "`sprag recovery import --list LIST` takes the newest";
