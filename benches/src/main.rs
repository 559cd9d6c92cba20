//! Measurements of the sprag crates, which `cargo xtask bench` runs and writes into `docs/performance.md`.
//!
//! Every operation is measured beside its floor, which is the primitives that the specifications force, and beside
//! vodozemac. All take turns in one run, because on a machine with other work the ratios hold and the times do not.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    reason = "a program with a terminal and all of std"
)]

mod backend;
mod measure;

mod comparison;
mod floor;
mod parties;

mod handshake;
mod machine;
mod messages;
mod olm_accounts;
mod primitives;
mod snapshots;
mod users;

use std::process::ExitCode;

/// A table, by the name of its place in the document.
type Table = (&'static str, fn() -> String);

const TABLES: [Table; 9] = [
    ("machine", machine::run),
    ("primitives", primitives::run),
    ("handshake", handshake::run),
    ("messages in order", messages::in_order),
    ("other messages", messages::out_of_order),
    ("randomness", messages::randomness),
    ("snapshots", snapshots::run),
    ("sizes", snapshots::sizes),
    ("users", users::run),
];

fn main() -> ExitCode {
    // Measure the tables that were asked for, or all.
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = wanted
        .iter()
        .find(|name| TABLES.iter().all(|table| table.0 != **name))
    {
        eprintln!(
            "no such table: {unknown}; there are {:?}",
            TABLES.map(|table| table.0)
        );
        return ExitCode::from(2);
    }
    for (name, table) in TABLES {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            println!("<!-- bench: {name} -->\n\n{}\n<!-- end -->", table());
        }
    }
    ExitCode::SUCCESS
}
