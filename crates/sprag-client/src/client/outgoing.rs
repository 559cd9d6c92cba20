use alloc::boxed::Box;
use alloc::string::ToString as _;
use alloc::vec::Vec;
use core::fmt;

use sprag::{Error, PrekeyId, Session};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;
use sprag_x3dh::VerifiedBundle;

use super::sessions::Sessions;
use super::{Client, Incoming, Receipt, Result};
use crate::error::ClientError;
use crate::name::Name;
use crate::records::{RecentMessages, StoredSession, UsedKeys};
use crate::store::Store;
use crate::transaction::Transaction;

/// A message to be encrypted.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Outgoing<'a> {
    /// The text for the receiver.
    pub plaintext: &'a [u8],
    /// Data that does not travel. The receiver must give the same.
    pub associated_data: &'a [u8],
}

impl<'a> Outgoing<'a> {
    /// A message without associated data.
    #[must_use]
    pub const fn new(plaintext: &'a [u8]) -> Self {
        Self {
            plaintext,
            associated_data: &[],
        }
    }
}

impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").finish_non_exhaustive()
    }
}

impl<S: Store> Client<S> {
    /// Encrypts a message to the peer `name`, in a new session if there is none. The message that is returned
    /// has been committed: no key is used for it again.
    ///
    /// # Errors
    ///
    /// [`ClientError::InvalidName`]; [`ClientError::UnknownPeer`]; [`ClientError::NoBundle`] if there is
    /// neither a session to send in nor a bundle; [`ClientError::Protocol`]; [`ClientError::Damaged`];
    /// [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn encrypt(
        &mut self,
        name: &str,
        outgoing: Outgoing<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, S> {
        let Outgoing {
            plaintext,
            associated_data,
        } = outgoing;
        // Load the peer and the sessions with it.
        let (peer_record, mut peer) = self.known_peer(&Name::new(name)?)?;
        let mut sessions = self.sessions(&peer.identity)?;
        let activity = sessions.next_activity();
        let receipt = |message: &[u8]| {
            Receipt::of(&Incoming {
                message,
                associated_data,
            })
        };
        let current = sessions.sending().filter(|_| !peer.renew);
        let (batch, message) = if let Some(index) = current {
            // Encrypt in the session that there is.
            let (record, mut stored) = sessions.take(index);
            let session = &mut stored.session;
            let message = session.encrypt_with_ad(plaintext, associated_data, rng)?;
            stored.activity = activity;
            stored.sent.add(&receipt(&message));
            let mut transaction = Transaction::new(&self.vault, rng);
            transaction.replace(&record, stored.to_snapshot().expose());
            (transaction.finish(), message)
        } else {
            // Begin a session with the peer's bundle, which is used up by that.
            let bundle = peer.bundle.take();
            let bundle = bundle.ok_or_else(|| ClientError::NoBundle(peer.name.to_string()))?;
            peer.renew = false;
            let bundle = sprag_wire::decode_bundle(&bundle).map_err(Error::from)?;
            let bundle = bundle.keys.verify(&self.policy).map_err(Error::from)?;
            let Begun {
                mut session,
                rank,
                next_prekey,
            } = self.initiate(&bundle, &sessions, rng)?;
            let message = session.encrypt_with_ad(plaintext, associated_data, rng)?;
            let mut sent = RecentMessages::default();
            sent.add(&receipt(&message));
            let mut transaction = Transaction::new(&self.vault, rng);
            transaction.replace(&peer_record, peer.to_snapshot().expose());
            for (record, stored) in sessions.leaving() {
                transaction.delete_session(record, stored);
            }
            transaction.add_session(&StoredSession {
                begun: sessions.next_begun(),
                activity,
                rank,
                next_prekey,
                accepted: 0,
                settled: false,
                used: UsedKeys::of(bundle.curve(), bundle.kem_prekey()),
                sent,
                read: RecentMessages::default(),
                session: Box::new(session),
            });
            (transaction.finish(), message)
        };
        self.commit(&batch)?;
        Ok(message)
    }

    /// Begins a session that ranks above those that there are with the same peer.
    fn initiate(
        &self,
        bundle: &VerifiedBundle,
        sessions: &Sessions,
        rng: &mut impl CryptoRng,
    ) -> Result<Begun, S> {
        let account = self.account()?.core;
        let remainder = self.forgotten(&bundle.curve().identity)?.remainder;
        let rank = sessions
            .highest_rank()
            .max(remainder.rank)
            .saturating_add(1);
        // The peer ranks it by the ordinal, which it does not take for more than a step above what it knows.
        let ordinal = u32::try_from(rank).unwrap_or(u32::MAX);
        Ok(Begun {
            session: account.initiate_verified(bundle, ordinal, rng)?,
            rank,
            next_prekey: account.next_prekey_id(),
        })
    }
}

/// A session that begins, with its place among those with the peer.
struct Begun {
    session: Session,
    rank: u64,
    next_prekey: PrekeyId,
}
