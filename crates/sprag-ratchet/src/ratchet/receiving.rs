//! The receiving side of the ratchet: the chain that the peer sends in now, and the finished ones
//! that still have skipped keys.
//!
//! A receipt is staged, and committed once the message has authenticated: until then nothing changes.
//! `I` is the name of a chain: the peer's ratchet public key, or a header key.
//!
//! Chains are boxed, because moving a key from one place to another would leave an unwiped copy behind.

mod snapshot;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::mem;

use super::skipped::{Skip, SkippedKeys, Stretch};
use crate::Error;
use crate::keys::{ChainKey, MessageKey};
use crate::limits::{MAX_FINISHED_CHAINS, MAX_SKIP, MAX_SKIPPED_KEY_AGE, MAX_SKIPPED_KEYS};

/// All receiving chains of a session.
#[derive(Debug)]
pub(crate) struct ReceivingChains<I> {
    current: Option<Box<CurrentChain<I>>>,
    /// The oldest first; each holds one key at least.
    finished: VecDeque<FinishedChain<I>>,
    /// The receiving DH steps so far.
    steps: u64,
}

/// The chain that the peer sends in: `CKr`, `Nr`.
#[derive(Debug)]
pub(crate) struct CurrentChain<I> {
    kept: Box<Kept<I>>,
    key: ChainKey,
    next: u32,
}

/// A chain that a later one has replaced.
#[derive(Debug)]
pub(crate) struct FinishedChain<I> {
    kept: Box<Kept<I>>,
    /// The number of messages that the peer sent in it.
    length: u32,
    /// The number of its messages that were received or skipped. The keys of the later ones were never derived.
    reached: u32,
    /// The receiving DH step that finished it, which no two chains share.
    finished_at: u64,
}

/// The part of a chain that a finished chain keeps, in a block of its own so that it never moves.
#[derive(Debug)]
struct Kept<I> {
    id: I,
    skipped: SkippedKeys,
}

/// A reference to a chain that has begun.
#[derive(Debug)]
pub(crate) enum ReceivingChain<'a, I> {
    Current(&'a CurrentChain<I>),
    Finished(&'a FinishedChain<I>),
}

/// The numbers of messages that a header says are missing, within the limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MissingCounts {
    /// At the end of the current chain, before a new one begins: any number.
    tail: u32,
    /// Before the message in its own chain.
    gap: u32,
}

/// A receipt, staged: the key of the message, and the changes that follow once it is authentic.
pub(crate) struct ChainReceipt<I> {
    pub(crate) message_key: MessageKey,
    changes: Changes<I>,
}

/// The changes that a receipt makes.
enum Changes<I> {
    /// A skipped key leaves, of the chain that this DH step finished or of the current one.
    SkippedKey {
        finished_at: Option<u64>,
        number: u32,
    },
    /// The current chain moves on.
    CurrentChain(Advance),
    /// A new chain takes the place of the current one.
    NewChain {
        /// The new chain; after the commit, the one that it replaced.
        chain: Option<Box<CurrentChain<I>>>,
        /// The number of messages in the current chain, with those that are missing at its end.
        old_length: u32,
        tail: Option<Skip>,
    },
}

