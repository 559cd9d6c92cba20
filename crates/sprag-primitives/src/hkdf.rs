//! HKDF-SHA-256 (RFC 5869).

use core::fmt;

use hkdf::HkdfExtract;
use sha2::Sha256;
use zeroize::Zeroize;

use crate::SecretBytes;

/// A pseudorandom key, ready to be expanded.
pub struct Hkdf(hkdf::Hkdf<Sha256>);

impl Hkdf {
    /// HKDF-Extract of the concatenation of `input_key_material` under `salt` (RFC 5869 §2.2).
    #[must_use]
    pub fn extract(salt: &[u8], input_key_material: &[&[u8]]) -> Self {
        count!(hkdf);
        let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
        for part in input_key_material {
            extract.input_ikm(part);
        }
        let (mut prk, hkdf) = extract.finalize();
        prk.as_mut_slice().zeroize();
        Self(hkdf)
    }

    /// A pseudorandom key that is uniformly random already and needs no extraction.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the length is always right")]
    pub fn from_pseudorandom_key(key: &SecretBytes<32>) -> Self {
        count!(hkdf);
        Self(hkdf::Hkdf::from_prk(key.expose()).expect("32 bytes are the length of a digest"))
    }

    /// HKDF-Expand to `N` bytes (RFC 5869 §2.3), at most 8,160.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the length is always right")]
    pub fn expand<const N: usize>(&self, info: &[u8]) -> SecretBytes<N> {
        const { assert!(N <= 255 * 32, "HKDF-SHA-256 yields at most 8,160 bytes") };
        let mut output = SecretBytes::zeroed();
        self.0
            .expand(info, output.expose_mut())
            .expect("the length is bounded above");
        output
    }

    /// One HKDF-Expand to two keys of 32 bytes, the first the first half of the output.
    #[must_use]
    pub fn expand_pair(&self, info: &[u8]) -> (SecretBytes<32>, SecretBytes<32>) {
        let output: SecretBytes<64> = self.expand(info);
        let mut pair = (SecretBytes::zeroed(), SecretBytes::zeroed());
        let (first, second) = output.expose().split_at(32);
        pair.0.expose_mut().copy_from_slice(first);
        pair.1.expose_mut().copy_from_slice(second);
        pair
    }
}

impl fmt::Debug for Hkdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hkdf").finish_non_exhaustive()
    }
}
