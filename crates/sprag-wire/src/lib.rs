//! The bytes that travel between parties that use sprag: bundles, uploads, prekey
//! messages and messages.
//!
//! This crate is for programs that inspect or route what travels, such as directories and couriers; to
//! exchange messages, use the `sprag` crate. Everything begins with two bytes, the protocol's version and
//! the kind. A value has exactly one encoding, and a decoder accepts no other. Fields of variable length
//! are borrowed from the input; beside that, decoding allocates for KEM keys and ciphertexts, whose number
//! is bounded.
//!
//! ```
//! use sprag_wire::{Error, Kind, kind};
//!
//! assert_eq!(kind(&[1, 3, 0x55]), Ok(Kind::Message));
//! assert_eq!(kind(&[9, 3, 0x55]), Err(Error::UnknownVersion(9)));
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::indexing_slicing)]

extern crate alloc;

mod error;
pub mod limits;

mod canonical;
mod envelope;

mod keys;

mod bundle;
mod file;
mod message;
mod upload;

pub use bundle::{decode_bundle, encode_bundle};
pub use envelope::{Kind, VERSION, kind};
pub use error::Error;
pub use file::{FILE_PREFIX_LENGTH, FilePrefix, decode_file_prefix, encode_file_header};
pub use message::{
    ENCRYPTED_HEADER_LENGTH, EncodedMessage, EncryptedHeader, Message, PrekeyMessage,
    decode_message, decode_prekey_message, encode_message, encode_prekey_message,
};
pub use upload::{decode_upload, encode_upload};
