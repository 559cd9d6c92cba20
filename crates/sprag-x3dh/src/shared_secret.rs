use core::fmt;

use sprag_primitives::SecretBytes;
use sprag_primitives::hkdf::Hkdf;

use crate::labels;

/// The secret that both parties hold after the handshake, 32 bytes (X3DH §2.2, `SK`).
#[derive(Eq, PartialEq)]
pub struct SharedSecret(SecretBytes<32>);

impl SharedSecret {
    /// Derives SK from the DH outputs, in the order of the specification.
    ///
    /// # Specification
    ///
    /// X3DH §2.2:
    ///
    /// ```text
    /// KDF(KM) = HKDF(ikm = F || KM, salt = zeros of the hash's length, info), 32 bytes
    /// F = 32 bytes 0xFF for X25519
    /// ```
    pub(crate) fn kdf(dh: &[SecretBytes<32>; 3], dh4: Option<&SecretBytes<32>>) -> Self {
        Self(extract(dh, dh4).expand(labels::X3DH_INFO))
    }

    /// The ratchet's first root key, expanded from SK under its own label; every other use of SK
    /// has another label.
    #[must_use]
    pub fn into_root(self) -> SecretBytes<32> {
        Hkdf::from_pseudorandom_key(&self.0).expand(labels::SESSION_ROOT)
    }

    /// SK itself, for a protocol that expands it differently.
    #[must_use]
    pub const fn as_secret(&self) -> &SecretBytes<32> {
        &self.0
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSecret").finish_non_exhaustive()
    }
}

fn extract(dh: &[SecretBytes<32>; 3], dh4: Option<&SecretBytes<32>>) -> Hkdf {
    let [dh1, dh2, dh3] = dh.each_ref().map(SecretBytes::expose);
    let dh4 = dh4.map_or([].as_slice(), |dh4| dh4.expose());
    Hkdf::extract(&[0; 32], &[F.as_slice(), dh1, dh2, dh3, dh4])
}

const F: [u8; 32] = [0xff; 32];

#[cfg(test)]
mod tests {
    use super::*;

    /// Check values of another implementation, in Python, for the info `MyProtocol`.
    #[test]
    fn the_construction_is_that_of_another_implementation() {
        let [dh1, dh2, dh3, dh4] = [1, 2, 3, 4].map(|byte| SecretBytes::copy_from(&[byte; 32]));
        let dh = [dh1, dh2, dh3];
        for (dh4, expected) in [
            (
                None,
                "e064aaf6f43d01ba6628df6271fcc13e330d1fc92a0271fcc416446c9a4b1f19",
            ),
            (
                Some(&dh4),
                "c0486b133a1e765640c1e9462dadbdda816379a58120bdda3240ab8a9dbaf752",
            ),
        ] {
            let secret: SecretBytes<32> = extract(&dh, dh4).expand(b"MyProtocol");
            assert_eq!(hex::encode(secret.expose()), expected);
        }
    }
}
