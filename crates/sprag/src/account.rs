mod acceptance;
mod account_core;
mod generations;
mod in_memory;
mod places;
mod prekey_ids;
mod publication;

use alloc::vec::Vec;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_wire::decode_bundle;
use sprag_x3dh::{IdentityKey, IdentityKeyPair, Policy, PrekeyId, VerifiedBundle};

use crate::Error;
use crate::frame::Frame;
use crate::limits::BATCH_OF_ONE_TIME_PREKEYS;
use crate::message::DecodedMessage;
use crate::records::{Accepted, Changes};
use crate::session::{Opened, Session};
pub use acceptance::Acceptance;
pub(crate) use acceptance::NamedKeys;
pub use account_core::{AccountCore, Rotation};
use in_memory::InMemory;

/// An identity and the prekeys by which others begin sessions with it.
///
/// An account by itself is the device of no user: the bundles and uploads that it publishes have an empty device list, and
/// it ignores the list in a bundle of a peer.
///
/// An account is a value without I/O. Store a [`snapshot`](Self::snapshot) of it after each call that takes
/// `&mut self`.
#[derive(Debug)]
pub struct Account {
    core: AccountCore,
    records: InMemory,
}

/// The parameters of a session that is to begin. The default is PQXDH, and the first session with this peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Initiation {
    /// The handshakes and ages that are accepted of a bundle.
    pub policy: Policy,
    /// The number of the session among those with this peer: one more than the highest
    /// [ordinal](Session::ordinal) that is known.
    pub ordinal: u32,
}

impl Default for Initiation {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            ordinal: 1,
        }
    }
}

/// The numbers of one-time prekeys that were published and not used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Remaining {
    /// Curve one-time prekeys, in bundles and uploads.
    pub ec: usize,
    /// KEM one-time prekeys, in bundles and uploads.
    pub kem: usize,
    /// Curve one-time prekeys in uploads alone.
    pub uploaded_ec: usize,
    /// KEM one-time prekeys in uploads alone.
    pub uploaded_kem: usize,
}

/// The numbers of one-time prekeys at a directory.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Stock {
    /// Curve one-time prekeys.
    pub ec: usize,
    /// KEM one-time prekeys.
    pub kem: usize,
}

