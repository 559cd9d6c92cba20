//! The readings of a clock that nobody vouches for.

use sprag_primitives::snapshot_fields;

use crate::limits::TIME_BETWEEN_READINGS;

/// The time that readings of the clock vouch for, in seconds since 1970-01-01 UTC.
///
/// One reading may be wrong by years. A time is vouched for once a reading of it was followed, days later by the clock
/// itself, by another one, and by none before it in between.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Clock {
    /// The time that is vouched for; 0 before there is one.
    pub(crate) vouched: u64,
    /// The reading that another one has to confirm.
    candidate: u64,
}

snapshot_fields!(Clock { vouched, candidate });

impl Clock {
    /// The clock after a first reading, which nothing has confirmed.
    pub(crate) const fn begin(reading: u64) -> Self {
        Self {
            vouched: 0,
            candidate: reading,
        }
    }

    /// The clock after one reading more.
    #[must_use]
    pub(crate) fn with(self, reading: u64) -> Self {
        let Self { vouched, candidate } = self;
        if reading < candidate {
            // The clock went back, so that the reading before was wrong, or this one is. Neither confirms a time.
            return Self {
                vouched: vouched.min(reading),
                candidate: reading,
            };
        }
        if reading - candidate < TIME_BETWEEN_READINGS {
            return self;
        }
        Self {
            vouched: candidate,
            candidate: reading,
        }
    }
}
