mod accepted;
mod generations;
mod named_keys;
mod one_time_prekeys;
mod prekey_ids;

use alloc::vec::Vec;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_wire::{Kind, decode_bundle, encode_bundle, encode_upload};
use sprag_x3dh::{
    Bundle, CurveBundle, IdentityKey, IdentityKeyPair, KemPrekey, KemPrekeyPair, OneTimePrekey,
    OneTimePrekeyPair, Policy, SessionId, SignedPrekey, Upload, VerifiedBundle, pqxdh, x3dh,
};

use crate::Error;
use crate::frame::Frame;
use crate::limits::{BATCH_OF_ONE_TIME_PREKEYS, MAX_UPLOAD_PREKEYS};
use crate::message::DecodedMessage;
use crate::session::{Opened, Session};
use accepted::Accepted;
use generations::{Generation, Generations};
pub(crate) use named_keys::NamedKeys;
use one_time_prekeys::{OneTimePrekeys, Published};
use prekey_ids::PrekeyIds;

/// An identity and the prekeys by which others begin sessions with it.
///
/// An account is a value without I/O. Store a [`snapshot`](Self::snapshot) of it after each call that takes
/// `&mut self`.
#[derive(Debug)]
pub struct Account {
    identity: IdentityKeyPair,
    ids: PrekeyIds,
    generations: Generations,
    one_time_prekeys: OneTimePrekeys<OneTimePrekeyPair>,
    one_time_kem_prekeys: OneTimePrekeys<KemPrekeyPair>,
    accepted: Accepted,
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
    ///
    /// # Panics
    ///
    /// Never: the first prekeys have numbers.
    #[must_use]
    pub fn generate_at(now: u64, rng: &mut impl CryptoRng) -> Self {
        let identity = IdentityKeyPair::generate(rng);
        let mut ids = PrekeyIds::random(rng);
        let first = Generation::generate(now, &mut ids, &identity, rng);
        Self {
            generations: Generations::new(first.expect("numbers are left")),
            identity,
            ids,
            one_time_prekeys: OneTimePrekeys::new(),
            one_time_kem_prekeys: OneTimePrekeys::new(),
            accepted: Accepted::default(),
        }
    }

    /// The public key by which others know this account.
    #[must_use]
    pub const fn identity(&self) -> &IdentityKey {
        self.identity.public()
    }

    /// A bundle for one reader, with one-time prekeys that are in no other bundle. At most 1,830 bytes.
    ///
    /// After 2^31 prekeys at least, no number is left for another one, and the bundle is
    /// [reusable](Self::publish_reusable).
    pub fn publish(&mut self, rng: &mut impl CryptoRng) -> Vec<u8> {
        let Some([id, kem_id]) = self.ids.take_two() else {
            return self.publish_reusable();
        };
        let one_time_prekey = self.new_one_time_prekey(id, Published::Bundle, rng);
        let kem_prekey = self.new_one_time_kem_prekey(kem_id, Published::Bundle, rng);
        self.bundle(Some(one_time_prekey), kem_prekey)
    }

    /// A bundle for any number of readers, without one-time prekeys. At most 1,803 bytes.
    ///
    /// A session that begins with it is weaker until this account has answered, because an attacker who steals
    /// the identity key, the signed and the last-resort prekey can read the messages sent before (PQXDH §4.6).
    #[must_use]
    pub fn publish_reusable(&self) -> Vec<u8> {
        self.bundle(None, self.generations.current().last_resort().public())
    }

