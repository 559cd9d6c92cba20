use core::fmt::Display;
use std::io::{IsTerminal as _, Write as _, stdout};
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde::Serialize;
use sprag_client::{Scan, Verification};

use super::{expect_json, output_name, report, say};
use crate::ask::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{self, Unlocked, random};
use crate::input::Input;
use crate::new_file::Readers;
use crate::opened::Opened;
use crate::output::{Output, expect_standard_output};
use crate::qr;
use crate::verified::{word, words};

/// Compare keys with a peer, to find out whether somebody stands between you
///
/// This shows the safety number of you and the peer, which is the same on both sides, and a code for the peer to scan. It
/// changes nothing. Compare the number face to face or over the telephone, and say with --numbers that it is the same; or
/// scan the code that the peer's `sprag verify` shows, and give its text to --scan. The peer is verified then, and stays
/// so when devices are added or removed.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The peer
    name: String,

    /// Compare with the code that the peer shows: its text, which begins with SPRAG:, or - for standard input
    #[arg(long, value_name = "CODE", conflicts_with = "numbers")]
    scan: Option<String>,

    /// Ask at the terminal whether the number is the same on the peer's side
    #[arg(long)]
    numbers: bool,

    /// Write the code to FILE as a picture, in SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// Draw the code, although standard output is no terminal
    #[arg(long)]
    qr: bool,

    /// Go on writing to the peer, although two of its device lists contradict each other
    #[arg(long, conflicts_with_all = ["scan", "numbers"])]
    dismiss: bool,

    /// Print a JSON object: to standard output, or to standard error if that gets the picture
    #[arg(long)]
    json: bool,
}

/// A comparison as a JSON object, for programs.
#[derive(Serialize)]
struct Object {
    peer: String,
    user: String,
    verified: &'static str,
    /// Twelve groups of five digits.
    safety_number: String,
    /// The text of the code for the peer to scan.
    code: String,
    /// The file of the picture, or null if there is none or standard output carries it.
    svg: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, account: &home::Arguments) -> Result<(), Failure> {
    // Prepare the outputs and read the code before asking for the passphrase, so that what is wrong fails at once.
    account.refuse_output(arguments.svg.as_deref())?;
    let svg = match arguments.svg.as_deref() {
        Some(path) => Some(Output::prepare(Some(path), None, Readers::Anyone)?),
        None => None,
    };
    let is_taken = svg.as_ref().is_some_and(Output::is_standard);
    match &svg {
        Some(svg) if arguments.json => expect_json(svg)?,
        _ if is_taken => {}
        _ => expect_standard_output()?,
    }
    let scanned = arguments.scan.as_deref().map(read_code).transpose()?;
    // Compare.
    let unlocked = account.unlock()?;
    let name = &arguments.name;
    let done = if let Some(code) = scanned {
        scan(name, &code, &unlocked)?
    } else if arguments.numbers {
        compare(name, &unlocked)?
    } else if arguments.dismiss {
        unlocked.open_to_change()?.dismiss_evidence(name, &mut random()?)?;
        Comparison::of(name, &unlocked.open_to_read()?)?
    } else {
        Comparison::of(name, &unlocked.open_to_read()?)?
    };
    // Write the picture, and say what is known.
    ...
}
