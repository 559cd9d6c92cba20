//! The prekeys that serve many sessions and are replaced from time to time.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::snapshot_fields;
use sprag_x3dh::{
    IdentityKeyPair, KemPrekeyPair, LastResortKemPrekeyPair, LastResortKemPrekeyTerms, PrekeyId,
    SignedPrekeyPair, SignedPrekeyTerms, Suite,
};

use super::prekey_ids::PrekeyIds;
use crate::limits::{MAX_PREVIOUS_PREKEYS, MAX_REUSABLE_SESSIONS, MAX_REUSABLE_SESSIONS_OF_KNOWN};
use crate::records::GenerationId;

/// The signed and the last-resort prekey of one time, and the number of sessions that began with nothing else.
#[derive(Debug)]
pub(crate) struct Generation {
    signed_prekey: SignedPrekeyPair,
    last_resort: LastResortKemPrekeyPair,
    /// The signed prekey for X3DH, once a bundle for X3DH was asked for. It is boxed, because the place of an
    /// absent one would hold whatever was on the stack before.
    x3dh: Option<Box<SignedPrekeyPair>>,
    /// The number of sessions begun without a one-time prekey. All are remembered, because forgetting one would let it
    /// be replayed.
    reusable: u32,
}

impl Generation {
    /// New keys, made at `created`; `None` once there are no numbers for them.
    pub(crate) fn generate(
        created: u64,
        ids: &mut PrekeyIds,
        identity: &IdentityKeyPair,
        rng: &mut impl CryptoRng,
    ) -> Option<Self> {
        let [id, last_resort] = ids.take_two()?;
        let suite = Suite::Pqxdh;
        let terms = SignedPrekeyTerms { suite, id, created };
        let last_resort_terms = LastResortKemPrekeyTerms {
            id: last_resort,
            created,
        };
        let signed_prekey = SignedPrekeyPair::generate(terms, identity, rng);
        let public = signed_prekey.public();
        Some(Self {
            last_resort: LastResortKemPrekeyPair::generate(
                last_resort_terms,
                &public,
                identity,
                rng,
            ),
            signed_prekey,
            x3dh: None,
            reusable: 0,
        })
    }

    /// The signed prekey for X3DH, made if there is none; `None` once there is no number for it.
    pub(crate) fn x3dh_signed_prekey(
        &mut self,
        ids: &mut PrekeyIds,
        identity: &IdentityKeyPair,
        rng: &mut impl CryptoRng,
    ) -> Option<&SignedPrekeyPair> {
        if self.x3dh.is_none() {
            let terms = SignedPrekeyTerms {
                suite: Suite::X3dh,
                id: ids.take()?,
                created: self.created(),
            };
            self.x3dh = Some(Box::new(SignedPrekeyPair::generate(terms, identity, rng)));
        }
        self.x3dh.as_deref()
    }

    pub(crate) const fn signed_prekey(&self) -> &SignedPrekeyPair {
        &self.signed_prekey
    }

    pub(crate) const fn last_resort(&self) -> &LastResortKemPrekeyPair {
        &self.last_resort
    }

    /// The time at which it was made, in seconds since 1970-01-01 UTC, as its keys state it.
    pub(crate) const fn created(&self) -> u64 {
        self.signed_prekey.public().terms.created
    }

    /// The name of the generation, which no other one of the account has.
    pub(crate) const fn id(&self) -> GenerationId {
        self.signed_prekey.id()
    }

    /// The number of sessions that are remembered with it.
    pub(crate) const fn reusable(&self) -> u32 {
        self.reusable
    }

    fn find_signed(&self, suite: Suite, id: PrekeyId) -> Option<&SignedPrekeyPair> {
        let prekey = match suite {
            Suite::Pqxdh => Some(&self.signed_prekey),
            Suite::X3dh => self.x3dh.as_deref(),
        };
        prekey.filter(|prekey| prekey.id() == id)
    }
}

impl Snapshot for Generation {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.signed_prekey);
        writer.put(&self.last_resort);
        writer.put(&self.x3dh);
        writer.put(&self.reusable);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let generation = Self {
            signed_prekey: reader.get()?,
            last_resort: reader.get()?,
            x3dh: reader.get()?,
            reusable: reader.get()?,
        };
        // Each signed prekey must be for the suite of its place, and the number of sessions one that can be.
        let x3dh = generation.x3dh.as_deref();
        if generation.signed_prekey.suite() != Suite::Pqxdh
            || x3dh.is_some_and(|prekey| prekey.suite() != Suite::X3dh)
            || generation.reusable > room(true)
        {
            return Err(PrimitiveError::SnapshotInvalid);
        }
        Ok(generation)
    }
}

/// The current generation, and those that were replaced and are kept for messages on their way.
#[derive(Debug)]
pub(crate) struct Generations {
    current: Box<Generation>,
    /// The oldest first.
    previous: VecDeque<Previous>,
}

#[derive(Debug)]
struct Previous {
    /// The time at which the keys are dropped, in seconds since 1970-01-01 UTC.
    expires: u64,
    generation: Box<Generation>,
}

snapshot_fields!(Previous {
    expires,
    generation,
});

/// The number of sessions without a one-time prekey for which a generation has room, and how many of them strangers may
/// take.
pub(crate) const fn room(is_known: bool) -> u32 {
    let further = if is_known {
        MAX_REUSABLE_SESSIONS_OF_KNOWN
    } else {
        0
    };
    MAX_REUSABLE_SESSIONS + further
}

