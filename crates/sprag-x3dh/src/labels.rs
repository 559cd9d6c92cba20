//! Every string that separates one use of a hash, a KDF or a signature from another.

/// X3DH §2.1, `info`: application, curve and hash of the suite X3DH.
pub(crate) const X3DH_INFO: &[u8] = b"sprag-v1_CURVE25519_SHA-256";

/// HKDF-Expand of SK to the ratchet's first root key.
pub(crate) const SESSION_ROOT: &[u8] = b"sprag-v1 session root";

/// What the signature over a signed prekey begins with.
pub(crate) const SIGNED_PREKEY: &[u8; 19] = b"sprag signed prekey";

/// What the hash that names a session begins with.
pub(crate) const SESSION_ID: &[u8] = b"sprag session";
