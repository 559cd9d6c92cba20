//! The one-time prekeys that one call publishes.

use alloc::boxed::Box;

use sprag_primitives::rand_core::CryptoRng;
use sprag_x3dh::{KemPrekey, KemPrekeyPair, OneTimePrekey, OneTimePrekeyPair, PrekeyId};

use super::account_core::AccountCore;
use crate::records::{AccountRecords, Changes, Deleted, OneTime, OneTimeKind, Place, Published};

/// A bundle or an upload in the making. Each new key gets a place, and the key that was there leaves.
pub(super) struct Publication<'a, R> {
    pub(super) core: &'a mut AccountCore,
    pub(super) records: &'a R,
    pub(super) published: Published,
    pub(super) changes: Changes,
}

impl<'a, R> Publication<'a, R> {
    pub(super) fn new(core: &'a mut AccountCore, records: &'a R, published: Published) -> Self {
        Self {
            core,
            records,
            published,
            changes: Changes::default(),
        }
    }

    /// A new curve one-time prekey: keeps the private half and returns the public one.
    pub(super) fn one_time_prekey<E>(
        &mut self,
        id: PrekeyId,
        rng: &mut impl CryptoRng,
    ) -> Result<OneTimePrekey, E>
    where
        R: AccountRecords<E>,
    {
        let place = self.take_place(OneTimeKind::Ec)?;
        let pair = Box::new(OneTimePrekeyPair::generate(id, rng));
        let public = pair.public();
        self.changes.one_time_prekeys.push(OneTime { place, pair });
        Ok(public)
    }

    /// A new KEM one-time prekey: keeps the private half and returns the public one.
    pub(super) fn one_time_kem_prekey<E>(
        &mut self,
        id: PrekeyId,
        rng: &mut impl CryptoRng,
    ) -> Result<KemPrekey, E>
    where
        R: AccountRecords<E>,
    {
        let place = self.take_place(OneTimeKind::Kem)?;
        let (pair, public) = KemPrekeyPair::generate_one_time(id, &self.core.identity, rng);
        let pair = Box::new(pair);
        let new = OneTime { place, pair };
        self.changes.one_time_kem_prekeys.push(new);
        Ok(public)
    }

    fn take_place<E>(&mut self, kind: OneTimeKind) -> Result<Place, E>
    where
        R: AccountRecords<E>,
    {
        let published = self.published;
        let places = self.core.places_mut(kind);
        let (place, may_be_taken) = places.next(published);
        if may_be_taken && let Some(id) = self.records.prekey_at(kind, place)? {
            places.remove(published);
            self.changes.deleted.push(Deleted { kind, id, place });
        }
        places.add(published);
        Ok(place)
    }
}
