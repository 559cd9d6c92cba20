use alloc::vec::Vec;

use sprag_primitives::ml_kem_1024::{ENCAPSULATION_KEY_LENGTH, EncapsulationKey};
use sprag_primitives::x25519::{PUBLIC_KEY_LENGTH, PublicKey};

/// The size of an encoded curve key in bytes.
pub const ENCODED_KEY_LENGTH: usize = 1 + PUBLIC_KEY_LENGTH;

/// The size of an encoded KEM key in bytes.
pub const ENCODED_KEM_KEY_LENGTH: usize = 1 + ENCAPSULATION_KEY_LENGTH;

/// The byte that names Curve25519.
const CURVE25519: u8 = 1;

/// The byte that names ML-KEM-1024. PQXDH §2.1 demands that no encoding of a key of one kind be an
/// encoding of one of another: the first bytes differ, and the lengths too.
const ML_KEM_1024: u8 = 2;

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

/// Encodes a KEM key for everything that is signed, hashed or authenticated, 1569 bytes.
///
/// # Specification
///
/// PQXDH §2.1, `EncodeKEM(PK)`: one byte for the KEM, then the encapsulation key of FIPS 203.
#[must_use]
pub fn encode_kem(key: &EncapsulationKey) -> Vec<u8> {
    [[ML_KEM_1024].as_slice(), key.as_bytes()].concat()
}
