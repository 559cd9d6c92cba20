#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod error;
pub mod limits;

mod accepted;
mod account;
mod generations;
mod one_time_prekeys;
mod prekey_ids;

mod associated_data;
mod origin;
mod padding;
mod session;
mod unanswered;

pub mod file;

pub mod client;
pub mod store;
mod store_key;
mod vault;

#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;

#[cfg(feature = "hazmat")]
#[cfg_attr(docsrs, doc(cfg(feature = "hazmat")))]
pub mod hazmat;

pub use account::{Account, Initiation, Remaining, Stock};
pub use client::{Client, ClientError};
pub use error::Error;
pub use origin::{EstablishedBy, OneTimeKeys};
pub use session::{Opened, Session, Status};
pub use sprag_primitives::Error as PrimitiveError;
pub use sprag_primitives::rand_core;
pub use sprag_primitives::secret::SecretBuffer;
pub use sprag_ratchet::Error as RatchetError;
pub use sprag_wire::{
    Error as WireError, FILE_PREFIX_LENGTH, FilePrefix, Kind, decode_file_prefix,
};
pub use sprag_x3dh::{
    Error as HandshakeError, IdentityKey, Policy, PrekeyId, SessionId, Slot, Suite,
};
pub use store::{MemoryStore, Store};
pub use store_key::{StoreKey, UnwrapError};
