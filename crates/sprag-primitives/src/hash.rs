//! SHA-256 and SHA-512 (FIPS 180-4).

use sha2::{Digest, Sha256, Sha512};

/// The size of a SHA-256 digest in bytes.
pub const SHA256_LENGTH: usize = 32;

/// The size of a SHA-512 digest in bytes.
pub const SHA512_LENGTH: usize = 64;

/// SHA-256 of the concatenation of `parts`, 32 bytes.
///
/// The parts are not delimited. If their lengths vary, the caller must delimit them.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; SHA256_LENGTH] {
    #[cfg(feature = "operation-counts")]
    crate::operations::record_hash();
    digest::<Sha256>(parts).into()
}

/// SHA-512 of the concatenation of `parts`, 64 bytes. Like those of [`sha256`], they are not delimited.
#[must_use]
pub fn sha512(parts: &[&[u8]]) -> [u8; SHA512_LENGTH] {
    digest::<Sha512>(parts).into()
}

fn digest<H: Digest>(parts: &[&[u8]]) -> sha2::digest::Output<H> {
    let mut hash = H::new();
    for part in parts {
        count_bytes!(hashed, part.len());
        hash.update(part);
    }
    hash.finalize()
}
