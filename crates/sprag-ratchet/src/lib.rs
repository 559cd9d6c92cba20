//! The Double Ratchet: two parties who share a secret exchange messages in any order, each under a
//! key of its own, and a stolen state stops being worth anything once both have spoken again.
//!
//! This crate is for those who bring their own handshake; to exchange messages, use the `sprag`
//! crate. It follows "The Double Ratchet Algorithm", revision 4: [`DoubleRatchet`] is that of §3, and
//! [`DoubleRatchetHE`] that of §4, whose headers are encrypted. It knows no bytes but its header's, no
//! storage, no clock and no randomness of its own, and encrypts in place. It pads nothing.
//!
//! ```
//! use rand::{rngs::SysRng, rand_core::UnwrapErr};
//! use sprag_primitives::{SecretBytes, aead::Ciphertext, x25519::KeyPair};
//! use sprag_ratchet::{DoubleRatchetHE, HeaderKey, Message, RootKey, SharedSecrets};
//!
//! let mut rng = UnwrapErr(SysRng);
//! // A handshake has given both three secrets, and Alice a ratchet key of Bob's.
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
//! let sealed = alice.encrypt(b"of Alice and Bob", &mut buffer, &mut rng)?;
//! let ciphertext = Ciphertext { buffer: &mut buffer, tag: &sealed.tag };
//! bob.decrypt(b"of Alice and Bob", Message { header: &sealed.header, ciphertext })?;
//! assert_eq!(&buffer, b"hello");
//! # Ok::<(), sprag_ratchet::Error>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod counts;
mod error;
mod labels;
pub mod limits;

mod associated_data; // Double Ratchet §3.1, CONCAT
mod header; // Double Ratchet §3.1, HEADER
mod keys; // Double Ratchet §7.2, KDF_RK and KDF_CK

mod clear_headers; // Double Ratchet §3
mod encrypted_headers; // Double Ratchet §4.2, HENCRYPT and HDECRYPT
mod variant;

mod ratchet; // Double Ratchet §3.4 and §3.5, and §4.5 and §4.6
mod receiving; // Double Ratchet §3.5
mod sending; // Double Ratchet §3.4
mod skipped; // Double Ratchet §3.2, MKSKIPPED

mod double_ratchet; // Double Ratchet §3
mod double_ratchet_he; // Double Ratchet §4

pub use counts::Counts;
pub use double_ratchet::DoubleRatchet;
pub use double_ratchet_he::{DoubleRatchetHE, SharedSecrets};
pub use encrypted_headers::{ENCRYPTED_HEADER_LENGTH, EncryptedHeader, HeaderKey};
pub use error::Error;
pub use header::{HEADER_LENGTH, Header};
pub use keys::{FINGERPRINT_LENGTH, RootKey};
pub use ratchet::{Message, Sealed};
