//! XEdDSA over Curve25519 with SHA-512: signatures by X25519 keys.
//!
//! It follows "The XEdDSA and VXEdDSA Signature Schemes", revision 1, §§2.3, 3 and 5, and is stricter
//! where that costs an honest signer nothing: the scalar `s` must be below the group's order, so that
//! a signature cannot be altered into another valid one, and low-order keys do not exist as
//! [`PublicKey`]s. The signatures are Ed25519 signatures under the converted public key.

use core::fmt;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::montgomery::MontgomeryPoint;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use rand_core::CryptoRng;
use sha2::{Digest, Sha512};
use subtle::{Choice, ConditionallySelectable};
use zeroize::ZeroizeOnDrop;

use crate::snapshot::{Reader, Snapshot, Writer};
use crate::stack::wiped;
use crate::x25519::{KeyPair, PublicKey};
use crate::{Error, SecretBytes};

/// The size of a signature in bytes: `R ‖ s`.
pub const SIGNATURE_LENGTH: usize = 64;

/// A signature: `R ‖ s`, 64 bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Signature([u8; SIGNATURE_LENGTH]);

impl Signature {
    /// A signature that came from outside. Nothing is checked before it is verified.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; SIGNATURE_LENGTH]) -> Self {
        Self(bytes)
    }

    /// The encoding, 64 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SIGNATURE_LENGTH] {
        &self.0
    }
}

/// The encoding, 64 bytes.
impl Snapshot for Signature {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.0);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.get().map(Self)
    }
}

/// The Edwards key pair `(A, a)` of an X25519 key pair, with the sign of `A` zero.
///
/// It is worth keeping for many signatures, because converting costs one scalar multiplication.
#[derive(ZeroizeOnDrop)]
pub struct SigningKey {
    a: Scalar,
    public: CompressedEdwardsY,
}

impl SigningKey {
    /// Converts an X25519 key pair.
    ///
    /// # Specification
    ///
    /// XEdDSA §2.3:
    ///
    /// ```text
    /// calculate_key_pair(k):
    ///     E = kB
    ///     A.y = E.y
    ///     A.s = 0
    ///     if E.s == 1: a = -k (mod q)
    ///     else:        a = k (mod q)
    ///     return A, a
    /// ```
    #[must_use]
    pub fn calculate_key_pair(pair: &KeyPair) -> Self {
        count!(base_point_multiplication);
        let mut key = Self {
            a: Scalar::ZERO,
            public: CompressedEdwardsY::default(),
        };
        wiped::<STACK, _>(|| {
            let k = Scalar::from_bytes_mod_order(clamp_integer(*pair.secret().expose()));
            key.public = EdwardsPoint::mul_base(&k).compress();
            let sign = Choice::from(key.public.0[31] >> 7);
            key.public.0[31] &= 0x7f;
            key.a = Scalar::conditional_select(&k, &-k, sign);
        });
        key.duplicate()
    }

    /// Signs `message` with 64 fresh bytes of `rng`.
    ///
    /// # Specification
    ///
    /// XEdDSA §3:
    ///
    /// ```text
    /// xeddsa_sign(k, M, Z):
    ///     A, a = calculate_key_pair(k)
    ///     r = hash1(a || M || Z) (mod q)
    ///     R = rB
    ///     h = hash(R || A || M) (mod q)
    ///     s = r + ha (mod q)
    ///     return R || s
    /// ```
    #[must_use]
    pub fn sign(&self, message: &[u8], rng: &mut impl CryptoRng) -> Signature {
        count!(base_point_multiplication);
        let z = SecretBytes::random(rng);
        wiped::<STACK, _>(|| self.sign_with(message, &z))
    }

    /// A second copy, wiped on its own drop.
    const fn duplicate(&self) -> Self {
        Self {
            a: self.a,
            public: self.public,
        }
    }

