//! The Double Ratchet: two parties who share a secret exchange messages in any order, each under a
//! key of its own, and a stolen state becomes worthless once both have spoken again.
//!
//! This crate is for programs that bring their own handshake; to exchange messages, use the `sprag`
//! crate. It follows "The Double Ratchet Algorithm", revision 4: [`DoubleRatchet`] is the algorithm of §3,
//! and [`DoubleRatchetHE`] that of §4, whose headers are encrypted. The crate encrypts in place and does not
//! pad. It knows no bytes but its header's, no storage, no clock and no randomness of its own.
//!
//! ```
//! use rand::{rngs::SysRng, rand_core::UnwrapErr};
//! use sprag_primitives::{SecretBytes, aead::Ciphertext, x25519::KeyPair};
//! use sprag_ratchet::{DoubleRatchetHE, HeaderKey, Message, RootKey, SharedSecrets};
//!
//! let mut rng = UnwrapErr(SysRng);
//! // A handshake has given three secrets to both, and a ratchet key of Bob's to Alice.
//! let secrets: [SecretBytes<32>; 3] = [(); 3].map(|()| SecretBytes::random(&mut rng));
//! let [alices, bobs] = [(); 2].map(|()| SharedSecrets {
//!     root: RootKey::new(secrets[0].duplicate()),
//!     shared_hka: HeaderKey::new(secrets[1].duplicate()),
//!     shared_nhkb: HeaderKey::new(secrets[2].duplicate()),
//! });
//! let pair = KeyPair::generate(&mut rng);
//! let mut alice = DoubleRatchetHE::initiator(alices, *pair.public(), &mut rng)?;
//! let mut bob = DoubleRatchetHE::responder(bobs, &pair);
//!
//! let mut buffer = *b"hello";
//! let sent = alice.encrypt(b"of Alice and Bob", &mut buffer, &mut rng)?;
//! let ciphertext = Ciphertext { buffer: &mut buffer, tag: &sent.tag };
//! bob.decrypt(b"of Alice and Bob", Message { header: &sent.header, ciphertext })?;
//! assert_eq!(&buffer, b"hello");
//! # Ok::<(), sprag_ratchet::Error>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod error;
mod labels;
pub mod limits;

/// The associated data of a message (Double Ratchet §3.1, `CONCAT`).
mod associated_data;
mod counts;
/// The header of a message (Double Ratchet §3.1, `HEADER`).
mod header;
/// The keys and KDFs (Double Ratchet §7.2, `KDF_RK` and `KDF_CK`).
mod keys;

/// The two forms in which headers travel: clear (Double Ratchet §3) and encrypted (§4).
mod headers;

/// The algorithm (Double Ratchet §3.3 to §3.5 and §4.4 to §4.6).
mod ratchet;

/// The Double Ratchet with clear headers (Double Ratchet §3).
mod double_ratchet;
/// The Double Ratchet with header encryption (Double Ratchet §4).
mod double_ratchet_he;

pub use counts::Counts;
pub use double_ratchet::DoubleRatchet;
pub use double_ratchet_he::{DoubleRatchetHE, SharedSecrets};
pub use error::Error;
pub use header::{HEADER_LENGTH, Header};
pub use headers::encrypted::{ENCRYPTED_HEADER_LENGTH, EncryptedHeader};
pub use keys::{FINGERPRINT_LENGTH, HeaderKey, RootKey};
pub use ratchet::{HeaderAndTag, Message};
