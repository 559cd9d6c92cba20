//! The vectors of the standards and the public behaviour of the crate.

mod aead;
mod debug;
mod keyed_hashes;
#[cfg(feature = "operation-counts")]
mod operations;
mod secret;
mod snapshot;
mod support;
mod x25519;
mod xeddsa;
