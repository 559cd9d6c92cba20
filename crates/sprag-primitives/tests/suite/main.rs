//! Tests with the vectors of the standards, and of the public behaviour of the crate.

mod aead;
#[cfg(feature = "argon2")]
mod argon2;
mod debug;
mod keyed_hashes;
mod ml_kem;
mod ml_kem_differential;
#[cfg(feature = "operation-counts")]
mod operations;
mod secret;
mod snapshot;
mod support;
mod x25519;
mod xeddsa;
