//! The growing parts of an account, in memory.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::mem;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_x3dh::{KemPrekeyPair, OneTimePrekeyPair, PrekeyId, SessionId};

use super::account_core::AccountCore;
use super::places::{Places, slots};
use crate::limits::{
    MAX_BUNDLE_ONE_TIME_PREKEYS, MAX_REMEMBERED_SESSIONS, MAX_UPLOADED_ONE_TIME_PREKEYS,
};
use crate::records::{
    AccountRecords, Changes, GenerationId, OneTime, OneTimeKind, Place, Published, Remembered,
};

/// All records of an account.
#[derive(Debug, Default)]
pub(crate) struct InMemory {
    one_time_prekeys: OneTimePrekeys<OneTimePrekeyPair>,
    one_time_kem_prekeys: OneTimePrekeys<KemPrekeyPair>,
    /// The sessions that are remembered: those that began with nothing but the keys of a generation, and the latest of
    /// those that began with a one-time prekey.
    remembered: BTreeSet<(Option<GenerationId>, SessionId)>,
    /// The latter, by their slots, of which none is empty.
    with_one_time_prekeys: Vec<SessionId>,
}

/// The one-time prekeys of one kind, by number and by place.
#[derive(Debug)]
struct OneTimePrekeys<P> {
    keys: BTreeMap<PrekeyId, OneTime<P>>,
    places: BTreeMap<Place, PrekeyId>,
}

impl<P> Default for OneTimePrekeys<P> {
    fn default() -> Self {
        Self {
            keys: BTreeMap::new(),
            places: BTreeMap::new(),
        }
    }
}

impl InMemory {
    /// Makes the changes.
    pub(crate) fn apply(&mut self, changes: Changes) {
        for deleted in &changes.deleted {
            match deleted.kind {
                OneTimeKind::Ec => self.one_time_prekeys.delete(deleted.id),
                OneTimeKind::Kem => self.one_time_kem_prekeys.delete(deleted.id),
            }
        }
        for key in changes.one_time_prekeys {
            self.one_time_prekeys.keep(key.pair.id(), key);
        }
        for key in changes.one_time_kem_prekeys {
            self.one_time_kem_prekeys.keep(key.pair.id(), key);
        }
        match changes.remembered {
            Some(Remembered::WithGeneration { generation, id }) => {
                self.remembered.insert((Some(generation), id));
            }
            Some(Remembered::WithOneTimePrekey { slot, id, .. }) => {
                // Slots are taken in turn, so that one that is not there yet is the next.
                match self.with_one_time_prekeys.get_mut(slot as usize) {
                    Some(place) => {
                        let forgotten = mem::replace(place, id);
                        self.remembered.remove(&(None, forgotten));
                    }
                    None => self.with_one_time_prekeys.push(id),
                }
                self.remembered.insert((None, id));
            }
            None => {}
        }
        if !changes.expired.is_empty() {
            let expired = changes.expired;
            self.remembered
                .retain(|(generation, _)| generation.is_none_or(|id| !expired.contains(&id)));
        }
    }

    /// Gets the records of an account whose core is `core`.
    pub(crate) fn get(reader: &mut Reader<'_>, core: &AccountCore) -> Result<Self, PrimitiveError> {
        let next = core.ids.next();
        let (ec, kem) = (&core.one_time_prekeys, &core.one_time_kem_prekeys);
        let one_time_prekeys =
            OneTimePrekeys::get(reader, OneTimePrekeyPair::id)?.checked(ec, next)?;
        let one_time_kem_prekeys =
            OneTimePrekeys::get(reader, KemPrekeyPair::id)?.checked(kem, next)?;
        // The sessions ascend, and each generation has as many as it counted.
        let mut remembered = BTreeSet::new();
        for generation in core.generations.in_order_of_ids() {
            for _ in 0..generation.reusable() {
                let session = (Some(generation.id()), reader.get()?);
                if remembered.last().is_some_and(|last| *last >= session) {
                    return Err(PrimitiveError::SnapshotInvalid);
                }
                remembered.insert(session);
            }
        }
        let mut with_one_time_prekeys = Vec::new();
        for _ in 0..core.accepted.min(MAX_REMEMBERED_SESSIONS) {
            let id = reader.get()?;
            with_one_time_prekeys.push(id);
            // A session is remembered once, because its repeat is refused.
            if !remembered.insert((None, id)) {
                return Err(PrimitiveError::SnapshotInvalid);
            }
        }
        Ok(Self {
            one_time_prekeys,
            one_time_kem_prekeys,
            remembered,
            with_one_time_prekeys,
        })
    }

