//! What users of the facade rely on, by the facade's public functions alone.

#![expect(
    clippy::cast_possible_truncation,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "tests"
)]

mod support;
mod two;

mod accepting;
mod associated_data;
mod authenticated;
mod client;
mod client_prekeys;
mod conversation;
mod directory;
mod exhausted;
mod faults;
mod files;
mod first_message;
mod hostile_bundles;
mod ids_and_sizes;
mod observer;
mod padding;
mod policy;
mod prekeys;
mod renewing;
mod replay;
mod restored;
mod simultaneous;
mod snapshots;
mod stores;
#[cfg(feature = "hazmat")]
mod thief;
