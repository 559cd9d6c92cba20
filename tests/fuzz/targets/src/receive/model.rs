//! A model of the genuine messages that a session must open, by the limits that `docs/protocol.md` states. It
//! counts numbers and has no key.

use std::collections::{BTreeMap, VecDeque};

use sprag_ratchet::limits::{MAX_FINISHED_CHAINS, MAX_SKIP, MAX_SKIPPED_KEY_AGE, MAX_SKIPPED_KEYS};

/// The place of a message among those of its sender.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place {
    /// The chain, as a number that grows.
    pub(super) chain: u64,
    /// The number in the chain.
    pub(super) number: u32,
    /// The number of messages in the chain before.
    pub(super) previous: u32,
}

/// A receiver's knowledge of its peer's chains.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    current: Option<u64>,
    next: u32,
    /// The number of receiving DH steps so far.
    steps: u64,
    /// The step at which each chain was finished.
    finished_at: BTreeMap<u64, u64>,
    /// The chain and the number of each message whose key is held, the oldest first.
    held: VecDeque<(u64, u32)>,
}

impl Model {
    /// Tells whether the message opens.
    pub(super) fn opens(&self, place: &Place) -> bool {
        let Place { chain, number, .. } = *place;
        let (_, gap) = self.gaps(place);
        let ahead = match self.current {
            Some(current) if current == chain => number >= self.next,
            current => current < Some(chain),
        };
        ahead && gap <= MAX_SKIP || self.held.contains(&(chain, number))
    }

    /// Notes that the message was opened.
    pub(super) fn open(&mut self, place: &Place) {
        let Place { chain, number, .. } = *place;
        if let Some(index) = self.held.iter().position(|held| *held == (chain, number)) {
            self.held.remove(index);
            return;
        }
        let (tail, gap) = self.gaps(place);
        if self.current != Some(chain) {
            self.finish(tail);
            self.current = Some(chain);
            self.next = 0;
        }
        self.forget_old_keys(place);
        self.held
            .extend((self.next..self.next + gap).map(|number| (chain, number)));
        let surplus = self.held.len().saturating_sub(MAX_SKIPPED_KEYS);
        self.held.drain(..surplus);
        self.next = number + 1;
    }

    /// The number of keys held.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// The numbers of messages missing at the end of the current chain, and before this one in its own chain.
    fn gaps(&self, place: &Place) -> (u32, u32) {
        if self.current == Some(place.chain) {
            (0, place.number.saturating_sub(self.next))
        } else {
            let tail = self
                .current
                .map_or(0, |_| place.previous.saturating_sub(self.next));
            (tail, place.number)
        }
    }

    fn finish(&mut self, tail: u32) {
        self.steps += 1;
        let Some(current) = self.current else { return };
        self.held.retain(|(chain, _)| {
            let finished_at = self.finished_at.get(chain);
            finished_at.is_none_or(|at| self.steps - at < MAX_FINISHED_CHAINS as u64)
        });
        self.finished_at.insert(current, self.steps);
        // Of a tail that is too long no key is held.
        if tail <= MAX_SKIP {
            let tail = self.next..self.next + tail;
            self.held.extend(tail.map(|number| (current, number)));
        }
    }

    /// Gives up the keys of this chain that are too old once the message of this place was opened.
    fn forget_old_keys(&mut self, place: &Place) {
        let too_old = |number: u32| place.number.saturating_sub(number) >= MAX_SKIPPED_KEY_AGE;
        self.held
            .retain(|(chain, number)| *chain != place.chain || !too_old(*number));
    }
}
