//! The user's permission of X3DH with a peer that was met with PQXDH.

use sprag::IdentityKey;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::peers::Forgotten;
use super::users::Owner;
use super::{Client, Result};
use crate::name::Name;
use crate::store::Store;
use crate::transaction::Transaction;

impl<S: Store> Client<S> {
    /// Accepts X3DH from this peer again, although it was met with PQXDH, until it is met with PQXDH once more. The
    /// [policy](Self::set_policy) must accept X3DH, too. A peer that was forgotten has no name:
    /// [`allow_x3dh_of`](Self::allow_x3dh_of).
    ///
    /// # Errors
    ///
    /// [`ClientError::InvalidName`](crate::ClientError::InvalidName),
    /// [`ClientError::UnknownPeer`](crate::ClientError::UnknownPeer),
    /// [`ClientError::Damaged`](crate::ClientError::Damaged),
    /// [`ClientError::Conflict`](crate::ClientError::Conflict),
    /// [`ClientError::Store`](crate::ClientError::Store)
    pub fn allow_x3dh(&mut self, name: &str, rng: &mut impl CryptoRng) -> Result<(), S> {
        let (record, mut peer) = self.known_peer(&Name::new(name)?)?;
        for device in peer.devices.iter_mut() {
            device.mark.post_quantum = false;
        }
        let mut transaction = Transaction::new(&self.vault, rng);
        transaction.replace(&record, peer.to_snapshot().expose());
        let batch = transaction.finish();
        self.commit(&batch)
    }

    /// [`allow_x3dh`](Self::allow_x3dh) for the peer of this identity, also if it was forgotten. An identity that was
    /// not met with PQXDH needs no permission, and nothing changes.
    ///
    /// # Errors
    ///
    /// Those of [`allow_x3dh`](Self::allow_x3dh).
    pub fn allow_x3dh_of(
        &mut self,
        identity: &IdentityKey,
        rng: &mut impl CryptoRng,
    ) -> Result<(), S> {
        if let Some(Owner::Peer(name)) = self.owner_of(identity)? {
            return self.allow_x3dh(name.as_str(), rng);
        }
        let Forgotten {
            record,
            mut remainder,
            ..
        } = self.forgotten(identity)?;
        let Some(record) = record else {
            return Ok(());
        };
        remainder.mark.post_quantum = false;
        let mut transaction = Transaction::new(&self.vault, rng);
        // Another writer that gives the peer a name takes the mark along.
        transaction.expect_absent(self.peer_name(identity));
        transaction.replace(&record, remainder.to_snapshot().expose());
        let batch = transaction.finish();
        self.commit(&batch)
    }
}
