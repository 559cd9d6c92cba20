//! A store for a [`sprag_client::Client`] in one file, for one process at a time.
//!
//! This crate is for programs on one machine that have no database of their own. A commit is on the
//! medium when it returns, and a crash leaves all of a commit or nothing. A value that a commit replaces
//! or deletes is gone from the file at most [`COMMITS_BETWEEN_REWRITES`] commits later.
//!
//! ```
//! use std::time::Duration;
//!
//! use sprag_client::Store;
//! use sprag_client::store::{Batch, Committed};
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
//! The store writes names and values unchanged, because a client has already hashed the names and sealed
//! the values.
//!
//! # What is superseded
//!
//! The database underneath keeps old pages in its file, and its own compaction does not reliably remove
//! them. Therefore every [`COMMITS_BETWEEN_REWRITES`]th commit, counted over the life of the file, is a
//! rewrite: the store writes the live records to a new file beside the old one (`NAME.new`) and renames
//! the new file over the old one. [`RedbStore::compact`] does the same. An attacker who steals the file
//! and the key under which its values are sealed can read the session states of the commits since the
//! last rewrite. The blocks of the replaced file are left to the file system and to the wear levelling
//! below it, because no program can erase those.
//!
//! A rewrite takes time and room in proportion to the live records. If a commit needs a rewrite and the
//! rewrite fails, the commit fails too and changes nothing. So the bound always holds.
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
