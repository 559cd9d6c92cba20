use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::print;
use crate::cli::Cli;
use crate::exit::{self, Exit};
use crate::failure::Failure;

/// Print the manual page of sprag, or of one of its commands, for `man -l -`
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The command, for example `device invite` [default: sprag itself]
    command: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut sprag = Cli::command();
    sprag.build();
    // Render the page before any of it is printed, because a command that is not known prints nothing.
    let page = if arguments.command.is_empty() {
        page_of_sprag(sprag)
    } else {
        let mut command = &sprag;
        for name in &arguments.command {
            command = command.find_subcommand(name).ok_or_else(|| {
                let name = arguments.command.join(" ");
                let unknown = format!("sprag has no command {name}: `sprag help` lists them");
                Failure::refused(unknown).with(Exit::Usage)
            })?;
        }
        page_of(command.clone())
    };
    let page = page.map_err(|error| Failure::defect(&error.to_string()))?;
    print(&page)
}

/// The page of a command, under the name by which `man` finds it: `sprag-init`.
fn page_of(command: Command) -> std::io::Result<Vec<u8>> {
    let name = command.get_display_name().unwrap_or_default().to_owned();
    let mut page = Vec::new();
    Man::new(command)
        .title(name)
        .source(SOURCE)
        .render(&mut page)?;
    Ok(page)
}

/// The page of sprag, which also says what holds for every command.
fn page_of_sprag(command: Command) -> std::io::Result<Vec<u8>> {
    // The exit codes have a section of their own, so the page needs no text behind the help.
    let man = Man::new(command.after_help(""));
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    man.render_subcommands_section(&mut page)?;
    let codes = exit::TABLE.map(|(code, meaning)| (code.to_string(), meaning));
    let codes = codes.each_ref().map(|(code, meaning)| (&**code, *meaning));
    for (title, entries) in [
        ("EXIT STATUS", &codes[..]),
        ("ENVIRONMENT", &VARIABLES),
        ("FILES", &FILES),
    ] {
        section(title, entries).to_writer(&mut page)?;
    }
    man.render_version_section(&mut page)?;
    Ok(page)
}

/// A section of terms with their meanings.
fn section(title: &str, entries: &[(&str, &str)]) -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", [title]);
    for (term, meaning) in entries {
        roff.control("TP", []);
        roff.text([bold(*term)]);
        roff.text([roman(*meaning)]);
    }
    roff
}

/// The program that the pages are of.
const SOURCE: &str = concat!("sprag ", env!("CARGO_PKG_VERSION"));

const VARIABLES: [(&str, &str); 6] = [
    ("SPRAG_HOME", "The folder of the account."),
    ("SPRAG_PASSPHRASE", "The passphrase of the account."),
    ("SPRAG_NEW_PASSPHRASE", "The new passphrase, for passwd."),
    (
        "SPRAG_RECOVERY_PASSPHRASE",
        "The passphrase of a recovery file.",
    ),
    (
        "XDG_DATA_HOME, XDG_STATE_HOME",
        "The user's folders: for accounts, and for the counts of their commits.",
    ),
    (
        "NO_COLOR, CLICOLOR, CLICOLOR_FORCE",
        "Colours: none if NO_COLOR is set or CLICOLOR is 0, and also where there is no terminal if CLICOLOR_FORCE is set.",
    ),
];

const FILES: [(&str, &str); 4] = [
    (
        "key",
        "In the account's folder: its key, under the passphrase.",
    ),
    (
        "store",
        "In the account's folder: peers, sessions and keys, encrypted.",
    ),
    (
        "identity",
        "In the account's folder: its public key, in clear.",
    ),
    (
        "user",
        "In the account's folder: the id of its user, in clear.",
    ),
];
