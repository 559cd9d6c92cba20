//! Rows of text that fit into 80 columns.

use core::fmt::Display;

use anstyle::{AnsiColor, Style};
use sprag_demo::{Label, Loot, Name, Status};

use super::preview::{fit, quoted};

/// The number of columns that every printed line fits into.
pub(super) const WIDTH: usize = 80;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default();
pub(super) const ODD: Style = AnsiColor::Yellow.on_default();
pub(super) const PLAIN: Style = Style::new();

/// The heading over the lines of [`Row`]s.
pub(super) const HEAD: &str =
    "step who   what happens                              sent read  dh held root key";

/// A step of the conversation.
pub(super) struct Row<'a> {
    pub(super) step: u64,
    pub(super) who: Option<Name>,
    pub(super) style: Style,
    pub(super) what: String,
    /// The text of a message, which is shown as far as there is room.
    pub(super) quote: Option<&'a [u8]>,
    pub(super) status: Option<&'a Status>,
}

impl Row<'_> {
    pub(super) fn line(&self) -> String {
        let (who, who_style) = match self.who {
            Some(name) => (name.to_string(), style_of(name)),
            None => ("wire".to_owned(), ODD),
        };
        // Compute the room for the middle. A number that is wider than its column takes room from the middle,
        // so that the line does not become wider.
        let status = self.status.map_or(String::new(), counters);
        let left = format!("{:>4} ", self.step);
        let room = WIDTH - 1 - left.len() - WHO_WIDTH - 1 - status.len().max(STATUS_WIDTH);
        // Show a quote if a useful part of it fits.
        let what = match self.quote {
            Some(quote) if room >= self.what.len() + 1 + MIN_QUOTE => {
                let quote = quoted(quote, room - self.what.len() - 1);
                format!("{} {quote}", self.what)
            }
            _ => fit(&self.what, room),
        };
        // Put the parts together. Measure the gap on the plain text, because colours add invisible bytes.
        let line = format!(
            "{}{} {}",
            paint(DIM, &left),
            paint(who_style, format!("{who:<WHO_WIDTH$}")),
            paint(self.style, &what),
        );
        if status.is_empty() {
            return line;
        }
        let gap = room - what.len() + 1;
        format!("{line}{:gap$}{status}", "")
    }
}

/// The heading over the lines of [`Trial`]s.
pub(super) const TRIAL_HEAD: &str = "step from  no.  says                    thief   why";

/// A message that the thief tries to read.
pub(super) struct Trial<'a> {
    pub(super) step: u64,
    pub(super) message: Label,
    pub(super) words: &'a str,
    pub(super) loot: Loot,
    pub(super) why: &'a str,
}

impl Trial<'_> {
    pub(super) fn line(&self) -> String {
        // Choose the word and the colour for the loot.
        let from = self.message.from;
        let (thief, style) = match self.loot {
            Loot::Text => ("text", BAD),
            Loot::Header => ("header", ODD),
            Loot::Nothing => ("nothing", GOOD),
        };
        // Lay out the columns. The reason at the end takes the room that is left.
        let left = format!("{:>4} ", self.step);
        let number = format!(" {:<4} ", self.message);
        let words = format!("{:<23} ", quoted(self.words.as_bytes(), 23));
        let taken = left.len() + WHO_WIDTH + number.len() + words.len() + 8;
        format!(
            "{}{}{number}{words}{} {}",
            paint(DIM, &left),
            paint(style_of(from), format!("{from:<WHO_WIDTH$}")),
            paint(style, format!("{thief:<7}")),
            fit(self.why, WIDTH - taken),
        )
    }
}

pub(super) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

pub(super) const fn style_of(name: Name) -> Style {
    match name {
        Name::Alice => AnsiColor::Cyan.on_default(),
        Name::Bob => AnsiColor::Magenta.on_default(),
    }
}

/// The whole fingerprint of a root key, in hex.
pub(super) fn fingerprint(status: &Status) -> String {
    let digits = status.root_fingerprint.map(|byte| format!("{byte:02x}"));
    digits.concat()
}

fn counters(status: &Status) -> String {
    format!(
        "{:>4} {:>4} {:>3} {:>4} {}",
        status.sent,
        status.received,
        status.dh_steps,
        status.skipped_keys,
        &fingerprint(status)[..8],
    )
}

const WHO_WIDTH: usize = 5;
const STATUS_WIDTH: usize = 27;
const MIN_QUOTE: usize = 8;
