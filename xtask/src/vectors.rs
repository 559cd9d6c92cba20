//! `cargo xtask vectors`: writes or compares the known-answer files, through the crates' own tests.

use std::path::Path;

use crate::Result;
use crate::command::{Outcome, cargo, run as execute};

/// The crates that have known answers, from the lowest layer up.
const CRATES: [&str; 4] = [
    "sprag-x3dh",
    "sprag-ratchet",
    "sprag-relay-wire",
    "sprag-wire",
];

/// Runs the test `known_answers` of each crate. The `mode` is `write` or `check`.
pub(crate) fn run(mode: &str) -> Result<Outcome> {
    for name in CRATES {
        let test = format!("crates/{name}/tests/known_answers.rs");
        if !Path::new(&test).is_file() {
            return Err(format!("{test} is missing: {name} has to have known answers").into());
        }
        let mut cargo = cargo(&format!("test -p {name} --test known_answers"));
        execute(cargo.env("SPRAG_VECTORS", mode))?;
    }
    Ok(Outcome::Done)
}
