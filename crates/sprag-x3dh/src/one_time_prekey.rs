use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::x25519::{PublicKey, SecretKey};
use sprag_primitives::{SecretBytes, snapshot_fields};

use crate::prekey::PrekeyId;

/// The public half of a curve one-time prekey as a bundle carries it; not signed (X3DH §2.4 and PQXDH
/// §2.4, `OPK`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct OneTimePrekey {
    /// The key's number.
    pub id: PrekeyId,
    /// The key.
    pub key: PublicKey,
}

/// A one-time prekey with its private half. It must be deleted once the first message of the session that
/// used it has authenticated, and not before, because a forged message must not destroy it.
#[derive(Debug)]
pub struct OneTimePrekeyPair {
    id: PrekeyId,
    /// Kept without the public key, because an account reads many of these and uses one.
    key: SecretKey,
}

// 36 bytes.
snapshot_fields!(OneTimePrekeyPair { id, key });

impl OneTimePrekeyPair {
    /// A new key pair.
    #[must_use]
    pub fn generate(id: PrekeyId, rng: &mut impl CryptoRng) -> Self {
        Self {
            id,
            key: SecretKey::from_secret(&SecretBytes::random(rng)),
        }
    }

    /// The public half, which is computed.
    #[must_use]
    pub fn public(&self) -> OneTimePrekey {
        OneTimePrekey {
            id: self.id,
            key: self.key.public(),
        }
    }

    /// The key's number.
    #[must_use]
    pub const fn id(&self) -> PrekeyId {
        self.id
    }

    pub(crate) const fn key(&self) -> &SecretKey {
        &self.key
    }
}
