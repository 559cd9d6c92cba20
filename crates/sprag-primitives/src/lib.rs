//! The cryptographic primitives under [sprag]: X25519, XEdDSA, ML-KEM-1024, SHA-256, HMAC, HKDF,
//! two AEADs and the types that hold secrets.
//!
//! This crate is for programs that build another protocol out of the same parts; to exchange messages,
//! use the `sprag` crate. It is the only crate of the workspace that names a cryptographic
//! dependency, so that a backend can be replaced under everything at once.
//!
//! Every value from outside is checked where it enters: a [`PublicKey`](x25519::PublicKey)
//! is canonical and of large order, a Diffie-Hellman output is contributory, a signature's scalar is
//! reduced, an encapsulation key passes the modulus check. Secrets are wiped when dropped, print
//! nothing and compare in constant time.
//!
//! ```
//! use rand::{rngs::SysRng, rand_core::UnwrapErr};
//! use sprag_primitives::x25519::KeyPair;
//!
//! let mut rng = UnwrapErr(SysRng);
//! let alice = KeyPair::generate(&mut rng);
//! let bob = KeyPair::generate(&mut rng);
//! let shared = alice.diffie_hellman(bob.public())?;
//! assert_eq!(shared, bob.diffie_hellman(alice.public())?);
//! # Ok::<(), sprag_primitives::Error>(())
//! ```
//!
//! [sprag]: https://crates.io/crates/sprag
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "operation-counts")]
extern crate std;

/// Counts an operation if the feature `operation-counts` is on, and expands to nothing otherwise.
macro_rules! count {
    ($operation:ident) => {
        #[cfg(feature = "operation-counts")]
        crate::operations::record(|counts| counts.$operation += 1);
    };
}

mod error;

pub mod secret;

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

pub mod snapshot;

#[cfg(feature = "operation-counts")]
pub mod operations;

pub use error::Error;
pub use rand_core;
pub use secret::SecretBytes;
