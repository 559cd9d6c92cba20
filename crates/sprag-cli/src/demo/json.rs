//! The report for programs: one JSON object per step, each on a line of its own.

use std::io::{self, Write};

use serde_json::{Value, json};
use sprag_demo::{
    Ending, Event, Frame, Label, Loot, Name, NewKey, News, Report, Status, Step, Summary,
};

use super::Printer;
use super::opening::Opening;
use super::preview;

/// A report for programs.
pub(super) struct Json<W> {
    output: W,
    opening: Opening,
}

impl<W: Write> Json<W> {
    pub(super) const fn new(output: W, opening: Opening) -> Self {
        Self { output, opening }
    }
}

impl<W: Write> Report for Json<W> {
    type Error = io::Error;

    fn step(&mut self, step: Step) -> io::Result<()> {
        let mut object = match &step.event {
            Event::Done { summary } => done(summary, &self.opening),
            event => fields(event),
        };
        object["step"] = json!(step.number);
        object["event"] = json!(step.event.name());
        if let Some(state) = step.event.status() {
            object["state"] = status(state);
        }
        writeln!(self.output, "{object}")
    }
}

impl<W: Write> Printer for Json<W> {
    fn finish(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// The fields that only this event has.
fn fields(event: &Event) -> Value {
    match event {
        Event::Published { bytes } => json!({ "who": "bob", "bytes": bytes }),
        Event::Began { .. } => json!({ "who": "alice" }),
        Event::Returned { waiting } => json!({ "who": "bob", "waiting": waiting }),
        Event::Sent {
            message,
            frame,
            bytes,
            ..
        } => {
            let (who, message) = (name(message.from), label(message));
            json!({ "who": who, "message": message, "bytes": bytes, "says": says(frame) })
        }
        Event::Lost { message } | Event::Doubled { message } | Event::Delayed { message } => {
            json!({ "message": label(message) })
        }
        Event::Delivered {
            message,
            frame,
            news,
            ..
        } => delivered(message, frame, news),
        Event::Refused { message, error, .. } => {
            let (who, message) = (name(message.from.other()), label(message));
            json!({ "who": who, "message": message, "why": error.to_string() })
        }
        Event::Ratcheted { who, key, .. } => {
            let key = match key {
                NewKey::Own => "own",
                NewKey::Peer | NewKey::First => "peer",
            };
            json!({ "who": name(*who), "new_key": key })
        }
        Event::Silence { who } => json!({ "who": name(*who) }),
        Event::Stolen { victim, .. } => json!({ "who": name(*victim) }),
        Event::Tried {
            message,
            words,
            loot,
            why,
        } => {
            let (sender, message) = (name(message.from), label(message));
            json!({
                "sender": sender, "message": message, "words": words,
                "header": *loot != Loot::Nothing, "read": *loot == Loot::Text, "why": why.as_str(),
            })
        }
        Event::Aftermath { tried, read } => json!({ "tried": tried, "read": read }),
        // An event that this program does not know has its name and its state alone.
        _ => json!({}),
    }
}

fn delivered(message: &Label, frame: &Frame, news: &News) -> Value {
    let News {
        late,
        accepted,
        repeat,
        known,
        ..
    } = news;
    json!({
        "who": name(message.from.other()), "message": label(message), "says": says(frame),
        "late": late, "began_session": accepted, "repeats_handshake": repeat, "known": known,
    })
}

/// The fields of the last event: the facts of the opening, and the state and the counts of each party.
fn done(summary: &Summary, opening: &Opening) -> Value {
    let Opening {
        name,
        seed,
        lines,
        bytes,
        cksum,
        pieces,
        unit: _,
    } = opening;
    let [alice, bob] = Name::BOTH.map(|name| {
        let Ending {
            status: state,
            tally,
            ..
        } = summary.of(name);
        json!({
            "state": status(state),
            "lost": tally.lost, "doubled": tally.doubled, "delayed": tally.delayed,
            "late": tally.late, "refused": tally.refused,
        })
    });
    json!({
        "ok": true, "file": name, "seed": seed,
        "lines": lines, "bytes": bytes, "cksum": cksum, "pieces": pieces,
        "alice": alice, "bob": bob,
    })
}

/// The content of a message. Pieces are numbered from 1, as in the report for people.
fn says(frame: &Frame) -> Value {
    match frame {
        Frame::Piece(piece) => {
            let text = preview::beginning(&piece.bytes, MAX_PREVIEW);
            json!({
                "piece": piece.index + 1, "of": piece.total,
                "bytes": piece.bytes.len(), "preview": text,
            })
        }
        Frame::Answer(answer) => {
            let missing: Vec<u32> = answer.missing.iter().map(|index| index + 1).collect();
            json!({ "of_first": answer.sent, "missing": missing })
        }
        Frame::Words(words) => json!({ "words": words }),
    }
}

fn status(status: &Status) -> Value {
    let fingerprint = status.root_fingerprint.map(|byte| format!("{byte:02x}"));
    json!({
        "sent": status.sent,
        "received": status.received,
        "dh_steps": status.dh_steps,
        "skipped_keys": status.skipped_keys,
        "root_fingerprint": fingerprint.concat(),
    })
}

fn label(label: &Label) -> Value {
    json!(label.to_string())
}

fn name(name: Name) -> Value {
    json!(name.to_string().to_lowercase())
}

/// The most columns of a preview.
const MAX_PREVIEW: usize = 60;
