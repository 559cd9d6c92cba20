//! HKDF-SHA-256 (RFC 5869).

use core::fmt;

use hkdf::HkdfExtract;
use sha2::Sha256;

use crate::SecretBytes;
use crate::stack::wiped;

/// A pseudorandom key, ready to be expanded.
pub struct Hkdf(hkdf::Hkdf<Sha256>);

impl Hkdf {
    /// HKDF-Extract of the concatenation of `input_key_material` under `salt` (RFC 5869 §2.2).
    #[must_use]
    pub fn extract(salt: &[u8], input_key_material: &[&[u8]]) -> Self {
        count!(hkdf);
        wiped::<STACK, _>(|| {
            let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
            for part in input_key_material {
                extract.input_ikm(part);
            }
            let (_pseudorandom_key, hkdf) = extract.finalize();
            // The states in the result leave one copy when it moves. A clone of them would leave one too.
            Self(hkdf)
        })
    }

    /// A key that is uniformly random already, so that it needs no extraction.
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

    /// One HKDF-Expand to `N` keys of 32 bytes, at most 3: the output is cut into keys.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the length is always right")]
    pub fn expand_keys<const N: usize>(&self, info: &[u8]) -> [SecretBytes<32>; N] {
        const { assert!(N <= 3, "the buffer has room for three keys") };
        let mut output: SecretBytes<96> = SecretBytes::zeroed();
        let (output, _) = output.expose_mut().split_at_mut(32 * N);
        self.0
            .expand(info, output)
            .expect("the length is bounded above");
        let mut keys = [const { SecretBytes::zeroed() }; N];
        for (key, bytes) in keys.iter_mut().zip(output.chunks_exact(32)) {
            key.expose_mut().copy_from_slice(bytes);
        }
        keys
    }
}

impl fmt::Debug for Hkdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hkdf").finish_non_exhaustive()
    }
}

/// The bytes of stack that are wiped after an extraction.
const STACK: usize = 2 * 1024;
