//! The snapshots of receiving chains.

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};

use super::{CurrentChain, FinishedChain, Kept, ReceivingChains};
use crate::counts::read_count;
use crate::limits::{MAX_FINISHED_CHAINS, MAX_SKIPPED_KEYS};
use crate::ratchet::skipped::SkippedKeys;

impl<I: Snapshot> Snapshot for ReceivingChains<I> {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.steps);
        writer.length(self.finished.len());
        for chain in &self.finished {
            writer.put(&chain.kept.id);
            writer.put(&chain.finished_at);
            writer.put(&chain.length);
            writer.put(&chain.reached);
            chain.kept.skipped.put(writer);
        }
        writer.put(&self.current);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let steps = read_count(reader)?;
        // Demand that the finished chains are in order, and that none is older than a chain can get.
        let mut finished = VecDeque::new();
        let mut oldest = steps.saturating_sub(MAX_FINISHED_CHAINS as u64 - 1);
        for _ in 0..reader.length(MAX_FINISHED_CHAINS)? {
            let id = reader.get()?;
            let finished_at = reader.get()?;
            let length: u32 = reader.get()?;
            let reached = reader.get()?;
            let skipped = SkippedKeys::get(reader, reached)?;
            let in_order = (oldest..=steps).contains(&finished_at);
            if !in_order || reached > length || skipped.held() == 0 {
                return Err(PrimitiveError::SnapshotInvalid);
            }
            oldest = finished_at + 1;
            finished.push_back(FinishedChain {
                kept: Box::new(Kept { id, skipped }),
                length,
                reached,
                finished_at,
            });
        }
        let chains = Self {
            current: reader.get()?,
            finished,
            steps,
        };
        // Each step begins a chain, and all chains together hold no more keys than a session may.
        if chains.held() > MAX_SKIPPED_KEYS || chains.current.is_some() != (steps > 0) {
            return Err(PrimitiveError::SnapshotInvalid);
        }
        Ok(chains)
    }
}

impl<I: Snapshot> Snapshot for CurrentChain<I> {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.kept.id);
        writer.put(&self.key);
        writer.put(&self.next);
        self.kept.skipped.put(writer);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let id = reader.get()?;
        let key = reader.get()?;
        let next = reader.get()?;
        let skipped = SkippedKeys::get(reader, next)?;
        Ok(Self {
            kept: Box::new(Kept { id, skipped }),
            key,
            next,
        })
    }
}
