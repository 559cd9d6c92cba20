//! Accounts, peers and sessions kept in a [`Store`], each operation in one atomic commit.
//!
//! A client holds no state but its store's: what an operation returns has been committed, and an
//! operation that is refused has changed nothing. Where the store itself fails, either nothing was
//! changed or all of it was.
//!
//! ```
//! use rand::{rngs::SysRng, rand_core::UnwrapErr};
//! use sprag::client::{Incoming, Outgoing, Sender};
//! use sprag::{Client, MemoryStore, StoreKey};
//!
//! let mut rng = UnwrapErr(SysRng);
//! let keys = [(); 2].map(|()| StoreKey::generate(&mut rng));
//! let mut alice = Client::create(MemoryStore::new(), &keys[0], &mut rng)?;
//! let mut bob = Client::create(MemoryStore::new(), &keys[1], &mut rng)?;
//! alice.add("bob", &bob.publish(&mut rng)?, &mut rng)?;
//!
//! let message = alice.encrypt("bob", Outgoing::new(b"hello"), &mut rng)?;
//! let received = bob.decrypt(Sender::Named("alice"), Incoming::new(&message), &mut rng)?;
//! assert_eq!(received.opened.plaintext, b"hello");
//! bob.acknowledge(&received.receipt)?;
//! # Ok::<(), sprag::ClientError<core::convert::Infallible>>(())
//! ```

mod choosing;
mod decrypting;
mod error;
mod files;
mod prekeys;
mod reading;
mod records;
mod transaction;
mod used_keys;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use sprag_primitives::hash::sha256;
use sprag_primitives::rand_core::CryptoRng;
use sprag_x3dh::{IdentityKey, Policy};

use crate::Error;
use crate::account::{Account, Initiation};
use crate::session::{Opened, Session, Status};
use crate::store::Store;
use crate::store_key::StoreKey;
use crate::vault::{Record, Vault};

use choosing::{highest_ordinal, leaving, next_activity, next_begun, sending};
pub use error::ClientError;
pub use files::{IncomingFile, OutgoingFile, ReceivedFile};
use reading::Resolved;
use records::{Peer, StoredSession};
use transaction::Transaction;
use used_keys::UsedKeys;

/// An account with its peers and sessions, kept in a store.
#[derive(Debug)]
pub struct Client<S> {
    store: S,
    vault: Vault,
    policy: Policy,
}

/// A message to be encrypted.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Outgoing<'a> {
    /// What the receiver shall read.
    pub plaintext: &'a [u8],
    /// What does not travel, and the receiver must give too.
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

/// A message to be decrypted.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Incoming<'a> {
    /// The bytes that arrived.
    pub message: &'a [u8],
    /// What the sender gave beside the plaintext.
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

/// From whom a message is said to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "known or not")]
pub enum Sender<'a> {
    /// From the peer of this name. An identity that is not known yet is bound to the name.
    Named(&'a str),
    /// From any peer that is known. All sessions are tried, which takes time in proportion to their
    /// number.
    AnyPeer,
}

/// A message that was decrypted.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Received {
    /// The name of the sender.
    pub peer: String,
    /// The plaintext, and what else the receiver learns.
    pub opened: Opened,
    /// Whether the message began the session. Where there was one with this peer before, the peer, or
    /// somebody with its identity key, began anew: worth telling the user.
    pub new_session: bool,
    /// What [`Client::acknowledge`] takes once the plaintext is safe.
    pub receipt: Receipt,
}

/// The name of a message that was decrypted and not yet acknowledged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Receipt([u8; 32]);

/// A peer, and the state of the session that the next message to it is encrypted in.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PeerStatus {
    /// The peer's name.
    pub name: String,
    /// The peer's identity.
    pub identity: IdentityKey,
    /// The session, if there is one.
    pub session: Option<Status>,
}

/// Whether a peer was known before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "known or not")]
pub enum Added {
    /// The name is new.
    New,
    /// The name was known, with the same identity, and there is nothing to renew: no session yet, or
    /// this very bundle began one.
    Known,
    /// The name was known, with the same identity, and the next message begins a new session.
    Renewed,
}

type Result<T, S> = core::result::Result<T, ClientError<<S as Store>::Error>>;

