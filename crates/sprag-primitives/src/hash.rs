//! SHA-256 (FIPS 180-4).

use sha2::{Digest, Sha256};

/// The size of a SHA-256 digest in bytes.
pub const SHA256_LENGTH: usize = 32;

/// SHA-256 of the concatenation of `parts`, 32 bytes.
///
/// The parts are not delimited. If their lengths vary, the caller must delimit them.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; SHA256_LENGTH] {
    #[cfg(feature = "operation-counts")]
    crate::operations::record_hash();
    let mut hash = Sha256::new();
    for part in parts {
        count_bytes!(hashed, part.len());
        hash.update(part);
    }
    hash.finalize().into()
}
