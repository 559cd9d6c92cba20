use std::io::{Write as _, stderr};

use clap::Args;

use super::say;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::fingerprint::Grouped;
use crate::home;
use crate::output::expect_standard_output;

/// Create an account
///
/// The folder then holds the account's keys and conversations, encrypted under a passphrase that you
/// choose. If you forget the passphrase, the account is lost.
///
/// Standard output gets the fingerprint alone; standard error is told what was made, and what to do next.
#[derive(Args, Debug)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    let home = account.home()?;
    home.expect_no_account()?;
    expect_standard_output()?;
    let passphrase = account.passphrase().choose();
    let passphrase = passphrase.map_err(|failure| failure.with(Exit::Passphrase))?;
    let folder = home.folder().display().to_string();
    let client = home.create(&passphrase)?.open()?;
    let user = client.user_id()?;
    drop(client);
    // The fingerprint comes first where both streams lead to one terminal. A closed standard error is no failure.
    say(Grouped(user.as_bytes()))?;
    let folder = folder.replace(char::is_control, "?");
    drop(write!(
        stderr(),
        "sprag: {}",
        NEXT.replace("{folder}", &folder)
    ));
    Ok(())
}

const NEXT: &str = "\
this is the fingerprint of your new account, which is in {folder}
Nothing but the passphrase opens it: if you forget that, the account is lost.
Next:
  sprag bundle -o for-bob      a bundle, to be sent to Bob; he sends you one of his
  sprag add bob from-bob       remembers Bob by it
  sprag encrypt bob plan.pdf   writes plan.pdf.sprag, to be sent to Bob
Compare fingerprints over the telephone: `sprag id` prints yours again, and `sprag verify bob` compares more.
";
