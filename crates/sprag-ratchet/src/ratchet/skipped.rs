//! The message keys of messages that were overtaken by later ones (Double Ratchet §3.2, `MKSKIPPED`).
//!
//! A skip yields the keys of consecutive numbers: a [`Run`], one array allocated once at its full
//! size, in which a key never moves and is wiped in place. [`SkippedKeys`] lists the runs of one chain in
//! the order of numbers, so that finding a key is a search among few runs and then an index.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Writer};

use crate::Error;
use crate::keys::{ChainKey, MessageKey};
use crate::limits::MAX_SKIPPED_KEYS;

/// The keys of consecutive numbers, from `first` on.
#[derive(Debug)]
struct Run {
    first: u32,
    slots: Box<[Slot]>,
    held: usize,
}

/// The place of one key, which is wiped when it is not held any more.
#[derive(Debug)]
struct Slot {
    key: MessageKey,
    held: bool,
}

/// Consecutive messages of a chain that are missing.
#[derive(Clone, Copy)]
pub(crate) struct Stretch {
    /// The number of the first one.
    pub(crate) from: u32,
    /// Their number.
    pub(crate) count: u32,
    /// The number of keys to keep: those of the last messages.
    pub(crate) keep: usize,
}

/// The result of `SkipMessageKeys` (Double Ratchet §3.5), staged: the chain key after the skip, and the keys
/// to keep.
pub(crate) struct Skip {
    from: u32,
    run: Run,
    pub(crate) chain: ChainKey,
}

impl Skip {
    /// Steps `chain` over the messages of `stretch`. Keys that are not kept are never derived.
    pub(crate) fn over(chain: &ChainKey, stretch: Stretch) -> Self {
        let Stretch { from, count, keep } = stretch;
        let keep = keep.min(count as usize);
        let mut slots = Vec::with_capacity(keep);
        let given_up = count - u32::try_from(keep).expect("keep is at most count");
        // Step over the messages whose keys are not kept.
        let mut step = (0..given_up).fold(None, |chain_key: Option<ChainKey>, _| {
            Some(chain_key.as_ref().unwrap_or(chain).step_over())
        });
        // Derive the keys of the others.
        for _ in 0..keep {
            let (next, key) = step.as_ref().unwrap_or(chain).step();
            slots.push(Slot { key, held: true });
            step = Some(next);
        }
        Self {
            from,
            run: Run::new(from + given_up, slots),
            chain: step.expect("a skip is of one message at least"),
        }
    }

    /// The number of keys to keep.
    pub(crate) const fn held(&self) -> usize {
        self.run.held
    }
}

impl Run {
    /// `slots` must be at their full capacity, so that no key moves, and all held.
    fn new(first: u32, slots: Vec<Slot>) -> Self {
        Self {
            first,
            held: slots.len(),
            slots: slots.into_boxed_slice(),
        }
    }

    fn collect(first: u32, keys: impl Iterator<Item = MessageKey>, length: usize) -> Self {
        let mut slots = Vec::with_capacity(length);
        slots.extend(keys.map(|key| Slot { key, held: true }));
        Self::new(first, slots)
    }

    /// The index of the slot for `number`, if the run reaches it.
    fn index(&self, number: u32) -> Option<usize> {
        let index = number.checked_sub(self.first)? as usize;
        (index < self.slots.len()).then_some(index)
    }

    fn number(&self, index: usize) -> u32 {
        self.first + u32::try_from(index).expect("a run is shorter than a chain")
    }

    fn wipe(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        slot.key.wipe();
        slot.held = false;
        self.held -= 1;
    }

    fn keys(&self) -> impl Iterator<Item = (u32, &MessageKey)> {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.held)
            .map(|(index, slot)| (self.number(index), &slot.key))
    }
}

/// The skipped keys of one receiving chain.
#[derive(Debug, Default)]
pub(crate) struct SkippedKeys {
    runs: VecDeque<Run>,
    held: usize,
    /// Keys of numbers below this were given up. Of a number that is missing there, it is not known
    /// whether its message was received.
    given_up_below: u32,
}

impl SkippedKeys {
    /// The number of keys held.
    pub(crate) const fn held(&self) -> usize {
        self.held
    }

    /// The key of message `number`, which came earlier in its chain than the last one received.
    pub(crate) fn find(&self, number: u32) -> Result<&MessageKey, Error> {
        match self.position(number) {
            Some((run, index)) => Ok(&self.runs[run].slots[index].key),
            None if number < self.given_up_below => Err(Error::KeyGivenUp),
            None => Err(Error::Duplicate),
        }
    }

    /// Wipes the key of message `number`, if it is held.
    pub(crate) fn remove(&mut self, number: u32) {
        let Some((run, index)) = self.position(number) else {
            return;
        };
        self.runs[run].wipe(index);
        self.held -= 1;
        if self.runs[run].held == 0 {
            self.runs.remove(run);
        }
    }

