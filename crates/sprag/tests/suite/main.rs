//! What users of the facade rely on, by the facade's public functions alone.

#![expect(
    clippy::cast_possible_truncation,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "tests"
)]

mod accepting;
mod client;
mod conversation;
mod faults;
mod files;
mod first_message;
mod snapshots;
mod support;
#[cfg(feature = "hazmat")]
mod thief;
