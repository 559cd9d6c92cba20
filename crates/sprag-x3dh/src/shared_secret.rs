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
        let [dh1, dh2, dh3] = dh.each_ref().map(SecretBytes::expose);
        let dh4 = dh4.map_or([].as_slice(), |dh4| dh4.expose());
        let key_material = [F.as_slice(), dh1, dh2, dh3, dh4];
        Self(Hkdf::extract(&[0; 32], &key_material).expand(labels::X3DH_INFO))
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

const F: [u8; 32] = [0xff; 32];

#[cfg(test)]
mod tests {
    use super::*;

    /// The construction of the specification, from byte strings, with the primitive that
    /// `sprag-primitives` tests against RFC 5869.
    #[test]
    fn key_material_follows_f_in_order() {
        let [dh1, dh2, dh3, dh4] = [1, 2, 3, 4].map(|byte| SecretBytes::copy_from(&[byte; 32]));
        let dh = [dh1, dh2, dh3];
        for (dh4, count) in [(None, 3), (Some(&dh4), 4)] {
            let mut ikm = alloc::vec![0xff; 32];
            for byte in 1..=count {
                ikm.extend([byte; 32]);
            }
            let expected = Hkdf::extract(&[0; 32], &[&ikm]).expand(labels::X3DH_INFO);
            assert_eq!(SharedSecret::kdf(&dh, dh4), SharedSecret(expected));
        }
    }
}
