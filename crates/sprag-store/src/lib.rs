#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::indexing_slicing)]

extern crate alloc;

mod error;
mod handle;
mod header;
mod locked_file;
mod place;
mod store;
mod tables;

pub use error::Error;
pub use sprag_client::store::{Batch, Committed, CountedStore, Records, Store};
pub use store::{COMMITS_BETWEEN_REWRITES, RedbStore};
