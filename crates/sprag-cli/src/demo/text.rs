//! The report for people, in words and lines of 80 characters.

use std::io::{self, Write};

use sprag_demo::{Act, Event, Name, NewKey, Report, Status, Step, Summary, Tally, Unit};

use super::Printer;
use super::columns::{
    BAD, BOLD, DIM, GOOD, HEAD, ODD, TRIAL_HEAD, Trial, WIDTH, fingerprint, paint, style_of,
};
use super::opening::Opening;
use super::preview::fit;
use super::rows::{count, ratcheted, row};

/// A report for people.
pub(super) struct Text<W> {
    output: W,
    opening: Opening,
    /// The act that is being printed, from the first step on.
    act: Option<Act>,
    /// The number of steps of this act that were printed.
    shown: u64,
    /// The number of steps of this act that were left out.
    unseen: u64,
}

impl<W: Write> Text<W> {
    pub(super) const fn new(output: W, opening: Opening) -> Self {
        Self {
            output,
            opening,
            act: None,
            shown: 0,
            unseen: 0,
        }
    }
}

impl<W: Write> Report for Text<W> {
    type Error = io::Error;

    fn step(&mut self, step: Step) -> io::Result<()> {
        let Step {
            number, act, event, ..
        } = step;
        if self.act != Some(act) {
            self.begin(act)?;
        }
        match (event, act) {
            (Event::Done { summary }, _) => self.done(&summary),
            (Event::Aftermath { tried, read }, _) => {
                self.tell_unseen()?;
                let line = format!(
                    "The thief tried all {tried} messages of this part, and could read {read}."
                );
                writeln!(self.output, "\n{}", paint(GOOD, line))
            }
            (event, Act::Theft) => self.scene(number, &event),
            (event, _) if self.shown < self.limit(act) => self.row(number, &event),
            // Only count the steps beyond the limit, so that a long run stays readable.
            _ => {
                self.unseen += 1;
                Ok(())
            }
        }
    }
}

impl<W: Write> Printer for Text<W> {
    fn finish(&mut self) -> io::Result<()> {
        self.tell_unseen()?;
        self.output.flush()
    }
}

impl<W: Write> Text<W> {
    fn begin(&mut self, act: Act) -> io::Result<()> {
        // End the act before.
        self.tell_unseen()?;
        self.act = Some(act);
        self.shown = 0;
        // Print the heading, an explanation, and the head of the columns.
        match act {
            Act::Meeting => {
                self.open()?;
                self.heading("1. Alice sends, while Bob is offline")?;
                self.paragraph(COLUMNS)?;
                self.bold(HEAD)
            }
            Act::Theft => {
                self.heading("2. A thief copies Alice's session")?;
                self.paragraph(THEFT)?;
                self.bold(TRIAL_HEAD)
            }
            Act::WayBack => {
                writeln!(self.output)?;
                self.paragraph(HEALED)?;
                self.heading("3. Bob sends everything back, and the thief listens")?;
                self.bold(HEAD)
            }
            Act::End => self.heading("4. How it ended"),
        }
    }

    /// Prints the title and the facts that are known before the first step.
    fn open(&mut self) -> io::Result<()> {
        self.bold("sprag demo: a conversation over a bad channel, step by step")?;
        writeln!(self.output, "{}", paint(DIM, "=".repeat(WIDTH)))?;
        self.paragraph(OPENING)?;
        // Describe the file, its contents and the source of the keys, one on each line.
        let Opening { name, seed, .. } = &self.opening;
        let name = match name {
            Some(name) => fit(name, WIDTH - LABEL_WIDTH),
            None => "a short dialogue of the demo's own (or name a file of yours)".to_owned(),
        };
        let keys = match seed {
            Some(seed) => format!("predictable by --seed {seed}: to be watched, never relied on"),
            None => "random, from the operating system (--seed N repeats a run)".to_owned(),
        };
        let contents = self.contents();
        for (label, text) in [("file", name), ("contents", contents), ("keys", keys)] {
            writeln!(
                self.output,
                "{}{text}",
                paint(BOLD, format!("{label:<LABEL_WIDTH$}"))
            )?;
        }
        Ok(())
    }

    /// The number of steps of an act that are shown.
    const fn limit(&self, act: Act) -> u64 {
        match (act, &self.opening.name) {
            (Act::Meeting, None) => 64,
            (Act::Meeting, Some(_)) => 40,
            _ => 24,
        }
    }

    /// The size of the contents, and the number of messages that carry them.
    fn contents(&self) -> String {
        let Opening {
            lines,
            bytes,
            pieces,
            unit,
            ..
        } = &self.opening;
        let size = format!(
            "{}, {}",
            count(*lines as u64, "line"),
            count(*bytes as u64, "byte")
        );
        match (unit, pieces) {
            (Unit::Line, _) => format!("{size}; each line is a message"),
            (Unit::Piece, 1) => format!("{size}; all in one message"),
            (Unit::Piece, pieces) => format!("{size}; in {pieces} messages"),
        }
    }

    fn row(&mut self, step: u64, event: &Event) -> io::Result<()> {
        let Some(row) = row(step, event, self.opening.unit) else {
            return Ok(());
        };
        self.shown += 1;
        writeln!(self.output, "{}", row.line())
    }

