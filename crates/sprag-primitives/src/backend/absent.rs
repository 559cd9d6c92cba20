use super::Backend;
use super::portable::Portable;
use crate::SecretBytes;

/// The stand-in for the accelerated backend where the build has none: no processor supports it.
pub(super) struct Accelerated;

impl Accelerated {
    pub(super) const fn is_supported() -> bool {
        false
    }
}

impl Backend for Accelerated {
    fn x25519_public_key(secret: &[u8; 32]) -> [u8; 32] {
        Portable::x25519_public_key(secret)
    }

    fn x25519(secret: &[u8; 32], public: &[u8; 32]) -> SecretBytes<32> {
        Portable::x25519(secret, public)
    }
}
