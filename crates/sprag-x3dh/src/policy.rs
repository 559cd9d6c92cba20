use crate::suite::Suite;
use crate::{Error, Slot};

/// The handshakes that a party accepts, and the age that a bundle may have.
///
/// ```
/// use sprag_x3dh::{Error, Policy, Suite};
///
/// assert_eq!(Policy::default().accept(Suite::X3dh), Err(Error::NotAccepted(Suite::X3dh)));
/// assert_eq!(Policy::default().allow_x3dh().accept(Suite::X3dh), Ok(()));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Policy {
    x3dh: bool,
    freshness: Option<Freshness>,
    /// The present time.
    clock: Option<u64>,
}

/// The time in seconds by which the clocks of two parties may differ: a day.
const TOLERANCE: u64 = 24 * 60 * 60;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Freshness {
    now: u64,
    max_age: u64,
}

impl Policy {
    /// PQXDH alone, and bundles of any age: the default.
    #[must_use]
    pub const fn post_quantum() -> Self {
        Self {
            x3dh: false,
            freshness: None,
            clock: None,
        }
    }

    /// Accepts X3DH too, which is not secure against a quantum computer.
    #[must_use]
    pub const fn allow_x3dh(self) -> Self {
        Self { x3dh: true, ..self }
    }

    /// Refuses bundles whose signed or last-resort prekey was made more than `max_age` seconds before or after
    /// `now`, in seconds since 1970-01-01 UTC, or at a time that is not stated. A one-time prekey may be of any
    /// age.
    #[must_use]
    pub const fn max_age(self, now: u64, max_age: u64) -> Self {
        Self {
            freshness: Some(Freshness { now, max_age }),
            ..self
        }
    }

    /// Refuses bundles whose signed or last-resort prekey was made more than a day after `now`, in seconds since
    /// 1970-01-01 UTC. A party that took one would take every right bundle of that peer for an old one.
    #[must_use]
    pub const fn clock(self, now: u64) -> Self {
        Self {
            clock: Some(now),
            ..self
        }
    }

    /// Demands that the handshake is accepted.
    ///
    /// # Errors
    ///
    /// [`Error::NotAccepted`]
    pub const fn accept(&self, suite: Suite) -> Result<(), Error> {
        match suite {
            Suite::Pqxdh => Ok(()),
            Suite::X3dh if self.x3dh => Ok(()),
            Suite::X3dh => Err(Error::NotAccepted(suite)),
        }
    }

    pub(crate) const fn check_age(&self, slot: Slot, created: u64) -> Result<(), Error> {
        if let Some(now) = self.clock
            && created > now.saturating_add(TOLERANCE)
        {
            return Err(Error::InFuture(slot));
        }
        match self.freshness {
            Some(Freshness { now, max_age }) if created == 0 || now.abs_diff(created) > max_age => {
                Err(Error::Stale(slot))
            }
            _ => Ok(()),
        }
    }
}
