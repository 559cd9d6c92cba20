use alloc::vec::Vec;
use core::fmt;

use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, TAG_LENGTH};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::snapshot_fields;
use sprag_primitives::x25519::PUBLIC_KEY_LENGTH;

use crate::dh::{EphemeralOutputs, F};
use crate::identity::IdentityKey;
use crate::{Error, Slot, labels};

/// The size of a sealed initiator in bytes.
pub const SEALED_INITIATOR_LENGTH: usize = CONTENT_LENGTH + TAG_LENGTH;

/// The part of an initial message that only the responder can read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a result")]
pub struct Initiator {
    /// The initiator's identity key (`IK_A`).
    pub identity: IdentityKey,
    /// The number of this session among those of the two parties, as the initiator counts, from 1. The handshake
    /// itself does not use it.
    pub ordinal: u32,
}

/// An [`Initiator`] as it travels: encrypted under a key of its own, with a tag, 52 bytes.
///
/// The key comes from all secrets of the handshake that do not involve `IK_A`. So nobody but the responder
/// learns from an initial message who begins a session, not even with a quantum computer, if the suite is PQXDH.
/// An attacker who steals the responder's account keys later learns it only as long as the prekeys are kept.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct SealedInitiator([u8; SEALED_INITIATOR_LENGTH]);

snapshot_fields!(SealedInitiator(bytes));

impl SealedInitiator {
    /// The sealed initiator that these bytes are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; SEALED_INITIATOR_LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes, 52.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SEALED_INITIATOR_LENGTH] {
        &self.0
    }
}

impl fmt::Debug for SealedInitiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedInitiator").finish_non_exhaustive()
    }
}

/// The key that seals the initiator (`KS`). It encrypts once.
pub(crate) struct SealKey(SecretBytes<32>);

impl SealKey {
    /// Derives the key from DH2 to DH4 and, in PQXDH, from the KEM's secret. It is separated from SK by the missing
    /// DH1 and by the label.
    pub(crate) fn derive(
        outputs: &EphemeralOutputs,
        kem_secret: Option<&SecretBytes<32>>,
        label: &[u8],
    ) -> Self {
        let [dh2, dh3, dh4] = outputs.key_material();
        let ss = kem_secret.map_or([].as_slice(), |secret| secret.expose());
        Self(Hkdf::extract(&[0; 32], &[F.as_slice(), dh2, dh3, dh4, ss]).expand(label))
    }

    #[cfg(feature = "hazmat")]
    pub(crate) const fn secret(&self) -> &SecretBytes<32> {
        &self.0
    }

    /// Seals the initiator, bound to the part of the initial message in front of it.
    ///
    /// The nonce can be fixed because the ephemeral key is fresh, and so is the key.
    pub(crate) fn seal(self, clear_part: &[u8], initiator: &Initiator) -> SealedInitiator {
        let mut content = [0; CONTENT_LENGTH];
        let (identity, ordinal) = content.split_at_mut(PUBLIC_KEY_LENGTH);
        identity.copy_from_slice(initiator.identity.as_bytes());
        ordinal.copy_from_slice(&initiator.ordinal.to_le_bytes());
        let tag =
            ChaCha20Poly1305::seal(&self.0, &NONCE, &associated_data(clear_part), &mut content)
                .expect("the content is far shorter than the cipher's limit");
        let mut sealed = [0; SEALED_INITIATOR_LENGTH];
        let (ciphertext, place) = sealed.split_at_mut(CONTENT_LENGTH);
        ciphertext.copy_from_slice(&content);
        place.copy_from_slice(&tag);
        SealedInitiator(sealed)
    }

