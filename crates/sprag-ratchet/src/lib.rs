// Without the feature, the program in the README has no randomness.
#![cfg_attr(any(not(doctest), feature = "getrandom"), doc = include_str!("../README.md"))]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod error;
mod labels;
pub mod limits;

/// The associated data of a message (Double Ratchet §3.1, `CONCAT`).
mod associated_data;
mod counts;
/// The header of a message (Double Ratchet §3.1, `HEADER`).
mod header;
/// The keys and KDFs (Double Ratchet §7.2, `KDF_RK` and `KDF_CK`).
mod keys;
/// The random bytes of a message.
mod randomness;

/// The two forms in which headers travel: clear (Double Ratchet §3) and encrypted (§4).
mod headers;

/// The algorithm (Double Ratchet §3.3 to §3.5 and §4.4 to §4.6).
mod ratchet;

/// The Double Ratchet with clear headers (Double Ratchet §3).
mod double_ratchet;
/// The Double Ratchet with header encryption (Double Ratchet §4).
mod double_ratchet_he;

#[cfg(feature = "hazmat")]
#[cfg_attr(docsrs, doc(cfg(feature = "hazmat")))]
pub mod hazmat;

pub use counts::Counts;
pub use double_ratchet::DoubleRatchet;
pub use double_ratchet_he::{DoubleRatchetHE, SharedSecrets};
pub use error::Error;
pub use header::{HEADER_LENGTH, Header};
pub use headers::encrypted::{ENCRYPTED_HEADER_LENGTH, EncryptedHeader};
pub use keys::{FINGERPRINT_LENGTH, HeaderKey, RootKey};
pub use ratchet::{HeaderAndTag, Message, ReceivedMessage};
#[cfg(feature = "getrandom")]
#[cfg_attr(docsrs, doc(cfg(feature = "getrandom")))]
pub use sprag_primitives::OsRng;
pub use sprag_primitives::secret::SecretBuffer;
pub use sprag_primitives::{
    Error as PrimitiveError, SecretBytes, aead, rand_core, snapshot, x25519,
};
