//! Ed25519 with SHA-512: deterministic signatures by keys that do nothing else.
//!
//! It follows RFC 8032 §5.1. Verification is as strict as the standard allows: the encodings of the key `A` and of
//! the commitment `R` must be canonical, neither may be of small order, `s` must be below the group's order, and the
//! equation is checked without the cofactor (RFC 8032 §5.1.7 permits both). So two implementations that are as strict
//! never disagree about a signature, and nobody can alter a signature into another valid one.

use core::fmt;

use ed25519_dalek::{Signer, VerifyingKey};
use rand_core::CryptoRng;

use crate::hex::Hex;
use crate::snapshot::{Reader, Snapshot, Writer};
use crate::stack::wiped;
use crate::{Error, SecretBytes};

/// The size of a public key in bytes.
pub const PUBLIC_KEY_LENGTH: usize = 32;

/// The size of the seed that a signing key is derived from, in bytes.
pub const SEED_LENGTH: usize = 32;

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

/// A public key: the canonical encoding of a point of large order, 32 bytes.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PublicKey([u8; PUBLIC_KEY_LENGTH]);

impl PublicKey {
    /// Reads a public key that came from outside.
    ///
    /// # Errors
    ///
    /// [`Error::NotOnCurve`] if no point has this encoding, [`Error::NonCanonicalPublicKey`] if it is not the one
    /// encoding of its point, [`Error::LowOrderPublicKey`] for the eight points of order 8 or less.
    pub fn from_bytes(bytes: &[u8; PUBLIC_KEY_LENGTH]) -> Result<Self, Error> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| Error::NotOnCurve)?;
        // The key keeps the bytes that it was read from, so the point is encoded anew to compare.
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(Error::NonCanonicalPublicKey);
        }
        if key.is_weak() {
            return Err(Error::LowOrderPublicKey);
        }
        Ok(Self(*bytes))
    }

    /// The encoding, 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; PUBLIC_KEY_LENGTH] {
        &self.0
    }

    /// Verifies that `signature` on `message` was made by the owner of this key.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSignature`] if it was not, if `R` is of small order or not canonical, or if `s` is not reduced.
    ///
    /// # Specification
    ///
    /// RFC 8032 §5.1.7, without the cofactor in step 3:
    ///
    /// ```text
    /// verify(A, M, R || s):
    ///     if s >= L: return false
    ///     k = SHA-512(R || A || M) (mod L)
    ///     return encode(sB - kA) == R
    /// ```
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Error> {
        count!(signature_verification);
        VerifyingKey::from_bytes(&self.0)
            .and_then(|key| key.verify_strict(message, &signature.0.into()))
            .map_err(|_| Error::InvalidSignature)
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

/// A signing key: the 32-byte seed, which is the private key of RFC 8032, and the public key.
///
/// The scalar and the prefix are derived for each signature and wiped after it. They are not kept because a key signs
/// seldom, and what is kept must be guarded.
pub struct SigningKey {
    seed: SecretBytes<SEED_LENGTH>,
    public: PublicKey,
}

impl SigningKey {
    /// A new key from 32 bytes of `rng`.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_seed(&SecretBytes::random(rng))
    }

    /// The key of a seed (RFC 8032 §5.1.5).
    #[must_use]
    pub fn from_seed(seed: &SecretBytes<SEED_LENGTH>) -> Self {
        count!(base_point_multiplication);
        let public = wiped::<STACK, _>(|| expand(seed).verifying_key().to_bytes());
        Self {
            seed: seed.duplicate(),
            public: PublicKey(public),
        }
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The seed, for an owner that moves the key elsewhere.
    #[must_use]
    pub fn seed(&self) -> SecretBytes<SEED_LENGTH> {
        self.seed.duplicate()
    }

    /// Signs `message` (RFC 8032 §5.1.6). The same message has the same signature.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        // One for the public key, which is derived with the scalar, and one for the commitment.
        count!(base_point_multiplication);
        count!(base_point_multiplication);
        wiped::<STACK, _>(|| Signature(expand(&self.seed).sign(message).to_bytes()))
    }
}

/// The key in the form that signs. It is wiped on drop.
fn expand(seed: &SecretBytes<SEED_LENGTH>) -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(seed.expose())
}

/// The seed, 32 bytes.
impl Snapshot for SigningKey {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.seed);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.get().map(|seed| Self::from_seed(&seed))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed: _, public } = self;
        f.debug_struct("SigningKey")
            .field("public", public)
            .finish_non_exhaustive()
    }
}

/// The bytes of stack that are wiped after a derivation or a signature.
const STACK: usize = 8 * 1024;
