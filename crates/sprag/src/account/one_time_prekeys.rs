//! The one-time prekeys of one kind that were published and not used.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_x3dh::{KemPrekeyPair, OneTimePrekeyPair, PrekeyId};

use crate::limits::MAX_ONE_TIME_PREKEYS;

#[derive(Debug)]
pub(crate) struct OneTimePrekeys<P>(BTreeMap<PrekeyId, OneTime<P>>);

#[derive(Debug)]
struct OneTime<P> {
    /// Boxed, because a key that moved within the map would leave a copy behind.
    pair: Box<P>,
    published: Published,
}

/// The way in which a one-time prekey was published.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Published {
    /// In a bundle, for one reader.
    Bundle,
    /// In an upload, to a directory.
    Upload,
}

/// The private half of a one-time prekey, of either kind.
pub(crate) trait Pair: Snapshot {
    /// The key's number.
    fn id(&self) -> PrekeyId;
}

impl Pair for OneTimePrekeyPair {
    fn id(&self) -> PrekeyId {
        self.id()
    }
}

impl Pair for KemPrekeyPair {
    fn id(&self) -> PrekeyId {
        self.id()
    }
}

impl<P: Pair> OneTimePrekeys<P> {
    pub(crate) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Keeps a key. At the limit, the oldest one leaves for it.
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

    pub(crate) fn put(&self, writer: &mut Writer) {
        writer.length(self.0.len());
        for key in self.0.values() {
            writer.put(&(key.published == Published::Upload));
            writer.put(&key.pair);
        }
    }

    /// Gets keys whose numbers are below `next_id`.
    pub(crate) fn get(reader: &mut Reader<'_>, next_id: PrekeyId) -> Result<Self, PrimitiveError> {
        let mut keys: BTreeMap<PrekeyId, OneTime<P>> = BTreeMap::new();
        for _ in 0..reader.length(MAX_ONE_TIME_PREKEYS)? {
            let published = if reader.get()? {
                Published::Upload
            } else {
                Published::Bundle
            };
            // Numbers ascend, and none is one that was not given out yet.
            let pair: Box<P> = reader.get()?;
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
