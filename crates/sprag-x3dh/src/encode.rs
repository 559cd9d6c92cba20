use sprag_primitives::x25519::{PUBLIC_KEY_LENGTH, PublicKey};

/// The size of an encoded curve key in bytes.
pub const ENCODED_KEY_LENGTH: usize = 1 + PUBLIC_KEY_LENGTH;

/// The byte that names Curve25519. No encoding of another kind of key may begin with it.
const CURVE25519: u8 = 1;

/// Encodes a curve key for everything that is signed, hashed or authenticated, 33 bytes.
///
/// # Specification
///
/// X3DH §2.1, `Encode(PK)`; PQXDH §2.1, `EncodeEC(PK)`: one byte for the curve, then the
/// little-endian u-coordinate.
#[must_use]
pub fn encode_ec(key: &PublicKey) -> [u8; ENCODED_KEY_LENGTH] {
    let mut encoded = [CURVE25519; ENCODED_KEY_LENGTH];
    encoded[1..].copy_from_slice(key.as_bytes());
    encoded
}