    /// A bundle for one reader that does not know PQXDH and [allows](Policy::allow_x3dh) X3DH. It has a
    /// one-time prekey that is in no other bundle, as long as there are numbers. At most 192 bytes.
    ///
    /// Sessions that begin with it are not post-quantum: an attacker who records them can read them with a
    /// quantum computer.
    ///
    /// # Errors
    ///
    /// [`Error::PrekeysExhausted`] once there is no further number for a signed prekey.
    pub fn publish_x3dh(&mut self, rng: &mut impl CryptoRng) -> Result<Vec<u8>, Error> {
        let generation = self.generations.current_mut();
        let signed_prekey = generation
            .x3dh_signed_prekey(&mut self.ids, &self.identity, rng)
            .ok_or(Error::PrekeysExhausted)?
            .public();
        let id = self.ids.take();
        let one_time_prekey = id.map(|id| self.new_one_time_prekey(id, Published::Bundle, rng));
        let curve = self.curve_bundle(signed_prekey, one_time_prekey);
        Ok(encode_bundle(&Bundle::X3dh(x3dh::Bundle { curve })))
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
    /// [`MAX_UPLOAD_PREKEYS`].
    pub fn replenish_to(
        &mut self,
        count: usize,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        if count > MAX_UPLOAD_PREKEYS {
            return Err(Error::Wire(sprag_wire::Error::Oversized));
        }
        let ec = count.saturating_sub(self.one_time_prekeys.uploaded());
        let kem = count.saturating_sub(self.one_time_kem_prekeys.uploaded());
        self.upload(Stock { ec, kem }, rng)
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
        let new = Stock {
            ec: BATCH_OF_ONE_TIME_PREKEYS.saturating_sub(left.ec),
            kem: BATCH_OF_ONE_TIME_PREKEYS.saturating_sub(left.kem),
        };
        self.upload(new, rng)
    }

    /// An upload with `new` one-time prekeys.
    fn upload(&mut self, new: Stock, rng: &mut impl CryptoRng) -> Result<Vec<u8>, Error> {
        let Stock { ec, kem } = new;
        // Take all numbers before any key is made.
        let mut ids = self
            .ids
            .take_many(ec + kem)
            .ok_or(Error::PrekeysExhausted)?;
        // Make and keep the one-time prekeys.
        let one_time_prekeys = ids
            .by_ref()
            .take(ec)
            .map(|id| self.new_one_time_prekey(id, Published::Upload, rng))
            .collect();
        let one_time_kem_prekeys = ids
            .map(|id| self.new_one_time_kem_prekey(id, Published::Upload, rng))
            .collect();
        // Send their public halves with the current generation.
        let generation = self.generations.current();
        Ok(encode_upload(&Upload {
            identity: *self.identity.public(),
            signed_prekey: generation.signed_prekey().public(),
            last_resort_kem_prekey: generation.last_resort().public(),
            one_time_prekeys,
            one_time_kem_prekeys,
        })?)
    }

    /// The numbers of one-time prekeys that were published and not used.
    #[must_use]
    pub fn one_time_prekeys(&self) -> Remaining {
        Remaining {
            ec: self.one_time_prekeys.len(),
            kem: self.one_time_kem_prekeys.len(),
            uploaded_ec: self.one_time_prekeys.uploaded(),
            uploaded_kem: self.one_time_kem_prekeys.uploaded(),
        }
    }

    /// Replaces the signed and the last-resort prekey by new ones, made at `now` in seconds since
    /// 1970-01-01 UTC.
    ///
    /// The replaced ones, and those that were replaced before, are kept for `keep` seconds at most, because
    /// messages that name them may be on their way. Prekeys whose time is up are dropped. A directory needs a
    /// new [upload](Self::replenish) before that.
    ///
    /// Once prekeys are dropped, an attacker who steals this account can no longer read the messages that were
    /// sent to it with a reusable bundle before (PQXDH §4.6). First messages by bundles that have them are then
    /// refused.
    ///
    /// # Errors
    ///
    /// [`Error::PrekeysExhausted`] once no number is left for a prekey, which is after 2^31 of them at least.
    pub fn rotate(&mut self, now: u64, keep: u64, rng: &mut impl CryptoRng) -> Result<(), Error> {
        let next = Generation::generate(now, &mut self.ids, &self.identity, rng)
            .ok_or(Error::PrekeysExhausted)?;
        self.generations.replace(next, now.saturating_add(keep));
        self.generations.expire(now);
        Ok(())
    }

    /// Drops the replaced prekeys whose time is up at `now`, and tells whether there were any.
    pub fn expire(&mut self, now: u64) -> bool {
        self.generations.expire(now)
    }

    /// The number of signed prekeys that were replaced and are kept.
    #[must_use]
    pub fn previous_prekeys(&self) -> usize {
        self.generations.previous()
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
        let bundle = decode_bundle(bundle)?.verify(&initiation.policy)?;
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
        Session::initiate(&self.identity, bundle, ordinal, rng)
    }

    /// Begins the session that a message with a handshake asks for, and decrypts the message.
    ///
    /// The session's one-time prekeys are deleted only after the message has authenticated. Store account and
    /// session together, because a crash between the two would lose the session.
    ///
    /// # Errors
    ///
    /// [`Error::RepeatOf`] if the session was accepted before, which then decrypts the message;
    /// [`Error::UnknownPrekey`]; [`Error::TooManyReusableSessions`]; [`Error::Wire`];
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
        self.accept_decoded(policy, &DecodedMessage::decode(message)?, associated_data)
    }

