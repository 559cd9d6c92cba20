//! The X3DH key agreement: two parties, one of them offline, come to share a secret that only the
//! owners of two identity keys can know.
//!
//! This crate is for those who build another protocol on the handshake; to exchange messages, use
//! the `sprag` crate. It follows "The X3DH Key Agreement Protocol", revision 1. It knows no bytes of
//! messages, no storage, no clock and no randomness of its own.
//!
//! ```
//! use rand::{rngs::SysRng, rand_core::UnwrapErr};
//! use sprag_x3dh::{IdentityKeyPair, OneTimePrekeyPair, SignedPrekeyPair, SignedPrekeyTerms, Suite};
//! use sprag_x3dh::{Bundle, ResponderKeys, initiate, respond};
//!
//! let mut rng = UnwrapErr(SysRng);
//! // Bob publishes a bundle and goes offline.
//! let bob = IdentityKeyPair::generate(&mut rng);
//! let terms = SignedPrekeyTerms { suite: Suite::X3dh, id: 1, created: 1_767_225_600 };
//! let signed_prekey = SignedPrekeyPair::generate(terms, &bob, &mut rng);
//! let one_time_prekey = OneTimePrekeyPair::generate(2, &mut rng);
//! let bundle = Bundle {
//!     identity: *bob.public(),
//!     signed_prekey: signed_prekey.public(),
//!     one_time_prekey: Some(one_time_prekey.public()),
//! };
//!
//! // Alice verifies it and agrees on a secret alone.
//! let alice = IdentityKeyPair::generate(&mut rng);
//! let initiated = initiate(&alice, &bundle.verify()?, &mut rng)?;
//!
//! // Bob comes to the same from her message.
//! let keys = ResponderKeys {
//!     identity: &bob,
//!     signed_prekey: &signed_prekey,
//!     one_time_prekey: Some(&one_time_prekey),
//! };
//! let agreement = respond(&keys, &initiated.message)?;
//! assert_eq!(agreement, initiated.agreement);
//! # Ok::<(), sprag_x3dh::Error>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod encode; // X3DH §2.1, Encode(PK)
mod error;
mod labels;

mod identity; // X3DH §2.4, IK
mod prekey; // X3DH §2.4 and §3.2, SPK and OPK
mod suite;

mod bundle; // X3DH §3.2

mod initial_message; // X3DH §3.3, what the initiator sends
mod shared_secret; // X3DH §2.2, KDF(KM)
mod x3dh; // X3DH §3.3 and §3.4

pub use bundle::{Bundle, VerifiedBundle};
pub use encode::{ENCODED_KEY_LENGTH, encode_ec};
pub use error::{Error, Slot};
pub use identity::{IdentityKey, IdentityKeyPair};
pub use initial_message::{InitialMessage, SESSION_ID_LENGTH, SessionId};
pub use prekey::{
    OneTimePrekey, OneTimePrekeyPair, PrekeyId, SignedPrekey, SignedPrekeyPair, SignedPrekeyTerms,
};
pub use shared_secret::SharedSecret;
pub use suite::{PROTOCOL_VERSION, Suite};
pub use x3dh::{ASSOCIATED_DATA_LENGTH, Agreement, Initiated, ResponderKeys, initiate, respond};
