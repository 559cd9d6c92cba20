//! The steps of the conversation in words.

use sprag_demo::{Event, Frame, Label, Name, NewKey, News, Unit};

use super::columns::{BAD, GOOD, ODD, PLAIN, Row};

/// The row for a step, if the step has one.
pub(super) fn row(step: u64, event: &Event, unit: Unit) -> Option<Row<'_>> {
    // The actor, the colour and the words of each event. The channel is the actor if there is no party.
    let (who, style, what) = match event {
        Event::Published { bytes } => {
            let what = format!("publishes keys, {bytes} bytes; goes offline");
            (Some(Name::Bob), PLAIN, what)
        }
        Event::Began { .. } => {
            let what = "checks Bob's keys, begins a session".to_owned();
            (Some(Name::Alice), PLAIN, what)
        }
        Event::Returned { waiting } => {
            let what = format!("is back; {} waiting", count(*waiting as u64, "message"));
            (Some(Name::Bob), PLAIN, what)
        }
        Event::Ratcheted { who, key, .. } => (Some(*who), GOOD, ratcheted(*who, *key)),
        Event::Sent { message, frame, .. } => {
            let what = format!("sends {message}: {}", says(frame, unit));
            (Some(message.from), PLAIN, what)
        }
        Event::Lost { message } => (None, BAD, format!("loses {message}")),
        Event::Doubled { message } => (None, ODD, format!("doubles {message}")),
        Event::Delayed { message } => (None, ODD, format!("holds {message} back")),
        Event::Delivered {
            message,
            frame,
            news,
            ..
        } => {
            let what = format!("{}: {}", reads(message, *news), says(frame, unit));
            (Some(message.from.other()), PLAIN, what)
        }
        Event::Refused { message, .. } => {
            let what = format!("refuses {message}: it was read before");
            (Some(message.from.other()), ODD, what)
        }
        Event::Silence { who } => (
            Some(*who),
            PLAIN,
            "hears nothing, and tries again".to_owned(),
        ),
        // The theft and the end are not shown as rows.
        _ => return None,
    };
    Some(Row {
        step,
        who,
        style,
        what,
        quote: quote(event),
        status: event.status(),
    })
}

pub(super) fn ratcheted(who: Name, key: NewKey) -> String {
    match (key, who) {
        (NewKey::Own, Name::Alice) => "ratchets: makes a new key of her own".to_owned(),
        (NewKey::Own, Name::Bob) => "ratchets: makes a new key of his own".to_owned(),
        (NewKey::First, _) => "accepts the session, and ratchets".to_owned(),
        (NewKey::Peer, who) => format!("ratchets: takes in {}'s new key", who.other()),
    }
}

/// A number with its noun: "1 line", "2 lines".
pub(super) fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn reads(message: &Label, news: News) -> String {
    let late = if news.late { " late" } else { "" };
    let known = if news.known { ", known" } else { "" };
    format!("reads {message}{late}{known}")
}

/// The content of a message in words. Pieces are numbered from 1.
fn says(frame: &Frame, unit: Unit) -> String {
    let unit = match unit {
        Unit::Line => "line",
        Unit::Piece => "piece",
    };
    match frame {
        Frame::Piece(piece) => format!("{unit} {}", u64::from(piece.index) + 1),
        Frame::Answer(answer) if answer.missing.is_empty() => {
            format!("has all of {}", count(answer.sent.into(), unit))
        }
        Frame::Answer(answer) => {
            let numbers = answer
                .missing
                .iter()
                .map(|index| (u64::from(*index) + 1).to_string());
            let numbers: Vec<String> = numbers.take(MAX_NUMBERS).collect();
            let plural = if numbers.len() == 1 { "" } else { "s" };
            format!("asks for {unit}{plural} {}", numbers.join(", "))
        }
        Frame::Words(_) => "says".to_owned(),
    }
}

fn quote(event: &Event) -> Option<&[u8]> {
    match event {
        Event::Sent { frame, .. } | Event::Delivered { frame, .. } => match frame {
            Frame::Piece(piece) => Some(&piece.bytes),
            Frame::Words(words) => Some(words.as_bytes()),
            Frame::Answer(_) => None,
        },
        _ => None,
    }
}

/// The most numbers of pieces in a row. More do not fit.
const MAX_NUMBERS: usize = 12;
