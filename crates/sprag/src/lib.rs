// Without the feature, the program in the README has no randomness.
#![cfg_attr(any(not(doctest), feature = "getrandom"), doc = include_str!("../README.md"))]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod error;
pub mod limits;

mod account;
mod message;
pub mod records;
mod session;

pub mod file;
mod frame;
mod padding;

#[cfg(feature = "hazmat")]
#[cfg_attr(docsrs, doc(cfg(feature = "hazmat")))]
pub mod hazmat;

pub use account::{Acceptance, Account, Initiation, Remaining, Stock};
pub use error::Error;
pub use message::DecodedMessage;
pub use session::{OneTimeKeys, Opened, Session, Status};
pub use sprag_primitives::Error as PrimitiveError;
#[cfg(feature = "getrandom")]
#[cfg_attr(docsrs, doc(cfg(feature = "getrandom")))]
pub use sprag_primitives::OsRng;
pub use sprag_primitives::secret::SecretBuffer;
pub use sprag_primitives::{rand_core, snapshot};
pub use sprag_ratchet::Error as RatchetError;
pub use sprag_wire::{
    Error as WireError, FILE_MESSAGE_PREFIX_LENGTH, FILE_PREFIX_LENGTH, FileHeader, FilePrefix,
    Kind, decode_file_header, decode_file_message_length, decode_file_prefix, kind,
};
pub use sprag_x3dh::{
    Error as HandshakeError, IdentityKey, IdentityKeyPair, KemPrekeyPair, OneTimePrekeyPair,
    ParseIdentityKeyError, Policy, PrekeyId, SessionId, Slot, Suite, VerifiedBundle,
};
