//! Accounts, peers and sessions kept in a [`Store`], each operation in one atomic commit.
//!
//! This crate is for programs that keep conversations; it stands on `sprag`, whose accounts and sessions are
//! values without storage. A [`Client`] works over any [`Store`]: `sprag-store` has one in a single file,
//! [`MemoryStore`] is for tests, and the feature `conformance` has the checks that a store of your own must
//! pass.
//!
//! ```
//! use rand::{rngs::SysRng, rand_core::UnwrapErr};
//! use sprag_client::{Client, Incoming, MemoryStore, Outgoing, Sender, StoreKey};
//!
//! let mut rng = UnwrapErr(SysRng);
//! let keys = [(); 2].map(|()| StoreKey::generate(&mut rng));
//! let mut alice = Client::create(MemoryStore::new(), &keys[0], &mut rng)?;
//! let mut bob = Client::create(MemoryStore::new(), &keys[1], &mut rng)?;
//! alice.add("bob", &bob.publish(&mut rng)?, &mut rng)?;
//!
//! let message = alice.encrypt("bob", Outgoing::new(b"hello"), &mut rng)?;
//! let received = bob.decrypt(Sender::Named("alice"), Incoming::new(&message), &mut rng)?;
//! assert_eq!(received.opened.plaintext, b"hello");
//! bob.acknowledge(&received.receipt)?;
//! # Ok::<(), sprag_client::ClientError<core::convert::Infallible>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod error;
pub mod limits;

mod memory_store;
pub mod store;
mod store_key;

mod records;
mod transaction;
mod vault;

mod client;

#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;

pub use client::{
    Added, Client, Incoming, IncomingFile, Outgoing, OutgoingFile, PeerStatus, Receipt, Received,
    ReceivedFile, Sender,
};
pub use error::ClientError;
pub use memory_store::MemoryStore;
pub use store::Store;
pub use store_key::{StoreKey, UnwrapError};
