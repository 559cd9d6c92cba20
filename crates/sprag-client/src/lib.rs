// Without the feature, the program in the README has no randomness.
#![cfg_attr(any(not(doctest), feature = "getrandom"), doc = include_str!("../README.md"))]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod error;
pub mod limits;

mod memory_store;
pub mod store;
mod store_key;

mod name;
mod records;
mod transaction;
mod vault;

mod client;

#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;

pub use client::{
    Added, Addition, AutoRepair, Client, DeviceMessage, DeviceRepair, DeviceStatus, Incoming,
    IncomingFile, ListAge, Outgoing, OutgoingFile, Owed, OwedKind, OwedMessage, PeerStatus,
    Receipt, Received, ReceivedFile, RepairOutcome, Rules, Sender, Sent, SentBy, SkipReason,
    Skipped, UnacknowledgedMessage,
};
pub use error::ClientError;
pub use memory_store::MemoryStore;
pub use name::NameError;
#[cfg(feature = "getrandom")]
#[cfg_attr(docsrs, doc(cfg(feature = "getrandom")))]
pub use sprag::OsRng;
pub use sprag::{
    Error, HandshakeError, IdentityKey, OneTimeKeys, Opened, Policy, PrimitiveError, RatchetError,
    Remaining, SecretBuffer, SessionId, Status, Stock, Suite, WireError, file, rand_core, snapshot,
};
pub use sprag_devices::{
    ChangeError, Device, DeviceList, DeviceNumber, Error as ListError, Evidence, GoneDevice, How,
    ParseScanCodeError, Reason, SafetyNumber, ScanCode, Scanned, UserId, UserKey, Verification,
    Verified,
};
pub use sprag_wire::{ContentKind, RenewReason};
pub use store::Store;
pub use store_key::{StoreKey, UnwrapError};
