// Without the feature, the program in the README has no randomness.
#![cfg_attr(any(not(doctest), feature = "getrandom"), doc = include_str!("../README.md"))]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod error;
pub mod limits;

mod memory_store;
mod passphrase;
mod recovery;
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
    Acceptance, Accepted, Added, Addition, Admission, AutoRepair, Client, DeviceMessage,
    DeviceRepair, DeviceStatus, Incoming, IncomingFile, Invitation, LinkRequest, Linked, ListAge,
    Outgoing, OutgoingFile, Owed, OwedKind, OwedMessage, OwnDevice, PeerStatus, Receipt, Received,
    ReceivedFile, Recovering, RepairOutcome, Revocation, Rules, Sender, Sent, SentBy,
    SigningStatus, SkipReason, Skipped, UnacknowledgedMessage, Welcomed,
};
pub use error::ClientError;
pub use memory_store::MemoryStore;
pub use name::NameError;
pub use recovery::{Recovery, RecoveryError};
#[cfg(feature = "getrandom")]
#[cfg_attr(docsrs, doc(cfg(feature = "getrandom")))]
pub use sprag::OsRng;
pub use sprag::{
    Error, HandshakeError, IdentityKey, OneTimeKeys, Opened, Policy, PrimitiveError, RatchetError,
    Remaining, SecretBuffer, SessionId, Status, Stock, Suite, WireError, file, rand_core, snapshot,
};
pub use sprag_devices::{
    ChangeError, Device, DeviceList, DeviceNumber, Error as ListError, Evidence, GoneDevice, How,
    LinkCode, LinkCodeText, LinkDigits, ParseLinkCodeError, ParseLinkDigitsError,
    ParseScanCodeError, Reason, Revoked, SafetyNumber, ScanCode, Scanned, UserId, UserKey,
    UserKeyPair, Verification, Verified,
};
pub use sprag_wire::{ContentKind, RenewReason, unread_hash};
pub use store::{CountedStore, Store};
pub use store_key::{StoreKey, UnwrapError};
