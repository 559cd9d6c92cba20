//! Where a program keeps a [`sprag::Client`]: a store in one file, for one process at a time.
//!
//! This crate is for programs on one machine that have no database of their own. A commit is on the
//! medium when it returns, a crash leaves all of a commit or nothing, and what a commit supersedes is
//! gone from the file at most [`COMMITS_BETWEEN_REWRITES`] commits later.
//!
//! ```
//! use std::time::Duration;
//!
//! use sprag::Store;
//! use sprag::store::{Batch, Committed};
//! use sprag_store::RedbStore;
//!
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("alice.sprag");
//! let mut store = RedbStore::create(&path)?;
//! let mut batch = Batch::new();
//! batch.expect(b"greeting".to_vec(), None);
//! batch.put(b"greeting".to_vec(), b"hello".to_vec());
//! assert_eq!(store.commit(&batch)?, Committed::Done);
//! store.close()?;
//!
//! let store = RedbStore::open(&path, Duration::from_secs(5))?;
//! assert_eq!(store.get(b"greeting")?.as_deref(), Some(&b"hello"[..]));
//! # Ok::<(), sprag_store::Error>(())
//! ```
//!
//! Values and names are written as they are given: a client seals and hashes them before they come
//! here.
//!
//! # What is superseded
//!
//! The database underneath keeps old pages in its file, and its own compaction does not reliably rid
//! the file of them. So every [`COMMITS_BETWEEN_REWRITES`]th commit, counted over the life of the file,
//! writes the live records to a new file beside (`NAME.new`) and renames that over the old one; so does
//! [`RedbStore::compact`]. Until then a thief of the file and of the key under which its values are
//! sealed can read session states of up to that many commits ago. The blocks of the replaced file are
//! left to the file system, and to the wear levelling below it: no program can erase those.
//!
//! A rewrite takes time and room in proportion to the live records. A commit that needs one and cannot
//! have it fails and changes nothing, so that the bound holds.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::indexing_slicing)]

extern crate alloc;

mod error;
mod place;
mod store;

mod tables;

pub use error::Error;
pub use store::{COMMITS_BETWEEN_REWRITES, RedbStore};
