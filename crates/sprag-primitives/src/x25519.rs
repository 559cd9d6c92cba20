//! X25519, the Diffie-Hellman function of RFC 7748.
//!
//! This module is stricter than the RFC in two ways that no honest peer notices: a public key must be the one
//! canonical encoding of a point of large order, and an agreement whose output is all zero is an
//! error (RFC 7748 §6.1).

use core::fmt;

use rand_core::CryptoRng;

use crate::hex::Hex;
use crate::snapshot::{Reader, Snapshot, Writer};
use crate::{Error, SecretBytes, backend};

/// The size of a public key in bytes.
pub const PUBLIC_KEY_LENGTH: usize = 32;

/// The size of a secret key in bytes.
pub const SECRET_KEY_LENGTH: usize = 32;

/// A public key: the canonical little-endian u-coordinate of a point of large order, 32 bytes.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PublicKey([u8; PUBLIC_KEY_LENGTH]);

impl PublicKey {
    /// Reads a public key that came from outside.
    ///
    /// # Errors
    ///
    /// [`Error::NonCanonicalPublicKey`] if the top bit is set or the value is 2^255 − 19 or more,
    /// [`Error::LowOrderPublicKey`] for the five u-coordinates of order 8 or less.
    pub fn from_bytes(bytes: &[u8; PUBLIC_KEY_LENGTH]) -> Result<Self, Error> {
        if !is_canonical(bytes) {
            return Err(Error::NonCanonicalPublicKey);
        }
        if LOW_ORDER.contains(bytes) {
            return Err(Error::LowOrderPublicKey);
        }
        Ok(Self(*bytes))
    }

    /// The encoding, 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; PUBLIC_KEY_LENGTH] {
        &self.0
    }
}

/// The encoding, 32 bytes; what is read is checked as by [`from_bytes`](PublicKey::from_bytes).
impl Snapshot for PublicKey {
    fn put(&self, writer: &mut Writer) {
        writer.bytes(&self.0);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Self::from_bytes(reader.array()?)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", Hex(&self.0))
    }
}

/// A secret key alone, for owners that do not need the public key any more.
pub struct SecretKey(SecretBytes<SECRET_KEY_LENGTH>);

impl SecretKey {
    /// The key of 32 secret bytes, clamped as RFC 7748 §5 says when they are used.
    #[must_use]
    pub fn from_secret(secret: &SecretBytes<SECRET_KEY_LENGTH>) -> Self {
        Self(secret.duplicate())
    }

    /// The 32 secret bytes, as given or drawn, not clamped.
    #[must_use]
    pub fn secret(&self) -> SecretBytes<SECRET_KEY_LENGTH> {
        self.0.duplicate()
    }

    /// The public key, computed.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        count!(base_point_multiplication);
        PublicKey(backend::x25519_public_key(&self.0))
    }

    /// The agreement with `remote`, 32 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::NonContributory`] if the output is all zero.
    pub fn diffie_hellman(&self, remote: &PublicKey) -> Result<SecretBytes<32>, Error> {
        count!(diffie_hellman);
        let shared = backend::x25519(&self.0, &remote.0);
        if shared == SecretBytes::zeroed() {
            Err(Error::NonContributory)
        } else {
            // A copy, because what moves leaves one that is not wiped.
            Ok(shared.duplicate())
        }
    }
}

/// The 32 secret bytes.
impl Snapshot for SecretKey {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.0);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.get().map(|secret| Self::from_secret(&secret))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey").finish_non_exhaustive()
    }
}

/// A secret key with its public key.
pub struct KeyPair {
    secret: SecretKey,
    public: PublicKey,
}

impl KeyPair {
    /// A new key pair from 32 bytes of `rng`.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_secret(&SecretBytes::random(rng))
    }

    /// The key pair of 32 secret bytes, clamped as RFC 7748 §5 says when they are used.
    #[must_use]
    pub fn from_secret(secret: &SecretBytes<SECRET_KEY_LENGTH>) -> Self {
        let secret = SecretKey::from_secret(secret);
        let public = secret.public();
        Self { secret, public }
    }

    /// A second copy of this key pair, wiped on its own drop.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            secret: SecretKey(self.secret.0.duplicate()),
            public: self.public,
        }
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The secret half.
    #[must_use]
    pub const fn secret_key(&self) -> &SecretKey {
        &self.secret
    }

    /// The 32 secret bytes, as given or drawn, not clamped.
    #[must_use]
    pub fn secret(&self) -> SecretBytes<SECRET_KEY_LENGTH> {
        self.secret.secret()
    }

    /// The agreement with `remote`, 32 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::NonContributory`] if the output is all zero.
    pub fn diffie_hellman(&self, remote: &PublicKey) -> Result<SecretBytes<32>, Error> {
        self.secret.diffie_hellman(remote)
    }
}