    /// Opens a sealed initiator.
    ///
    /// # Errors
    ///
    /// [`Error::NotAuthentic`], [`Error::InvalidKey`]
    pub(crate) fn open(
        self,
        clear_part: &[u8],
        sealed: &SealedInitiator,
    ) -> Result<Initiator, Error> {
        // Decrypt a copy.
        let (ciphertext, tag) = sealed.0.split_last_chunk().ok_or(Error::NotAuthentic)?;
        let mut content = [0; CONTENT_LENGTH];
        content.copy_from_slice(ciphertext);
        let ciphertext = Ciphertext {
            buffer: &mut content,
            tag,
        };
        ChaCha20Poly1305::open(&self.0, &NONCE, &associated_data(clear_part), ciphertext)
            .map_err(|_| Error::NotAuthentic)?;
        // Read its fields.
        let (identity, ordinal) = content.split_first_chunk().ok_or(Error::NotAuthentic)?;
        let ordinal = ordinal.try_into().map_err(|_| Error::NotAuthentic)?;
        Ok(Initiator {
            identity: IdentityKey::from_bytes(identity)
                .map_err(|fault| Error::InvalidKey(Slot::Identity, fault))?,
            ordinal: u32::from_le_bytes(ordinal),
        })
    }
}

/// `"sprag sealed initiator" ‖ everything from the envelope through CT`.
fn associated_data(clear_part: &[u8]) -> Vec<u8> {
    [labels::SEALED_INITIATOR, clear_part].concat()
}

const CONTENT_LENGTH: usize = PUBLIC_KEY_LENGTH + 4;
const NONCE: [u8; ChaCha20Poly1305::NONCE_LENGTH] = [0; ChaCha20Poly1305::NONCE_LENGTH];

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use sprag_primitives::ml_kem_1024::Ciphertext;
    use sprag_primitives::x25519::SecretKey;

    use super::*;
    use crate::curve::CurveMessage;
    use crate::pqxdh::{InitialMessage, KemPart};

    fn secret_key(byte: u8) -> SecretKey {
        SecretKey::from_secret(&SecretBytes::copy_from(&[byte; 32]))
    }

    /// Check values of another implementation, in Python.
    #[test]
    fn the_seal_is_that_of_another_implementation() {
        let [identity_a, ephemeral, identity, signed_prekey, one_time] =
            [0xa1, 0xa2, 0xb1, 0xb2, 0xb3].map(secret_key);
        let initiator = Initiator {
            identity: IdentityKey::from_bytes(identity_a.public().as_bytes()).unwrap(),
            ordinal: 1,
        };
        // Derive the key.
        let outputs = EphemeralOutputs::of_check_values(
            [&identity, &signed_prekey, &one_time]
                .map(|own| own.diffie_hellman(&ephemeral.public()).unwrap()),
        );
        let kem_secret = SecretBytes::copy_from(&[0x0b; 32]);
        let key = SealKey::derive(&outputs, Some(&kem_secret), labels::PQXDH_SEAL_KEY);
        assert_eq!(
            hex::encode(key.0.expose()),
            "3e1f9ba2e398c42f47bf0258d44a730dde4b9c4be03d68876f549069322b0750",
        );
        // Seal the initiator in front of a message with these fields.
        let curve = CurveMessage {
            ephemeral: ephemeral.public(),
            signed_prekey: 7,
            one_time_prekey: Some(8),
        };
        let kem = KemPart {
            prekey: 9,
            ciphertext: Ciphertext::from_bytes(&core::array::from_fn(|i| {
                (i % 251).to_le_bytes()[0]
            })),
        };
        let unsealed = SealedInitiator::from_bytes([0; SEALED_INITIATOR_LENGTH]);
        let message = InitialMessage::from_parts(curve, kem.clone(), unsealed);
        let sealed = key.seal(&message.clear_part(), &initiator);
        assert_eq!(
            hex::encode(sealed.as_bytes()),
            "aa1ddde6ebb941df2acbfff80c4e0c48ae8caa4d6eaf1f8f3fe141fe4bac4802\
             977606d7aab962c68cad4202093bfbd2b8cc0c9b",
        );
        // The session id covers it.
        let message = InitialMessage::from_parts(curve, kem, sealed);
        assert_eq!(
            message.session_id().to_string(),
            "dfb9efb4490a80395d9155261028cb3dbb838dfa866c0418e782a223f45cd51f",
        );
        // The same key opens it.
        let key = SealKey::derive(&outputs, Some(&kem_secret), labels::PQXDH_SEAL_KEY);
        let opened = key.open(&message.clear_part(), message.sealed_initiator());
        assert_eq!(opened, Ok(initiator));
    }
}
