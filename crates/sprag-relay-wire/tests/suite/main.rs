//! The test suite of the relay's wire format: the bytes of each value, and the input that decoders refuse.

extern crate alloc;

/// Bodies as the tables of `docs/relay.md` specify them, and means to read them.
mod support;

/// Addresses as texts and as bytes, and invitations.
mod addresses;
/// The values that the bodies stand for.
mod bodies;
/// The refusal of every encoding but the canonical one, and of input beyond a limit.
mod canonical;
/// The output of `Display` and `Debug`.
mod printing;
/// The decoders under random input.
mod properties;
/// The requests, their rights and their lengths, and refusals.
mod requests;
/// The secrets of a mailbox and what is computed from them.
mod secrets;
