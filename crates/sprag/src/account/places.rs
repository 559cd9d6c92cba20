//! The numbers of one-time prekeys of one kind, and the places that they take.

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::snapshot_fields;

use crate::limits::{MAX_BUNDLE_ONE_TIME_PREKEYS, MAX_UPLOADED_ONE_TIME_PREKEYS};
use crate::records::{Place, Published};

/// The keys in bundles and those in uploads have places of their own, so that an upload never takes the place of a key
/// whose bundle was handed to a reader.
#[derive(Debug, Default)]
pub(crate) struct Places {
    in_bundles: Counts,
    in_uploads: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    /// The number of keys that were ever published in this way.
    published: u32,
    /// The number of those that are kept.
    kept: u32,
}

snapshot_fields!(Counts { published, kept });

impl Places {
    /// The place of the next key, and whether another key may be there.
    pub(crate) fn next(&self, published: Published) -> (Place, bool) {
        let number = self.counts(published).published;
        let slots = slots(published);
        let slot = number % slots;
        (Place { published, slot }, number >= slots)
    }

    /// Counts a key that was published.
    pub(crate) fn add(&mut self, published: Published) {
        let counts = self.counts_mut(published);
        counts.published = counts.published.saturating_add(1);
        counts.kept = counts.kept.saturating_add(1);
    }

    /// Counts a key that left.
    pub(crate) fn remove(&mut self, published: Published) {
        let counts = self.counts_mut(published);
        counts.kept = counts.kept.saturating_sub(1);
    }

    /// The number of keys that are kept.
    pub(crate) fn kept(&self, published: Published) -> usize {
        self.counts(published).kept as usize
    }

    const fn counts(&self, published: Published) -> &Counts {
        match published {
            Published::InBundle => &self.in_bundles,
            Published::InUpload => &self.in_uploads,
        }
    }

    const fn counts_mut(&mut self, published: Published) -> &mut Counts {
        match published {
            Published::InBundle => &mut self.in_bundles,
            Published::InUpload => &mut self.in_uploads,
        }
    }
}

/// The number of places for keys of one kind.
pub(crate) const fn slots(published: Published) -> u32 {
    match published {
        Published::InBundle => MAX_BUNDLE_ONE_TIME_PREKEYS,
        Published::InUpload => MAX_UPLOADED_ONE_TIME_PREKEYS,
    }
}

impl Snapshot for Places {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.in_bundles);
        writer.put(&self.in_uploads);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let places = Self {
            in_bundles: reader.get()?,
            in_uploads: reader.get()?,
        };
        for published in [Published::InBundle, Published::InUpload] {
            let counts = places.counts(published);
            if counts.kept > counts.published || counts.kept > slots(published) {
                return Err(PrimitiveError::SnapshotInvalid);
            }
        }
        Ok(places)
    }
}
