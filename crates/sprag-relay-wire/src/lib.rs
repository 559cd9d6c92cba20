#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::indexing_slicing)]

extern crate alloc;

mod error;
pub mod limits;

mod bytes;
mod labels;

mod ids;
mod secrets;

mod address;
mod host;

mod refusal;
mod request;

mod addresses;
mod bundle;
mod message;
mod prekeys;
mod receive;
mod registration;
mod relay_info;

pub use address::{
    Address, AddressText, DEFAULT_PORT, FINGERPRINT_LENGTH, RelayAddress, decode_address,
    encode_address,
};
pub use addresses::{AddressChange, decode_addresses, encode_addresses};
pub use bundle::{NumberedPrekey, SealedBundle, decode_bundle, encode_bundle};
pub use error::{AddressError, Error};
pub use host::Host;
pub use ids::{AddressId, EPOCH_LENGTH, Epoch, MESSAGE_ID_LENGTH, MailboxId, MessageId};
pub use message::check_message;
pub use prekeys::{
    PrekeyKind, PrekeyUpload, SealedPrekey, Stock, Withdraw, decode_prekeys, decode_stock,
    decode_stock_request, encode_prekeys, encode_stock, encode_stock_request,
};
pub use receive::{
    PrekeysLeft, ReceiveRequest, Received, StoredMessage, decode_receive_request, decode_received,
    encode_receive_request, encode_received,
};
pub use refusal::Refusal;
pub use registration::{
    INVITATION_LENGTH, Invitation, InvitationText, decode_registration, encode_registration,
};
pub use relay_info::{
    Rates, Registration, RelayInfo, VERSION, decode_relay_info, encode_relay_info,
};
pub use request::{Request, Right};
pub use secrets::{
    AddressProof, AddressSecret, MailboxSeed, OwnerCapability, SECRET_LENGTH, SendCapability,
};
pub use sprag_primitives::rand_core;
pub use sprag_primitives::secret::{SecretBuffer, SecretBytes};
