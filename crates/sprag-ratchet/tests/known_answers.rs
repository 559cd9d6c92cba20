//! Known answers of the KDFs and of whole conversations.
//!
//! The variable `SPRAG_VECTORS` chooses the mode: `write` writes the files again, and `check` compares them.
//! Without the variable, the files are compared.

#[path = "known_answers/functions.rs"]
mod functions;
#[path = "support/hash_stream.rs"]
mod hash_stream;
#[path = "compromise/keys.rs"]
mod keys;
#[path = "compromise/session.rs"]
mod session;
#[path = "compromise/state.rs"]
mod state;
#[path = "known_answers/transcript.rs"]
mod transcript;

use std::fs;
use std::path::Path;

use serde_json::Value;
use sprag_ratchet::{DoubleRatchet, DoubleRatchetHE};

use hash_stream::HashStream;
use session::{Handshake, Party, Ratchet};
use transcript::{KEY_FLOW, SCRIPT, transcript};

const HANDSHAKE_SEED: &str = "sprag-ratchet known answers: handshake";
const PARTY_SEEDS: [&str; 2] = [
    "sprag-ratchet known answers: initiator",
    "sprag-ratchet known answers: responder",
];
const NAMES: [&str; 2] = ["initiator", "responder"];

#[test]
fn known_answers() {
    agree("kdf.json", &functions::functions());
    agree("transcript.json", &transcript::<DoubleRatchet>(&SCRIPT));
    agree(
        "transcript_he.json",
        &transcript::<DoubleRatchetHE>(&SCRIPT),
    );
    agree(
        "key_flow_he.json",
        &transcript::<DoubleRatchetHE>(&KEY_FLOW),
    );
}

/// Compares the file `name` with the computed values, or writes it.
fn agree(name: &str, computed: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(name);
    let computed = serde_json::to_string_pretty(computed).expect("it is JSON") + "\n";
    let mode = std::env::var_os("SPRAG_VECTORS").unwrap_or_else(|| "check".into());
    match mode.to_str() {
        Some("write") => fs::write(&path, computed).expect("the file can be written"),
        Some("check") => {
            let known = fs::read_to_string(&path).expect("the file is there");
            assert!(known == computed, "{name} differs from what is computed");
        }
        _ => unreachable!("SPRAG_VECTORS is `write` or `check`"),
    }
}

fn handshake() -> Handshake {
    Handshake::new(&mut HashStream::new(HANDSHAKE_SEED))
}

fn parties<R: Ratchet>() -> [Party<R>; 2] {
    Party::both(&handshake(), PARTY_SEEDS)
}
