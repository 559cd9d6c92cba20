use alloc::borrow::ToOwned;
use alloc::string::{String, ToString as _};

use sprag::{DecodedMessage, Opened};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::decryption::{Arrived, Decrypted, SessionChange};
use super::peers::Resolved;
use super::received::{Digest, Unreleased};
use super::sessions::Sessions;
use super::{Client, Receipt, Received, Result};
use crate::error::ClientError;
use crate::name::{Name, NameError};
use crate::records::{Peer, RecentMessages, StoredSession, UsedKeys};
use crate::store::Store;
use crate::transaction::Transaction;

/// A message to be decrypted.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Incoming<'a> {
    /// The bytes that arrived.
    pub message: &'a [u8],
    /// The associated data that the sender gave with the plaintext.
    pub associated_data: &'a [u8],
}

impl<'a> Incoming<'a> {
    /// A message without associated data.
    #[must_use]
    pub const fn new(message: &'a [u8]) -> Self {
        Self {
            message,
            associated_data: &[],
        }
    }
}

/// The sender of a message, as the caller knows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "known or not")]
pub enum Sender<'a> {
    /// The peer of this name. An identity that is not known yet is bound to the name.
    Named(&'a str),
    /// Any peer that is known. All sessions are tried, which takes time in proportion to their number.
    AnyPeer,
}

impl Sender<'_> {
    /// The name that the caller expects, in the form in which names are compared.
    fn name(self) -> core::result::Result<Option<Name>, NameError> {
        match self {
            Self::Named(name) => Name::new(name).map(Some),
            Self::AnyPeer => Ok(None),
        }
    }
}

/// A message that was opened and is not committed yet.
pub(super) struct OpenedMessage {
    received: Unreleased,
    /// `None` if the message was decrypted before and is still held.
    progress: Option<Progress>,
}

/// The changes that a message brings, beside its plaintext.
struct Progress {
    peer: Resolved,
    change: SessionChange,
    /// The sessions with the peer, in the state after the message.
    sessions: Sessions,
}

impl Progress {
    /// Tells whether there is a session that the peer is known to have, and this party is about to begin no other.
    fn works_already(&self) -> bool {
        let renews = matches!(&self.peer, Resolved::Known(_, peer) if peer.renew);
        !renews && self.sessions.peer_has_sending_session()
    }
}

impl OpenedMessage {
    /// The plaintext, to be looked at.
    pub(super) fn plaintext(&self) -> &[u8] {
        &self.received.0.opened.plaintext
    }
}

impl<S: Store> Client<S> {
    /// Decrypts a message, and keeps the plaintext until it is [acknowledged](Self::acknowledge): until
    /// then the same message can be decrypted again. Session and plaintext are committed together.
    ///
    /// # Errors
    ///
    /// [`ClientError::InvalidName`]; [`ClientError::UnknownPeer`] if the name is nobody's and the message
    /// begins no session; [`ClientError::UnknownSender`] if no name is given and the sender has none;
    /// [`ClientError::OtherIdentity`] and [`ClientError::KnownAs`] if the sender is another than `sender`
    /// says; [`ClientError::AlreadyRead`] and [`ClientError::OwnMessage`] if the message is remembered;
    /// [`ClientError::SessionEnded`] if it begins a session that is not kept any more; [`ClientError::NoSession`] if no
    /// session knows the message; [`ClientError::Downgrade`]; [`ClientError::Protocol`]; [`ClientError::Damaged`];
    /// [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn decrypt(
        &mut self,
        sender: Sender<'_>,
        incoming: Incoming<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Received, S> {
        let message = self.open_message(sender, incoming)?;
        self.keep(message, 0, rng)
    }

    /// Opens a message, and changes nothing yet.
    pub(super) fn open_message(
        &self,
        sender: Sender<'_>,
        incoming: Incoming<'_>,
    ) -> Result<OpenedMessage, S> {
        let expected = sender.name()?;
        let expected = expected.as_ref();
        // A message that was decrypted before and not acknowledged is read again.
        let receipt = Receipt::of(&incoming);
        if let Some(mut received) = self.held(&receipt)?
            && received.0.digest == Digest::of(&incoming)
        {
            let peer = self.resolve(expected, &received.0.opened.sender)?;
            peer.name().as_str().clone_into(&mut received.0.peer);
            return Ok(OpenedMessage {
                received,
                progress: None,
            });
        }
        // Decrypt it. Only an authentic message says who sent it, so the caller's name is compared afterwards.
        let arrived = Arrived {
            message: DecodedMessage::decode(incoming.message)?,
            incoming,
            receipt,
        };
        let Decrypted {
            opened,
            change,
            peer,
            sessions,
        } = self.decrypt_arrived(&arrived, expected)?;
        let mut received = Unreleased(Received {
            peer: String::new(),
            opened,
            new_peer: false,
            new_session: matches!(change, SessionChange::Accepted { .. }),
            unexpected_session: false,
            old_session: false,
            receipt,
            digest: Digest::of(&incoming),
        });
        // Find the name of the sender, and see that it is the one that the caller expects. Its record comes before the
        // sessions and must stay as it was read, because another writer that begins a session changes it.
        let identity = received.0.opened.sender;
        let peer = match peer {
            Some(peer) => peer,
            None => self.resolve(expected, &identity)?,
        };
        peer.name().as_str().clone_into(&mut received.0.peer);
        received.0.new_peer = matches!(peer, Resolved::New(..));
        // Load the other sessions with the sender, if they are not known yet.
        let sessions = match sessions {
            Some(sessions) => sessions,
            None => self.sessions(&identity)?,
        };
        // Find the place of the session among them.
        let mut progress = Progress {
            peer,
            change,
            sessions,
        };
        let is_old = self.place(&received.0.opened, &mut progress)?;
        received.0.old_session = is_old;
        received.0.unexpected_session =
            received.0.new_session && !is_old && progress.works_already();
        Ok(OpenedMessage {
            received,
            progress: Some(progress),
        })
    }