/// The 32 secret bytes; the public key is computed again when they are read.
impl Snapshot for KeyPair {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.secret);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.get().map(|secret| Self::from_secret(&secret))
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secret: _, public } = self;
        f.debug_struct("KeyPair")
            .field("public", public)
            .finish_non_exhaustive()
    }
}

/// Tells whether `bytes`, little-endian, are below p = 2^255 − 19.
fn is_canonical(bytes: &[u8; PUBLIC_KEY_LENGTH]) -> bool {
    bytes.iter().rev().lt(P.iter().rev())
}

/// p = 2^255 − 19, little-endian.
const P: [u8; 32] = {
    let mut p = [0xff; 32];
    p[0] = 0xed;
    p[31] = 0x7f;
    p
};

/// The canonical u-coordinates of order 8 or less on the curve and on its twist: 0 (order 2 on
/// both), 1 (order 4), p − 1 (order 4 on the twist) and the two of order 8.
const LOW_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    {
        let mut minus_one = P;
        minus_one[0] -= 1;
        minus_one
    },
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
];

#[cfg(test)]
mod tests {
    use alloc::{collections::BTreeSet, format};

    use curve25519_dalek::constants::EIGHT_TORSION;
    use curve25519_dalek::montgomery::MontgomeryPoint;

    use super::*;

    #[test]
    fn low_order_table_is_the_torsion_of_curve_and_twist() {
        let mut torsion: BTreeSet<[u8; 32]> = EIGHT_TORSION
            .iter()
            .map(|point| point.to_montgomery().to_bytes())
            .collect();
        let mut minus_one = P;
        minus_one[0] -= 1;
        torsion.insert(minus_one);
        assert_eq!(torsion, LOW_ORDER.into_iter().collect());
        for u in LOW_ORDER {
            let shared = MontgomeryPoint(u).mul_clamped([0x42; 32]);
            assert_eq!(shared.to_bytes(), [0; 32], "u = {u:02x?}");
        }
    }

    #[test]
    fn low_order_keys_are_refused_under_every_alias() {
        for u in LOW_ORDER {
            assert_eq!(PublicKey::from_bytes(&u), Err(Error::LowOrderPublicKey));
            for alias in aliases(&u) {
                assert_eq!(
                    PublicKey::from_bytes(&alias),
                    Err(Error::NonCanonicalPublicKey)
                );
            }
        }
    }

    #[test]
    fn p_and_above_are_not_canonical() {
        for low in 0xed..=0xff {
            let mut bytes = P;
            bytes[0] = low;
            assert_eq!(
                PublicKey::from_bytes(&bytes),
                Err(Error::NonCanonicalPublicKey)
            );
        }
        let mut largest = P;
        largest[0] = 0xeb;
        assert!(PublicKey::from_bytes(&largest).is_ok());
    }

    #[test]
    fn a_key_has_one_encoding() {
        let key = *KeyPair::from_secret(&SecretBytes::copy_from(&[3; 32])).public();
        let mut alias = *key.as_bytes();
        alias[31] |= 0x80;
        assert_eq!(
            PublicKey::from_bytes(&alias),
            Err(Error::NonCanonicalPublicKey)
        );
    }

    #[test]
    fn non_contributory_output_is_an_error() {
        let pair = KeyPair::from_secret(&SecretBytes::copy_from(&[3; 32]));
        for u in LOW_ORDER {
            assert_eq!(
                pair.diffie_hellman(&PublicKey(u)),
                Err(Error::NonContributory)
            );
        }
    }

    #[test]
    fn debug_shows_only_the_public_key() {
        let pair = KeyPair::from_secret(&SecretBytes::copy_from(&[0x5a; 32]));
        let printed = format!("{pair:?}");
        assert!(printed.starts_with("KeyPair { public: PublicKey("));
        assert!(!printed.contains("5a5a5a") && !printed.contains("90, 90"));
    }

    /// The other 32-byte strings that a lax decoder reads as `u`: with the top bit set, and with p
    /// added where that fits.
    fn aliases(u: &[u8; 32]) -> impl Iterator<Item = [u8; 32]> {
        let mut high = *u;
        high[31] |= 0x80;
        let plus_p = (u[0] < 19 && u[1..] == [0; 31]).then(|| {
            let mut sum = P;
            sum[0] += u[0];
            sum
        });
        [Some(high), plus_p].into_iter().flatten()
    }
}