/// A chain's way past one message and those that are missing before it.
struct Advance {
    gap: Option<Skip>,
    key: ChainKey,
    next: u32,
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
    pub(crate) fn current(&self) -> Option<ReceivingChain<'_, I>> {
        self.current.as_deref().map(ReceivingChain::Current)
    }

    /// The finished chains that still have skipped keys, the newest first.
    pub(crate) fn finished(&self) -> impl Iterator<Item = ReceivingChain<'_, I>> {
        let finished = self.finished.iter().rev();
        finished.map(|chain| ReceivingChain::Finished(chain))
    }

    /// The number of messages of the current chain that were received or skipped.
    pub(crate) fn reached(&self) -> u32 {
        self.current.as_ref().map_or(0, |chain| chain.next)
    }

    /// The number of skipped keys held.
    pub(crate) fn held(&self) -> usize {
        self.skipped().map(SkippedKeys::held).sum()
    }

    /// Counts the messages that are missing if a new chain begins with message `number` and the current
    /// chain has `previous_length` messages.
    pub(crate) fn missing(
        &self,
        previous_length: u32,
        number: u32,
    ) -> Result<MissingCounts, Error> {
        let tail = self
            .current
            .as_ref()
            .map_or(0, |chain| previous_length.saturating_sub(chain.next));
        MissingCounts { tail, gap: number }.within_limits(number)
    }

    /// Stages the end of the current chain and the receipt of the message after `missing` in a new one.
    ///
    /// # Specification
    ///
    /// Double Ratchet §3.5: `SkipMessageKeys(header.pn)`, of `DHRatchet` the receiving half, then
    /// `SkipMessageKeys(header.n)`.
    pub(crate) fn stage_new_chain(
        &self,
        id: I,
        key: &ChainKey,
        missing: MissingCounts,
    ) -> ChainReceipt<I> {
        let (advance, message_key) = Advance::past(key, missing.gap_from(0));
        // Derive keys of the old chain only if some are kept.
        let current = self.current.as_ref();
        let tail = current.and_then(|chain| {
            let tail = missing.tail_from(chain.next);
            (tail.keep > 0).then(|| Skip::over(&chain.key, tail))
        });
        let changes = Changes::NewChain {
            chain: Some(Box::new(CurrentChain::begin(id, advance))),
            old_length: current.map_or(0, |chain| chain.next) + missing.tail,
            tail,
        };
        ChainReceipt {
            message_key,
            changes,
        }
    }

    /// Makes the changes of a receipt. Keys are exchanged and not moved: the receipt wipes what it gets when it
    /// is dropped.
    pub(crate) fn commit(&mut self, receipt: &mut ChainReceipt<I>) {
        match &mut receipt.changes {
            Changes::SkippedKey {
                finished_at,
                number,
            } => self.remove_skipped(*finished_at, *number),
            Changes::CurrentChain(advance) => {
                // Make room for the keys of the gap first, so that no more than the limit are ever held.
                if let Some(current) = &mut self.current {
                    current.forget_old_keys(advance.next);
                }
                let added = advance.held();
                if added > 0 {
                    self.make_room(added);
                }
                if let Some(current) = &mut self.current {
                    current.advance(advance);
                }
                if added > 0 {
                    self.compact();
                }
            }
            Changes::NewChain {
                chain,
                old_length,
                tail,
            } => {
                // This DH step makes the other finished chains older.
                self.steps += 1;
                self.forget_old_chains();
                let gap = chain.as_ref().map_or(0, |chain| chain.kept.skipped.held());
                self.make_room(gap + tail.as_ref().map_or(0, Skip::held));
                mem::swap(&mut self.current, chain);
                if let Some(finished) = chain.take() {
                    self.finish(finished, *old_length, tail.take());
                }
                self.compact();
            }
        }
    }

    fn remove_skipped(&mut self, finished_at: Option<u64>, number: u32) {
        let Some(finished_at) = finished_at else {
            if let Some(current) = &mut self.current {
                current.kept.skipped.remove(number);
            }
            return;
        };
        let mut finished = self.finished.iter_mut();
        if let Some(chain) = finished.find(|chain| chain.finished_at == finished_at) {
            chain.kept.skipped.remove(number);
        }
        self.finished.retain(|chain| chain.kept.skipped.held() > 0);
    }

    fn skipped(&self) -> impl Iterator<Item = &SkippedKeys> {
        let finished = self.finished.iter().map(|chain| &chain.kept.skipped);
        finished.chain(self.current.iter().map(|chain| &chain.kept.skipped))
    }

    fn skipped_mut(&mut self) -> impl Iterator<Item = &mut SkippedKeys> {
        let finished = self
            .finished
            .iter_mut()
            .map(|chain| &mut chain.kept.skipped);
        finished.chain(self.current.iter_mut().map(|chain| &mut chain.kept.skipped))
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
        self.finished.retain(|chain| chain.kept.skipped.held() > 0);
    }

    /// Keeps what is left of a chain of `length` messages, if it still has keys. Those of `tail` are among them.
    #[expect(clippy::boxed_local, reason = "the chain key must not move")]
    fn finish(&mut self, chain: Box<CurrentChain<I>>, length: u32, tail: Option<Skip>) {
        let reached = if tail.is_some() { length } else { chain.next };
        let mut kept = chain.kept;
        if let Some(tail) = tail {
            kept.skipped.add(tail);
        }
        if kept.skipped.held() > 0 {
            self.finished.push_back(FinishedChain {
                kept,
                length,
                reached,
                finished_at: self.steps,
            });
        }
    }

    /// Bounds the memory of slots whose keys were used to as much again as all keys take.
    fn compact(&mut self) {
        if self.skipped().map(SkippedKeys::slots).sum::<usize>() > 2 * MAX_SKIPPED_KEYS {
            self.skipped_mut().for_each(SkippedKeys::compact);
        }
    }
}

impl<'a, I> ReceivingChain<'a, I> {
    /// The name of the chain.
    pub(crate) const fn id(&self) -> &'a I {
        match self {
            Self::Current(chain) => &chain.kept.id,
            Self::Finished(chain) => &chain.kept.id,
        }
    }

    /// Stages the receipt of message `number` of this chain.
    pub(crate) fn stage(self, number: u32) -> Result<ChainReceipt<I>, Error> {
        match self {
            Self::Current(chain) => chain.stage(number),
            Self::Finished(chain) => chain.stage(number),
        }
    }
}

impl<I> CurrentChain<I> {
    /// The chain after its first receipt.
    fn begin(id: I, advance: Advance) -> Self {
        let Advance { gap, key, next } = advance;
        let mut skipped = SkippedKeys::default();
        if let Some(gap) = gap {
            skipped.add(gap);
        }
        Self {
            kept: Box::new(Kept { id, skipped }),
            key,
            next,
        }
    }

