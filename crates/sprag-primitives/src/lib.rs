// Without the feature, the program in the README has no randomness.
#![cfg_attr(any(not(doctest), feature = "getrandom"), doc = include_str!("../README.md"))]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(any(feature = "backend-choice", feature = "operation-counts"))]
extern crate std;

/// Counts an operation if the feature `operation-counts` is on, and expands to nothing otherwise.
macro_rules! count {
    ($operation:ident) => {
        #[cfg(feature = "operation-counts")]
        crate::operations::record(|counts| counts.$operation += 1);
    };
}

/// Counts the bytes of an operation if the feature `operation-counts` is on, and expands to nothing otherwise.
macro_rules! count_bytes {
    ($operation:ident, $length:expr) => {
        #[cfg(feature = "operation-counts")]
        crate::operations::record_bytes(|bytes| &mut bytes.$operation, $length);
    };
}

mod backend;
mod error;

pub mod secret;
mod stack;

pub mod ed25519;
pub mod x25519;
pub mod xeddsa;

pub mod ml_kem_1024;

pub mod hash;
pub mod hkdf;
pub mod hmac;

pub mod aead;

#[cfg(feature = "argon2")]
#[cfg_attr(docsrs, doc(cfg(feature = "argon2")))]
pub mod argon2;

#[cfg(feature = "getrandom")]
mod os_rng;

pub mod hex;
#[cfg(feature = "hazmat")]
#[cfg_attr(docsrs, doc(cfg(feature = "hazmat")))]
pub mod key_view;
pub mod snapshot;

#[cfg(feature = "backend-choice")]
pub mod backend_choice;
#[cfg(feature = "operation-counts")]
pub mod operations;

pub use error::Error;
#[cfg(feature = "getrandom")]
#[cfg_attr(docsrs, doc(cfg(feature = "getrandom")))]
pub use os_rng::OsRng;
pub use rand_core;
pub use secret::SecretBytes;
pub use zeroize;
