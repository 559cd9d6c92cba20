use x25519_dalek::{PublicKey, StaticSecret};

use super::Backend;
use crate::SecretBytes;

/// The backend for every processor, of crates in safe interfaces and without the standard library.
pub(super) struct Portable;

impl Backend for Portable {
    fn x25519_public_key(secret: &[u8; 32]) -> [u8; 32] {
        PublicKey::from(&StaticSecret::from(*secret)).to_bytes()
    }

    fn x25519(secret: &[u8; 32], public: &[u8; 32]) -> SecretBytes<32> {
        let shared = StaticSecret::from(*secret).diffie_hellman(&PublicKey::from(*public));
        SecretBytes::copy_from(shared.as_bytes())
    }
}
