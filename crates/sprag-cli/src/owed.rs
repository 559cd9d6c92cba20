//! The messages that are due to devices, in words.

use std::io::{Write as _, stderr};

use sprag_client::{Owed, OwedKind};

/// Reminds the user of what is due. A closed standard error is no failure.
pub(crate) fn remind(owed: &[Owed]) {
    for line in reminders(owed) {
        drop(writeln!(stderr(), "sprag: {line}"));
    }
}

/// A line for each peer that something is due to, and one for the own devices.
pub(crate) fn reminders(owed: &[Owed]) -> Vec<String> {
    let mut names: Vec<Option<&str>> = owed.iter().map(|owed| owed.name.as_deref()).collect();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            let of = owed.iter().filter(|owed| owed.name.as_deref() == name);
            let kinds: Vec<OwedKind> = of.map(|owed| owed.what).collect();
            reminder(name, &kinds)
        })
        .collect()
}

fn reminder(name: Option<&str>, kinds: &[OwedKind]) -> String {
    let mut due: Vec<&str> = kinds.iter().copied().map(words).collect();
    due.dedup();
    let due = due.join(", ");
    let whom = name.unwrap_or("your other devices");
    let option = name.unwrap_or("--own");
    if kinds == [OwedKind::OwnBundle] {
        return format!("due to {whom}: {due}: `sprag owed {option} -o FILE` writes it");
    }
    // A bundle is no message, so that nothing takes it along.
    if kinds.contains(&OwedKind::Offer) {
        return format!(
            "due to {whom}: {due}: `sprag repair {option} -o FILE` writes what begins a new session"
        );
    }
    match name {
        Some(name) => format!(
            "due to {name}: {due}: your next file to {name} takes it along; `sprag owed {name} -o FILE` writes it alone"
        ),
        None => format!(
            "due to {whom}: {due}: your next file to a peer takes it along; `sprag owed --own -o FILE` writes it alone"
        ),
    }
}

/// The kind of a message for programs.
pub(crate) const fn word(kind: OwedKind) -> &'static str {
    match kind {
        OwedKind::List => "list",
        OwedKind::OwnBundle => "own-bundle",
        OwedKind::Answer => "answer",
        OwedKind::Renewal => "renewal",
        OwedKind::Request => "request",
        OwedKind::Offer => "bundle",
        _ => "other",
    }
}

/// The kind of a message for people.
pub(crate) const fn words(kind: OwedKind) -> &'static str {
    match kind {
        OwedKind::List => "your list of devices",
        OwedKind::OwnBundle => "the present bundle of this device",
        OwedKind::Answer => "an answer in the new session",
        OwedKind::Renewal => "the beginning of a new session",
        OwedKind::Request => "a request for a new session",
        OwedKind::Offer => "a new bundle",
        _ => "a message",
    }
}
