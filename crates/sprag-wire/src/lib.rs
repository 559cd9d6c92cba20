#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::indexing_slicing)]

extern crate alloc;

mod error;
pub mod limits;

mod canonical;
mod checksum;
mod envelope;

mod keys;

mod bundle;
mod content;
mod file;
mod linking;
mod message;
mod recovery;
mod renew;
mod upload;

pub use bundle::{Published, decode_bundle, encode_bundle};
pub use checksum::CHECKSUM_LENGTH;
pub use content::{
    Content, ContentKind, Copied, LIST_HASH_LENGTH, USER_ID_LENGTH, content_associated_data,
    decode_bundles, decode_content, decode_copy, encode_bundles, encode_content, encode_copy,
};
pub use envelope::{Kind, kind};
pub use error::Error;
pub use file::{
    FILE_MESSAGE_PREFIX_LENGTH, FILE_PREFIX_LENGTH, FileHeader, FilePrefix, decode_file_header,
    decode_file_message_length, decode_file_prefix, encode_file_header, file_associated_data,
};
pub use linking::{
    Acceptance, Invitation, LINK_SECRET_LENGTH, PeerState, Welcome, WelcomePeer, decode_acceptance,
    decode_invitation, decode_welcome, encode_acceptance, encode_invitation, encode_welcome,
};
pub use message::{
    EncodedMessage, Message, MessageParts, Plaintext, PrekeyMessage, decode_message,
    decode_prekey_message, encode_message, encode_prekey_message, encrypted_header_length,
};
pub use recovery::{Recovered, USER_SEED_LENGTH, decode_recovered, encode_recovered};
pub use renew::{
    Renew, RenewReason, RenewRole, UNREAD_HASH_LENGTH, decode_renew, encode_renew, unread_hash,
};
pub use sprag_primitives::aead::Tag;
pub use sprag_primitives::secret::SecretBuffer;
pub use sprag_primitives::xeddsa::Signature;
pub use sprag_x3dh::{
    Bundle, InitialMessage, Policy, PrimitiveError, SessionId, Slot, Suite, Upload, VerifiedBundle,
    VerifiedUpload,
};
pub use upload::{decode_upload, encode_upload};
