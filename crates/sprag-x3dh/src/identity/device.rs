//! The device signature: the statement of a device that it belongs to a user.

use alloc::vec::Vec;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::xeddsa::Signature;

use super::{IdentityKey, IdentityKeyPair};
use crate::labels;

impl IdentityKeyPair {
    /// Signs that this device is the one with this number of the user with this key, 32 bytes.
    ///
    /// A device signs this once, when it joins the user. It says nothing of the messages or the peers of the user, so
    /// deniability remains as it is.
    ///
    /// # Specification
    ///
    /// ```text
    /// device signature = XEdDSA(IK, "sprag device of user" || 1 || 1 || user || number || EncodeEC(IK))
    /// ```
    ///
    /// The two bytes are the version and the kind of the user key (1: Ed25519), and the number is 4 bytes,
    /// little-endian. docs/protocol.md has the details.
    #[must_use]
    pub fn sign_device(&self, user: &[u8; 32], number: u32, rng: &mut impl CryptoRng) -> Signature {
        self.sign(&self.public.device_message(user, number), rng)
    }
}

impl IdentityKey {
    /// Verifies that the device with this key says that it is this device of this user; see
    /// [`IdentityKeyPair::sign_device`].
    ///
    /// # Errors
    ///
    /// [`PrimitiveError::InvalidSignature`]
    pub fn verify_device(
        &self,
        user: &[u8; 32],
        number: u32,
        signature: &Signature,
    ) -> Result<(), PrimitiveError> {
        self.verifying_key()
            .verify(&self.device_message(user, number), signature)
    }

    fn device_message(&self, user: &[u8; 32], number: u32) -> Vec<u8> {
        [
            labels::DEVICE,
            &[VERSION, ED25519],
            user,
            &number.to_le_bytes(),
            &self.encode(),
        ]
        .concat()
    }
}

/// The version of the protocol.
const VERSION: u8 = 1;

/// The byte that names Ed25519 as the kind of the user key.
const ED25519: u8 = 1;
