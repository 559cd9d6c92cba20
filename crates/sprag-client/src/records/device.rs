//! The devices of a user: their state towards this device.

use alloc::vec::Vec;

use sprag::{IdentityKey, PrekeyId, Suite};
use sprag_devices::{KnownList, limits};
use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::snapshot_fields;
use sprag_wire::RenewReason;

use super::{Claim, OpenClaim, Repair, StoredSession};

/// A device of a peer, or another device of the own user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Device {
    pub(crate) identity: IdentityKey,
    /// The suite of the latest bundle, until a session began with it. The bundle is a record of its own, because it is
    /// read only when a session begins.
    pub(crate) bundle: Option<Suite>,
    /// Set if the next message begins a new session although there may be one: because the bundle came later, or, without
    /// a bundle, because this party was put back to an older state.
    pub(crate) renew: bool,
    pub(crate) mark: Mark,
    /// The version of the own device list that the device said it knows; 0 if it knows none.
    pub(crate) knows: u64,
    /// The newer list that the device spoke of and has not sent.
    pub(crate) claim: OpenClaim,
    /// The messages of the user that were read since it retired the device. The sessions with the device end after some.
    pub(crate) late: u16,
    pub(crate) repair: Repair,
    /// The number of the account's next prekey when this party was last put back to an older state, or 0. Sessions that began
    /// here before it are from that state, so that a repeated message in one says nothing of the present.
    pub(crate) put_back_at: PrekeyId,
}

snapshot_fields!(Device {
    identity,
    bundle,
    renew,
    mark,
    knows,
    claim,
    late,
    repair,
    put_back_at,
});

/// The marks of a device's keys, by which a step back is noticed. They outlive the peer's name.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Mark {
    /// The creation time of the newest signed prekey in the bundles of the device that were taken; 0 if none stated one,
    /// and `None` if none was taken.
    pub(crate) newest: Option<u64>,
    /// Set if the device was met with PQXDH. X3DH is refused then.
    pub(crate) post_quantum: bool,
}

snapshot_fields!(Mark {
    newest,
    post_quantum,
});

impl Mark {
    /// The mark once a session of `suite` was seen.
    pub(crate) fn with(self, suite: Suite) -> Self {
        Self {
            post_quantum: self.post_quantum || suite != Suite::X3dh,
            ..self
        }
    }

    /// Tells whether a handshake of `suite` would be a step back.
    pub(crate) fn forbids(self, suite: Suite) -> bool {
        self.post_quantum && suite == Suite::X3dh
    }
}

impl Device {
    /// A device that nothing is known of but its mark.
    pub(crate) const fn new(identity: IdentityKey, mark: Mark) -> Self {
        Self {
            identity,
            bundle: None,
            renew: false,
            mark,
            knows: 0,
            claim: OpenClaim::NONE,
            late: 0,
            repair: Repair::new(),
            put_back_at: 0,
        }
    }

    /// Tells whether the next message needs a bundle that is not there yet, because this party was put back to an older
    /// state.
    pub(crate) const fn lacks_bundle(&self) -> bool {
        self.renew && self.bundle.is_none()
    }

    /// Tells whether the device spoke of a list that goes beyond the newest one of its user.
    pub(crate) fn awaits(&self, newest: Option<&KnownList>) -> bool {
        self.claim
            .claim()
            .zip(newest)
            .is_some_and(|(claim, newest)| claim.goes_beyond(&Claim::of(newest.list())))
    }

    /// Notes that the device began a session of `suite`, which is later than whatever this party was put back to. A bundle
    /// that waits and would be a step back is dropped, so that no session begins with it: the one that was seen takes its
    /// place.
    pub(crate) fn began(&mut self, suite: Suite) {
        self.mark = self.mark.with(suite);
        self.bundle = self.bundle.filter(|suite| !self.mark.forbids(*suite));
        self.renew = self.renew && self.bundle.is_some();
    }

    /// Keeps the bundle of a request, with which the next message begins a session.
    pub(crate) fn take_request(&mut self, (suite, created): (Suite, u64), reason: RenewReason) {
        self.bundle = Some(suite);
        self.renew = true;
        self.mark = Mark {
            newest: Some(created),
            ..self.mark
        }
        .with(suite);
        self.repair.requests = self.repair.requests.saturating_add(1);
        self.repair.due = Some(reason);
    }

    /// Notes that this party was put back to an older state, with an account whose next prekey has this number. A bundle that
    /// waits may have been used since, in the state that is lost, and the device may know a newer list than it said it did.
    pub(crate) const fn put_back(&mut self, next_prekey: PrekeyId) {
        self.stop();
        self.knows = 0;
        self.put_back_at = next_prekey;
    }

    /// Sends nothing in any session that there is, nor begins one with the bundle.
    pub(crate) const fn stop(&mut self) {
        self.bundle = None;
        self.renew = true;
    }

    /// Tells whether this session began before this party was put back to an older state.
    pub(crate) const fn was_put_back_after(&self, session: &StoredSession) -> bool {
        session.next_prekey < self.put_back_at
    }

    /// [`put_back`](Self::put_back), after which a new session is due.
    pub(crate) fn mark_restored(&mut self, next_prekey: PrekeyId) {
        self.put_back(next_prekey);
        self.repair.put_back();
    }
}

/// The devices of one user that are known in some way, in no order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Devices(Vec<Device>);

impl Devices {
    /// One device.
    pub(crate) fn one(device: Device) -> Self {
        Self([device].into())
    }

    /// These devices, no more than [`MAX_DEVICES`].
    pub(crate) const fn all(devices: Vec<Device>) -> Self {
        Self(devices)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Device> {
        self.0.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Device> {
        self.0.iter_mut()
    }

    pub(crate) fn get(&self, identity: &IdentityKey) -> Option<&Device> {
        self.iter().find(|device| device.identity == *identity)
    }

    pub(crate) fn get_mut(&mut self, identity: &IdentityKey) -> Option<&mut Device> {
        self.iter_mut().find(|device| device.identity == *identity)
    }

    /// Adds a device, unless it is there. If there is no room, the first that is not `listed` leaves, and is returned.
    pub(crate) fn add(&mut self, device: Device, listed: &[IdentityKey]) -> Option<IdentityKey> {
        if self.get(&device.identity).is_some() {
            return None;
        }
        let leaving = self.0.iter();
        let leaving = { leaving }.position(|device| !listed.contains(&device.identity));
        let leaving = leaving.filter(|_| self.0.len() >= MAX_DEVICES);
        let left = leaving.map(|place| self.0.remove(place).identity);
        self.0.push(device);
        left
    }
}

impl Snapshot for Devices {
    fn put(&self, writer: &mut Writer) {
        writer.length(self.0.len());
        for device in &self.0 {
            writer.put(device);
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let mut devices = Self::default();
        for _ in 0..reader.length(MAX_DEVICES)? {
            devices.0.push(reader.get()?);
        }
        Ok(devices)
    }
}

/// The most devices of one user in a record: those that a list may have, and those that it may name as
/// revoked.
pub(super) const MAX_DEVICES: usize = limits::MAX_DEVICES + limits::MAX_REVOKED;