/// The age of a generation: 0 is the current one, the oldest has the largest.
pub(crate) type Age = usize;

impl Generations {
    pub(crate) fn new(current: Generation) -> Self {
        Self {
            current: Box::new(current),
            previous: VecDeque::new(),
        }
    }

    pub(crate) const fn current(&self) -> &Generation {
        &self.current
    }

    pub(crate) const fn current_mut(&mut self) -> &mut Generation {
        &mut self.current
    }

    /// The time until which the oldest of the previous generations is to be kept, if there is no room for one more after
    /// those whose time is up at `now`.
    pub(crate) fn full_until(&self, now: u64) -> Option<u64> {
        let kept = || {
            let previous = self.previous.iter();
            previous.filter(|previous| previous.expires > now)
        };
        let oldest = kept().next()?;
        (kept().count() >= MAX_PREVIOUS_PREKEYS).then_some(oldest.expires)
    }

    /// Puts `next` in the place of the current generation, which is kept until `expires` beside the previous ones. They
    /// are not kept longer than that, because the time that was set for them may have come from a wrong clock, or from
    /// before a theft. There must be [room](Self::full_until) for one more.
    pub(crate) fn replace(&mut self, next: Generation, expires: u64) {
        for previous in &mut self.previous {
            previous.expires = previous.expires.min(expires);
        }
        let generation = core::mem::replace(&mut self.current, Box::new(next));
        self.previous.push_back(Previous {
            expires,
            generation,
        });
    }

    /// Puts `next` in the place of the current generation, and drops that one and all before it. Returns them.
    pub(crate) fn replace_all(&mut self, next: Generation) -> Vec<GenerationId> {
        let dropped = self.in_order_of_ids().map(Generation::id).collect();
        self.previous.clear();
        *self.current = next;
        dropped
    }

    /// Drops the previous keys whose time is up, and returns their generations.
    pub(crate) fn expire(&mut self, now: u64) -> Vec<GenerationId> {
        let mut expired = Vec::new();
        self.previous.retain(|previous| {
            let is_kept = previous.expires > now;
            if !is_kept {
                expired.push(previous.generation.id());
            }
            is_kept
        });
        expired
    }

    /// The number of previous generations.
    pub(crate) fn previous(&self) -> usize {
        self.previous.len()
    }

    pub(crate) fn find_signed(
        &self,
        suite: Suite,
        id: PrekeyId,
    ) -> Option<(Age, &SignedPrekeyPair)> {
        self.find(|generation| generation.find_signed(suite, id))
    }

    pub(crate) fn find_last_resort(&self, id: PrekeyId) -> Option<(Age, &KemPrekeyPair)> {
        self.find(|generation| {
            Some(generation.last_resort.pair()).filter(|prekey| prekey.id() == id)
        })
    }

    /// Tells whether a signed or a last-resort prekey has this number.
    pub(crate) fn contain(&self, id: PrekeyId) -> bool {
        self.iter().any(|generation| {
            let x3dh = generation.x3dh.as_deref().map(SignedPrekeyPair::id);
            let others = [generation.id(), generation.last_resort.pair().id()];
            x3dh == Some(id) || others.contains(&id)
        })
    }

    /// The generation of that age.
    pub(crate) fn at(&self, age: Age) -> Option<&Generation> {
        self.iter().nth(age)
    }

    /// The number of sessions without a one-time prekey that the generation counted.
    pub(crate) fn reusable(&self, generation: GenerationId) -> u32 {
        let found = self.iter().find(|found| found.id() == generation);
        found.map_or(0, Generation::reusable)
    }

    /// The generations in the order of their names. Numbers ascend, so these are the previous ones and then the current.
    pub(crate) fn in_order_of_ids(&self) -> impl Iterator<Item = &Generation> {
        let previous = self.previous.iter();
        let previous = previous.map(|previous| &*previous.generation);
        previous.chain(core::iter::once(&*self.current))
    }

    /// Counts a session without a one-time prekey among those of the generation.
    pub(crate) fn count_reusable(&mut self, generation: GenerationId) {
        let previous = self.previous.iter_mut();
        let mut generations = core::iter::once(&mut self.current)
            .chain(previous.map(|previous| &mut previous.generation));
        if let Some(found) = generations.find(|found| found.id() == generation) {
            found.reusable = found.reusable.saturating_add(1);
        }
    }

    /// The generations, the current one first.
    fn iter(&self) -> impl Iterator<Item = &Generation> {
        let previous = self.previous.iter().rev();
        core::iter::once(&*self.current).chain(previous.map(|previous| &*previous.generation))
    }

    fn find<'a, T>(&'a self, find: impl Fn(&'a Generation) -> Option<T>) -> Option<(Age, T)> {
        self.iter()
            .enumerate()
            .find_map(|(age, generation)| find(generation).map(|found| (age, found)))
    }
}

impl Snapshot for Generations {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.current);
        writer.length(self.previous.len());
        for previous in &self.previous {
            writer.put(previous);
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let mut generations = Self {
            current: reader.get()?,
            previous: VecDeque::new(),
        };
        for _ in 0..reader.length(MAX_PREVIOUS_PREKEYS)? {
            generations.previous.push_back(reader.get()?);
        }
        // Each has a name of its own, later than those before it.
        if !generations
            .in_order_of_ids()
            .map(Generation::id)
            .is_sorted_by(|one, other| one < other)
        {
            return Err(PrimitiveError::SnapshotInvalid);
        }
        Ok(generations)
    }
}
