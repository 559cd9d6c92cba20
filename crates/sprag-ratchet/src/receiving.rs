//! The receiving side of the ratchet: the chain that the peer sends in now, and the finished ones
//! that still have skipped keys.
//!
//! A receipt is staged, and committed once the message has authenticated: until then nothing changes.
//! `I` is what a chain is known by: the peer's ratchet public key, or a header key.
//!
//! Chains lie in boxes, which nothing moves out of unseen; the current one's is used again for the next.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::mem;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Writer};

use crate::Error;
use crate::counts::read_count;
use crate::keys::{ChainKey, MessageKey};
use crate::limits::{MAX_FINISHED_CHAINS, MAX_SKIP, MAX_SKIPPED_KEYS};
use crate::skipped::{Place, Run, Skip, SkippedChain};
use crate::variant::Stored;

/// All receiving chains of a session.
#[derive(Debug)]
pub(crate) struct ReceivingChains<I> {
    current: Option<Box<CurrentChain<I>>>,
    /// The oldest first; each has a key at least.
    finished: VecDeque<Box<FinishedChain<I>>>,
    /// The receiving DH steps so far.
    steps: u64,
}

/// The chain that the peer sends in: `CKr`, `Nr`.
#[derive(Debug)]
struct CurrentChain<I> {
    id: I,
    key: ChainKey,
    next: u32,
    skipped: SkippedChain,
}

#[derive(Debug)]
struct FinishedChain<I> {
    id: I,
    /// How many messages the peer sent in it.
    length: u32,
    /// The receiving DH step that finished it.
    finished_at: u64,
    skipped: SkippedChain,
}

/// The chain that a header belongs to; good until the chains are changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Chain {
    Current,
    Finished(usize),
    /// None of those known: the message begins a new one, or is not genuine.
    New,
}

/// Where the key of a message is to come from.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Source {
    /// It was skipped and is kept.
    Skipped(SkippedPlace),
    /// It lies ahead in the current chain.
    Ahead,
    /// It is of a chain that is to begin.
    NewChain,
}

/// Where a skipped key lies; good until the chains are changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct SkippedPlace {
    /// The finished chain, or the current one.
    finished: Option<usize>,
    place: Place,
}

/// How many messages a header says are missing, within the limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gaps {
    /// At the end of the current chain.
    tail: u32,
    /// Before the message in its own chain.
    gap: u32,
}

/// The changes that a message ahead makes when it is authentic.
pub(crate) struct Staged<I> {
    new_chain: Option<NewChain<I>>,
    gap: Option<SkippedRun>,
    key: ChainKey,
    next: u32,
}

struct NewChain<I> {
    id: I,
    old_length: u32,
    tail: Option<SkippedRun>,
}

struct SkippedRun {
    from: u32,
    run: Run,
}

impl<I> ReceivingChains<I> {
    pub(crate) const fn new() -> Self {
        Self {
            current: None,
            finished: VecDeque::new(),
            steps: 0,
        }
    }

    /// The chain that the peer sends in now.
    pub(crate) fn current(&self) -> Option<(Chain, &I)> {
        let current = self.current.as_ref();
        current.map(|chain| (Chain::Current, &chain.id))
    }

    /// The finished chains that still have skipped keys, the newest first.
    pub(crate) fn finished(&self) -> impl Iterator<Item = (Chain, &I)> {
        let finished = self.finished.iter().enumerate().rev();
        finished.map(|(index, chain)| (Chain::Finished(index), &chain.id))
    }

    /// Where the key of message `number` of `chain` is to come from.
    pub(crate) fn find(&self, chain: Chain, number: u32) -> Result<Source, Error> {
        let (finished, skipped) = match chain {
            Chain::Current => {
                let current = self.current.as_ref().ok_or(Error::NotAuthentic)?;
                if number >= current.next {
                    return Ok(Source::Ahead);
                }
                (None, &current.skipped)
            }
            Chain::Finished(index) => {
                let finished = self.finished.get(index).ok_or(Error::NotAuthentic)?;
                if number >= finished.length {
                    return Err(Error::Forked);
                }
                (Some(index), &finished.skipped)
            }
            Chain::New => return Ok(Source::NewChain),
        };
        match skipped.find(number) {
            Some(place) => Ok(Source::Skipped(SkippedPlace { finished, place })),
            None if skipped.was_given_up(number) => Err(Error::KeyGivenUp),
            None => Err(Error::Duplicate),
        }
    }

    /// How many skipped keys are held.
    pub(crate) fn held(&self) -> usize {
        self.skipped().map(SkippedChain::held).sum()
    }

    /// What message `number` of the current chain skips.
    pub(crate) fn gap(&self, number: u32) -> Result<Gaps, Error> {
        let next = self.current.as_ref().map_or(0, |chain| chain.next);
        let gap = number.checked_sub(next).ok_or(Error::Duplicate)?;
        Gaps { tail: 0, gap }.within_limits(number)
    }

