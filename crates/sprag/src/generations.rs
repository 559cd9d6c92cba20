//! The prekeys that serve many sessions, and are replaced now and then.

use alloc::boxed::Box;
use alloc::collections::{BTreeSet, VecDeque};

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_x3dh::{
    IdentityKeyPair, KemPrekeyPair, LastResortKemPrekeyPair, PrekeyId, SessionId, SignedPrekeyPair,
    SignedPrekeyTerms, Suite,
};

use crate::limits::{MAX_PREVIOUS_PREKEYS, MAX_REUSABLE_SESSIONS};
use crate::prekey_ids::PrekeyIds;

/// The signed and the last-resort prekey of one time, and the sessions that began with nothing else.
#[derive(Debug)]
pub(crate) struct Generation {
    signed_prekey: SignedPrekeyPair,
    last_resort: LastResortKemPrekeyPair,
    /// The signed prekey for X3DH, once a bundle for X3DH was asked for. Boxed: the place of one that is
    /// absent would hold whatever was on the stack before.
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
        Some(Self {
            signed_prekey: SignedPrekeyPair::generate(terms, identity, rng),
            last_resort: LastResortKemPrekeyPair::generate((last_resort, created), identity, rng),
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

    fn write_snapshot(&self, writer: &mut Writer) {
        self.signed_prekey.write_snapshot(writer);
        self.last_resort.write_snapshot(writer);
        writer.option(self.x3dh.as_ref(), |writer, prekey| {
            prekey.write_snapshot(writer);
        });
        writer.length(self.reusable.len());
        for id in &self.reusable {
            writer.bytes(id.as_bytes());
        }
    }

    fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let mut generation = Self {
            signed_prekey: read_signed(reader, Suite::Pqxdh)?,
            last_resort: LastResortKemPrekeyPair::read_snapshot(reader)?,
            x3dh: reader.option(|reader| read_signed(reader, Suite::X3dh).map(Box::new))?,
            reusable: BTreeSet::new(),
        };
        for _ in 0..reader.length(MAX_REUSABLE_SESSIONS)? {
            let id = SessionId::from_bytes(*reader.array()?);
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
    /// When the keys are to be dropped, in seconds since 1970-01-01 UTC.
    expires: u64,
    generation: Box<Generation>,
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

    /// Puts `next` in the place of the current generation, which is kept until `expires`. No earlier one
    /// is kept longer: what was said first may have been said by a wrong clock, or before a theft.
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

    /// Drops the previous keys whose time is up; returns whether there were any.
    pub(crate) fn expire(&mut self, now: u64) -> bool {
        let before = self.previous.len();
        self.previous.retain(|previous| previous.expires > now);
        self.previous.len() != before
    }

    /// How many previous generations are kept.
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

    /// Whether a session without a one-time prekey was accepted before.
    pub(crate) fn is_remembered(&self, id: &SessionId) -> bool {
        self.iter()
            .any(|generation| generation.reusable.contains(id))
    }

    /// Whether a further session without a one-time prekey can be remembered.
    pub(crate) fn has_room(&self, age: Age) -> bool {
        self.iter()
            .nth(age)
            .is_some_and(|generation| generation.reusable.len() < MAX_REUSABLE_SESSIONS)
    }

    /// Remembers a session without a one-time prekey, as long as the keys of that age live: without
    /// them it cannot be replayed.
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

    pub(crate) fn write_snapshot(&self, writer: &mut Writer) {
        self.current.write_snapshot(writer);
        writer.length(self.previous.len());
        for previous in &self.previous {
            writer.u64(previous.expires);
            previous.generation.write_snapshot(writer);
        }
    }

    pub(crate) fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let mut generations = Self::new(Generation::read_snapshot(reader)?);
        for _ in 0..reader.length(MAX_PREVIOUS_PREKEYS)? {
            generations.previous.push_back(Previous {
                expires: reader.u64()?,
                generation: Box::new(Generation::read_snapshot(reader)?),
            });
        }
        Ok(generations)
    }
}

fn read_signed(reader: &mut Reader<'_>, suite: Suite) -> Result<SignedPrekeyPair, PrimitiveError> {
    let prekey = SignedPrekeyPair::read_snapshot(reader)?;
    if prekey.suite() == suite {
        Ok(prekey)
    } else {
        Err(PrimitiveError::SnapshotInvalid)
    }
}