    /// The run, and the slot in it, in which the key of message `number` is held.
    fn position(&self, number: u32) -> Option<(usize, usize)> {
        let run = self
            .runs
            .partition_point(|run| run.first <= number)
            .checked_sub(1)?;
        let index = self.runs[run].index(number)?;
        self.runs[run].slots[index].held.then_some((run, index))
    }

    /// Adds the keys of a skip.
    pub(crate) fn add(&mut self, skip: Skip) {
        let Skip { from, run, .. } = skip;
        if run.first > from {
            self.given_up_below = run.first;
        }
        if run.held > 0 {
            self.held += run.held;
            self.runs.push_back(run);
        }
    }

    /// Gives up the oldest `count` keys, or all if there are fewer, and returns their number.
    pub(crate) fn give_up(&mut self, count: usize) -> usize {
        let mut left = count;
        while left > 0
            && let Some(run) = self.runs.front_mut()
        {
            // Wipe keys from the start of the oldest run.
            for index in 0..run.slots.len() {
                if left > 0 && run.slots[index].held {
                    self.given_up_below = run.number(index) + 1;
                    run.wipe(index);
                    self.held -= 1;
                    left -= 1;
                }
            }
            if run.held == 0 {
                self.runs.pop_front();
            }
        }
        count - left
    }

    /// Gives up all keys of numbers below `number`.
    pub(crate) fn give_up_below(&mut self, number: u32) {
        let old = self.runs.iter().take_while(|run| run.first < number);
        let old = old.flat_map(Run::keys).take_while(|(key, _)| *key < number);
        let count = old.count();
        self.give_up(count);
    }

    /// The number of slots that are allocated, whether their keys are held or not.
    pub(crate) fn slots(&self) -> usize {
        self.runs.iter().map(|run| run.slots.len()).sum()
    }

    /// Allocates the runs anew, without the slots of keys that were used.
    pub(crate) fn compact(&mut self) {
        let mut keys = self.keys().map(|(_, key)| key.duplicate());
        let runs = self
            .stretches()
            .into_iter()
            .map(|(first, length)| Run::collect(first, keys.by_ref().take(length), length))
            .collect();
        drop(keys);
        self.runs = runs;
    }

    /// The keys with the numbers of their messages, which ascend.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (u32, &MessageKey)> {
        self.runs.iter().flat_map(Run::keys)
    }

    /// The first number and the length of each longest stretch of consecutive keys.
    fn stretches(&self) -> Vec<(u32, usize)> {
        let mut stretches: Vec<(u32, usize)> = Vec::new();
        for (number, _) in self.keys() {
            match stretches.last_mut() {
                Some((first, length)) if *first as usize + *length == number as usize => {
                    *length += 1;
                }
                _ => stretches.push((number, 1)),
            }
        }
        stretches
    }

    /// Puts the keys as their stretches, so that equal states write equal bytes however they are stored.
    pub(crate) fn put(&self, writer: &mut Writer) {
        writer.put(&self.given_up_below);
        let stretches = self.stretches();
        writer.length(stretches.len());
        let mut keys = self.keys();
        for (first, length) in stretches {
            writer.put(&first);
            writer.length(length);
            for (_, key) in keys.by_ref().take(length) {
                writer.put(key);
            }
        }
    }

    /// Gets the keys of a chain of which `end` messages were received or skipped.
    pub(crate) fn get(reader: &mut Reader<'_>, end: u32) -> Result<Self, PrimitiveError> {
        let given_up_below = reader.get()?;
        if given_up_below > end {
            return Err(PrimitiveError::SnapshotInvalid);
        }
        let mut keys = Self {
            given_up_below,
            ..Self::default()
        };
        let mut lowest = given_up_below;
        for _ in 0..reader.length(MAX_SKIPPED_KEYS)? {
            // Demand that the stretch lies behind the one before and within the chain.
            let first: u32 = reader.get()?;
            let length = reader.length(MAX_SKIPPED_KEYS)?;
            let after = u32::try_from(length)
                .ok()
                .and_then(|length| first.checked_add(length))
                .filter(|after| length > 0 && first >= lowest && *after <= end)
                .ok_or(PrimitiveError::SnapshotInvalid)?;
            // Two stretches that touch would be one.
            lowest = after.saturating_add(1);
            // Read its keys into slots that never move.
            let mut slots = Vec::with_capacity(length);
            for _ in 0..length {
                let key = reader.get()?;
                slots.push(Slot { key, held: true });
            }
            keys.held += length;
            keys.runs.push_back(Run::new(first, slots));
        }
        Ok(keys)
    }
}

#[cfg(test)]
mod tests;
