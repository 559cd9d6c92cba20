//! The one-time prekeys that an account has published and that nobody has used.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_x3dh::{OneTimePrekey, OneTimePrekeyPair, PrekeyId};

use crate::limits::MAX_ONE_TIME_PREKEYS;

#[derive(Debug)]
pub(crate) struct OneTimePrekeys {
    /// Boxed, so that no key moves within the map and leaves a copy behind.
    pairs: BTreeMap<PrekeyId, Box<OneTimePrekeyPair>>,
    next_id: PrekeyId,
}

impl OneTimePrekeys {
    pub(crate) const fn new() -> Self {
        Self {
            pairs: BTreeMap::new(),
            next_id: 1,
        }
    }

    /// A new key under a number never used before; `None` once there is no such number.
    pub(crate) fn generate(&mut self, rng: &mut impl CryptoRng) -> Option<OneTimePrekey> {
        let id = self.next_id;
        self.next_id = id.checked_add(1)?;
        if self.pairs.len() == MAX_ONE_TIME_PREKEYS {
            self.pairs.pop_first();
        }
        let pair = Box::new(OneTimePrekeyPair::generate(id, rng));
        let public = pair.public();
        self.pairs.insert(id, pair);
        Some(public)
    }

    pub(crate) fn find(&self, id: PrekeyId) -> Option<&OneTimePrekeyPair> {
        self.pairs.get(&id).map(|pair| &**pair)
    }

    pub(crate) fn delete(&mut self, id: PrekeyId) {
        self.pairs.remove(&id);
    }

    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }

    pub(crate) fn write_snapshot(&self, writer: &mut Writer) {
        writer.u32(self.next_id);
        writer.length(self.pairs.len());
        for pair in self.pairs.values() {
            pair.write_snapshot(writer);
        }
    }

    pub(crate) fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let next_id = reader.u32()?;
        let mut pairs = BTreeMap::new();
        for _ in 0..reader.length(MAX_ONE_TIME_PREKEYS)? {
            let pair = Box::new(OneTimePrekeyPair::read_snapshot(reader)?);
            let ascending = pairs
                .last_key_value()
                .is_none_or(|(last, _)| *last < pair.id());
            if !ascending || pair.id() >= next_id {
                return Err(PrimitiveError::SnapshotInvalid);
            }
            pairs.insert(pair.id(), pair);
        }
        Ok(Self { pairs, next_id })
    }
}
