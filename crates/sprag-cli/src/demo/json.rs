//! The report for programs: one JSON object per step, each on a line of its own.

use std::io::{self, Write};

use serde_json::{Value, json};
use sprag::Status;

use super::event::{Act, Event, Label, Loot, Name, NewKey, News, Opening, Summary, Tally};
use super::frame::{Frame, Piece};
use super::log::Report;
use super::preview;

/// A report for programs.
pub(super) struct Json<W> {
    output: W,
}

impl<W: Write> Json<W> {
    pub(super) const fn new(output: W) -> Self {
        Self { output }
    }
}

impl<W: Write> Report for Json<W> {
    fn begin(&mut self, _: Act) -> io::Result<()> {
        Ok(())
    }

    fn step(&mut self, number: u64, event: &Event<'_>) -> io::Result<()> {
        let (name, mut object) = fields(event);
        object["step"] = json!(number);
        object["event"] = json!(name);
        if let Some(state) = event.status() {
            object["state"] = status(state);
        }
        writeln!(self.output, "{object}")
    }

    fn finish(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// The name of an event and the fields that only this event has.
fn fields(event: &Event<'_>) -> (&'static str, Value) {
    match event {
        Event::Published { bytes } => ("published", json!({ "who": "bob", "bytes": bytes })),
        Event::Began(_) => ("began", json!({ "who": "alice" })),
        Event::Returned { waiting } => ("returned", json!({ "who": "bob", "waiting": waiting })),
        Event::Sent {
            message,
            frame,
            bytes,
            ..
        } => {
            let (who, message) = (name(message.from), label(message));
            let says = says(frame);
            let object = json!({ "who": who, "message": message, "bytes": bytes, "says": says });
            ("sent", object)
        }
        Event::Lost(message) => ("lost", json!({ "message": label(message) })),
        Event::Doubled(message) => ("doubled", json!({ "message": label(message) })),
        Event::Delayed(message) => ("delayed", json!({ "message": label(message) })),
        Event::Delivered {
            message,
            frame,
            news,
            ..
        } => ("delivered", delivered(message, frame, news)),
        Event::Refused { message, error, .. } => {
            let (who, message) = (name(message.from.other()), label(message));
            let why = error.to_string();
            (
                "refused",
                json!({ "who": who, "message": message, "why": why }),
            )
        }
        Event::Ratcheted { who, key, .. } => {
            let key = match key {
                NewKey::Own => "own",
                NewKey::Peer | NewKey::First => "peer",
            };
            ("ratchet", json!({ "who": name(*who), "new_key": key }))
        }
        Event::Silence(who) => ("silence", json!({ "who": name(*who) })),
        Event::Stolen(_) => ("stolen", json!({ "who": "alice" })),
        Event::Tried {
            message,
            words,
            loot,
            why,
        } => {
            let (sender, message) = (name(message.from), label(message));
            let object = json!({
                "sender": sender, "message": message, "words": words,
                "header": *loot != Loot::Nothing, "read": *loot == Loot::Text, "why": why,
            });
            ("thief", object)
        }
        Event::Aftermath { tried, read } => ("aftermath", json!({ "tried": tried, "read": read })),
        Event::Done(summary) => ("done", done(summary)),
    }
}

fn delivered(message: &Label, frame: &Frame, news: &News) -> Value {
    let News {
        late,
        accepted,
        repeat,
        known,
    } = news;
    json!({
        "who": name(message.from.other()), "message": label(message), "says": says(frame),
        "late": late, "began_session": accepted, "repeats_handshake": repeat, "known": known,
    })
}

/// The fields of the last event: the facts of the opening, and the state and the counts of each party.
fn done(summary: &Summary<'_>) -> Value {
    let Opening {
        name,
        seed,
        lines,
        bytes,
        cksum,
        pieces,
        unit: _,
    } = summary.opening;
    let [alice, bob] = Name::BOTH.map(|name| {
        let Tally {
            lost,
            doubled,
            delayed,
            late,
            refused,
        } = summary.tallies[name.index()];
        json!({
            "state": status(&summary.statuses[name.index()]),
            "lost": lost, "doubled": doubled, "delayed": delayed, "late": late,
            "refused": refused,
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
        Frame::Piece(Piece {
            index,
            sent: _,
            total,
            bytes,
        }) => {
            let text = preview::beginning(bytes, MAX_PREVIEW);
            json!({ "piece": index + 1, "of": total, "bytes": bytes.len(), "preview": text })
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