    /// What message `number` of a new chain skips, if the current chain has `previous_length`
    /// messages.
    pub(crate) fn gaps(&self, previous_length: u32, number: u32) -> Result<Gaps, Error> {
        let tail = self
            .current
            .as_ref()
            .map_or(0, |chain| previous_length.saturating_sub(chain.next));
        Gaps { tail, gap: number }.within_limits(number)
    }

    /// Stages the receipt of the message after `gaps` in the current chain.
    pub(crate) fn stage(&self, gaps: Gaps) -> Result<(Staged<I>, MessageKey), Error> {
        let current = self.current.as_ref().ok_or(Error::NotAuthentic)?;
        let (_, keep) = gaps.keep();
        Ok(Staged::after_gap(
            &current.key,
            current.next,
            (gaps.gap, keep),
        ))
    }

    /// Stages the end of the current chain and the receipt of the message after `gaps` in a new one.
    ///
    /// # Specification
    ///
    /// Double Ratchet §3.5: `SkipMessageKeys(header.pn)`, of `DHRatchet` the receiving half, then
    /// `SkipMessageKeys(header.n)`.
    pub(crate) fn stage_new(&self, id: I, key: &ChainKey, gaps: Gaps) -> (Staged<I>, MessageKey) {
        let (keep_tail, keep_gap) = gaps.keep();
        let (mut staged, message_key) = Staged::after_gap(key, 0, (gaps.gap, keep_gap));
        // Nobody walks to the end of a tail of which no key is kept.
        let tail = self
            .current
            .as_ref()
            .filter(|_| keep_tail > 0)
            .map(|chain| SkippedRun {
                from: chain.next,
                run: Skip::over(&chain.key, chain.next, gaps.tail, keep_tail).run,
            });
        let old_next = self.current.as_ref().map_or(0, |chain| chain.next);
        staged.new_chain = Some(NewChain {
            id,
            old_length: old_next + gaps.tail,
            tail,
        });
        (staged, message_key)
    }

    /// Makes the staged changes.
    pub(crate) fn commit(&mut self, staged: Staged<I>) {
        let Staged {
            new_chain,
            gap,
            key,
            next,
        } = staged;
        let mut added = gap.as_ref().map_or(0, SkippedRun::held);
        if let Some(new) = &new_chain {
            added += new.tail.as_ref().map_or(0, SkippedRun::held);
        }
        if let Some(new) = new_chain {
            self.steps += 1;
            self.forget_old_chains();
            self.make_room(added);
            let begun = CurrentChain {
                id: new.id,
                key,
                next,
                skipped: SkippedChain::default(),
            };
            self.finish_current(begun, (new.old_length, new.tail));
        } else {
            self.make_room(added);
            if let Some(current) = &mut self.current {
                current.key = key;
                current.next = next;
            }
        }
        if let (Some(current), Some(SkippedRun { from, run })) = (&mut self.current, gap) {
            current.skipped.add(from, run);
        }
        self.compact();
    }

    pub(crate) fn skipped_key(&self, place: SkippedPlace) -> &MessageKey {
        let chain = match place.finished {
            Some(index) => &self.finished[index].skipped,
            None => &self.expect_current().skipped,
        };
        chain.key(place.place)
    }

    pub(crate) fn remove_skipped(&mut self, place: SkippedPlace) {
        if let Some(index) = place.finished {
            self.finished[index].skipped.remove(place.place);
            if self.finished[index].skipped.held() == 0 {
                self.finished.remove(index);
            }
        } else if let Some(current) = &mut self.current {
            current.skipped.remove(place.place);
        }
    }

    fn expect_current(&self) -> &CurrentChain<I> {
        self.current
            .as_deref()
            .expect("the place was found in this chain")
    }

    fn skipped(&self) -> impl Iterator<Item = &SkippedChain> {
        let finished = self.finished.iter().map(|chain| &chain.skipped);
        finished.chain(self.current.iter().map(|chain| &chain.skipped))
    }

    fn skipped_mut(&mut self) -> impl Iterator<Item = &mut SkippedChain> {
        let finished = self.finished.iter_mut().map(|chain| &mut chain.skipped);
        finished.chain(self.current.iter_mut().map(|chain| &mut chain.skipped))
    }

    fn forget_old_chains(&mut self) {
        let steps = self.steps;
        self.finished
            .retain(|chain| steps - chain.finished_at < MAX_FINISHED_CHAINS as u64);
    }

    /// Gives up the oldest keys until `added` more fit.
    fn make_room(&mut self, added: usize) {
        let mut surplus = (self.held() + added).saturating_sub(MAX_SKIPPED_KEYS);
        for chain in self.skipped_mut() {
            surplus -= chain.give_up(surplus);
        }
        self.finished.retain(|chain| chain.skipped.held() > 0);
    }

