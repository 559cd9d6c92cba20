use core::fmt;

use sprag_primitives::SecretBytes;
use sprag_primitives::hkdf::Hkdf;

use crate::dh::F;
use crate::labels;
use crate::suite::Suite;

/// The secret that both parties hold after the handshake, 32 bytes (X3DH §2.2 and PQXDH
/// §2.2, `SK`).
#[derive(Eq, PartialEq)]
pub struct SharedSecret(SecretBytes<32>);

impl SharedSecret {
    /// Derives SK from the outputs of the agreements, `[]` where there is no DH4, and in PQXDH from the KEM's
    /// secret.
    ///
    /// # Specification
    ///
    /// X3DH §2.2 and §3.3, PQXDH §2.2 and §3.3:
    ///
    /// ```text
    /// KM = DH1 || DH2 || DH3 [|| DH4] [|| SS]
    /// KDF(KM) = HKDF(ikm = F || KM, salt = zeros of the hash's length, info), 32 bytes
    /// F = 32 bytes 0xFF for X25519
    /// ```
    pub(crate) fn kdf(
        [dh1, dh2, dh3, dh4]: [&[u8]; 4],
        kem_secret: Option<&SecretBytes<32>>,
        info: &[u8],
    ) -> Self {
        let ss = kem_secret.map_or([].as_slice(), |secret| secret.expose());
        Self(Hkdf::extract(&[0; 32], &[F.as_slice(), dh1, dh2, dh3, dh4, ss]).expand(info))
    }

    /// The keys that a session of `suite` begins with, each expanded from SK under a label of its own.
    #[must_use]
    pub fn into_keys(self, suite: Suite) -> SessionKeys {
        let secret = Hkdf::from_pseudorandom_key(&self.0);
        match suite {
            // Both have the Double Ratchet with header encryption. A suite with another ratchet needs other keys.
            Suite::X3dh | Suite::Pqxdh => {}
        }
        SessionKeys {
            root: secret.expand(labels::SESSION_ROOT),
            shared_hka: secret.expand(labels::INITIATOR_HEADER_KEY),
            shared_nhkb: secret.expand(labels::RESPONDER_HEADER_KEY),
        }
    }

    /// SK itself, for a protocol that expands it differently.
    #[must_use]
    pub const fn as_secret(&self) -> &SecretBytes<32> {
        &self.0
    }
}

/// The keys that a session of the suites X3DH and PQXDH begins with, each 32 bytes (Double Ratchet §4.4).
#[derive(Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SessionKeys {
    /// The ratchet's first root key, there called `SK`.
    pub root: SecretBytes<32>,
    /// The header key of the initiator's first chain.
    pub shared_hka: SecretBytes<32>,
    /// The header key of the responder's first chain.
    pub shared_nhkb: SecretBytes<32>,
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSecret").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Check values of another implementation, in Python.
    #[test]
    fn the_construction_is_that_of_another_implementation() {
        let pqxdh = "MyProtocol_CURVE25519_SHA-256_ML-KEM-1024";
        for (info, dh4, ss, expected) in [
            (
                "MyProtocol",
                false,
                false,
                "e064aaf6f43d01ba6628df6271fcc13e330d1fc92a0271fcc416446c9a4b1f19",
            ),
            (
                "MyProtocol",
                true,
                false,
                "c0486b133a1e765640c1e9462dadbdda816379a58120bdda3240ab8a9dbaf752",
            ),
            (
                pqxdh,
                false,
                true,
                "53b69b9a5aec89bc3de31f9e44cbd4ac9b3662c38ccf3ff57a5af5a6c65b5d8d",
            ),
            (
                pqxdh,
                true,
                true,
                "5bfcd65a5f6f446df13eab857daec3f184f5649a1fc663fc5d9797f52002239f",
            ),
        ] {
            let [dh1, dh2, dh3, fourth, kem_secret] =
                [1, 2, 3, 4, 5].map(|byte| SecretBytes::copy_from(&[byte; 32]));
            let fourth = if dh4 { fourth.expose().as_slice() } else { &[] };
            let key_material = [dh1.expose(), dh2.expose(), dh3.expose(), fourth];
            let kem_secret = ss.then_some(&kem_secret);
            let secret = SharedSecret::kdf(key_material, kem_secret, info.as_bytes());
            assert_eq!(hex::encode(secret.0.expose()), expected);
        }
    }
}
