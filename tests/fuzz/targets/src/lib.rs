//! The fuzz targets, one function each. The fuzzer calls them in `tests/fuzz/libfuzzer`, and the tests of
//! this package replay the inputs that it found.
#![forbid(unsafe_code)]
#![expect(
    clippy::std_instead_of_alloc,
    reason = "it runs where there is all of std"
)]

mod bundles;
mod client;
mod content;
mod device_list;
mod edits;
mod files;
mod input;
mod linking;
mod messages;
mod parties;
mod receive;
mod relay;
mod seeds;
mod snapshots;

/// A fuzz target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Target {
    /// Bundles and uploads: their decoders, and the use of those that verify.
    Bundles,
    /// Messages, prekey messages, headers, headers of files: their decoders.
    Messages,
    /// The contents of a client's messages, and the payloads of copies and lists: their decoders.
    Content,
    /// Device lists, evidence and what a store has of a user: their decoders, and the rules for replacing.
    DeviceList,
    /// Invitations, acceptances, welcomes, recovery files, renewals and link codes: their decoders.
    Linking,
    /// The bodies between a relay and its clients, and the texts of addresses: their decoders.
    Relay,
    /// Edited snapshots of accounts, sessions and ratchets, and the use of the restored values.
    Snapshots,
    /// The chunks of files, and wrapped store keys.
    Files,
    /// Two sessions, and all that can happen between them.
    Receive,
    /// Three clients over stores in memory, and all that can arrive at them.
    Client,
}

impl Target {
    /// All targets.
    pub const ALL: [Self; 10] = [
        Self::Bundles,
        Self::Messages,
        Self::Content,
        Self::DeviceList,
        Self::Linking,
        Self::Relay,
        Self::Snapshots,
        Self::Files,
        Self::Receive,
        Self::Client,
    ];

    /// The name of the target, and of its corpus.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bundles => "bundles",
            Self::Messages => "messages",
            Self::Content => "content",
            Self::DeviceList => "device_list",
            Self::Linking => "linking",
            Self::Relay => "relay",
            Self::Snapshots => "snapshots",
            Self::Files => "files",
            Self::Receive => "receive",
            Self::Client => "client",
        }
    }

    /// Runs one input.
    ///
    /// # Panics
    ///
    /// If a property does not hold that must hold. The fuzzer looks for such inputs.
    pub fn run(self, input: &[u8]) {
        match self {
            Self::Bundles => bundles::run(input),
            Self::Messages => messages::run(input),
            Self::Content => content::run(input),
            Self::DeviceList => device_list::run(input),
            Self::Linking => linking::run(input),
            Self::Relay => relay::run(input),
            Self::Snapshots => snapshots::run(input),
            Self::Files => files::run(input),
            Self::Receive => receive::run(input),
            Self::Client => client::run(input),
        }
    }

    /// The inputs to begin with, by name, as the crates write them today.
    ///
    /// # Panics
    ///
    /// If the crates refuse their own output.
    #[must_use]
    pub fn seeds(self) -> Vec<(String, Vec<u8>)> {
        seeds::of(self)
    }
}
