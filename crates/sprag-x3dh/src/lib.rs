//! The X3DH and PQXDH key agreements: two parties, one of them offline, come to share a secret that
//! only the owners of two identity keys can know.
//!
//! This crate is for programs that build another protocol on the handshake; to exchange messages, use
//! the `sprag` crate. [`pqxdh`] is the handshake to use, and [`x3dh`] its predecessor without
//! post-quantum security. Each has functions and types of its own, so that neither can be taken for
//! the other. A [`Bundle`] or an [`InitialMessage`] from outside may be of either handshake, and a
//! [`Policy`] says which is accepted.
//!
//! The crate follows "The X3DH Key Agreement Protocol", revision 1, and "The PQXDH Key Agreement
//! Protocol", revision 3. It knows no bytes of messages, no storage, no clock and no randomness of its
//! own.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod error;
mod labels;

/// The encodings of keys (X3DH §2.1, `Encode(PK)`; PQXDH §2.1, `EncodeEC(PK)` and `EncodeKEM(PK)`).
mod encode;
mod suite;

/// The identity key (X3DH §2.4 and PQXDH §2.4, `IK`).
mod identity;
/// The KEM prekeys (PQXDH §2.5, `PQSPK` and `PQOPK`).
mod kem_prekey;
/// The curve one-time prekey (X3DH §2.4 and PQXDH §2.4, `OPK`).
mod one_time_prekey;
mod prekey;
/// The signed prekey (X3DH §2.4 and PQXDH §2.4, `SPK`).
mod signed_prekey;

mod agreement;
mod curve;
/// The agreements (X3DH §3.3 and §3.4, PQXDH §3.3 and §3.4).
mod dh;
mod session_id;
/// The shared secret (X3DH §2.2 and PQXDH §2.2, `KDF(KM)`).
mod shared_secret;

pub mod pqxdh;
pub mod x3dh;

mod handshake;
mod policy;
/// The prekeys that a server holds (PQXDH §3.2).
mod upload;

pub use agreement::{Agreement, Initiated};
pub use curve::{CurveBundle, CurveMessage, ResponderKeys};
pub use encode::{ENCODED_KEM_KEY_LENGTH, ENCODED_KEY_LENGTH, encode_ec, encode_kem};
pub use error::{Error, Slot};
pub use handshake::{Bundle, InitialMessage, VerifiedBundle};
pub use identity::{IdentityKey, IdentityKeyPair};
pub use kem_prekey::{
    KemPrekey, KemPrekeyHash, KemPrekeyPair, KemPrekeyUse, LastResortKemPrekeyPair,
};
pub use one_time_prekey::{OneTimePrekey, OneTimePrekeyPair};
pub use policy::Policy;
pub use prekey::PrekeyId;
pub use session_id::{SESSION_ID_LENGTH, SessionId};
pub use shared_secret::{SessionKeys, SharedSecret};
pub use signed_prekey::{SignedPrekey, SignedPrekeyPair, SignedPrekeyTerms};
pub use suite::{PROTOCOL_VERSION, Suite};
pub use upload::{Upload, VerifiedUpload};
