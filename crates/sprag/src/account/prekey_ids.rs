use core::ops::Range;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_x3dh::PrekeyId;

/// The numbers of an account's prekeys of all kinds. They start at a random place, and no number is used twice.
///
/// If they started at 1 in every account, a bundle would tell how many were given out before it. And a message to an
/// account that was made anew would name prekeys of the new account.
#[derive(Debug)]
pub(crate) struct PrekeyIds {
    next: PrekeyId,
    first: PrekeyId,
}

impl PrekeyIds {
    /// Numbers from a random one below 2^31 on, so that as many are left at least.
    pub(crate) fn random(rng: &mut impl CryptoRng) -> Self {
        let first = rng.next_u32() >> 1;
        Self { next: first, first }
    }

    /// A number never used before; `None` once there is no such number.
    pub(crate) fn take(&mut self) -> Option<PrekeyId> {
        self.take_many(1)?.next()
    }

    /// Two numbers never used before, or none.
    pub(crate) fn take_two(&mut self) -> Option<[PrekeyId; 2]> {
        let mut ids = self.take_many(2)?;
        Some([ids.next()?, ids.next()?])
    }

    /// `count` numbers never used before, or none.
    pub(crate) fn take_many(&mut self, count: usize) -> Option<Range<PrekeyId>> {
        let first = self.next;
        self.next = first.checked_add(PrekeyId::try_from(count).ok()?)?;
        Some(first..self.next)
    }

    /// The number that the next prekey will have. All numbers that exist are below it.
    pub(crate) const fn next(&self) -> PrekeyId {
        self.next
    }

    /// Tells whether a prekey of this account had the number once.
    pub(crate) fn have_given(&self, id: PrekeyId) -> bool {
        (self.first..self.next).contains(&id)
    }
}

impl Snapshot for PrekeyIds {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.next);
        writer.put(&self.first);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let ids = Self {
            next: reader.get()?,
            first: reader.get()?,
        };
        if ids.first > ids.next {
            return Err(PrimitiveError::SnapshotInvalid);
        }
        Ok(ids)
    }
}
