//! The X3DH and PQXDH key agreements: two parties, one of them offline, come to share a secret that
//! only the owners of two identity keys can know.
//!
//! This crate is for those who build another protocol on the handshake; to exchange messages, use
//! the `sprag` crate. [`pqxdh`] is the handshake to use, [`x3dh`] its predecessor without
//! post-quantum security: each has functions and types of its own, so that neither can be taken for
//! the other. [`Bundle`] and [`InitialMessage`] are what comes from outside and is of either, and a
//! [`Policy`] says which is accepted.
//!
//! It follows "The X3DH Key Agreement Protocol", revision 1, and "The PQXDH Key Agreement Protocol",
//! revision 3. It knows no bytes of messages, no storage, no clock and no randomness of its own.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod encode; // X3DH §2.1, Encode(PK); PQXDH §2.1, EncodeEC(PK) and EncodeKEM(PK)
mod error;
mod labels;

mod identity; // X3DH §2.4, IK
mod suite;

mod kem_prekey; // PQXDH §2.4, PQSPK and PQOPK
mod one_time_prekey; // X3DH §2.4 and PQXDH §2.4, OPK
mod prekey;
mod signed_prekey; // X3DH §2.4 and PQXDH §2.4, SPK

mod agreement; // X3DH §3.3 and §3.4, PQXDH §3.3 and §3.4: the agreements
mod session_id;
mod shared_secret; // X3DH §2.2 and PQXDH §2.2, KDF(KM)

pub mod pqxdh; // PQXDH §3
pub mod x3dh; // X3DH §3

mod handshake; // either of the two, from outside
mod policy;
mod upload; // PQXDH §3.2, what a server has

pub use agreement::{ASSOCIATED_DATA_LENGTH, Agreement, Initiated};
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
