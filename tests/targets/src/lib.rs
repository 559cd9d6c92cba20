//! What is fuzzed, one function for each target: the fuzzer calls it in `tests/fuzz`, and the tests of
//! this package replay the inputs that it found.
#![forbid(unsafe_code)]
#![expect(
    clippy::std_instead_of_alloc,
    reason = "it runs where there is all of std"
)]

mod bundles;
mod client;
mod edits;
mod files;
mod input;
mod messages;
mod parties;
mod receive;
mod seeds;
mod snapshots;

use std::path::{Path, PathBuf};

/// What is fuzzed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Target {
    /// Bundles and uploads: their decoders, and what follows on one that verifies.
    Bundles,
    /// Messages, prekey messages, headers, file prefixes: their decoders.
    Messages,
    /// Snapshots of accounts, sessions and ratchets, edited, and the use of what they restore.
    Snapshots,
    /// The chunks of files, and wrapped store keys.
    Files,
    /// Two sessions and all that can happen between them.
    Receive,
    /// Three clients over stores in memory, and all that can arrive.
    Client,
}

impl Target {
    /// All targets.
    pub const ALL: [Self; 6] = [
        Self::Bundles,
        Self::Messages,
        Self::Snapshots,
        Self::Files,
        Self::Receive,
        Self::Client,
    ];

    /// The name of the target, and of the folder of its corpus.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bundles => "bundles",
            Self::Messages => "messages",
            Self::Snapshots => "snapshots",
            Self::Files => "files",
            Self::Receive => "receive",
            Self::Client => "client",
        }
    }

    /// The folder of the inputs that are kept.
    #[must_use]
    pub fn corpus(self) -> PathBuf {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        tests.join("fuzz/corpus").join(self.name())
    }

    /// Runs one input.
    ///
    /// # Panics
    ///
    /// If something does not hold that must: that is what the fuzzer looks for.
    pub fn run(self, input: &[u8]) {
        match self {
            Self::Bundles => bundles::run(input),
            Self::Messages => messages::run(input),
            Self::Snapshots => snapshots::run(input),
            Self::Files => files::run(input),
            Self::Receive => receive::run(input),
            Self::Client => client::run(input),
        }
    }

    /// The inputs to begin with, by name, made with the crates as they are.
    ///
    /// # Panics
    ///
    /// If the crates refuse what they made themselves.
    #[must_use]
    pub fn seeds(self) -> Vec<(String, Vec<u8>)> {
        seeds::of(self)
    }
}
