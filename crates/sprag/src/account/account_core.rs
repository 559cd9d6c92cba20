//! An account without the parts that grow with its use.

use alloc::vec::Vec;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_wire::{encode_bundle, encode_upload};
use sprag_x3dh::{
    Bundle, CurveBundle, IdentityKey, IdentityKeyPair, OneTimePrekey, PrekeyId, SignedPrekey,
    Upload, VerifiedBundle, pqxdh, x3dh,
};

use super::generations::{Generation, Generations};
use super::places::Places;
use super::prekey_ids::PrekeyIds;
use super::publication::Publication;
use super::{Remaining, Stock};
use crate::Error;
use crate::frame::Frame;
use crate::limits::{BATCH_OF_ONE_TIME_PREKEYS, MAX_LIST_LENGTH, MAX_UPLOAD_PREKEYS};
use crate::records::{AccountRecords, Changes, GenerationId, OneTimeKind, Published};
use crate::session::Session;

/// An account without the parts that grow with its use, which its caller keeps as [records](crate::records).
///
/// The methods that return [`Changes`] change the core too: store both in one commit. After an error of the medium,
/// drop the core and read it again.
#[derive(Debug)]
pub struct AccountCore {
    pub(super) identity: IdentityKeyPair,
    pub(super) ids: PrekeyIds,
    pub(super) generations: Generations,
    pub(super) one_time_prekeys: Places,
    pub(super) one_time_kem_prekeys: Places,
    /// The number of sessions that were accepted with a one-time prekey.
    pub(super) accepted: u32,
}

impl AccountCore {
    /// The number that the next prekey will have. All prekeys that were made so far have smaller ones.
    #[must_use]
    pub const fn next_prekey_id(&self) -> PrekeyId {
        self.ids.next()
    }