    /// Places the session of a message among those with the sender, and tells whether it is an old one.
    fn place(&self, opened: &Opened, progress: &mut Progress) -> Result<bool, S> {
        let sessions = &mut progress.sessions;
        match &mut progress.change {
            SessionChange::Moved(index) => {
                // The sessions of other peers were tried as well, if the sender was not known.
                sessions.retain_peer(&opened.sender);
                let place = sessions.position(&opened.session_id);
                *index = place.ok_or(ClientError::Damaged)?;
                Ok(sessions.is_old(*index))
            }
            SessionChange::Accepted {
                session,
                newest_prekey,
                rank,
                ..
            } => {
                let (mark, rank_before) = match &progress.peer {
                    Resolved::Known(_, peer) => {
                        let forgotten = self.forgotten(&opened.sender)?;
                        (peer.mark, forgotten.remainder.rank)
                    }
                    Resolved::New(_, forgotten) => {
                        (forgotten.remainder.mark, forgotten.remainder.rank)
                    }
                };
                // A peer that was met with PQXDH cannot be brought back to X3DH.
                if mark.forbids(opened.suite) {
                    return Err(ClientError::Downgrade(progress.peer.name().to_string()));
                }
                let known = sessions.highest_rank().max(rank_before);
                *rank = sessions.rank_of(session.ordinal(), *newest_prekey, known);
                Ok(sessions.begins_old(*rank))
            }
        }
    }

    /// Commits what a message that was opened brings, and gives it out. The key of a file comes with the time, in seconds
    /// since 1970-01-01 UTC, other messages with 0.
    pub(super) fn keep(
        &mut self,
        message: OpenedMessage,
        key_since: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Received, S> {
        let OpenedMessage { received, progress } = message;
        if let Some(progress) = progress {
            let room = self.room()?;
            let mut transaction = Transaction::new(&self.vault, rng);
            stage(&received.0, progress, &mut transaction);
            // The plaintext is kept until it is acknowledged.
            let length = received.0.opened.plaintext.len() as u64;
            let totals = room.totals.with(length, key_since);
            room.stage(totals, &mut transaction);
            transaction.add_unacknowledged(&received.0, totals.latest, key_since);
            let batch = transaction.finish();
            self.commit(&batch)?;
        }
        Ok(received.release())
    }
}

/// Stages the session of a message, and the peer if it is new or shows itself to be post-quantum.
fn stage<R: CryptoRng>(
    received: &Received,
    progress: Progress,
    transaction: &mut Transaction<'_, R>,
) {
    let Progress {
        peer,
        change,
        mut sessions,
    } = progress;
    let met_before = matches!(change, SessionChange::Moved(_));
    stage_peer(received, (peer, met_before), transaction);
    // The session has moved on, or the account has accepted it.
    let activity = sessions.next_activity();
    match change {
        SessionChange::Moved(index) => {
            if sessions.settle(index) {
                for (record, stored) in sessions.old() {
                    transaction.delete_session(record, stored);
                }
            }
            let is_old = received.old_session;
            let (record, stored) = sessions.take(index);
            // An old session does not count as used, because a thief of it would keep it alive.
            let activity = if is_old { stored.activity } else { activity };
            let mut stored = StoredSession { activity, ..stored };
            stored.read.add(&received.receipt);
            transaction.replace(&record, stored.to_snapshot().expose());
        }
        SessionChange::Accepted {
            account,
            session,
            rank,
            ..
        } => {
            transaction.change_account(&account);
            for (record, stored) in sessions.leaving() {
                transaction.delete_session(record, stored);
            }
            let mut read = RecentMessages::default();
            read.add(&received.receipt);
            transaction.add_session(&StoredSession {
                begun: sessions.next_begun(),
                activity,
                rank,
                next_prekey: account.next_prekey_id(),
                accepted: 0,
                settled: false,
                used: UsedKeys::default(),
                sent: RecentMessages::default(),
                read,
                session,
            });
        }
    }
}

/// Stages the sender: it must stay as it was read, or be added. A handshake shows whether it is post-quantum, unless the
/// session was there before (`met_before`).
fn stage_peer<R: CryptoRng>(
    received: &Received,
    (peer, met_before): (Resolved, bool),
    transaction: &mut Transaction<'_, R>,
) {
    let suite = received.opened.suite;
    match peer {
        Resolved::Known(record, peer) if met_before || peer.is_as_after(suite) => {
            transaction.expect(&record);
        }
        Resolved::Known(record, peer) => {
            let peer = peer.began(suite);
            transaction.replace(&record, peer.to_snapshot().expose());
        }
        Resolved::New(name, forgotten) => {
            forgotten.expect(transaction);
            transaction.add_peer(&Peer {
                name,
                identity: received.opened.sender,
                bundle: None,
                renew: false,
                mark: forgotten.remainder.mark.with(suite),
            });
        }
    }
}
