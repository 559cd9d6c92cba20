//! The strings and constants that separate one use of a KDF from another.

/// `KDF_RK`, the HKDF info of a root step of the plain Double Ratchet.
pub(crate) const ROOT_STEP: &[u8] = b"sprag-v1 ratchet root";

/// `KDF_RK_HE`, the HKDF info of a root step with header encryption.
pub(crate) const ROOT_STEP_HE: &[u8] = b"sprag-v1 ratchet root, header encryption";

/// `KDF_CK`, the HMAC input that yields the message key.
pub(crate) const MESSAGE_KEY: &[u8] = &[0x01];

/// `KDF_CK`, the HMAC input that yields the next chain key.
pub(crate) const CHAIN_KEY: &[u8] = &[0x02];

/// The fingerprint of a root key.
pub(crate) const ROOT_FINGERPRINT: &[u8] = b"sprag-v1 root fingerprint";

/// The fingerprint of a chain key, a message key or a header key in a view.
#[cfg(feature = "hazmat")]
pub(crate) const KEY_FINGERPRINT: &[u8] = b"sprag-v1 key fingerprint";
