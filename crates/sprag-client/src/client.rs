mod account_records;
mod added;
mod allowed_suites;
mod bare_messages;
mod bundles;
mod carry_over;
mod clock;
mod contents;
mod decryption;
mod evidence;
mod files;
mod handing_over;
mod incoming;
mod joining;
mod late;
mod linking;
mod lists;
mod outgoing;
mod owed;
mod own_devices;
mod own_prekeys;
mod own_user;
mod peers;
mod prekeys;
mod progress;
mod received;
mod recovery;
mod renewals;
mod repair;
mod revocation;
mod rules;
mod sender;
mod sending;
mod sessions;
mod signing;
mod unacknowledged;
mod unreadable;
mod users;
mod verification;

use alloc::vec::Vec;

use sprag::records::AccountCore;
use sprag::{IdentityKey, Policy};
use sprag_devices::{DeviceList, KnownList, UserKeyPair};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use crate::error::ClientError;
use crate::records::{Devices, Format, OwnUser, Signing};
use crate::store::{Batch, Committed, CountedStore, Store};
use crate::store_key::StoreKey;
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind, Vault};

pub use added::{Added, Addition};
pub use files::{IncomingFile, OutgoingFile, ReceivedFile};
pub use incoming::Incoming;
pub use joining::{Acceptance, Accepted, Welcomed};
pub use linking::{Admission, Invitation, LinkRequest, Linked};
pub use outgoing::{DeviceMessage, Outgoing, Sent, SkipReason, Skipped};
pub use owed::{Owed, OwedKind, OwedMessage};
pub use own_devices::OwnDevice;
pub use peers::{DeviceStatus, PeerStatus};
pub(crate) use received::{Digest, RECEIPT_BEGINNING_LENGTH};
pub use received::{Receipt, Received, SentBy};
pub use recovery::Recovering;
pub use repair::{DeviceRepair, RepairOutcome};
pub use revocation::Revocation;
pub use rules::{AutoRepair, ListAge, Rules};
pub use sender::Sender;
pub use signing::SigningStatus;
pub use unacknowledged::UnacknowledgedMessage;

/// An account with its peers and sessions, kept in a store.
///
/// A client holds no state but its store's. Each operation reads what it needs and makes all its changes in
/// one atomic commit, so what an operation returns has been committed, and an operation that is refused has
/// changed nothing. The exceptions are what must outlast a refusal: evidence against a user
/// ([`Equivocation`](ClientError::Equivocation)), counts of [wrong digits](ClientError::WrongDigits), of
/// [unknown contents](PeerStatus::unknown_contents) and of [unreadable messages](PeerStatus::unreadable), the reason for which a
/// new session is [due](DeviceStatus::due), and the end of a device that its user has [removed](ClientError::Removed).
/// Where the store itself fails, either nothing was changed or all of it was.
#[derive(Debug)]
pub struct Client<S> {
    store: S,
    vault: Vault,
    policy: Policy,
    rules: Rules,
}

type Result<T, S> = core::result::Result<T, ClientError<<S as Store>::Error>>;

impl<S: Store> Client<S> {
    /// A new account in an empty store, and a new user whose first device it is.
    ///
    /// # Errors
    ///
    /// [`ClientError::AccountExists`] if the store has one; [`ClientError::Store`].
    pub fn create(store: S, key: &StoreKey, rng: &mut impl CryptoRng) -> Result<Self, S> {
        Self::create_at(store, key, 0, rng)
    }