    /// [`accept_under`](Self::accept_under) for a message that was decoded before.
    ///
    /// # Errors
    ///
    /// Those of [`accept_under`](Self::accept_under).
    pub fn accept_decoded(
        &mut self,
        policy: &Policy,
        message: &DecodedMessage<'_>,
        associated_data: &[u8],
    ) -> Result<(Session, Opened), Error> {
        let other_kind = sprag_wire::Error::OtherKind(Kind::Message);
        let handshake = message.handshake.as_ref().ok_or(other_kind)?;
        policy.accept(handshake.message.suite())?;
        self.check_new(&handshake.session_id)?;
        // Come to the session and decrypt the message in it.
        let keys = self.named_keys(&handshake.message)?;
        let (one_time_keys, weakest) = (keys.one_time_keys, keys.weakest);
        let mut session = Session::respond(&keys, handshake)?;
        let opened = session.decrypt_decoded(message, associated_data)?;
        // The message is authentic: remember the session, and delete the one-time prekeys.
        if one_time_keys.are_none() {
            self.generations.remember(weakest, *session.id());
        } else {
            self.accepted.remember(*session.id());
        }
        if let Some(id) = one_time_keys.ec {
            self.one_time_prekeys.delete(id);
        }
        if let Some(id) = one_time_keys.kem {
            self.one_time_kem_prekeys.delete(id);
        }
        Ok((session, opened))
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

    fn new_one_time_prekey(
        &mut self,
        id: u32,
        published: Published,
        rng: &mut impl CryptoRng,
    ) -> OneTimePrekey {
        let pair = OneTimePrekeyPair::generate(id, rng);
        let public = pair.public();
        self.one_time_prekeys.keep(pair, published);
        public
    }

    fn new_one_time_kem_prekey(
        &mut self,
        id: u32,
        published: Published,
        rng: &mut impl CryptoRng,
    ) -> KemPrekey {
        let (pair, public) = KemPrekeyPair::generate_one_time(id, &self.identity, rng);
        self.one_time_kem_prekeys.keep(pair, published);
        public
    }

    fn bundle(&self, one_time_prekey: Option<OneTimePrekey>, kem_prekey: KemPrekey) -> Vec<u8> {
        let signed_prekey = self.generations.current().signed_prekey().public();
        let curve = self.curve_bundle(signed_prekey, one_time_prekey);
        encode_bundle(&Bundle::Pqxdh(pqxdh::Bundle { curve, kem_prekey }))
    }

    const fn curve_bundle(
        &self,
        signed_prekey: SignedPrekey,
        one_time_prekey: Option<OneTimePrekey>,
    ) -> CurveBundle {
        CurveBundle {
            identity: *self.identity.public(),
            signed_prekey,
            one_time_prekey,
        }
    }

    /// Refuses a session that was accepted before.
    fn check_new(&self, id: &SessionId) -> Result<(), Error> {
        if self.accepted.is_remembered(id) || self.generations.is_remembered(id) {
            return Err(Error::RepeatOf(*id));
        }
        Ok(())
    }
}

/// The whole account. [`snapshot`](Account::snapshot) is this alone.
impl Snapshot for Account {
    fn put(&self, writer: &mut Writer) {
        Frame::Account.put(writer);
        writer.put(&self.identity);
        writer.put(&self.ids);
        writer.put(&self.generations);
        self.one_time_prekeys.put(writer);
        self.one_time_kem_prekeys.put(writer);
        writer.put(&self.accepted);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Frame::Account.expect(reader)?;
        let identity = reader.get()?;
        let ids: PrekeyIds = reader.get()?;
        Ok(Self {
            identity,
            generations: reader.get()?,
            one_time_prekeys: OneTimePrekeys::get(reader, ids.next())?,
            one_time_kem_prekeys: OneTimePrekeys::get(reader, ids.next())?,
            accepted: reader.get()?,
            ids,
        })
    }
}