    /// Puts the records that [`get`](Self::get) gets. The numbers of sessions stand in the core.
    pub(crate) fn put(&self, writer: &mut Writer) {
        self.one_time_prekeys.put(writer);
        self.one_time_kem_prekeys.put(writer);
        let with_generations = self.remembered.iter();
        for (_, id) in with_generations.filter(|(generation, _)| generation.is_some()) {
            writer.put(id);
        }
        for id in &self.with_one_time_prekeys {
            writer.put(id);
        }
    }
}

/// Memory never fails.
impl<E> AccountRecords<E> for InMemory {
    type Held<'a, P: 'a> = &'a OneTime<P>;

    fn one_time_prekey(&self, id: PrekeyId) -> Result<Option<&OneTime<OneTimePrekeyPair>>, E> {
        Ok(self.one_time_prekeys.keys.get(&id))
    }

    fn one_time_kem_prekey(&self, id: PrekeyId) -> Result<Option<&OneTime<KemPrekeyPair>>, E> {
        Ok(self.one_time_kem_prekeys.keys.get(&id))
    }

    fn prekey_at(&self, kind: OneTimeKind, place: Place) -> Result<Option<PrekeyId>, E> {
        let places = match kind {
            OneTimeKind::Ec => &self.one_time_prekeys.places,
            OneTimeKind::Kem => &self.one_time_kem_prekeys.places,
        };
        Ok(places.get(&place).copied())
    }

    fn is_remembered(&self, generation: Option<GenerationId>, id: &SessionId) -> Result<bool, E> {
        Ok(self.remembered.contains(&(generation, *id)))
    }

    fn session_at(&self, slot: u32) -> Result<Option<SessionId>, E> {
        Ok(self.with_one_time_prekeys.get(slot as usize).copied())
    }
}

impl<P> OneTimePrekeys<P> {
    fn keep(&mut self, id: PrekeyId, key: OneTime<P>) {
        self.places.insert(key.place, id);
        self.keys.insert(id, key);
    }

    fn delete(&mut self, id: PrekeyId) {
        if let Some(key) = self.keys.remove(&id) {
            self.places.remove(&key.place);
        }
    }
}

impl<P: Snapshot> OneTimePrekeys<P> {
    fn put(&self, writer: &mut Writer) {
        writer.length(self.keys.len());
        for key in self.keys.values() {
            writer.put(key);
        }
    }

    /// Gets keys whose numbers ascend and whose places differ.
    fn get(reader: &mut Reader<'_>, id: fn(&P) -> PrekeyId) -> Result<Self, PrimitiveError> {
        let mut own = Self::default();
        let limit = MAX_BUNDLE_ONE_TIME_PREKEYS + MAX_UPLOADED_ONE_TIME_PREKEYS;
        for _ in 0..reader.length(limit as usize)? {
            let key: OneTime<P> = reader.get()?;
            let id = id(&key.pair);
            let ascending = own.keys.last_key_value().is_none_or(|(last, _)| *last < id);
            if !ascending || own.places.contains_key(&key.place) {
                return Err(PrimitiveError::SnapshotInvalid);
            }
            own.keep(id, key);
        }
        Ok(own)
    }

    /// These keys, if they are as many as were counted, at places that there are, and with numbers below `next_id`.
    fn checked(self, counted: &Places, next_id: PrekeyId) -> Result<Self, PrimitiveError> {
        let numbers = self
            .keys
            .last_key_value()
            .is_none_or(|(last, _)| *last < next_id);
        let counts = [Published::InBundle, Published::InUpload].map(|published| {
            let mut places = self.places.keys();
            let of_way = places.by_ref().filter(|place| place.published == published);
            of_way.count() == counted.kept(published)
        });
        let mut places = self.places.keys();
        let slots = places.all(|place| place.slot < slots(place.published));
        if numbers && counts == [true; 2] && slots {
            Ok(self)
        } else {
            Err(PrimitiveError::SnapshotInvalid)
        }
    }
}
