use clap::Args;
use sprag_client::ClientError;

use crate::failure::Failure;
use crate::home::{self, random};

/// Give a peer another name
///
/// Sessions and bundles stay as they are. The peer does not learn of it.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The name by which you call the peer now
    #[arg(value_name = "OLD")]
    name: String,

    /// The name by which you want to call the peer
    #[arg(value_name = "NEW")]
    new: String,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let Arguments { name, new } = arguments;
    let mut client = account.unlock()?.open_to_change()?;
    let renamed = client.rename(name, new, &mut random()?);
    renamed.map_err(|error| match error {
        ClientError::OtherIdentity(other) => Failure::refused(format!(
            "{other} is the name of another peer: choose another, or `sprag rename {other}` first"
        )),
        error => error.into(),
    })
}
