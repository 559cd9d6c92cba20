//! The one-time prekeys of one kind that an account has published and that nobody has used.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_x3dh::{KemPrekeyPair, OneTimePrekeyPair, PrekeyId};

use crate::limits::MAX_ONE_TIME_PREKEYS;

#[derive(Debug)]
pub(crate) struct OneTimePrekeys<P>(BTreeMap<PrekeyId, OneTime<P>>);

#[derive(Debug)]
struct OneTime<P> {
    /// Boxed, so that no key moves within the map and leaves a copy behind.
    pair: Box<P>,
    published: Published,
}

/// To whom a one-time prekey went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Published {
    /// In a bundle for one reader.
    Bundle,
    /// In an upload, to a directory.
    Upload,
}

/// The private half of a one-time prekey, of either kind.
pub(crate) trait Pair: Sized {
    fn id(&self) -> PrekeyId;
    fn write(&self, writer: &mut Writer);
    fn read(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError>;
}

impl Pair for OneTimePrekeyPair {
    fn id(&self) -> PrekeyId {
        self.id()
    }

    fn write(&self, writer: &mut Writer) {
        self.write_snapshot(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Self::read_snapshot(reader)
    }
}

impl Pair for KemPrekeyPair {
    fn id(&self) -> PrekeyId {
        self.id()
    }

    fn write(&self, writer: &mut Writer) {
        self.write_snapshot(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Self::read_snapshot(reader)
    }
}

impl<P: Pair> OneTimePrekeys<P> {
    pub(crate) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Keeps a key; at the limit, the oldest leaves for it.
    pub(crate) fn keep(&mut self, pair: P, published: Published) {
        if self.0.len() == MAX_ONE_TIME_PREKEYS {
            self.0.pop_first();
        }
        let pair = Box::new(pair);
        self.0.insert(pair.id(), OneTime { pair, published });
    }

    pub(crate) fn find(&self, id: PrekeyId) -> Option<&P> {
        self.0.get(&id).map(|key| &*key.pair)
    }

    pub(crate) fn delete(&mut self, id: PrekeyId) {
        self.0.remove(&id);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn uploaded(&self) -> usize {
        let keys = self.0.values();
        keys.filter(|key| key.published == Published::Upload)
            .count()
    }

    pub(crate) fn write_snapshot(&self, writer: &mut Writer) {
        writer.length(self.0.len());
        for key in self.0.values() {
            writer.u8((key.published == Published::Upload).into());
            key.pair.write(writer);
        }
    }

    /// Reads keys whose numbers are below `next_id`.
    pub(crate) fn read_snapshot(
        reader: &mut Reader<'_>,
        next_id: PrekeyId,
    ) -> Result<Self, PrimitiveError> {
        let mut keys: BTreeMap<PrekeyId, OneTime<P>> = BTreeMap::new();
        for _ in 0..reader.length(MAX_ONE_TIME_PREKEYS)? {
            let published = match reader.u8()? {
                0 => Published::Bundle,
                1 => Published::Upload,
                _ => return Err(PrimitiveError::SnapshotInvalid),
            };
            let pair = Box::new(P::read(reader)?);
            let id = pair.id();
            let ascending = keys.last_key_value().is_none_or(|(last, _)| *last < id);
            if !ascending || id >= next_id {
                return Err(PrimitiveError::SnapshotInvalid);
            }
            keys.insert(id, OneTime { pair, published });
        }
        Ok(Self(keys))
    }
}