impl Account {
    /// A new account, with an identity of its own. Its prekeys do not state their creation time, so a peer
    /// that limits the age of bundles refuses them until the first [rotation](Self::rotate).
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::generate_at(0, rng)
    }

    /// A new account, made at `now` in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn generate_at(now: u64, rng: &mut impl CryptoRng) -> Self {
        Self {
            core: AccountCore::generate_at(now, rng),
            records: InMemory::default(),
        }
    }

    /// The public key by which others know this account.
    #[must_use]
    pub const fn identity(&self) -> &IdentityKey {
        self.core.identity()
    }

    /// The identity with its private half, to sign that this account is the device of a user.
    #[must_use]
    pub const fn identity_pair(&self) -> &IdentityKeyPair {
        self.core.identity_pair()
    }

    /// A bundle for one reader, with one-time prekeys that are in no other bundle. At most 1,831 bytes.
    ///
    /// After 2^31 prekeys at least, no number is left for another one, and the bundle is
    /// [reusable](Self::publish_reusable).
    pub fn publish(&mut self, rng: &mut impl CryptoRng) -> Vec<u8> {
        let published = self.core.publish(&self.records, NO_LIST, rng);
        without_list(self.changed(published))
    }

    /// A bundle for any number of readers, without one-time prekeys. At most 1,804 bytes.
    ///
    /// A session that begins with it is weaker until this account has answered, because an attacker who steals
    /// the identity key, the signed and the last-resort prekey can read the messages sent before (PQXDH §4.6).
    #[must_use]
    pub fn publish_reusable(&self) -> Vec<u8> {
        without_list(self.core.publish_reusable(NO_LIST))
    }

    /// A bundle for one reader that does not know PQXDH and [allows](Policy::allow_x3dh) X3DH. It has a
    /// one-time prekey that is in no other bundle, as long as there are numbers. At most 193 bytes.
    ///
    /// Sessions that begin with it are not post-quantum: an attacker who records them can read them with a
    /// quantum computer.
    ///
    /// # Errors
    ///
    /// [`Error::PrekeysExhausted`] once there is no further number for a signed prekey.
    pub fn publish_x3dh(&mut self, rng: &mut impl CryptoRng) -> Result<Vec<u8>, Error> {
        let published = self.core.publish_x3dh(&self.records, NO_LIST, rng);
        self.changed(published)
    }

    /// An upload for a directory, which composes bundles from it. It has as many new one-time prekeys as are
    /// missing from 100 of each kind, as far as this account knows: about 170 kB if the directory had none.
    ///
    /// Prekeys that were fetched and never used count as waiting at the directory. If the directory says how
    /// many it has left, use [`replenish_from`](Self::replenish_from).
    ///
    /// The directory reads it with `sprag_wire::decode_upload`.
    ///
    /// # Errors
    ///
    /// [`Error::PrekeysExhausted`] once no number is left for a prekey, which is after 2^31 of them at least.
    pub fn replenish(&mut self, rng: &mut impl CryptoRng) -> Result<Vec<u8>, Error> {
        self.replenish_to(BATCH_OF_ONE_TIME_PREKEYS, rng)
    }

    /// [`replenish`](Self::replenish) to another number than 100.
    ///
    /// # Errors
    ///
    /// Those of [`replenish`](Self::replenish); [`Error::Wire`] if `count` is more than
    /// [`MAX_UPLOAD_PREKEYS`](crate::limits::MAX_UPLOAD_PREKEYS).
    pub fn replenish_to(
        &mut self,
        count: usize,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        let upload = self.core.replenish_to(&self.records, (count, NO_LIST), rng);
        self.changed(upload)
    }

    /// [`replenish`](Self::replenish) for a directory that has these prekeys `left`.
    ///
    /// # Errors
    ///
    /// Those of [`replenish`](Self::replenish).
    pub fn replenish_from(
        &mut self,
        left: Stock,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        let upload = self
            .core
            .replenish_from(&self.records, (left, NO_LIST), rng);
        self.changed(upload)
    }

    /// The numbers of one-time prekeys that were published and not used.
    #[must_use]
    pub fn one_time_prekeys(&self) -> Remaining {
        self.core.one_time_prekeys()
    }

    /// Replaces the signed and the last-resort prekey by new ones, made at `now` in seconds since
    /// 1970-01-01 UTC.
    ///
    /// The new ones are dated after those before, also if the clock went back, because peers refuse a bundle that is older
    /// than one they know; [`redate`](Self::redate) dates them by the clock alone.
    ///
    /// The replaced ones, and those that were replaced before, are kept for `keep` seconds from that date on at most,
    /// because messages that name them may be on their way. Prekeys whose time is up are dropped, and with a `keep` of
    /// 0 all others. A directory needs a new [upload](Self::replenish) before that.
    ///
    /// Once prekeys are dropped, an attacker who steals this account can no longer read the messages that were
    /// sent to it with a reusable bundle before (PQXDH §4.6). First messages by bundles that have them are then
    /// refused.
    ///
    /// # Errors
    ///
    /// [`Error::PrekeysStillKept`] if [as many](crate::limits::MAX_PREVIOUS_PREKEYS) as there is room for are to be kept
    /// longer; [`Error::PrekeysExhausted`] once no number is left for a prekey, which is after 2^31 of them at least.
    pub fn rotate(&mut self, now: u64, keep: u64, rng: &mut impl CryptoRng) -> Result<(), Error> {
        self.replace_prekeys((now, keep), false, rng)
    }

    /// [`rotate`](Self::rotate) with new prekeys that are dated `now`, although those before may be dated later, because
    /// the clock was wrong then. A peer that accepted a bundle of then takes a new one for old, unless its user says otherwise.
    /// All replaced prekeys are kept for `keep` seconds from `now` on at most.
    ///
    /// # Errors
    ///
    /// Those of [`rotate`](Self::rotate).
    pub fn redate(&mut self, now: u64, keep: u64, rng: &mut impl CryptoRng) -> Result<(), Error> {
        self.replace_prekeys((now, keep), true, rng)
    }

    fn replace_prekeys(
        &mut self,
        (now, keep): (u64, u64),
        redate: bool,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Error> {
        let rotation = Rotation {
            now,
            keep,
            drop_by: now,
            redate,
        };
        let changes = self.core.rotate(&rotation, rng)?;
        self.records.apply(changes);
        Ok(())
    }

    /// The time at which the signed and the last-resort prekey were made, in seconds since 1970-01-01 UTC, as a bundle
    /// states it.
    #[must_use]
    pub const fn prekeys_created(&self) -> u64 {
        self.core.prekeys_created()
    }

    /// Drops the replaced prekeys whose time is up at `now`, and tells whether there were any.
    pub fn expire(&mut self, now: u64) -> bool {
        let changes = self.core.expire(now);
        let expired = !changes.expired.is_empty();
        self.records.apply(changes);
        expired
    }

    /// The number of signed prekeys that were replaced and are kept.
    #[must_use]
    pub fn previous_prekeys(&self) -> usize {
        self.core.previous_prekeys()
    }

    /// Begins a session with the publisher of `bundle`, who need not be online.
    ///
    /// Whether the bundle is from the person that is meant is for the caller to establish, by comparing
    /// [`Session::peer`] over another channel.
    ///
    /// # Errors
    ///
    /// [`Error::Wire`] if the bytes are no bundle; [`Error::Handshake`] if it is not for PQXDH, a
    /// signature is not valid, a key contributes nothing, or the bundle is this account's own.
    pub fn initiate(&self, bundle: &[u8], rng: &mut impl CryptoRng) -> Result<Session, Error> {
        self.initiate_with(bundle, &Initiation::default(), rng)
    }

    /// [`initiate`](Self::initiate) under another policy, or with a peer that was met before.
    ///
    /// # Errors
    ///
    /// Those of [`initiate`](Self::initiate); [`Error::Handshake`] if the policy does not accept the
    /// bundle.
    pub fn initiate_with(
        &self,
        bundle: &[u8],
        initiation: &Initiation,
        rng: &mut impl CryptoRng,
    ) -> Result<Session, Error> {
        let bundle = decode_bundle(bundle)?.keys.verify(&initiation.policy)?;
        self.initiate_verified(&bundle, initiation.ordinal, rng)
    }

    /// [`initiate_with`](Self::initiate_with) for a bundle that was decoded and verified before.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] if a key contributes nothing, or the bundle is this account's own.
    pub fn initiate_verified(
        &self,
        bundle: &VerifiedBundle,
        ordinal: u32,
        rng: &mut impl CryptoRng,
    ) -> Result<Session, Error> {
        self.core.initiate_verified(bundle, ordinal, rng)
    }

    /// Begins the session that a message with a handshake asks for, and decrypts the message.
    ///
    /// The session's one-time prekeys are deleted only after the message has authenticated. Store account and
    /// session together, because a crash between the two would lose the session.
    ///
    /// The sender is taken for a stranger. If sessions can begin without one-time prekeys, use
    /// [`accept_decoded`](Self::accept_decoded) to keep room for those who are known.
    ///
    /// # Errors
    ///
    /// [`Error::RepeatOf`] if the session was accepted before, which then decrypts the message;
    /// [`Error::UnknownPrekey`]; [`Error::PrekeyGone`]; [`Error::TooManyReusableSessions`]; [`Error::Wire`];
    /// [`Error::Handshake`]; [`Error::Ratchet`]; [`Error::InvalidPadding`].
    pub fn accept(&mut self, message: &[u8]) -> Result<(Session, Opened), Error> {
        self.accept_with_ad(message, &[])
    }

    /// [`accept`](Self::accept), with associated data that the sender gave too.
    ///
    /// # Errors
    ///
    /// Those of [`accept`](Self::accept).
    pub fn accept_with_ad(
        &mut self,
        message: &[u8],
        associated_data: &[u8],
    ) -> Result<(Session, Opened), Error> {
        self.accept_under(&Policy::default(), message, associated_data)
    }

    /// [`accept_with_ad`](Self::accept_with_ad) under another policy.
    ///
    /// # Errors
    ///
    /// Those of [`accept`](Self::accept); [`Error::Handshake`] if the policy does not accept the
    /// handshake.
    pub fn accept_under(
        &mut self,
        policy: &Policy,
        message: &[u8],
        associated_data: &[u8],
    ) -> Result<(Session, Opened), Error> {
        let acceptance = Acceptance {
            policy: *policy,
            message: &DecodedMessage::decode(message)?,
            associated_data,
        };
        self.accept_decoded(&acceptance, |_| false)
    }

    /// [`accept_under`](Self::accept_under) for a message that was decoded before, and for senders some of whom are
    /// known.
    ///
    /// `is_known` says whether the caller knows an identity. It is asked only for a message that has authenticated, and
    /// that leaves no place to a stranger: the last
    /// [`MAX_REUSABLE_SESSIONS_OF_KNOWN`](crate::limits::MAX_REUSABLE_SESSIONS_OF_KNOWN) sessions without a one-time
    /// prekey are for identities that are known.
    ///
    /// # Errors
    ///
    /// Those of [`accept_under`](Self::accept_under).
    pub fn accept_decoded(
        &mut self,
        acceptance: &Acceptance<'_>,
        is_known: impl FnOnce(&IdentityKey) -> bool,
    ) -> Result<(Session, Opened), Error> {
        let is_known = |identity: &IdentityKey| Ok(is_known(identity));
        let accepted: Result<_, Error> = self.core.accept(&self.records, acceptance, is_known);
        let Accepted {
            session,
            opened,
            changes,
        } = accepted?;
        self.records.apply(changes);
        Ok((session, opened))
    }

    /// The number that the next prekey will have. All prekeys that were made so far have smaller ones.
    #[must_use]
    pub const fn next_prekey_id(&self) -> PrekeyId {
        self.core.next_prekey_id()
    }

    /// The whole account as bytes, to be stored where nobody else can read or write.
    #[must_use]
    pub fn snapshot(&self) -> SecretBuffer {
        self.to_snapshot()
    }

    /// The account that [`snapshot`](Self::snapshot) wrote.
    ///
    /// # Errors
    ///
    /// [`Error::Snapshot`]
    pub fn from_snapshot(bytes: &[u8]) -> Result<Self, Error> {
        Snapshot::from_snapshot(bytes).map_err(Error::Snapshot)
    }

    /// Makes the changes that come with a result.
    fn changed<T>(&mut self, result: Result<(T, Changes), Error>) -> Result<T, Error> {
        let (value, changes) = result?;
        self.records.apply(changes);
        Ok(value)
    }
}

/// An account by itself is the device of no user, so it publishes an empty device list, and ignores that of a peer.
const NO_LIST: &[u8] = &[];

/// The bytes of a bundle, which are refused for nothing but a list that is too long.
fn without_list(bundle: Result<Vec<u8>, Error>) -> Vec<u8> {
    bundle.expect("an empty list is within the limit")
}

/// The whole account. [`snapshot`](Account::snapshot) is this alone.
impl Snapshot for Account {
    fn put(&self, writer: &mut Writer) {
        Frame::Account.put(writer);
        writer.put(&self.core);
        self.records.put(writer);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Frame::Account.expect(reader)?;
        let core = reader.get()?;
        let records = InMemory::get(reader, &core)?;
        Ok(Self { core, records })
    }
}
