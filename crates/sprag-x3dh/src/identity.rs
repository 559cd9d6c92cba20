mod device;
mod text;

use alloc::boxed::Box;
use core::fmt;

use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::x25519::{KeyPair, PublicKey, SecretKey};
use sprag_primitives::xeddsa::{Signature, SigningKey, VerifyingKey};
use sprag_primitives::{Error as PrimitiveError, SecretBytes};

use crate::encode::{ENCODED_KEY_LENGTH, encode_ec};

pub use text::ParseIdentityKeyError;

/// The long-term public key that names a party, 32 bytes (X3DH §2.4, `IK`).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct IdentityKey(PublicKey);

impl IdentityKey {
    /// Reads an identity key that came from outside.
    ///
    /// # Errors
    ///
    /// Those of [`PublicKey::from_bytes`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, PrimitiveError> {
        PublicKey::from_bytes(bytes).map(Self)
    }

    /// The u-coordinate, 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The key as it is signed, hashed and authenticated, 33 bytes: `EncodeEC(IK)`.
    #[must_use]
    pub fn encode(&self) -> [u8; ENCODED_KEY_LENGTH] {
        encode_ec(&self.0)
    }

    pub(crate) const fn public_key(&self) -> &PublicKey {
        &self.0
    }

    /// The key as it verifies signatures.
    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::convert_mont(&self.0)
    }
}

/// The u-coordinate, 32 bytes, checked when it is read.
impl Snapshot for IdentityKey {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.0);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        reader.get().map(Self)
    }
}

/// A long-term key pair, for agreements and, by XEdDSA, for signatures on prekeys and on the user that the device
/// belongs to ([`sign_device`](Self::sign_device)).
///
/// It cannot sign anything else, because signed messages would cost deniability (X3DH §4.4).
///
/// ```compile_fail,E0624
/// # use sprag_primitives::{rand_core::CryptoRng, xeddsa::Signature};
/// # use sprag_x3dh::IdentityKeyPair;
/// fn sign(identity: &IdentityKeyPair, rng: &mut impl CryptoRng) -> Signature {
///     identity.sign(b"a message", rng)
/// }
/// ```
pub struct IdentityKeyPair {
    /// Boxed, so that no secret moves with an account.
    secret: Box<IdentitySecret>,
    public: IdentityKey,
}

struct IdentitySecret {
    pair: KeyPair,
    signing: SigningKey,
}

impl IdentityKeyPair {
    /// A new identity.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_secret(&SecretBytes::random(rng))
    }

    /// The identity of 32 secret bytes.
    #[must_use]
    pub fn from_secret(secret: &SecretBytes<32>) -> Self {
        let pair = KeyPair::from_secret(secret);
        Self {
            public: IdentityKey(*pair.public()),
            secret: Box::new(IdentitySecret {
                signing: SigningKey::calculate_key_pair(&pair),
                pair,
            }),
        }
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &IdentityKey {
        &self.public
    }

    pub(crate) fn key(&self) -> &SecretKey {
        self.secret.pair.secret_key()
    }

    pub(crate) fn sign(&self, message: &[u8], rng: &mut impl CryptoRng) -> Signature {
        self.secret.signing.sign(message, rng)
    }
}

/// The secret key, 32 bytes.
impl Snapshot for IdentityKeyPair {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.secret.pair);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        reader.get().map(|secret| Self::from_secret(&secret))
    }
}

impl fmt::Debug for IdentityKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secret: _, public } = self;
        f.debug_struct("IdentityKeyPair")
            .field("public", public)
            .finish_non_exhaustive()
    }
}
