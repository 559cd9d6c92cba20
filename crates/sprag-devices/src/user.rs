mod text;

use core::fmt;

use sprag_primitives::ed25519::{PublicKey, Signature, SigningKey};
use sprag_primitives::hash::{SHA256_LENGTH, sha256};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::{Error as PrimitiveError, SecretBytes, snapshot_fields};

use crate::labels;

pub use text::ParseUserIdError;

/// The size of a user id in bytes.
pub const USER_ID_LENGTH: usize = SHA256_LENGTH;

/// The version of the protocol.
pub(crate) const VERSION: u8 = 1;

/// The byte that names Ed25519 as the kind of a user key.
pub(crate) const ED25519: u8 = 1;

/// The public key of a user, 32 bytes: an Ed25519 key that signs device lists and nothing else.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UserKey(PublicKey);

snapshot_fields!(UserKey(key));

impl UserKey {
    /// Reads a user key that came from outside.
    ///
    /// # Errors
    ///
    /// Those of [`PublicKey::from_bytes`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, PrimitiveError> {
        PublicKey::from_bytes(bytes).map(Self)
    }

    /// The encoding, 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The name of the user: `SHA-256("sprag user" ‖ 1 ‖ 1 ‖ key)`.
    #[must_use]
    pub fn id(&self) -> UserId {
        UserId(sha256(&[
            labels::USER,
            &[VERSION, ED25519],
            self.as_bytes(),
        ]))
    }

    pub(crate) fn verify(
        &self,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), PrimitiveError> {
        self.0.verify(message, signature)
    }
}

/// A user key with its private half. It signs device lists, and cannot sign anything else.
///
/// Whoever has it can add devices in the name of the user, so it stays on one device and in a recovery file.
pub struct UserKeyPair {
    secret: SigningKey,
    public: UserKey,
}

impl UserKeyPair {
    /// A new user key from 32 bytes of `rng`.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_seed(&SecretBytes::random(rng))
    }

    /// The user key of a 32-byte seed.
    #[must_use]
    pub fn from_seed(seed: &SecretBytes<32>) -> Self {
        let secret = SigningKey::from_seed(seed);
        Self {
            public: UserKey(*secret.public()),
            secret,
        }
    }

    /// The seed, for the recovery file and for a device that is granted the key.
    #[must_use]
    pub fn seed(&self) -> SecretBytes<32> {
        self.secret.seed()
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &UserKey {
        &self.public
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        self.secret.sign(message)
    }
}

/// The seed, 32 bytes.
impl Snapshot for UserKeyPair {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.secret);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        reader.get().map(|seed| Self::from_seed(&seed))
    }
}

impl fmt::Debug for UserKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secret: _, public } = self;
        f.debug_struct("UserKeyPair")
            .field("public", public)
            .finish_non_exhaustive()
    }
}

/// The name of a user, 32 bytes: a hash of the kind of the user key and of the key.
///
/// Records, groups and safety numbers name users by it rather than by the key, so that a later kind of key fits.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UserId([u8; USER_ID_LENGTH]);

snapshot_fields!(UserId(bytes));

impl UserId {
    /// The user id that these bytes are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; USER_ID_LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes, 32.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; USER_ID_LENGTH] {
        &self.0
    }
}
