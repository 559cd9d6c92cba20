// Without the feature, the program in the README has no randomness.
#![cfg_attr(any(not(doctest), feature = "getrandom"), doc = include_str!("../README.md"))]
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
mod clear_part;
mod curve;
/// The agreements (X3DH §3.3 and §3.4, PQXDH §3.3 and §3.4).
mod dh;
/// The initiator's identity, hidden from everybody but the responder.
mod sealed_initiator;
mod session_id;
/// The shared secret (X3DH §2.2 and PQXDH §2.2, `KDF(KM)`).
mod shared_secret;

pub mod pqxdh;
pub mod x3dh;

#[cfg(feature = "hazmat")]
#[cfg_attr(docsrs, doc(cfg(feature = "hazmat")))]
pub mod hazmat;

mod handshake;
mod policy;
/// The prekeys that a server holds (PQXDH §3.2).
mod upload;

pub use agreement::{Agreement, Initiated, Responded};
pub use clear_part::PREKEY_MESSAGE_KIND;
pub use curve::{CurveBundle, CurveMessage, ResponderKeys};
pub use encode::{ENCODED_KEM_KEY_LENGTH, ENCODED_KEY_LENGTH, encode_ec, encode_kem};
pub use error::{Error, Slot};
pub use handshake::{Bundle, InitialMessage, VerifiedBundle};
pub use identity::{IdentityKey, IdentityKeyPair, ParseIdentityKeyError};
pub use kem_prekey::{
    KemPrekey, KemPrekeyHash, KemPrekeyPair, KemPrekeyUse, LastResortKemPrekeyPair,
    LastResortKemPrekeyTerms,
};
pub use one_time_prekey::{OneTimePrekey, OneTimePrekeyPair};
pub use policy::Policy;
pub use prekey::PrekeyId;
pub use sealed_initiator::{Initiator, SEALED_INITIATOR_LENGTH, SealedInitiator};
pub use session_id::{SESSION_ID_LENGTH, SessionId};
pub use shared_secret::{SessionKeys, SharedSecret};
pub use signed_prekey::{SignedPrekey, SignedPrekeyPair, SignedPrekeyTerms};
#[cfg(feature = "getrandom")]
#[cfg_attr(docsrs, doc(cfg(feature = "getrandom")))]
pub use sprag_primitives::OsRng;
pub use sprag_primitives::secret::SecretBuffer;
pub use sprag_primitives::{
    Error as PrimitiveError, SecretBytes, ml_kem_1024, rand_core, snapshot, x25519, xeddsa,
};
pub use suite::Suite;
pub use upload::{Upload, VerifiedUpload};
