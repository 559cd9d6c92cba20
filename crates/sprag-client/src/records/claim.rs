use sprag_devices::DeviceList;
use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::snapshot_fields;
use sprag_wire::LIST_HASH_LENGTH;

/// A list that a device named in the header of a content, without a proof that there is such a list.
///
/// A header is not signed by the user, so a thief of one device can claim anything. A claim therefore concerns that device
/// alone, and raises no version that is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Claim {
    pub(crate) version: u64,
    /// The beginning of the hash of the list.
    pub(crate) hash: [u8; LIST_HASH_LENGTH],
}

snapshot_fields!(Claim { version, hash });

impl Claim {
    /// The statement that a header makes of this list.
    pub(crate) fn of(list: &DeviceList) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = list.hash();
        Self {
            version: list.version(),
            hash: [a, b, c, d, e, f, g, h],
        }
    }

    /// Tells whether this is said of a later list than the newest one that is known, or of another one of its version.
    pub(crate) fn goes_beyond(&self, newest: &Self) -> bool {
        self.version > newest.version || self.version == newest.version && self != newest
    }
}

/// The place of a message in the order in which the sessions with its device began here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    /// The place of the message's session in that order.
    pub(crate) session: u64,
    /// The place of the next session that begins.
    pub(crate) next: u64,
    /// The place of another session in which the device has begun a chain since; 0 for none, because places begin at 1.
    chain_since: u64,
}

snapshot_fields!(Place {
    session,
    next,
    chain_since,
});

impl Place {
    /// A place in no session that is known.
    const UNKNOWN: Self = Self::new(u64::MAX, u64::MAX);

    pub(crate) const fn new(session: u64, next: u64) -> Self {
        Self {
            session,
            next,
            chain_since: 0,
        }
    }

    /// Tells whether the device wrote a message that answers at this place later than one at `other`, which arrived before.
    ///
    /// Messages arrive in any order, and only one that answers shows its time: it is the first of a new sending chain. The
    /// device wrote it after all of the same session that had arrived, because a party never goes back to an earlier chain.
    /// In a session that began later, it answers something that was sent after the other one had arrived. In any other
    /// session, the second new chain does, because this party has sent in between.
    const fn answers_after(&self, other: &Self) -> bool {
        let same = self.session == other.session || self.session == other.chain_since;
        same || self.session >= other.next
    }
}

/// The claim of a device whose list has not come, with the place of the message that made it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct OpenClaim(Option<(Claim, Place)>);

impl OpenClaim {
    pub(crate) const NONE: Self = Self(None);

    /// The claim, unless there is none.
    pub(crate) const fn claim(&self) -> Option<&Claim> {
        match &self.0 {
            Some((claim, _)) => Some(claim),
            None => None,
        }
    }

    /// Notes the statement of a header in a message at `place`, which may be the first of a new sending chain and so answer.
    ///
    /// What the device says later takes the place of what it said before, also if it is less. Without that, a thief of the
    /// device who names a version that never comes would keep texts from it for good. Of two statements of which neither
    /// is known to be the later one, that of the higher version stands, because an old message on its way must not end a
    /// claim.
    pub(crate) fn note(&mut self, said: Claim, (place, answers): (Place, bool), newest: &Claim) {
        let mut before = self.0.filter(|(before, at)| {
            before.version > newest.version && !(answers && place.answers_after(at))
        });
        if answers && let Some((_, at)) = &mut before {
            at.chain_since = place.session;
        }
        let said = Some((said, place)).filter(|(said, _)| said.goes_beyond(newest));
        let claims = before.into_iter().chain(said);
        self.0 = claims.max_by_key(|(claim, _)| claim.version);
    }
}

/// One byte: 0 for none; else 2, the claim and its place. A claim after a 1 has no place, so that it ends with the second
/// answer in any session.
impl Snapshot for OpenClaim {
    fn put(&self, writer: &mut Writer) {
        match &self.0 {
            None => writer.put(&NONE),
            Some((claim, place)) => {
                writer.put(&PLACED);
                writer.put(claim);
                writer.put(place);
            }
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let kind: u8 = reader.get()?;
        Ok(Self(match kind {
            NONE => None,
            UNPLACED => Some((reader.get()?, Place::UNKNOWN)),
            PLACED => Some((reader.get()?, reader.get()?)),
            _ => return Err(PrimitiveError::SnapshotInvalid),
        }))
    }
}

const NONE: u8 = 0;
const UNPLACED: u8 = 1;
const PLACED: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_read_with_its_place_or_without() {
        let claim = Claim {
            version: 9,
            hash: [7; LIST_HASH_LENGTH],
        };
        let newest = Claim {
            version: 8,
            ..claim
        };
        let place = Place::new(3, 5);
        let mut open = OpenClaim::NONE;
        open.note(claim, (place, false), &newest);
        assert_eq!(open.claim(), Some(&claim));
        let bytes = open.to_snapshot();
        assert_eq!(OpenClaim::from_snapshot(bytes.expose()), Ok(open));
        assert_eq!(OpenClaim::from_snapshot(&[0]), Ok(OpenClaim::NONE));
        assert!(OpenClaim::from_snapshot(&[3]).is_err());
        // An older claim that comes late does not take its place.
        let older = Claim {
            version: 8,
            hash: [6; LIST_HASH_LENGTH],
        };
        open.note(older, (place, false), &newest);
        assert_eq!(open.claim(), Some(&claim));
        // Without a place it ends with the second answer.
        let unplaced = [&[1], claim.to_snapshot().expose()].concat();
        let mut unplaced = OpenClaim::from_snapshot(&unplaced).unwrap();
        let later = (Place::new(6, 7), true);
        for open in [&mut unplaced, &mut open] {
            assert_eq!(open.claim(), Some(&claim));
            open.note(newest, later, &newest);
        }
        assert_eq!((unplaced.claim(), open.claim()), (Some(&claim), None));
        let mut with_list = unplaced;
        with_list.note(claim, (place, false), &claim);
        unplaced.note(newest, later, &newest);
        assert_eq!((unplaced.claim(), with_list.claim()), (None, None));
    }

    /// The first new chain of a session that is older than the claim may be older, too; the second is not.
    #[test]
    fn a_claim_ends_with_the_second_answer_in_a_session_that_is_older() {
        let [claim, newest] = [9, 8].map(|version| Claim {
            version,
            hash: [7; LIST_HASH_LENGTH],
        });
        let [one, two] = [1, 2].map(|session| (Place::new(session, 5), true));
        let mut open = OpenClaim::NONE;
        open.note(claim, (Place::new(3, 5), false), &newest);
        // A message that answers nothing, and answers in two sessions.
        for at in [(one.0, false), one, two, one] {
            open.note(newest, at, &newest);
            assert_eq!(open.claim(), Some(&claim));
            let bytes = open.to_snapshot();
            open = OpenClaim::from_snapshot(bytes.expose()).unwrap();
        }
        open.note(newest, one, &newest);
        assert_eq!(open.claim(), None);
    }
}
