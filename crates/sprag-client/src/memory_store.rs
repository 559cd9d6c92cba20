use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::ops::Bound;

use crate::store::{Batch, Committed, CountedStore, Records, Store};

/// A store in memory, gone when it is dropped.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    commits: u64,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Store for MemoryStore {
    type Error = Infallible;

    fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.records.get(name).cloned())
    }

    fn scan(&self, prefix: &[u8]) -> Result<Records, Infallible> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        Ok(self
            .records
            .range::<[u8], _>(from)
            .take_while(|(name, _)| name.starts_with(prefix))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect())
    }

    fn commit(&mut self, batch: &Batch) -> Result<Committed, Infallible> {
        let mut expected = batch.expected();
        if !expected.all(|(name, value)| self.records.get(name).map(Vec::as_slice) == value) {
            return Ok(Committed::Conflict);
        }
        for (name, value) in batch.changes() {
            match value {
                Some(value) => self.records.insert(name.to_vec(), value.to_vec()),
                None => self.records.remove(name),
            };
        }
        self.commits = self.commits.saturating_add(1);
        Ok(Committed::Done)
    }
}

impl CountedStore for MemoryStore {
    fn commits(&self) -> Result<u64, Infallible> {
        Ok(self.commits)
    }
}
