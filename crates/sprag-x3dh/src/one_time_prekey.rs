use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_primitives::x25519::{PublicKey, SecretKey};
use sprag_primitives::{Error as PrimitiveError, SecretBytes};

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

/// A one-time prekey with its private half, to be deleted once the first message of the session that
/// used it has authenticated, and not before: a forged message must not destroy it.
#[derive(Debug)]
pub struct OneTimePrekeyPair {
    id: PrekeyId,
    /// Without the public key: an account reads many of these, and uses one.
    key: SecretKey,
}

impl OneTimePrekeyPair {
    /// A new key pair.
    #[must_use]
    pub fn generate(id: PrekeyId, rng: &mut impl CryptoRng) -> Self {
        Self {
            id,
            key: SecretKey::from_secret(&SecretBytes::random(rng)),
        }
    }

    /// The public half, computed.
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

    /// Writes id and secret key, 36 bytes.
    pub fn write_snapshot(&self, writer: &mut Writer) {
        writer.u32(self.id);
        writer.bytes(self.key.secret().expose());
    }

    /// Reads what [`write_snapshot`](Self::write_snapshot) wrote.
    ///
    /// # Errors
    ///
    /// [`PrimitiveError::SnapshotTruncated`]
    pub fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            id: reader.u32()?,
            key: SecretKey::from_secret(&reader.secret()?),
        })
    }

    pub(crate) const fn key(&self) -> &SecretKey {
        &self.key
    }
}
