mod add;
mod grant;
mod invite;
mod join;
mod list;
mod revoke;

use core::fmt::Display;

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::home;

/// Link devices to your user, list them, and remove them
///
/// To link one, run `sprag device invite -o INVITATION` on a device of yours, and `sprag device join INVITATION -o ACCEPTANCE` on
/// the new one, which makes its account. Then `sprag device add ACCEPTANCE -o WELCOME` on the first, and `sprag device join
/// WELCOME` on the new one. The files can go over any channel; the code and the digits must go from screen to screen.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Invite(invite::Arguments),
    Join(join::Arguments),
    Add(add::Arguments),
    List(list::Arguments),
    Revoke(revoke::Arguments),
    Grant(grant::Arguments),
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::Invite(arguments) => invite::run(arguments, account),
        Command::Join(arguments) => join::run(arguments, account),
        Command::Add(arguments) => add::run(arguments, account),
        Command::List(arguments) => list::run(arguments, account),
        Command::Revoke(arguments) => revoke::run(arguments, account),
        Command::Grant(arguments) => grant::run(arguments, account),
    }
}

/// Refuses each option that was given, as `why` says: nothing would come of it.
fn without_use<const N: usize>(
    options: [(&str, bool); N],
    why: impl Display,
) -> Result<(), Failure> {
    match options.into_iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(Failure::refused(format!(
            "{why}, with which {option} has no use: leave it out"
        ))
        .with(Exit::Usage)),
        None => Ok(()),
    }
}