impl<S: Store> Client<S> {
    /// A new account in an empty store.
    ///
    /// # Errors
    ///
    /// [`ClientError::AccountExists`] if the store has one; [`ClientError::Store`].
    pub fn create(store: S, key: &StoreKey, rng: &mut impl CryptoRng) -> Result<Self, S> {
        Self::create_at(store, key, 0, rng)
    }

    /// [`create`](Self::create) with prekeys made at `now` in seconds since 1970-01-01 UTC, which peers
    /// that limit the age of bundles demand.
    ///
    /// # Errors
    ///
    /// Those of [`create`](Self::create).
    pub fn create_at(
        store: S,
        key: &StoreKey,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, S> {
        let mut client = Self {
            store,
            vault: Vault::new(key),
            policy: Policy::default(),
        };
        if !client.scan(&[])?.is_empty() {
            return Err(ClientError::AccountExists);
        }
        let name = client.account_name();
        let account = Account::generate_at(now, rng);
        let mut transaction = Transaction::new(&client.vault, rng);
        transaction.create(name, account.snapshot().expose());
        let batch = transaction.finish();
        client.commit(&batch)?;
        Ok(client)
    }

    /// The account that `store` has.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoAccount`]; [`ClientError::Damaged`] if the store is of another key, or was
    /// changed; [`ClientError::Store`].
    pub fn open(store: S, key: &StoreKey) -> Result<Self, S> {
        let client = Self {
            store,
            vault: Vault::new(key),
            policy: Policy::default(),
        };
        client.account()?;
        Ok(client)
    }

    /// The store.
    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// The store, to be closed.
    #[must_use]
    pub fn into_store(self) -> S {
        self.store
    }

    /// Accepts from now on what `policy` accepts, which is not stored; at first, PQXDH alone and bundles
    /// of any age. A policy that limits their age knows one time: set it again before each
    /// [`add`](Self::add) and [`encrypt`](Self::encrypt).
    pub const fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// The public key by which others know this account.
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`], [`ClientError::Store`]
    pub fn identity(&self) -> Result<IdentityKey, S> {
        Ok(*self.account()?.1.identity())
    }

    /// Verifies a peer's bundle and remembers it under `name`. If there is a session with the peer
    /// already, the next message begins a new one: so two who can no longer read each other begin anew
    /// without forgetting who they are. A bundle that began a session changes nothing: its one-time
    /// prekey is gone.
    ///
    /// # Errors
    ///
    /// [`ClientError::OtherIdentity`] if the name is another identity's;
    /// [`ClientError::KnownAs`] if the identity has another name; [`ClientError::OldBundle`] if a newer
    /// one was added before: its keys may be gone; [`ClientError::InvalidName`];
    /// [`ClientError::Protocol`] if the bundle is refused.
    pub fn add(&mut self, name: &str, bundle: &[u8], rng: &mut impl CryptoRng) -> Result<Added, S> {
        let decoded = sprag_wire::decode_bundle(bundle).map_err(Error::from)?;
        let used = UsedKeys::of(&decoded);
        let verified = decoded.verify(&self.policy).map_err(Error::from)?;
        let identity = *verified.identity();
        if identity == self.identity()? {
            return Err(Error::Handshake(sprag_x3dh::Error::OwnBundle).into());
        }
        let (_, known) = self.resolve(Sender::Named(name), &identity)?;
        let sessions = self.sessions(&identity)?;
        if sessions.iter().any(|(_, stored)| stored.used.meet(&used)) {
            return Ok(Added::Known);
        }
        let created = verified.signed_prekey().terms.created;
        let newest = self.peer(name)?.map_or(0, |(_, peer)| peer.newest);
        if created != 0 && created < newest {
            return Err(ClientError::OldBundle(name.to_owned()));
        }
        let peer = Peer {
            name: name.to_owned(),
            identity,
            bundle: Some(bundle.to_vec()),
            renew: !sessions.is_empty(),
            newest: newest.max(created),
        };
        let mut transaction = Transaction::new(&self.vault, rng);
        let added = match known {
            Resolved::Known(record) => {
                transaction.replace(&record, peer.write().expose());
                if peer.renew {
                    Added::Renewed
                } else {
                    Added::Known
                }
            }
            Resolved::New => {
                transaction.add_peer(&peer);
                Added::New
            }
        };
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(added)
    }

    /// Encrypts a message to the peer `name`, in a new session if there is none. What is returned has
    /// been committed: no key is used for it again.
    ///
    /// # Errors
    ///
    /// [`ClientError::UnknownPeer`]; [`ClientError::NoBundle`] if there is neither session nor
    /// bundle; [`ClientError::Protocol`]; [`ClientError::Damaged`]; [`ClientError::Conflict`];
    /// [`ClientError::Store`].
    pub fn encrypt(
        &mut self,
        name: &str,
        outgoing: Outgoing<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, S> {
        let (peer_record, mut peer) = self
            .peer(name)?
            .ok_or_else(|| ClientError::UnknownPeer(name.to_owned()))?;
        let mut sessions = self.sessions(&peer.identity)?;
        let Outgoing {
            plaintext,
            associated_data,
        } = outgoing;
        let current = sending(&sessions).filter(|_| !peer.renew);
        let activity = next_activity(&sessions);
        let (batch, message) = if let Some(index) = current {
            let (record, mut stored) = sessions.swap_remove(index);
            let message = stored
                .session
                .encrypt_with_ad(plaintext, associated_data, rng)?;
            stored.activity = activity;
            let mut transaction = Transaction::new(&self.vault, rng);
            transaction.replace(&record, stored.write().expose());
            (transaction.finish(), message)
        } else {
            let bundle = peer
                .bundle
                .take()
                .ok_or_else(|| ClientError::NoBundle(name.to_owned()))?;
            peer.renew = false;
            let used = UsedKeys::of(&sprag_wire::decode_bundle(&bundle).map_err(Error::from)?);
            let mut session = self.initiate(&bundle, (&peer.identity, &sessions), rng)?;
            let message = session.encrypt_with_ad(plaintext, associated_data, rng)?;
            let mut transaction = Transaction::new(&self.vault, rng);
            transaction.replace(&peer_record, peer.write().expose());
            leaving(&sessions).for_each(|record| transaction.delete(record));
            transaction.add_session(&StoredSession {
                begun: next_begun(&sessions),
                activity,
                used,
                session,
            });
            (transaction.finish(), message)
        };
        self.commit(&batch)?;
        Ok(message)
    }

    /// Begins a session with `peer` after those that there are.
    fn initiate(
        &self,
        bundle: &[u8],
        (peer, sessions): (&IdentityKey, &[(Record, StoredSession)]),
        rng: &mut impl CryptoRng,
    ) -> Result<Session, S> {
        let (_, account) = self.account()?;
        let known = highest_ordinal(sessions).max(self.forgotten(peer)?.ordinal);
        let initiation = Initiation {
            policy: self.policy,
            ordinal: known.checked_add(1).ok_or(Error::OrdinalsExhausted)?,
        };
        Ok(account.initiate_with(bundle, &initiation, rng)?)
    }

    /// Decrypts a message, and keeps the plaintext until it is [acknowledged](Self::acknowledge): until
    /// then the same message can be decrypted again. Session and plaintext are committed together.
    ///
    /// # Errors
    ///
    /// [`ClientError::InvalidName`]; [`ClientError::UnknownPeer`] if the name is nobody's and the message begins
    /// no session; [`ClientError::UnknownSender`] if no name is given and the sender has none;
    /// [`ClientError::OtherIdentity`] and [`ClientError::KnownAs`] if the sender is not who `sender`
    /// says; [`ClientError::NoSession`] if no session knows the message; [`ClientError::Protocol`];
    /// [`ClientError::Damaged`]; [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn decrypt(
        &mut self,
        sender: Sender<'_>,
        incoming: Incoming<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Received, S> {
        self.decrypt_if((sender, incoming), |_| true, rng)
    }
}

impl Receipt {
    fn of(incoming: &Incoming<'_>) -> Self {
        let length = (incoming.message.len() as u64).to_le_bytes();
        Self(sha256(&[
            &length,
            incoming.message,
            incoming.associated_data,
        ]))
    }
}