    fn stage(&self, number: u32) -> Result<ChainReceipt<I>, Error> {
        let Some(gap) = number.checked_sub(self.next) else {
            return ChainReceipt::of_skipped(&self.kept.skipped, None, number);
        };
        let missing = MissingCounts { tail: 0, gap }.within_limits(number)?;
        let (advance, message_key) = Advance::past(&self.key, missing.gap_from(self.next));
        Ok(ChainReceipt {
            message_key,
            changes: Changes::CurrentChain(advance),
        })
    }

    /// Gives up the keys that are too old once message `next` is the next one.
    fn forget_old_keys(&mut self, next: u32) {
        let latest = next.saturating_sub(1);
        let oldest = latest.saturating_sub(MAX_SKIPPED_KEY_AGE - 1);
        self.kept.skipped.give_up_below(oldest);
    }

    fn advance(&mut self, advance: &mut Advance) {
        mem::swap(&mut self.key, &mut advance.key);
        self.next = advance.next;
        if let Some(gap) = advance.gap.take() {
            self.kept.skipped.add(gap);
        }
    }
}

impl<I> FinishedChain<I> {
    fn stage(&self, number: u32) -> Result<ChainReceipt<I>, Error> {
        if number >= self.length {
            return Err(Error::Forked);
        }
        if number >= self.reached {
            return Err(Error::KeyGivenUp);
        }
        ChainReceipt::of_skipped(&self.kept.skipped, Some(self.finished_at), number)
    }
}

impl<I> ChainReceipt<I> {
    /// The receipt of a message whose key was skipped, in the chain that `finished_at` names.
    fn of_skipped(
        skipped: &SkippedKeys,
        finished_at: Option<u64>,
        number: u32,
    ) -> Result<Self, Error> {
        Ok(Self {
            message_key: skipped.find(number)?.duplicate(),
            changes: Changes::SkippedKey {
                finished_at,
                number,
            },
        })
    }
}

impl MissingCounts {
    fn within_limits(self, number: u32) -> Result<Self, Error> {
        if self.gap > MAX_SKIP {
            return Err(Error::TooManySkipped);
        }
        if number == u32::MAX {
            return Err(Error::CounterExhausted);
        }
        Ok(self)
    }

    /// The gap in a chain whose next message is `from`. The newest keys are kept, as many as a session holds.
    fn gap_from(self, from: u32) -> Stretch {
        Stretch {
            from,
            count: self.gap,
            keep: MAX_SKIPPED_KEYS.min(self.gap as usize),
        }
    }

    /// The tail of a chain whose next message is `from`. The newest keys are kept, as many as a session holds
    /// beside those of the gap; of a tail that is too long, none.
    fn tail_from(self, from: u32) -> Stretch {
        let room = if self.tail > MAX_SKIP {
            0
        } else {
            MAX_SKIPPED_KEYS - self.gap_from(0).keep
        };
        Stretch {
            from,
            count: self.tail,
            keep: room.min(self.tail as usize),
        }
    }
}

impl Advance {
    /// Steps along `chain` past a gap and past the message after it, whose key is returned.
    fn past(chain: &ChainKey, gap: Stretch) -> (Self, MessageKey) {
        let skip = (gap.count > 0).then(|| Skip::over(chain, gap));
        let (key, message_key) = skip.as_ref().map_or(chain, |skip| &skip.chain).step();
        let advance = Self {
            gap: skip,
            key,
            next: gap.from + gap.count + 1,
        };
        (advance, message_key)
    }

    /// The number of keys to keep.
    fn held(&self) -> usize {
        self.gap.as_ref().map_or(0, Skip::held)
    }
}

#[cfg(feature = "hazmat")]
impl<'a, I> ReceivingChain<'a, I> {
    /// The number of messages that were received or skipped.
    pub(crate) const fn reached(&self) -> u32 {
        match self {
            Self::Current(chain) => chain.next,
            Self::Finished(chain) => chain.reached,
        }
    }

    /// The chain key, which a finished chain does not have.
    pub(crate) const fn key(&self) -> Option<&'a ChainKey> {
        match self {
            Self::Current(chain) => Some(&chain.key),
            Self::Finished(_) => None,
        }
    }

    /// The skipped keys with the numbers of their messages, which ascend.
    pub(crate) fn skipped(&self) -> impl Iterator<Item = (u32, &'a MessageKey)> {
        let kept = match self {
            Self::Current(chain) => &chain.kept,
            Self::Finished(chain) => &chain.kept,
        };
        kept.skipped.keys()
    }
}

#[cfg(feature = "hazmat")]
impl<I> ReceivingChains<I> {
    /// Chains of which the only one is `id`, with message `next` to come.
    pub(crate) fn only(id: I, key: ChainKey, next: u32) -> Self {
        Self {
            current: Some(Box::new(CurrentChain {
                kept: Box::new(Kept {
                    id,
                    skipped: SkippedKeys::default(),
                }),
                key,
                next,
            })),
            finished: VecDeque::new(),
            steps: 1,
        }
    }
}

#[cfg(test)]
mod tests;