    fn sign_with(&self, message: &[u8], z: &SecretBytes<64>) -> Signature {
        // Derive the secret scalar r from the key, the message and 64 random bytes.
        let r = Scalar::from_hash(
            hash1()
                .chain_update(self.a.as_bytes())
                .chain_update(message)
                .chain_update(z.expose()),
        );
        // Commit to it, and answer the challenge.
        let commitment = EdwardsPoint::mul_base(&r).compress();
        let h = challenge(&commitment.0, &self.public, message);
        let s = r + h * self.a;
        // Lay out R and s.
        let mut signature = [0; SIGNATURE_LENGTH];
        signature[..32].copy_from_slice(&commitment.0);
        signature[32..].copy_from_slice(s.as_bytes());
        Signature(signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

/// Verifies that `signature` on `message` was made by the owner of `public`.
///
/// # Errors
///
/// [`Error::InvalidSignature`] if it was not, if the key is a point of the twist and so no signing
/// key at all, or if `s` is not reduced.
///
/// # Specification
///
/// XEdDSA §3 (the test of `u` is [`PublicKey`]'s; that of `s` is stricter):
///
/// ```text
/// xeddsa_verify(u, M, (R || s)):
///     if u >= p or R.y >= 2^|p| or s >= 2^|q|: return false
///     A = convert_mont(u)
///     if not on_curve(A): return false
///     h = hash(R || A || M) (mod q)
///     Rcheck = sB - hA
///     if bytes_equal(R, Rcheck): return true
///     return false
/// ```
pub fn verify(public: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), Error> {
    VerifyingKey::convert_mont(public).verify(message, signature)
}

/// The Edwards point of an X25519 public key, for the verification of several signatures by one signer. Converting
/// takes about a quarter of the time of a verification.
#[derive(Clone)]
pub struct VerifyingKey(Option<Converted>);

#[derive(Clone)]
struct Converted {
    /// `-A`
    negated: EdwardsPoint,
    encoding: CompressedEdwardsY,
}

impl VerifyingKey {
    /// Converts a public key. One that is a point of the twist verifies nothing.
    ///
    /// # Specification
    ///
    /// XEdDSA §2.3:
    ///
    /// ```text
    /// convert_mont(u):
    ///     umasked = u (mod 2^|p|)
    ///     P.y = u_to_y(umasked)
    ///     P.s = 0
    ///     return P
    /// ```
    #[must_use]
    pub fn convert_mont(public: &PublicKey) -> Self {
        let point = MontgomeryPoint(*public.as_bytes()).to_edwards(0);
        Self(point.as_ref().map(Converted::new))
    }

    /// Verifies a signature on `message`; see [`verify`].
    ///
    /// # Errors
    ///
    /// Those of [`verify`].
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Error> {
        count!(signature_verification);
        let Self(key) = self;
        key.as_ref()
            .ok_or(Error::InvalidSignature)?
            .verify(message, signature)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey").finish_non_exhaustive()
    }
}

impl Converted {
    fn new(point: &EdwardsPoint) -> Self {
        Self {
            negated: -point,
            encoding: point.compress(),
        }
    }

    fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Error> {
        let (commitment, s) = split(signature);
        let s = Option::from(Scalar::from_canonical_bytes(s)).ok_or(Error::InvalidSignature)?;
        let h = challenge(&commitment, &self.encoding, message);
        let check = EdwardsPoint::vartime_double_scalar_mul_basepoint(&h, &self.negated, &s);
        if check.compress().0 == commitment {
            Ok(())
        } else {
            Err(Error::InvalidSignature)
        }
    }
}

fn split(signature: &Signature) -> ([u8; 32], [u8; 32]) {
    let mut halves = ([0; 32], [0; 32]);
    halves.0.copy_from_slice(&signature.0[..32]);
    halves.1.copy_from_slice(&signature.0[32..]);
    halves
}

/// `hash(R ‖ A ‖ M) mod q`.
fn challenge(commitment: &[u8; 32], public: &CompressedEdwardsY, message: &[u8]) -> Scalar {
    Scalar::from_hash(
        Sha512::new()
            .chain_update(commitment)
            .chain_update(public.as_bytes())
            .chain_update(message),
    )
}

/// The start of `hash_1` (XEdDSA §2.5): 32 bytes 0xff of which the first, the lowest, is one less.
fn hash1() -> Sha512 {
    let mut prefix = [0xff; 32];
    prefix[0] = 0xfe;
    Sha512::new().chain_update(prefix)
}

/// The bytes of stack that are wiped after a conversion or a signature.
const STACK: usize = 8 * 1024;

#[cfg(test)]
mod tests;
