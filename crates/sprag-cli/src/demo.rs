//! `sprag demo`: a conversation on this machine, shown step by step.

mod channel;
mod cksum;
mod columns;
mod contents;
mod conversation;
mod event;
mod frame;
mod json;
mod log;
mod party;
mod preview;
mod rows;
mod story;
mod text;
mod theft;
mod transfer;

use std::io::{BufWriter, stdout};
use std::path::PathBuf;

use clap::Args;
use rand::SeedableRng as _;
use rand::rngs::{StdRng, SysRng};

use crate::failure::Failure;
use contents::{Contents, Pieces};
use event::Opening;
use json::Json;
use log::{Log, Report};
use story::Story;
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
    let contents = match &arguments.file {
        Some(path) => Contents::read(path)?,
        None => Contents::dialogue(),
    };
    // Take all randomness of the run from one generator, so that a seed repeats the whole run.
    let rng = match arguments.seed {
        Some(seed) => StdRng::seed_from_u64(seed),
        None => StdRng::try_from_rng(&mut SysRng).map_err(|error| {
            Failure::Refused(format!(
                "the operating system gives no randomness: {error}: give --seed N"
            ))
        })?,
    };
    // Cut the contents into messages, and tell the story to the report that the user chose.
    let pieces = Pieces::of(&contents.bytes);
    let opening = Opening::new(&contents, &pieces, arguments.seed);
    if arguments.json {
        let report = Json::new(BufWriter::new(stdout().lock()));
        tell(report, rng, (&opening, &pieces))
    } else {
        let stdout = anstream::AutoStream::auto(stdout().lock());
        let report = Text::new(BufWriter::new(stdout), &opening);
        tell(report, rng, (&opening, &pieces))
    }
}

fn tell(
    report: impl Report,
    rng: StdRng,
    (opening, pieces): (&Opening, &Pieces<'_>),
) -> Result<(), Failure> {
    let mut log = Log::new(report);
    let told = conversation::hold(Story::new(&mut log, rng), opening, pieces);
    // Print the steps up to a failure before the line that names the failure.
    log.finish().and(told)
}
