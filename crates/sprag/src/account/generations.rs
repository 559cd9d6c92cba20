//! The prekeys that serve many sessions and are replaced from time to time.

use alloc::boxed::Box;
use alloc::collections::{BTreeSet, VecDeque};

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::snapshot_fields;
use sprag_x3dh::{
    IdentityKeyPair, KemPrekeyPair, LastResortKemPrekeyPair, LastResortKemPrekeyTerms, PrekeyId,
    SessionId, SignedPrekeyPair, SignedPrekeyTerms, Suite,
};

use super::prekey_ids::PrekeyIds;
use crate::limits::{MAX_PREVIOUS_PREKEYS, MAX_REUSABLE_SESSIONS};

/// The signed and the last-resort prekey of one time, and the sessions that began with nothing else.
#[derive(Debug)]
pub(crate) struct Generation {
    signed_prekey: SignedPrekeyPair,
    last_resort: LastResortKemPrekeyPair,
    /// The signed prekey for X3DH, once a bundle for X3DH was asked for. It is boxed, because the place of an
    /// absent one would hold whatever was on the stack before.
    x3dh: Option<Box<SignedPrekeyPair>>,
    /// All sessions begun without a one-time prekey. Forgetting one would let it be replayed.
    reusable: BTreeSet<SessionId>,
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
            reusable: BTreeSet::new(),
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
                created: self.signed_prekey.public().terms.created,
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
        writer.length(self.reusable.len());
        for id in &self.reusable {
            writer.put(id);
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let mut generation = Self {
            signed_prekey: reader.get()?,
            last_resort: reader.get()?,
            x3dh: reader.get()?,
            reusable: BTreeSet::new(),
        };
        // Each signed prekey must be for the suite of its place.
        let x3dh = generation.x3dh.as_deref();
        if generation.signed_prekey.suite() != Suite::Pqxdh
            || x3dh.is_some_and(|prekey| prekey.suite() != Suite::X3dh)
        {
            return Err(PrimitiveError::SnapshotInvalid);
        }
        for _ in 0..reader.length(MAX_REUSABLE_SESSIONS)? {
            let id = reader.get()?;
            if generation.reusable.last().is_some_and(|last| *last >= id) {
                return Err(PrimitiveError::SnapshotInvalid);
            }
            generation.reusable.insert(id);
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

    /// Puts `next` in the place of the current generation, which is kept until `expires`. Earlier generations
    /// are not kept longer than that, because the time that was set for them may have come from a wrong clock,
    /// or from before a theft.
    pub(crate) fn replace(&mut self, next: Generation, expires: u64) {
        for previous in &mut self.previous {
            previous.expires = previous.expires.min(expires);
        }
        if self.previous.len() == MAX_PREVIOUS_PREKEYS {
            self.previous.pop_front();
        }
        let generation = core::mem::replace(&mut self.current, Box::new(next));
        self.previous.push_back(Previous {
            expires,
            generation,
        });
    }

    /// Drops the previous keys whose time is up, and tells whether there were any.
    pub(crate) fn expire(&mut self, now: u64) -> bool {
        let before = self.previous.len();
        self.previous.retain(|previous| previous.expires > now);
        self.previous.len() != before
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

    /// Tells whether a session without a one-time prekey was accepted before.
    pub(crate) fn is_remembered(&self, id: &SessionId) -> bool {
        self.iter()
            .any(|generation| generation.reusable.contains(id))
    }

    /// Tells whether a further session without a one-time prekey can be remembered.
    pub(crate) fn has_room(&self, age: Age) -> bool {
        self.iter()
            .nth(age)
            .is_some_and(|generation| generation.reusable.len() < MAX_REUSABLE_SESSIONS)
    }

    /// Remembers a session without a one-time prekey as long as the keys of that age live. Without the keys it
    /// cannot be replayed.
    pub(crate) fn remember(&mut self, age: Age, id: SessionId) {
        let generation = match age.checked_sub(1) {
            None => Some(&mut self.current),
            Some(index) => {
                let previous = self.previous.iter_mut().rev().nth(index);
                previous.map(|previous| &mut previous.generation)
            }
        };
        if let Some(generation) = generation {
            generation.reusable.insert(id);
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
        Ok(generations)
    }
}
