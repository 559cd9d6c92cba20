//! HMAC-SHA-256 (RFC 2104).

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::SecretBytes;

/// The size of an HMAC-SHA-256 output in bytes.
pub const OUTPUT_LENGTH: usize = 32;

/// HMAC-SHA-256 under one key, whose two padded blocks are hashed once for any number of outputs.
pub struct HmacKey(Hmac<Sha256>);

impl HmacKey {
    /// The HMAC of `key`, of any length.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "every length is right")]
    pub fn new(key: &[u8]) -> Self {
        #[cfg(feature = "operation-counts")]
        crate::operations::record_hmac_key();
        Self(Hmac::new_from_slice(key).expect("HMAC takes a key of any length"))
    }

    /// The output for `message`, 32 bytes.
    #[must_use]
    pub fn authenticate(&self, message: &[u8]) -> SecretBytes<OUTPUT_LENGTH> {
        count!(hmac);
        count_bytes!(hashed, message.len());
        let output = self.0.clone().chain_update(message).finalize();
        SecretBytes::copy_from(output.as_bytes().as_ref())
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HmacKey").finish_non_exhaustive()
    }
}