    /// Prints a step of the theft, if it shows something of the thief. Ordinary steps are left out.
    fn scene(&mut self, step: u64, event: &Event) -> io::Result<()> {
        match event {
            Event::Tried {
                message,
                words,
                loot,
                why,
            } => {
                // The thief tries to read a message.
                let trial = Trial {
                    step,
                    message: *message,
                    words,
                    loot: *loot,
                    why: why.as_str(),
                };
                writeln!(self.output, "{}", trial.line())
            }
            Event::Stolen { victim, status } => {
                // The theft.
                let held = count(status.skipped_keys as u64, "skipped key");
                let line = format!("{step:>4} thief copies {victim}'s session, with {held}");
                writeln!(self.output, "{}", paint(BAD, line))
            }
            Event::Ratcheted {
                who,
                key: NewKey::Own,
                status: _,
            } => {
                // A party ratchets with a new key of its own.
                let line = format!("{who:<5} {}", ratcheted(*who, NewKey::Own));
                let step = paint(DIM, format!("{step:>4}"));
                writeln!(self.output, "{step} {}", paint(ODD, line))
            }
            _ => Ok(()),
        }
    }

    /// Prints the end of the demo.
    fn done(&mut self, summary: &Summary) -> io::Result<()> {
        // The result: both copies are equal.
        let Opening { bytes, cksum, .. } = &self.opening;
        for line in [
            "Bob's copy equals what Alice sent, byte for byte.".to_owned(),
            format!("So does what came back: {bytes} bytes, for which cksum says {cksum}."),
        ] {
            writeln!(self.output, "{}", paint(GOOD, line))?;
        }
        // The table of counts, with a column for each party.
        let head = Name::BOTH.map(|name| paint(style_of(name), format!("{name:>18}")));
        writeln!(self.output, "\n{:<30}{}", "", head.concat())?;
        for (label, value) in COUNTS {
            let values = Name::BOTH.map(|name| format!("{:>18}", value(summary, name)));
            writeln!(self.output, "{label:<30}{}", values.concat())?;
        }
        writeln!(
            self.output,
            "\n{}\n{CLOSING}",
            paint(GOOD, "Both hold the same root key: nothing is in flight.")
        )
    }

    /// Prints how many steps of this act were left out.
    fn tell_unseen(&mut self) -> io::Result<()> {
        if self.unseen == 0 {
            return Ok(());
        }
        let steps = count(self.unseen, "step");
        self.unseen = 0;
        let line = format!("     ... and {steps} not shown here; --json shows every step");
        writeln!(self.output, "{}", paint(DIM, line))
    }

    fn heading(&mut self, text: &str) -> io::Result<()> {
        let rule = "-".repeat(WIDTH - text.len() - 1);
        writeln!(self.output, "\n{} {}", paint(BOLD, text), paint(DIM, rule))
    }

    fn paragraph(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.output, "{text}")
    }

    fn bold(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.output, "{}", paint(BOLD, text))
    }
}

type Count = fn(&Summary, Name) -> String;

/// The rows of the last table: a label, and the value for each party.
const COUNTS: [(&str, Count); 10] = [
    ("messages sent", |end, of| status(end, of).sent.to_string()),
    ("  lost on the way", |end, of| {
        tally(end, of).lost.to_string()
    }),
    ("  doubled", |end, of| tally(end, of).doubled.to_string()),
    ("  held back", |end, of| tally(end, of).delayed.to_string()),
    ("  read after a later one", |end, of| {
        tally(end, of).late.to_string()
    }),
    ("  refused as copies", |end, of| {
        tally(end, of).refused.to_string()
    }),
    ("messages read", |end, of| {
        status(end, of).received.to_string()
    }),
    ("ratchet steps (dh)", |end, of| {
        status(end, of).dh_steps.to_string()
    }),
    ("skipped keys held", |end, of| {
        status(end, of).skipped_keys.to_string()
    }),
    ("fingerprint of the root key", |end, of| {
        fingerprint(status(end, of))
    }),
];

const fn status(end: &Summary, of: Name) -> &Status {
    &end.of(of).status
}

const fn tally(end: &Summary, of: Name) -> &Tally {
    &end.of(of).tally
}

const LABEL_WIDTH: usize = 10;

const OPENING: &str = "\
Alice sends Bob a file, and he sends it back. They have never met, and Bob is
offline. The channel between them, \"wire\" below, loses messages, doubles them
and mixes up their order. Everyone can listen to it.
";

const COLUMNS: &str = "\
Each message has a key of its own, which is used once and wiped. Message keys
come from a root key that both sides know. To ratchet is to mix a fresh key into
the root key and to wipe the old one: like the tool, it never turns back.

  sent, read  messages that this side has encrypted and decrypted
  dh          ratchet steps that it has taken
  held        skipped keys: those of messages that are missing, kept in case
              they come late
  root key    the first half of its fingerprint, a one-way hash; equal on both
              sides when nothing is in flight
  A2, B5      the second message from Alice, the fifth from Bob
";

const THEFT: &str = "\
Bob has everything. The two talk a little, and meanwhile a thief copies all that
Alice's session knows. The thief has recorded every message, changes none, and
tries to decrypt each with the copy. This time the channel holds one message
back, and delivers all others at once.

A chain is the run of messages that one side sends under one ratchet key. Its
chain key yields a message key and the next chain key, and is wiped. Its header
key stays, and shows which message of the chain each is, but not what it says.
";

const HEALED: &str = "\
The thief could read the missing message, and new ones until Alice and Bob had
each ratcheted with a key made after the theft. Nobody had to notice the theft.
That holds for a thief who only listens.";

const CLOSING: &str = "\
Skipped keys that are still held are for messages that were lost. All of this
ran in memory: no message left this machine, and nothing was stored.";