    /// [`create`](Self::create) with prekeys made at `now`, in seconds since 1970-01-01 UTC. Peers that limit
    /// the age of bundles demand a time.
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
        let account = AccountCore::generate_at(now, rng);
        let user = UserKeyPair::generate(rng);
        let list = DeviceList::first(&user, account.identity_pair(), now, rng);
        let own = OwnUser {
            identity: *account.identity(),
            list: KnownList::new(list),
            devices: Devices::default(),
            signing: Signing::Sure,
        };
        Self::create_with((store, key), &account, Some((&user, &own)), rng)
    }

    /// A new account in an empty store that is no user's device yet. It [joins](Self::join) one, and until then refuses what
    /// needs a device list.
    ///
    /// # Errors
    ///
    /// Those of [`create`](Self::create).
    pub fn create_device(
        store: S,
        key: &StoreKey,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, S> {
        let account = AccountCore::generate_at(now, rng);
        Self::create_with((store, key), &account, None, rng)
    }

    fn create_with(
        (store, key): (S, &StoreKey),
        account: &AccountCore,
        user: Option<(&UserKeyPair, &OwnUser)>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, S> {
        let mut client = Self::new_in_empty_store(store, key)?;
        let mut transaction = Transaction::new(&client.vault, rng);
        client.add_account(account, &mut transaction);
        if let Some((key, own)) = user {
            transaction.add_new_user(key, own);
            transaction.tell_all_prekeys(own, account.generation());
        }
        let batch = transaction.finish();
        client.commit(&batch)?;
        Ok(client)
    }

    /// A client without an account.
    fn new_in_empty_store(store: S, key: &StoreKey) -> Result<Self, S> {
        let client = Self::new(store, key);
        if !client.records_under(&[])?.is_empty() {
            return Err(ClientError::AccountExists);
        }
        Ok(client)
    }

    /// Stages a new account, and the store's format.
    fn add_account<R: CryptoRng>(
        &self,
        account: &AccountCore,
        transaction: &mut Transaction<'_, R>,
    ) {
        transaction.create(self.account_name(), account.snapshot().expose());
        let format = Format::CURRENT.to_snapshot();
        transaction.create(self.format_name(), format.expose());
    }

    /// The account that `store` has.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoAccount`]; [`ClientError::Removed`] if the user has removed this device, of which nothing is left then;
    /// [`ClientError::OlderStore`] if the store must be
    /// [carried over](Self::carry_over) first; [`ClientError::NewerStore`] if it is from a later version;
    /// [`ClientError::Damaged`] if the store is of another key, or was changed; [`ClientError::Store`].
    pub fn open(store: S, key: &StoreKey) -> Result<Self, S> {
        let client = Self::new(store, key);
        let format = client.format()?;
        client.account()?;
        match format {
            Format::CURRENT => Ok(client),
            Format(older) => Err(ClientError::OlderStore(older)),
        }
    }

    /// [`open`](Self::open) for a program that keeps the number of the store's commits elsewhere, for example beside the files
    /// that it has written. It must have at least `commits`.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open); [`ClientError::RolledBack`] if the store has fewer commits, so that it was put back to an
    /// older state. Once it was [opened](Self::open) and [marked](Self::mark_restored) it can be used, and counts
    /// on from there.
    pub fn open_expecting(store: S, key: &StoreKey, commits: u64) -> Result<Self, S>
    where
        S: CountedStore,
    {
        let client = Self::open(store, key)?;
        if client.store.commits().map_err(ClientError::Store)? < commits {
            return Err(ClientError::RolledBack);
        }
        Ok(client)
    }

    /// The format of the store. A later one is refused before anything else is read.
    fn format(&self) -> Result<Format, S> {
        let Some(record) = self.read(self.format_name())? else {
            return Ok(Format::FIRST);
        };
        let format = Format::from_snapshot(record.content.expose())?;
        if format.0 > Format::CURRENT.0 {
            return Err(ClientError::NewerStore(format.0));
        }
        Ok(format)
    }

    fn format_name(&self) -> Vec<u8> {
        self.vault.name(RecordKind::Format, &[])
    }

    fn new(store: S, key: &StoreKey) -> Self {
        Self {
            store,
            vault: Vault::new(key),
            policy: Policy::default(),
            rules: Rules::default(),
        }
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

    /// Accepts from now on what `policy` accepts. A new client accepts PQXDH alone, and bundles of any age.
    ///
    /// The policy is not stored. One that limits the age of bundles knows one time: set it again before each
    /// [`add`](Self::add) and [`encrypt`](Self::encrypt).
    pub const fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// The identity key of this device.
    ///
    /// # Errors
    ///
    /// [`ClientError::Damaged`], [`ClientError::Store`]
    pub fn identity(&self) -> Result<IdentityKey, S> {
        Ok(*self.account()?.core.identity())
    }

    fn account_name(&self) -> Vec<u8> {
        self.vault.name(RecordKind::Account, &[])
    }

    /// Reads the record `name`, if there is one.
    fn read(&self, name: Vec<u8>) -> Result<Option<Record>, S> {
        let Some(sealed) = self.store.get(&name).map_err(ClientError::Store)? else {
            return Ok(None);
        };
        let record = self.vault.open(name, sealed);
        record.map(Some).ok_or(ClientError::Damaged)
    }

    /// Reads all records whose names begin with `prefix`.
    fn records_under(&self, prefix: &[u8]) -> Result<Vec<Record>, S> {
        self.store
            .scan(prefix)
            .map_err(ClientError::Store)?
            .into_iter()
            .map(|(name, sealed)| self.vault.open(name, sealed).ok_or(ClientError::Damaged))
            .collect()
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), S> {
        match self.store.commit(batch).map_err(ClientError::Store)? {
            Committed::Done => Ok(()),
            Committed::Conflict => Err(ClientError::Conflict),
        }
    }
}
