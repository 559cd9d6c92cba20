//! `sprag demo`: the story of the crate `sprag-demo`, printed step by step.

mod cksum;
mod columns;
mod contents;
mod json;
mod opening;
mod preview;
mod rows;
mod text;

use std::io::{self, BufWriter, stdout};
use std::path::PathBuf;

use clap::Args;
use rand::SeedableRng as _;
use rand::rngs::{StdRng, SysRng};
use sprag_demo::{Error, Report, tell};

use crate::failure::Failure;
use crate::output::expect_standard_output;
use contents::Contents;
use json::Json;
use opening::Opening;
use text::Text;

/// Watch two people exchange a file over a bad channel, and see what a thief of keys can read
///
/// Alice sends the lines of FILE to Bob, and he sends them back. She has never met him, he is offline at
/// first, and the channel loses, doubles and reorders messages. Midway a thief copies Alice's session. All
/// of it happens in memory: nothing is stored, and nothing leaves this machine.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The file to exchange, of any kind, up to 64 MiB [default: a short dialogue]
    file: Option<PathBuf>,

    /// Make the run repeatable; only for demonstration, because every key is then predictable
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Print one JSON object per step
    #[arg(long)]
    json: bool,
}

/// Runs the demo.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    expect_standard_output()?;
    let contents = match &arguments.file {
        Some(path) => Contents::read(path)?,
        None => Contents::dialogue(),
    };
    // Take all randomness of the run from one generator, so that a seed repeats the whole run.
    let rng = match arguments.seed {
        Some(seed) => StdRng::seed_from_u64(seed),
        None => StdRng::try_from_rng(&mut SysRng).map_err(|error| {
            Failure::refused(format!(
                "the operating system gives no randomness: {error}: give --seed N"
            ))
        })?,
    };
    // Tell the story to the printer that the user chose.
    let opening = Opening::new(&contents, arguments.seed);
    if arguments.json {
        let printer = Json::new(BufWriter::new(stdout().lock()), opening);
        print(printer, &contents, rng)
    } else {
        let stdout = anstream::AutoStream::auto(stdout().lock());
        let printer = Text::new(BufWriter::new(stdout), opening);
        print(printer, &contents, rng)
    }
}

/// A report that prints the steps.
trait Printer: Report<Error = io::Error> {
    /// Prints everything that is still to be printed. No step follows.
    fn finish(&mut self) -> io::Result<()>;
}

fn print(mut printer: impl Printer, contents: &Contents, rng: StdRng) -> Result<(), Failure> {
    let told = tell(&contents.bytes, rng, &mut printer).map_err(|error| match error {
        Error::Report(error) => Failure::output(&error),
        // The contents are not too long, so any other error is a promise that did not hold.
        error => Failure::defect(&error.to_string()),
    });
    // Print the steps up to a failure before the line that names the failure.
    let finished = printer.finish();
    finished.map_err(|error| Failure::output(&error)).and(told)
}
