//! The comparison of user ids: safety numbers, and codes that are scanned.

use alloc::string::ToString as _;

use sprag_devices::{SafetyNumber, ScanCode, Scanned, UserId};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::{Client, Result};
use crate::error::ClientError;
use crate::name::Name;
use crate::records::Peer;
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::Record;

impl<S: Store> Client<S> {
    /// The safety number of the own user and the peer `name`, which both see if nobody stands between them. Showing it
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoUser`]; [`ClientError::InvalidName`]; [`ClientError::UnknownPeer`];
    /// [`ClientError::NoDeviceList`] if no list of the peer was seen; [`ClientError::Damaged`]; [`ClientError::Store`].
    pub fn safety_number(&self, name: &str) -> Result<SafetyNumber, S> {
        let (own, peer, _) = self.two_users(name)?;
        Ok(SafetyNumber::between(&own, &peer))
    }

    /// The code that the peer `name` scans.
    ///
    /// # Errors
    ///
    /// Those of [`safety_number`](Self::safety_number).
    pub fn scan_code(&self, name: &str) -> Result<ScanCode, S> {
        let (own, peer, _) = self.two_users(name)?;
        Ok(ScanCode { own, peer })
    }

    /// Compares the code that the peer `name` shows. If it matches, the peer is verified. Any other outcome changes nothing,
    /// because whoever shows a code could take a verification away otherwise.
    ///
    /// # Errors
    ///
    /// Those of [`safety_number`](Self::safety_number); [`ClientError::Equivocation`] while there is evidence against the
    /// peer; [`ClientError::Conflict`].
    pub fn scan(
        &mut self,
        name: &str,
        code: &ScanCode,
        rng: &mut impl CryptoRng,
    ) -> Result<Scanned, S> {
        let (own, user, loaded) = self.two_users(name)?;
        let scanned = code.compare(&own, &user);
        if scanned == Scanned::Match {
            let verification = loaded.1.verification.scanned(scanned, &user);
            self.verify(loaded, verification, rng)?;
        }
        Ok(scanned)
    }

    /// Says that the user and the peer `name` have compared the safety number, and that it is the same. The peer is verified
    /// from then on.
    ///
    /// # Errors
    ///
    /// Those of [`scan`](Self::scan).
    pub fn confirm_safety_number(&mut self, name: &str, rng: &mut impl CryptoRng) -> Result<(), S> {
        let (_, user, loaded) = self.two_users(name)?;
        let verification = loaded.1.verification.compared(&user);
        self.verify(loaded, verification, rng)
    }

    fn verify(
        &mut self,
        (record, mut peer): (Record, Peer),
        verification: sprag_devices::Verification,
        rng: &mut impl CryptoRng,
    ) -> Result<(), S> {
        if peer.equivocated {
            return Err(ClientError::Equivocation(peer.name.to_string()));
        }
        peer.verification = verification;
        let mut transaction = Transaction::new(&self.vault, rng);
        transaction.replace(&record, peer.to_snapshot().expose());
        let batch = transaction.finish();
        self.commit(&batch)
    }

    fn two_users(&self, name: &str) -> Result<(UserId, UserId, (Record, Peer)), S> {
        let own = self.user_id()?;
        let loaded = self.known_peer(&Name::new(name)?)?;
        let user = loaded.1.user_id().ok_or(ClientError::NoDeviceList)?;
        Ok((own, user, loaded))
    }
}