    /// The current chain has `length` messages, of which `tail` are missing, and gives way to the one
    /// that has `begun`.
    fn finish_current(
        &mut self,
        begun: CurrentChain<I>,
        (length, tail): (u32, Option<SkippedRun>),
    ) {
        let Some(current) = &mut self.current else {
            self.current = Some(Box::new(begun));
            return;
        };
        let CurrentChain {
            id, mut skipped, ..
        } = mem::replace(&mut **current, begun);
        if let Some(SkippedRun { from, run }) = tail {
            skipped.add(from, run);
        }
        if skipped.held() > 0 {
            self.finished.push_back(Box::new(FinishedChain {
                id,
                length,
                finished_at: self.steps,
                skipped,
            }));
        }
    }

    /// Bounds the memory of slots whose keys were used: at most as much again as all keys take.
    fn compact(&mut self) {
        if self.skipped().map(SkippedChain::slots).sum::<usize>() > 2 * MAX_SKIPPED_KEYS {
            self.skipped_mut().for_each(SkippedChain::compact);
        }
    }
}

impl<I: Stored> ReceivingChains<I> {
    pub(crate) fn write_snapshot(&self, writer: &mut Writer) {
        writer.u64(self.steps);
        writer.length(self.finished.len());
        for chain in &self.finished {
            chain.id.write_snapshot(writer);
            writer.u64(chain.finished_at);
            writer.u32(chain.length);
            chain.skipped.write_snapshot(writer);
        }
        writer.option(self.current.as_ref(), |writer, chain| {
            chain.id.write_snapshot(writer);
            chain.key.write_snapshot(writer);
            writer.u32(chain.next);
            chain.skipped.write_snapshot(writer);
        });
    }

    pub(crate) fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let steps = read_count(reader)?;
        let mut finished = VecDeque::new();
        let mut oldest = steps.saturating_sub(MAX_FINISHED_CHAINS as u64 - 1);
        for _ in 0..reader.length(MAX_FINISHED_CHAINS)? {
            let id = I::read_snapshot(reader)?;
            let finished_at = reader.u64()?;
            let length = reader.u32()?;
            let skipped = SkippedChain::read_snapshot(reader, length)?;
            if finished_at < oldest || finished_at > steps || skipped.held() == 0 {
                return Err(PrimitiveError::SnapshotInvalid);
            }
            oldest = finished_at + 1;
            finished.push_back(Box::new(FinishedChain {
                id,
                length,
                finished_at,
                skipped,
            }));
        }
        let current = reader.option(|reader| {
            let id = I::read_snapshot(reader)?;
            let key = ChainKey::read_snapshot(reader)?;
            let next = reader.u32()?;
            Ok(Box::new(CurrentChain {
                id,
                key,
                next,
                skipped: SkippedChain::read_snapshot(reader, next)?,
            }))
        })?;
        let chains = Self {
            current,
            finished,
            steps,
        };
        if chains.held() > MAX_SKIPPED_KEYS || chains.current.is_some() != (steps > 0) {
            return Err(PrimitiveError::SnapshotInvalid);
        }
        Ok(chains)
    }
}

#[cfg(feature = "hazmat")]
impl<I> ReceivingChains<I> {
    /// Chains of which the only one is `id`, with message `next` to come.
    pub(crate) fn only(id: I, key: ChainKey, next: u32) -> Self {
        Self {
            current: Some(Box::new(CurrentChain {
                id,
                key,
                next,
                skipped: SkippedChain::default(),
            })),
            finished: VecDeque::new(),
            steps: 1,
        }
    }
}

impl Gaps {
    fn within_limits(self, number: u32) -> Result<Self, Error> {
        if self.tail > MAX_SKIP || self.gap > MAX_SKIP {
            return Err(Error::TooManySkipped);
        }
        if number == u32::MAX {
            return Err(Error::CounterExhausted);
        }
        Ok(self)
    }

    /// How many keys are kept of the tail and of the gap: the newest, as many as a session holds.
    fn keep(self) -> (usize, usize) {
        let gap = MAX_SKIPPED_KEYS.min(self.gap as usize);
        let tail = (MAX_SKIPPED_KEYS - gap).min(self.tail as usize);
        (tail, gap)
    }
}

impl<I> Staged<I> {
    /// The message after `gap` others, of which `keep` keys are kept, from number `from` on.
    fn after_gap(chain: &ChainKey, from: u32, (gap, keep): (u32, usize)) -> (Self, MessageKey) {
        let skip = (gap > 0).then(|| Skip::over(chain, from, gap, keep));
        let (key, message_key) = skip.as_ref().map_or(chain, |skip| &skip.chain).step();
        let staged = Self {
            new_chain: None,
            gap: skip.map(|skip| SkippedRun {
                from,
                run: skip.run,
            }),
            key,
            next: from + gap + 1,
        };
        (staged, message_key)
    }
}

impl SkippedRun {
    const fn held(&self) -> usize {
        self.run.held()
    }
}

#[cfg(test)]
mod tests;
