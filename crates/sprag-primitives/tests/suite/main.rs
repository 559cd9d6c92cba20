//! Tests with the vectors of the standards, and of the public behaviour of the crate.

// Means of the tests

/// A reader for the vectors, and randomness that is the same in every run.
mod support;

// Public keys

/// Ed25519, and the keys and signatures that are refused.
mod ed25519; // RFC 8032
/// ML-KEM-1024 against the vectors of NIST and Wycheproof.
mod ml_kem; // FIPS 203
/// ML-KEM-1024 over 10,000 random cases, whose results others agree on.
mod ml_kem_accumulated; // FIPS 203
/// ML-KEM-1024 against another implementation.
mod ml_kem_differential; // FIPS 203
/// X25519, and the public keys that are refused.
mod x25519; // RFC 7748
/// XEdDSA against known answers and against Ed25519.
mod xeddsa; // XEdDSA §3

// Ciphers, hashes and passphrases

/// The two ciphers, and alterations of each of their inputs.
mod aead; // RFC 8439, draft-irtf-cfrg-xchacha-03
/// Keys from passphrases.
#[cfg(feature = "argon2")]
mod argon2; // RFC 9106
/// SHA-256, HMAC and HKDF.
mod keyed_hashes; // FIPS 180-4, RFC 2104, RFC 5869

// Secrets and snapshots

/// The output of `Debug`, which never contains a secret.
mod printing;
/// Secrets: how they are drawn, copied and wiped.
mod secret;
/// The elements of snapshots: their bytes, and the input that is refused.
mod snapshot;

// Backends

/// The two backends beside each other.
#[cfg(feature = "backend-choice")]
mod backends;

// Measurement

/// The counts of operations, which the tests of the other crates rely on.
#[cfg(feature = "operation-counts")]
mod operation_counts;
