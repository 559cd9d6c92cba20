//! The strings that separate one use of a hash, a KDF or a signature from another.

/// X3DH §2.1, `info`: application, curve and hash of the suite X3DH.
pub(crate) const X3DH_INFO: &[u8] = b"sprag-v1_CURVE25519_SHA-256";

/// PQXDH §2.2, `info`: application, curve, hash and KEM of the suite PQXDH.
pub(crate) const PQXDH_INFO: &[u8] = b"sprag-v1_CURVE25519_SHA-256_ML-KEM-1024";

/// HKDF-Expand of SK to the ratchet's first root key.
pub(crate) const SESSION_ROOT: &[u8] = b"sprag-v1 session root";

/// HKDF-Expand of SK to the header key of the initiator's first chain.
pub(crate) const INITIATOR_HEADER_KEY: &[u8] = b"sprag-v1 initiator header key";

/// HKDF-Expand of SK to the header key of the responder's first chain.
pub(crate) const RESPONDER_HEADER_KEY: &[u8] = b"sprag-v1 responder header key";

/// HKDF-Expand to the key that seals the initiator in the suite X3DH.
pub(crate) const X3DH_SEAL_KEY: &[u8] = b"sprag-v1 sealed initiator, CURVE25519_SHA-256";

/// HKDF-Expand to the key that seals the initiator in the suite PQXDH.
pub(crate) const PQXDH_SEAL_KEY: &[u8] =
    b"sprag-v1 sealed initiator, CURVE25519_SHA-256_ML-KEM-1024";

/// The fingerprint of a root key, the same as in the ratchet, so that the first one is recognised there.
#[cfg(feature = "hazmat")]
pub(crate) const ROOT_FINGERPRINT: &[u8] = b"sprag-v1 root fingerprint";

/// The fingerprint of any other key in a view.
#[cfg(feature = "hazmat")]
pub(crate) const KEY_FINGERPRINT: &[u8] = b"sprag-v1 key fingerprint";

/// The beginning of the sealed initiator's associated data.
pub(crate) const SEALED_INITIATOR: &[u8] = b"sprag sealed initiator";

/// The beginning of the signed message of a signed prekey.
pub(crate) const SIGNED_PREKEY: &[u8] = b"sprag signed prekey";

/// The beginning of the signed message of a one-time KEM prekey.
pub(crate) const ONE_TIME_KEM_PREKEY: &[u8] = b"sprag one-time KEM prekey";

/// The beginning of the signed message of a last-resort KEM prekey.
pub(crate) const LAST_RESORT_KEM_PREKEY: &[u8] = b"sprag last-resort KEM prekey";

/// The beginning of the hash that names a session.
pub(crate) const SESSION_ID: &[u8] = b"sprag session";

/// The beginning of the signed message by which a device says that it belongs to a user.
pub(crate) const DEVICE: &[u8] = b"sprag device of user";
