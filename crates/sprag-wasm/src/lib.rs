#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    all(
        target_family = "wasm",
        target_os = "unknown",
        not(feature = "playground")
    ),
    no_std
)]

extern crate alloc;

// The playground needs the standard library, which has its own.
#[cfg(all(
    target_family = "wasm",
    target_os = "unknown",
    not(feature = "playground")
))]
mod runtime;

mod error;

mod account;
mod session;

mod content;
mod file;
mod user;

mod value;

/// The scene of the playground, in whose build alone it is.
#[cfg(feature = "playground")]
mod scene;

pub use account::Account;
pub use content::{
    content_associated_data, decode_content, decode_copy, encode_content, encode_copy,
};
pub use error::SpragError;
pub use file::{FileKey, decode_file, encode_file_header, file_associated_data};
#[cfg(feature = "playground")]
#[cfg_attr(docsrs, doc(cfg(feature = "playground")))]
pub use scene::Scene;
pub use session::{Session, kind, session_id};
pub use user::{User, bundle_device_list, decode_device_list, with_device_list};