    /// A new account; see [`Account::generate_at`](crate::Account::generate_at). It has no records yet.
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
            one_time_prekeys: Places::default(),
            one_time_kem_prekeys: Places::default(),
            accepted: 0,
        }
    }

    /// The public key by which others know this account.
    #[must_use]
    pub const fn identity(&self) -> &IdentityKey {
        self.identity.public()
    }

    /// The identity key with its private half, for the signature by which a device joins a user.
    #[must_use]
    pub const fn identity_pair(&self) -> &IdentityKeyPair {
        &self.identity
    }

    /// A bundle for one reader, with the device list `list`; see [`Account::publish`](crate::Account::publish).
    ///
    /// # Errors
    ///
    /// Those of the medium; [`Error::Wire`] if the list is longer than [`MAX_LIST_LENGTH`].
    pub fn publish<E: From<Error>>(
        &mut self,
        records: &impl AccountRecords<E>,
        list: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(Vec<u8>, Changes), E> {
        check_list(list)?;
        let Some([id, kem_id]) = self.ids.take_two() else {
            return Ok((self.publish_reusable(list)?, Changes::default()));
        };
        let mut publication = Publication::new(self, records, Published::InBundle);
        let one_time_prekey = publication.one_time_prekey(id, rng)?;
        let kem_prekey = publication.one_time_kem_prekey(kem_id, rng)?;
        let changes = publication.changes;
        let curve = self.curve_bundle(self.current_signed_prekey(), Some(one_time_prekey));
        let bundle = Bundle::Pqxdh(pqxdh::Bundle { curve, kem_prekey });
        Ok((encoded(&bundle, list)?, changes))
    }

    /// A bundle for any number of readers, with the device list `list`; see
    /// [`Account::publish_reusable`](crate::Account::publish_reusable).
    ///
    /// # Errors
    ///
    /// [`Error::Wire`] if the list is longer than [`MAX_LIST_LENGTH`].
    pub fn publish_reusable(&self, list: &[u8]) -> Result<Vec<u8>, Error> {
        let curve = self.curve_bundle(self.current_signed_prekey(), None);
        let kem_prekey = self.generations.current().last_resort().public();
        encoded(&Bundle::Pqxdh(pqxdh::Bundle { curve, kem_prekey }), list)
    }

    /// A bundle for one reader that does not know PQXDH, with the device list `list`; see
    /// [`Account::publish_x3dh`](crate::Account::publish_x3dh).
    ///
    /// # Errors
    ///
    /// Those of [`publish`](Self::publish); [`Error::PrekeysExhausted`] once there is no further number for a signed
    /// prekey.
    pub fn publish_x3dh<E: From<Error>>(
        &mut self,
        records: &impl AccountRecords<E>,
        list: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(Vec<u8>, Changes), E> {
        check_list(list)?;
        let generation = self.generations.current_mut();
        let signed_prekey = generation
            .x3dh_signed_prekey(&mut self.ids, &self.identity, rng)
            .ok_or(Error::PrekeysExhausted)?
            .public();
        let id = self.ids.take();
        let mut publication = Publication::new(self, records, Published::InBundle);
        let one_time_prekey = id.map(|id| publication.one_time_prekey(id, rng));
        let one_time_prekey = one_time_prekey.transpose()?;
        let changes = publication.changes;
        let curve = self.curve_bundle(signed_prekey, one_time_prekey);
        let bundle = Bundle::X3dh(x3dh::Bundle { curve });
        Ok((encoded(&bundle, list)?, changes))
    }

    /// An upload that tops a directory up to `count` of each kind, with the device list `list`; see
    /// [`Account::replenish_to`](crate::Account::replenish_to).
    ///
    /// # Errors
    ///
    /// Those of the medium; [`Error::PrekeysExhausted`] once no number is left for a prekey; [`Error::Wire`] if `count`
    /// is more than [`MAX_UPLOAD_PREKEYS`], or the list is longer than [`MAX_LIST_LENGTH`].
    pub fn replenish_to<E: From<Error>>(
        &mut self,
        records: &impl AccountRecords<E>,
        (count, list): (usize, &[u8]),
        rng: &mut impl CryptoRng,
    ) -> Result<(Vec<u8>, Changes), E> {
        if count > MAX_UPLOAD_PREKEYS {
            return Err(Error::Wire(sprag_wire::Error::Oversized).into());
        }
        let left = self.one_time_prekeys();
        let new = Stock {
            ec: count.saturating_sub(left.uploaded_ec),
            kem: count.saturating_sub(left.uploaded_kem),
        };
        self.upload(records, (new, list), rng)
    }

    /// An upload for a directory that has these prekeys `left`, with the device list `list`; see
    /// [`Account::replenish_from`](crate::Account::replenish_from).
    ///
    /// # Errors
    ///
    /// Those of [`replenish_to`](Self::replenish_to).
    pub fn replenish_from<E: From<Error>>(
        &mut self,
        records: &impl AccountRecords<E>,
        (left, list): (Stock, &[u8]),
        rng: &mut impl CryptoRng,
    ) -> Result<(Vec<u8>, Changes), E> {
        let new = Stock {
            ec: BATCH_OF_ONE_TIME_PREKEYS.saturating_sub(left.ec),
            kem: BATCH_OF_ONE_TIME_PREKEYS.saturating_sub(left.kem),
        };
        self.upload(records, (new, list), rng)
    }

    /// An upload with `new` one-time prekeys.
    fn upload<E: From<Error>>(
        &mut self,
        records: &impl AccountRecords<E>,
        (new, list): (Stock, &[u8]),
        rng: &mut impl CryptoRng,
    ) -> Result<(Vec<u8>, Changes), E> {
        check_list(list)?;
        let Stock { ec, kem } = new;
        // Take all numbers before any key is made.
        let mut ids = self
            .ids
            .take_many(ec + kem)
            .ok_or(Error::PrekeysExhausted)?;
        // Make the one-time prekeys.
        let mut publication = Publication::new(self, records, Published::InUpload);
        let one_time_prekeys = ids
            .by_ref()
            .take(ec)
            .map(|id| publication.one_time_prekey(id, rng))
            .collect::<Result<_, _>>()?;
        let one_time_kem_prekeys = ids
            .map(|id| publication.one_time_kem_prekey(id, rng))
            .collect::<Result<_, _>>()?;
        let changes = publication.changes;
        // Send their public halves with the current generation.
        let generation = self.generations.current();
        let upload = Upload {
            identity: *self.identity.public(),
            signed_prekey: generation.signed_prekey().public(),
            last_resort_kem_prekey: generation.last_resort().public(),
            one_time_prekeys,
            one_time_kem_prekeys,
        };
        let upload = encode_upload(&upload, list);
        Ok((upload.map_err(Error::Wire)?, changes))
    }

    /// The numbers of one-time prekeys that were published and not used.
    #[must_use]
    pub fn one_time_prekeys(&self) -> Remaining {
        let uploaded_ec = self.one_time_prekeys.kept(Published::InUpload);
        let uploaded_kem = self.one_time_kem_prekeys.kept(Published::InUpload);
        Remaining {
            ec: uploaded_ec + self.one_time_prekeys.kept(Published::InBundle),
            kem: uploaded_kem + self.one_time_kem_prekeys.kept(Published::InBundle),
            uploaded_ec,
            uploaded_kem,
        }
    }

    /// Replaces the signed and the last-resort prekey; see [`Account::rotate`](crate::Account::rotate).
    ///
    /// # Errors
    ///
    /// [`Error::PrekeysStillKept`] if there is no room to keep the replaced ones;
    /// [`Error::PrekeysExhausted`] once no number is left for a prekey, which is after 2^31 of them at least.
    pub fn rotate(
        &mut self,
        rotation: &Rotation,
        rng: &mut impl CryptoRng,
    ) -> Result<Changes, Error> {
        let &Rotation {
            now,
            keep,
            drop_by,
            redate,
        } = rotation;
        // See that there is room, after those whose time is up and if any are to be kept.
        let full = self.generations.full_until(drop_by);
        if let Some(until) = full.filter(|_| keep > 0) {
            return Err(Error::PrekeysStillKept(until));
        }
        // Make the new ones.
        let created = if redate {
            now
        } else {
            now_or_after(self.prekeys_created(), now)
        };
        let next = Generation::generate(created, &mut self.ids, &self.identity, rng)
            .ok_or(Error::PrekeysExhausted)?;
        // Put them in the place of the current ones.
        let mut changes = self.expire(drop_by);
        if keep == 0 {
            changes.expired.extend(self.generations.replace_all(next));
        } else {
            // Count from the date of the new ones: if the clock went back, that is the later of two times of which one is
            // wrong, and the time that was promised is over by both.
            self.generations.replace(next, created.saturating_add(keep));
        }
        Ok(changes)
    }

    /// The time at which the signed and the last-resort prekey were made, in seconds since 1970-01-01 UTC, as a bundle
    /// states it.
    #[must_use]
    pub const fn prekeys_created(&self) -> u64 {
        self.generations.current().created()
    }

    /// The name of the signed and the last-resort prekey, which those that replace them do not have. It rises.
    #[must_use]
    pub const fn generation(&self) -> GenerationId {
        self.generations.current().id()
    }

    /// Drops the replaced prekeys whose time is up at `now`. If there were none, no generation is among the changes.
    pub fn expire(&mut self, now: u64) -> Changes {
        Changes {
            expired: self.generations.expire(now),
            ..Changes::default()
        }
    }

    /// The number of signed prekeys that were replaced and are kept.
    #[must_use]
    pub fn previous_prekeys(&self) -> usize {
        self.generations.previous()
    }

    /// Begins a session; see [`Account::initiate_verified`](crate::Account::initiate_verified).
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

    /// The core as bytes, to be stored where nobody else can read or write.
    #[must_use]
    pub fn snapshot(&self) -> SecretBuffer {
        self.to_snapshot()
    }

    /// The core that [`snapshot`](Self::snapshot) wrote.
    ///
    /// # Errors
    ///
    /// [`Error::Snapshot`]
    pub fn from_snapshot(bytes: &[u8]) -> Result<Self, Error> {
        Snapshot::from_snapshot(bytes).map_err(Error::Snapshot)
    }

    pub(super) const fn places_mut(&mut self, kind: OneTimeKind) -> &mut Places {
        match kind {
            OneTimeKind::Ec => &mut self.one_time_prekeys,
            OneTimeKind::Kem => &mut self.one_time_kem_prekeys,
        }
    }

    fn current_signed_prekey(&self) -> SignedPrekey {
        self.generations.current().signed_prekey().public()
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
}

/// The parameters of a [rotation](AccountCore::rotate). Times are in seconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Rotation {
    /// The time of the rotation.
    pub now: u64,
    /// The seconds for which the replaced prekeys are kept, from the date of the new ones on.
    pub keep: u64,
    /// The time by which prekeys that were replaced before are dropped. It may be earlier than `now`, if nobody vouches for
    /// the clock.
    pub drop_by: u64,
    /// Set to date the new prekeys `now` although those before are dated later.
    pub redate: bool,
}

/// Refuses a device list that no bundle can have, before any prekey is made or numbered.
fn check_list(list: &[u8]) -> Result<(), Error> {
    if list.len() > MAX_LIST_LENGTH {
        return Err(Error::Wire(sprag_wire::Error::Oversized));
    }
    Ok(())
}

fn encoded(bundle: &Bundle, list: &[u8]) -> Result<Vec<u8>, Error> {
    encode_bundle(bundle, list).map_err(Error::Wire)
}

/// The creation time of prekeys that are made `now` and follow others, made at `before`: a later one, because peers refuse
/// a bundle that is older than one they know. A time of 0 is not known, and stays so.
const fn now_or_after(before: u64, now: u64) -> u64 {
    if now > before || before == 0 {
        now
    } else {
        before.saturating_add(1)
    }
}

/// The core alone. [`snapshot`](AccountCore::snapshot) is this.
impl Snapshot for AccountCore {
    fn put(&self, writer: &mut Writer) {
        Frame::AccountCore.put(writer);
        writer.put(&self.identity);
        writer.put(&self.ids);
        writer.put(&self.generations);
        writer.put(&self.one_time_prekeys);
        writer.put(&self.one_time_kem_prekeys);
        writer.put(&self.accepted);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Frame::AccountCore.expect(reader)?;
        Ok(Self {
            identity: reader.get()?,
            ids: reader.get()?,
            generations: reader.get()?,
            one_time_prekeys: reader.get()?,
            one_time_kem_prekeys: reader.get()?,
            accepted: reader.get()?,
        })
    }
}
