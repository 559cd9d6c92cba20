use std::io::{IsTerminal as _, stdout};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sprag_client::{ParseScanCodeError, ScanCode, Scanned, Verification};

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
    let known = if let Some(code) = scanned {
        scan(name, &code, &unlocked)?
    } else if arguments.numbers {
        compare(name, &unlocked)?
    } else if arguments.dismiss {
        let mut client = unlocked.open_to_change()?;
        client.dismiss_evidence(name, &mut random()?)?;
        Known::of(name, &client)?
    } else {
        Known::of(name, &unlocked.open_to_read()?)?
    };
    // Write the picture, and tell the rest.
    let svg = match svg {
        Some(mut svg) => {
            svg.write(qr::picture(&known.code)?.as_bytes())?;
            let name = output_name(&svg);
            svg.finish()?;
            name
        }
        None => None,
    };
    if arguments.json {
        let output = if is_taken { None } else { Some("") };
        return report(&known.object(svg), output);
    }
    if is_taken {
        return Ok(());
    }
    if arguments.scan.is_some() || arguments.numbers || arguments.dismiss {
        return say(format_args!("{name} is {}", words(known.verification)));
    }
    known.tell(arguments.qr || stdout().is_terminal())
}

/// The comparison with a peer, as far as it is known here.
struct Known {
    peer: String,
    user: String,
    verification: Verification,
    safety_number: String,
    code: String,
}

impl Known {
    fn of(name: &str, client: &Opened) -> Result<Self, Failure> {
        let safety_number = client.safety_number(name)?.to_string();
        let code = client.scan_code(name)?.to_string();
        let status = client.status(name)?;
        Ok(Self {
            peer: status.name,
            user: status.user.map(|user| user.to_string()).unwrap_or_default(),
            verification: status.verification,
            safety_number,
            code,
        })
    }

    fn object(self, svg: Option<String>) -> Object {
        Object {
            peer: self.peer,
            user: self.user,
            verified: word(self.verification),
            safety_number: self.safety_number,
            code: self.code,
            svg,
        }
    }

    /// The safety number in three lines of four groups.
    fn number(&self) -> String {
        let groups: Vec<&str> = self.safety_number.split(' ').collect();
        let lines: Vec<String> = groups
            .chunks(4)
            .map(|line| format!("  {}", line.join(" ")))
            .collect();
        lines.join("\n")
    }

    /// Tells all that is to be compared.
    fn tell(&self, draws: bool) -> Result<(), Failure> {
        let peer = &self.peer;
        say(format_args!(
            "{peer} is {}\nSafety number of you and {peer}:\n{}\nCode for {peer} to scan:\n{}",
            words(self.verification),
            self.number(),
            self.code
        ))?;
        if !draws {
            return Ok(());
        }
        qr::draw(&self.code, stdout().lock())
    }
}

/// Reads a code that was given as an argument, or on standard input. White space in it, as from a mail, does not count.
fn read_code(given: &str) -> Result<ScanCode, Failure> {
    let text = if given == "-" {
        let bytes = Input::open(None)?.read_up_to(MAX_CODE_LENGTH)?;
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        given.to_owned()
    };
    let text: String = text.split_whitespace().collect();
    text.parse().map_err(|error| {
        let line = match error {
            ParseScanCodeError::UnknownVersion(_) => {
                format!("the code cannot be read: {error}: use a newer sprag")
            }
            // The error would name the prefix, which ends in a colon and is part of the advice.
            ParseScanCodeError::Prefix => format!("the code cannot be read: {WHOLE_CODE}"),
            _ => format!("the code cannot be read: {error}: {WHOLE_CODE}"),
        };
        Failure::refused(line).with(Exit::Damaged)
    })
}

const WHOLE_CODE: &str =
    "give the whole text that `sprag verify` prints on the peer's side, from SPRAG: on";

/// Compares a code of the peer's.
fn scan(name: &str, code: &ScanCode, unlocked: &Unlocked) -> Result<Known, Failure> {
    let mut client = unlocked.open_to_change()?;
    let alarm = match client.scan(name, code, &mut random()?)? {
        Scanned::Match => return Known::of(name, &client),
        Scanned::PeerDiffers => format!(
            "the code is of another user than the {name} who is known here: somebody may stand between you and read what you \
             write: send {name} nothing; if {name} began a new account, `sprag forget {name}`, and add a bundle that {name} \
             hands over"
        ),
        Scanned::SelfDiffers => format!(
            "the code is of {name}, who knows another user in your place: somebody may stand between you and read what {name} \
             writes: have {name} send nothing, forget that user, and add a bundle that you hand over"
        ),
        Scanned::Unrelated => format!(
            "the code is of another user and for another user: it says nothing about {name}: have {name} show the code that \
             `sprag verify` prints there for you"
        ),
    };
    Err(Failure::refused(alarm))
}

/// Asks the user at the terminal whether the numbers are the same.
fn compare(name: &str, unlocked: &Unlocked) -> Result<Known, Failure> {
    // The store is closed while the user is asked, because that can take long.
    let known = Known::of(name, &unlocked.open_to_read()?)?;
    let question = format!(
        "safety number of you and {name}\n{}\nCompare it with the one that `sprag verify` shows {name}.\nIs it the same? Type \
         yes, or the digits that {name} reads to you",
        known.number()
    );
    let answer = ask(&question, "compare at another terminal")?.ok_or_else(|| {
        Failure::refused(
            "--numbers asks the user, and nobody can be asked here: run it at a terminal, or give --scan CODE: nothing was \
             changed",
        )
        .with(Exit::Usage)
    })?;
    let typed: String = answer.split_whitespace().collect();
    let expected: String = known.safety_number.split(' ').collect();
    if typed.is_empty() {
        return Err(Failure::refused(
            "nothing was typed: the numbers count as not compared: try again once you have",
        ));
    }
    if !typed.eq_ignore_ascii_case("yes") && typed != expected {
        return Err(Failure::refused(format!(
            "the numbers are not the same: somebody may stand between you and read what you write: read the number once \
             more, and if it differs again send {name} nothing"
        )));
    }
    let mut client = unlocked.open_to_change()?;
    // The peer may have been forgotten and added anew while the user compared.
    if client.safety_number(name)?.to_string() != known.safety_number {
        return Err(Failure::refused(format!(
            "{name} has become another user in the meantime: the number was that of the one before: compare again"
        )));
    }
    client.confirm_safety_number(name, &mut random()?)?;
    Known::of(name, &client)
}

/// The most bytes of a code that are read. A code has 110 characters, and may come with white space.
const MAX_CODE_LENGTH: usize = 4096;
